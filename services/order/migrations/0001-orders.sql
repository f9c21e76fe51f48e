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
