#!/usr/bin/env bash
# Run by the image of MySQL when its volume is empty: a database for each service, and a user with rights to it alone.
set -euo pipefail
for service in user order payment data; do
  password="${service^^}_DATABASE_PASSWORD"
  # The name of a database is a pattern in a grant, and an underscore in it would stand for any character.
  MYSQL_PWD="$MYSQL_ROOT_PASSWORD" mysql --protocol=socket --user=root <<SQL
create database waybill_$service character set utf8mb4 collate utf8mb4_bin;
create user 'waybill_$service'@'%' identified by '${!password:?}';
grant all privileges on \`waybill\\_$service\`.* to 'waybill_$service'@'%';
SQL
done
