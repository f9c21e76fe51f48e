-- The money side of orders: one payment an order, every attempt to move money, every change of state.
create table payments (
  id char(36) not null primary key,
  order_id char(36) not null unique,
  process_id char(36),
  user_id char(36) not null,
  cloud varchar(40) not null,
  gateway varchar(40) not null,
  token varchar(255),
  payment_mode varchar(10) not null,
  state varchar(20) not null,
  wanted varchar(20),
  amount bigint not null,
  currency char(3) not null,
  refunded_amount bigint not null,
  refund_reserved bigint not null,
  decline_code varchar(100),
  request_id varchar(128) not null,
  version int not null,
  created_at bigint not null,
  updated_at bigint not null
);
create index payments_user on payments (user_id, id);

create table payment_attempts (
  id char(36) not null primary key,
  payment_id char(36) not null,
  operation varchar(20) not null,
  outcome varchar(20) not null,
  amount bigint not null,
  reason varchar(500),
  idempotency_key varchar(100) not null,
  gateway_reference varchar(255),
  error varchar(500),
  lost int not null,
  inquiries int not null,
  at bigint not null
);
create index payment_attempts_payment on payment_attempts (payment_id, id);

create table payment_history (
  id char(36) not null primary key,
  payment_id char(36) not null,
  from_state varchar(20),
  to_state varchar(20) not null,
  reason varchar(500),
  at bigint not null,
  request_id varchar(128) not null
);
create index payment_history_payment on payment_history (payment_id, id);

-- The memory of the mock gateway. It stands for the other side of the network: nothing of ours reads or writes it but through the gateway.
create table mock_gateway_ledger (
  idempotency_key varchar(100) not null primary key,
  payment_id char(36) not null,
  operation varchar(20) not null,
  amount bigint not null,
  currency char(3) not null,
  failures int not null,
  outcome varchar(20),
  decline_code varchar(100),
  reference varchar(100),
  at bigint not null
);
create index mock_gateway_ledger_payment on mock_gateway_ledger (payment_id);
