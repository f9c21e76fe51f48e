-- The trace of the request that set off what is wanted of a payment, beside its id; and which request an attempt belongs to.
alter table payments add column traceparent varchar(55);
alter table payment_attempts add column request_id varchar(128);
