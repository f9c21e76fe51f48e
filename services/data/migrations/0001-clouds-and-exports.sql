-- Clouds: where users' data lives. A cloud without settings, whose driver needs some, is listed and cannot be used.
create table clouds (
  name varchar(40) not null primary key,
  driver varchar(40) not null,
  mode varchar(10) not null,
  sealed_settings text,
  enabled int not null,
  created_at bigint not null,
  updated_at bigint not null
);
insert into clouds (name, driver, mode, sealed_settings, enabled, created_at, updated_at) values
  ('LOCAL', 'local', 'immediate', null, 1, 0, 0),
  ('MCLASS', 'mclass', 'immediate', null, 1, 0, 0),
  ('AWS', 'aws', 'immediate', null, 1, 0, 0),
  ('AZURE', 'azure', 'immediate', null, 1, 0, 0),
  ('GOOGLE', 'google', 'immediate', null, 1, 0, 0),
  ('IBM', 'ibm', 'immediate', null, 1, 0, 0);

-- Exports: the work behind a process. One that was cancelled before it was confirmed has no files.
create table exports (
  process_id char(36) not null primary key,
  order_id char(36) not null,
  user_id char(36) not null,
  cloud varchar(40) not null,
  account varchar(100) not null,
  state varchar(10) not null,
  reason text,
  percentage int not null,
  delivered_at bigint,
  finished_at bigint,
  created_at bigint not null,
  updated_at bigint not null
);

-- One row a dataset; the checkpoint is where its work goes on after a crash.
create table export_files (
  process_id char(36) not null,
  position int not null,
  dataset varchar(100) not null,
  format varchar(10) not null,
  checkpoint longtext,
  percentage int not null,
  records bigint not null,
  bytes bigint not null,
  sha256 char(64),
  updated_at bigint not null,
  primary key (process_id, position)
);

-- Deliveries of clouds that cannot be written to.
create table delivery_chunks (
  process_id char(36) not null,
  position int not null,
  first_byte bigint not null,
  bytes longblob not null,
  primary key (process_id, position, first_byte)
);
