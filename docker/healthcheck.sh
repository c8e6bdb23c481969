#!/usr/bin/env bash
#
# Succeeds when Sluice is ready. Needs nothing but bash, because the image has no HTTP client.
#
#   healthcheck.sh PORT    the port of metrics.listen

set -euo pipefail

exec 3<>"/dev/tcp/127.0.0.1/$1"
printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
IFS=' ' read -r -t 2 _ status _ <&3
[[ $status == 200 ]]
