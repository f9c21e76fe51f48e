-- What every service's database needs to speak and to wait: facts to be published, messages handled, messages failed, due times, answers kept.
create table outbox (
  id char(36) not null primary key,
  message longtext not null,
  created_at bigint not null
);
create index outbox_created on outbox (created_at);

create table inbox (
  message_id char(36) not null primary key,
  handled_at bigint not null
);
create index inbox_handled on inbox (handled_at);

create table dead_letters (
  id char(36) not null primary key,
  event_id varchar(64) not null unique,
  event_type varchar(100) not null,
  message longtext not null,
  error text not null,
  tries int not null,
  next_try_at bigint,
  created_at bigint not null,
  updated_at bigint not null
);
create index dead_letters_next_try on dead_letters (next_try_at);

create table timers (
  kind varchar(60) not null,
  subject varchar(100) not null,
  due_at bigint not null,
  attempt int not null,
  revision int not null,
  claimed_by varchar(36),
  claimed_until bigint not null,
  primary key (kind, subject)
);
create index timers_due on timers (kind, due_at);

create table idempotency_keys (
  user_id char(36) not null,
  operation varchar(60) not null,
  idempotency_key varchar(255) not null,
  body_hash char(64) not null,
  status int not null,
  headers text not null,
  body longtext not null,
  expires_at bigint not null,
  primary key (user_id, operation, idempotency_key)
);
create index idempotency_keys_expiry on idempotency_keys (expires_at);
