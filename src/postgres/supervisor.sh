# Stops a temporary Postgres when its owner has ended. Argument: the cluster's directory.
# Reads lines from its owner. Each contains a process group that must not outlive the owner.
dir=$1
trap '' HUP INT QUIT TERM

doomed=
while read -r group; do doomed="$doomed $group"; done

# The owner has closed its end of the pipe, or died.
nap() { sleep 0.02 2>/dev/null || sleep 1; }

for group in $doomed; do kill -s TERM -- "-$group" 2>/dev/null; done
for group in $doomed; do
  tries=0
  while kill -s 0 -- "-$group" 2>/dev/null && [ "$tries" -lt 50 ]; do nap; tries=$((tries + 1)); done
  kill -s KILL -- "-$group" 2>/dev/null
done

# Our own group: initdb or the server. QUIT stops a server immediately, without writing its memory to disk.
kill -s QUIT 0
tries=0
while [ -e "$dir/data/postmaster.pid" ] && [ "$tries" -lt 300 ]; do nap; tries=$((tries + 1)); done
tries=0
until rm -rf -- "$dir" 2>/dev/null || [ "$tries" -ge 50 ]; do nap; tries=$((tries + 1)); done
# Any remaining process, and this one.
kill -s KILL 0
