-- Users, their sessions with the tokens that refresh them, and the keys that sign access tokens.
create table users (
  id char(36) not null primary key,
  name varchar(100) not null,
  email varchar(254) not null,
  email_key varchar(512) not null unique,
  password_hash varchar(255) not null,
  role varchar(20) not null,
  cloud varchar(40),
  account varchar(100) not null,
  disabled_at bigint,
  created_at bigint not null,
  updated_at bigint not null
);
create index users_role on users (role, disabled_at);

create table sessions (
  id char(36) not null primary key,
  user_id char(36) not null,
  created_at bigint not null,
  expires_at bigint not null,
  revoked_at bigint
);
create index sessions_user on sessions (user_id, revoked_at);
create index sessions_expiry on sessions (expires_at);

create table refresh_tokens (
  hash char(64) not null primary key,
  session_id char(36) not null,
  created_at bigint not null,
  used_at bigint
);
create index refresh_tokens_session on refresh_tokens (session_id);
create index refresh_tokens_age on refresh_tokens (created_at);

create table signing_keys (
  purpose varchar(20) not null primary key,
  private_key text not null,
  created_at bigint not null
);
