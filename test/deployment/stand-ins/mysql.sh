#!/usr/bin/env bash
# In place of the image of MySQL, with the MariaDB of this machine: an empty folder becomes a server whose root has
# MYSQL_ROOT_PASSWORD, what lies in /docker-entrypoint-initdb.d is run while it listens at its socket alone, then it serves.
set -euo pipefail
install -d -o mysql -g mysql /run/mysqld /var/lib/mysql
mariadb-install-db --no-defaults --user=mysql --datadir=/var/lib/mysql --auth-root-authentication-method=normal --skip-test-db >/dev/null
# As in the image: nobody is asked who is behind an address.
server=(mariadbd --no-defaults --skip-name-resolve --user=mysql --datadir=/var/lib/mysql --socket=/run/mysqld/mysqld.sock)
"${server[@]}" --skip-networking &
until mysql --no-defaults --protocol=socket --socket=/run/mysqld/mysqld.sock --user=root \
  --execute="alter user root@localhost identified by '$MYSQL_ROOT_PASSWORD'" 2>/dev/null; do sleep 0.1; done
for script in /docker-entrypoint-initdb.d/*.sh; do "$script"; done
kill %1
wait %1 || true
shift # mysqld
exec "${server[@]}" --bind-address=0.0.0.0 "$@"
