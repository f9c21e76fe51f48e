-- A table for the tests of the plumbing.
create table notes (
  id varchar(36) not null primary key,
  text text not null
);
