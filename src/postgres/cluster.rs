//! A running temporary Postgres.

use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::process::Child;

use super::binaries::Binaries;
use super::durability::Durability;
use super::error::ClusterError;
use super::leftovers;
use super::place::{self, Place};
use super::run_as::RunAs;
use super::server::Server;
use super::supervisor::Supervisor;

/// A running Postgres of our own. Dropping it stops it and removes everything it created.
#[derive(Debug)]
pub struct Cluster {
    place: Place,
    supervisor: Supervisor,
    server: Option<Child>,
    stopped: bool,
}

impl Cluster {
    /// Removes what dead owners left, creates a cluster with the empty database [`DATABASE`](super::DATABASE), and
    /// starts it. This takes about a second and blocks the thread, so call it outside of async code.
    pub fn start(binaries: &Binaries, durability: Durability) -> Result<Self, ClusterError> {
        let run_as = RunAs::choose()?;
        leftovers::sweep(&place::all_bases(), &run_as);
        let place = Place::make(durability, &run_as)?;
        let unusable = |source| ClusterError::Unusable {
            path: place.directory().to_path_buf(),
            source,
        };
        let lock = place.lock().map_err(unusable)?;
        let supervisor = Supervisor::over(place.directory(), lock).map_err(unusable)?;
        let hold = supervisor.hold().map_err(unusable)?;
        let group = supervisor.group();
        let mut cluster = Self {
            place,
            supervisor,
            server: None,
            stopped: false,
        };
        let server = Server {
            binaries,
            place: &cluster.place,
            run_as: &run_as,
            group,
            durability,
        };
        server.lay_out(hold)?;
        let child = server.start()?;
        cluster.server = Some(child);
        Ok(cluster)
    }

    /// Returns the directory of the cluster. Everything in it is removed with the cluster, even after kill -9.
    #[must_use]
    pub fn directory(&self) -> &std::path::Path {
        self.place.directory()
    }

    /// Returns the URL of a database in this cluster, for sqlx, `psql` and `DATABASE_URL`.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let socket = escape(self.place.directory());
        // The port only determines the name of the socket file. Without it, PGPORT from the environment would.
        format!("postgres://postgres@localhost:5432/{database}?host={socket}")
    }

    /// Opens a process group for commands that use this cluster. Its remaining processes end with the cluster, even if
    /// this process is killed with kill -9.
    pub fn open_group(&mut self) -> io::Result<i32> {
        self.supervisor.open_group()
    }

    /// Stops the server and removes everything it created. This takes about 50 ms and blocks the thread.
    pub fn stop(mut self) -> Result<(), ClusterError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), ClusterError> {
        if self.stopped {
            return Ok(());
        }
        self.stopped = true;
        let directory = self.place.directory();
        self.supervisor
            .release()
            // The supervisor has done everything, unless it was killed.
            .and_then(|()| leftovers::end(directory))
            .and_then(|()| self.server.as_mut().map_or(Ok(()), reap))
            .map_err(|source| ClusterError::NotStopped {
                directory: directory.to_path_buf(),
                source,
            })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // An error cannot be reported here. The next start removes what is left.
        let _ = self.end();
    }
}

/// Reaps our child process, which has been stopped already, so that no zombie remains.
fn reap(server: &mut Child) -> io::Result<()> {
    server.kill()?;
    server.wait().map(|_| ())
}

/// Escapes a path for the query of a URL.
fn escape(path: &Path) -> String {
    let mut escaped = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                escaped.push(char::from(*byte));
            }
            other => {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "%{other:02X}");
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_odd_characters_survives_the_url() {
        let url = format!(
            "postgres://postgres@localhost:5432/x?host={}",
            escape(Path::new("/tmp/a b&c%é"))
        );
        let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
        assert_eq!(options.get_socket().unwrap(), Path::new("/tmp/a b&c%é"));
    }
}
