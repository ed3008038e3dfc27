# Lays out a cluster with one empty database. Its standard input is our hold on the supervisor, which therefore waits
# for the end of this script: initdb, killed half way, would leave shared memory behind.
set -e
initdb=$1 postgres=$2 data=$3 database=$4
shift 4
"$initdb" -D "$data" "$@" </dev/null
# The server takes statements without a client in this mode; createdb and psql may not be installed.
echo "create database $database" | "$postgres" --single -D "$data" -c fsync=off -c exit_on_error=true postgres
