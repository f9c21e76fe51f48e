-- What is due belongs to the request and the trace that scheduled it. Rows from before, and those that nobody asked for, have neither.
alter table timers add column request_id varchar(128);
alter table timers add column traceparent varchar(55);
