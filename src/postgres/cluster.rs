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

/// A running Postgres of our own. Dropping it stops it and removes all it made.
#[derive(Debug)]
pub struct Cluster {
    place: Place,
    supervisor: Supervisor,
    server: Option<Child>,
    stopped: bool,
}

impl Cluster {
    /// Removes what dead owners left, makes a new cluster with the empty database [`DATABASE`], and starts it.
    /// Takes about a second and blocks the thread: call it outside of async code.
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

    /// The directory of the cluster. Whatever is put there goes when the cluster goes, kill -9 included.
    #[must_use]
    pub fn directory(&self) -> &std::path::Path {
        self.place.directory()
    }

    /// The URL of a database in this cluster, for sqlx, `psql` and `DATABASE_URL`.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let socket = escape(self.place.directory());
        // The port only names the socket's file; without it, PGPORT of the environment would.
        format!("postgres://postgres@localhost:5432/{database}?host={socket}")
    }

    /// Opens a process group for commands that use this cluster: what is left of it ends when the cluster does, kill
    /// -9 of us included.
    pub fn open_group(&mut self) -> io::Result<i32> {
        self.supervisor.open_group()
    }

    /// Stops the server and removes all it made. Takes some 50 ms and blocks the thread.
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
            // The supervisor has done it all, unless somebody killed it.
            .and_then(|()| leftovers::end(directory))
            .and_then(|()| self.server.as_mut().map_or(Ok(()), bury))
            .map_err(|source| ClusterError::NotStopped {
                directory: directory.to_path_buf(),
                source,
            })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Nobody is left to tell; the next start sweeps what could not be removed.
        let _ = self.end();
    }
}

/// Takes the end of our child from the system, so that no zombie stays; it has been stopped already.
fn bury(server: &mut Child) -> io::Result<()> {
    server.kill()?;
    server.wait().map(|_| ())
}

/// Writes a path so that it can stand in a URL's query.
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
