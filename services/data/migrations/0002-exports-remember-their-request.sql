-- The request that an export is run for. Exports from before do not know it.
alter table exports add column request_id varchar(128);
