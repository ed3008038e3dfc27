# Creates a cluster with one empty database. Its standard input is a handle of the supervisor, which therefore waits for
# the end of this script: if initdb were killed, it would leave shared memory behind.
set -e
initdb=$1 postgres=$2 data=$3 database=$4
shift 4
"$initdb" -D "$data" "$@" </dev/null
# In this mode the server accepts statements without a client. createdb and psql may not be installed.
echo "create database $database" | "$postgres" --single -D "$data" -c fsync=off -c exit_on_error=true postgres
