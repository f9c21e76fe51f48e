-- Prices: what exporting one dataset from a cloud costs.
create table prices (
  cloud varchar(40) not null primary key,
  amount bigint not null,
  currency char(3) not null,
  updated_at bigint not null
);
insert into prices (cloud, amount, currency, updated_at) values
  ('LOCAL', 100, 'USD', 0),
  ('MCLASS', 250, 'USD', 0),
  ('AWS', 400, 'USD', 0),
  ('AZURE', 400, 'USD', 0),
  ('GOOGLE', 400, 'USD', 0),
  ('IBM', 400, 'USD', 0);

-- Orders: one state at a time, changed only through the transition table.
create table orders (
  id char(36) not null primary key,
  user_id char(36) not null,
  cloud varchar(40) not null,
  account varchar(100) not null,
  state varchar(20) not null,
  cancel_reason varchar(40),
  items text not null,
  amount bigint not null,
  currency char(3) not null,
  process_id char(36) not null,
  payment_mode varchar(10) not null,
  callback_url varchar(2000),
  version int not null,
  request_id varchar(128) not null,
  created_at bigint not null,
  updated_at bigint not null
);
create index orders_of_user on orders (user_id, id);
create index orders_of_user_by_state on orders (user_id, state, id);
create index orders_by_state on orders (state, id);
create index orders_by_time on orders (created_at, id);

-- Every transition of every order; sequence is the order's version that it made.
create table order_history (
  order_id char(36) not null,
  sequence int not null,
  from_state varchar(20),
  to_state varchar(20) not null,
  reason varchar(40),
  at bigint not null,
  request_id varchar(128) not null,
  primary key (order_id, sequence)
);

-- The work behind an order: status 0 under_process, 1 success, 2 failure.
create table user_processes (
  process_id char(36) not null primary key,
  order_id char(36) not null,
  user_id char(36) not null,
  cloud varchar(40) not null,
  status int not null,
  percentage int not null,
  step varchar(200) not null,
  reason varchar(2000),
  started_at bigint,
  created_at bigint not null,
  updated_at bigint not null,
  finished_at bigint
);
create index processes_of_user on user_processes (user_id, process_id);
create index processes_of_user_by_status on user_processes (user_id, status, process_id);
create index processes_by_status on user_processes (status, process_id);
create index processes_by_cloud on user_processes (cloud, status, finished_at);

-- What is to be told about a finished process, and where to.
create table callbacks (
  process_id char(36) not null primary key,
  user_id char(36) not null,
  webhook_id char(36) not null,
  url varchar(2000) not null,
  state varchar(20) not null,
  attempt int not null,
  revision int not null,
  next_attempt_at bigint,
  request_id varchar(128) not null,
  traceparent varchar(55) not null,
  created_at bigint not null,
  updated_at bigint not null
);

create table callback_attempts (
  id char(36) not null primary key,
  process_id char(36) not null,
  url varchar(2000) not null,
  attempt int not null,
  status_code int,
  error varchar(500),
  at bigint not null,
  next_attempt_at bigint
);
create index callback_attempts_of_process on callback_attempts (process_id, id);

-- Each user's signing secret, sealed; earlier ones sign beside it for a while after the rotation that replaced them:
-- JSON of [{ secret, expires_at }], the newest first, sealed too.
create table callback_secrets (
  user_id char(36) not null primary key,
  secret varchar(255) not null,
  earlier longtext not null,
  created_at bigint not null,
  updated_at bigint not null
);
