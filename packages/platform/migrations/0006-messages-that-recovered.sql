-- Messages that were handled after they had failed: the story of a thing says so. One that is handled at once writes nothing here.
create table recovered_messages (
  id char(36) not null primary key,
  event_type varchar(100) not null,
  subject varchar(100),
  request_id varchar(128),
  error text not null,
  tries int not null,
  failed_at bigint not null,
  handled_at bigint not null
);
create index recovered_messages_subject on recovered_messages (subject);
create index recovered_messages_handled on recovered_messages (handled_at);
