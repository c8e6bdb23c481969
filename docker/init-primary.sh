#!/usr/bin/env bash
#
# Run once by the MySQL image on the primary: accounts and a database. Replicas get them by replication.

set -euo pipefail

MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql --user=root <<SQL
CREATE USER 'repl'@'%' IDENTIFIED BY '$REPLICATION_PASSWORD';
GRANT REPLICATION SLAVE ON *.* TO 'repl'@'%';

CREATE USER 'sluice_monitor'@'%' IDENTIFIED BY '$MONITOR_PASSWORD';
GRANT REPLICATION CLIENT ON *.* TO 'sluice_monitor'@'%';
GRANT SELECT ON mysql.user TO 'sluice_monitor'@'%';
GRANT TRIGGER ON *.* TO 'sluice_monitor'@'%';

CREATE DATABASE app;
CREATE USER 'app'@'%' IDENTIFIED BY '$APP_PASSWORD';
GRANT ALL ON app.* TO 'app'@'%';
SQL
