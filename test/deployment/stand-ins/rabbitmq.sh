#!/usr/bin/env bash
# In place of the image of RabbitMQ, with the one of this machine: user, password and virtual host are those that the environment names.
set -euo pipefail
chown rabbitmq: /var/lib/rabbitmq /var/log/rabbitmq
cat >/var/lib/rabbitmq/stand-in.conf <<CONF
default_user = $RABBITMQ_DEFAULT_USER
default_pass = $RABBITMQ_DEFAULT_PASS
default_vhost = $RABBITMQ_DEFAULT_VHOST
CONF
export RABBITMQ_CONFIG_FILE=/var/lib/rabbitmq/stand-in.conf
exec rabbitmq-server
