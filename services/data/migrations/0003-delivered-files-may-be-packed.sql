-- What a delivered file is packed with. Files from before are not packed.
alter table export_files add column compression varchar(10);
