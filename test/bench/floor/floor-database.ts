// The rows that the durable steps of an order write, on bare node:sqlite: the same tables as the services', in one file.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const tables = `
create table if not exists orders (
  id char(36) not null primary key, user_id char(36) not null, cloud varchar(40) not null, account varchar(100) not null,
  state varchar(20) not null, cancel_reason varchar(40), items text not null, amount bigint not null, currency char(3) not null,
  process_id char(36) not null, payment_mode varchar(10) not null, callback_url varchar(2000), version int not null,
  request_id varchar(128) not null, created_at bigint not null, updated_at bigint not null
);
create index if not exists orders_of_user on orders (user_id, id);
create index if not exists orders_of_user_by_state on orders (user_id, state, id);
create index if not exists orders_by_state on orders (state, id);
create index if not exists orders_by_time on orders (created_at, id);
create table if not exists order_history (
  order_id char(36) not null, sequence int not null, from_state varchar(20), to_state varchar(20) not null,
  reason varchar(40), at bigint not null, request_id varchar(128) not null, primary key (order_id, sequence)
);
create table if not exists user_processes (
  process_id char(36) not null primary key, order_id char(36) not null, user_id char(36) not null, cloud varchar(40) not null,
  status int not null, percentage int not null, step varchar(200) not null, reason varchar(2000), started_at bigint,
  created_at bigint not null, updated_at bigint not null, finished_at bigint
);
create index if not exists processes_of_user on user_processes (user_id, process_id);
create index if not exists processes_of_user_by_status on user_processes (user_id, status, process_id);
create index if not exists processes_by_status on user_processes (status, process_id);
create index if not exists processes_by_cloud on user_processes (cloud, status, finished_at);
create table if not exists timers (
  kind varchar(60) not null, subject varchar(100) not null, due_at bigint not null, attempt int not null,
  revision int not null, claimed_by varchar(36), claimed_until bigint not null, primary key (kind, subject)
);
create index if not exists timers_due on timers (kind, due_at);
create table if not exists outbox (id char(36) not null primary key, message longtext not null, created_at bigint not null);
create index if not exists outbox_created on outbox (created_at);
create table if not exists inbox (message_id char(36) not null primary key, handled_at bigint not null);
create table if not exists payments (
  id char(36) not null primary key, order_id char(36) not null unique, user_id char(36) not null, state varchar(20) not null,
  amount bigint not null, currency char(3) not null, created_at bigint not null, updated_at bigint not null
);
create table if not exists payment_attempts (
  id char(36) not null primary key, payment_id char(36) not null, operation varchar(20) not null, outcome varchar(20) not null,
  amount bigint not null, gateway_reference varchar(255), at bigint not null
);
create table if not exists payment_history (
  id char(36) not null primary key, payment_id char(36) not null, from_state varchar(20), to_state varchar(20) not null,
  at bigint not null
);
create table if not exists exports (
  process_id char(36) not null primary key, order_id char(36) not null, user_id char(36) not null, state varchar(10) not null,
  created_at bigint not null, updated_at bigint not null
);
create table if not exists export_files (
  process_id char(36) not null, position int not null, dataset varchar(100) not null, format varchar(10) not null,
  records bigint not null, bytes bigint not null, sha256 char(64), updated_at bigint not null, primary key (process_id, position)
);`

/** As durable as ours: a commit is on the disk when it answers. */
export function openFloorDatabase(home: string): DatabaseSync {
  const database = new DatabaseSync(join(home, 'floor.sqlite'))
  database.exec(
    'pragma journal_mode = wal; pragma synchronous = full; pragma temp_store = memory; pragma cache_size = -16000; pragma wal_autocheckpoint = 4000',
  )
  database.exec(tables)
  return database
}
