#!/usr/bin/env bash
#
# Run once by the MySQL image on a replica: points it to the primary. Replication starts with the server, right after this.

set -euo pipefail

# The reset comes last: what the image itself wrote must not count as transactions that the primary never had.
MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql --user=root <<SQL
SET PERSIST_ONLY super_read_only = ON;
CHANGE REPLICATION SOURCE TO
  SOURCE_HOST = 'primary',
  SOURCE_USER = 'repl',
  SOURCE_PASSWORD = '$REPLICATION_PASSWORD',
  SOURCE_AUTO_POSITION = 1,
  GET_SOURCE_PUBLIC_KEY = 1;
RESET BINARY LOGS AND GTIDS;
SQL
