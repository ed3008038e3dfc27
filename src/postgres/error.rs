//! Why a temporary Postgres did not start or stop.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Why a throw-away Postgres did not start or stop, and how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No directory is fit to hold it.
    #[error(
        "no directory for a throw-away Postgres: {}; set TMPDIR to a directory with a short path, 512 MB of room, and leave \
         for the user that runs Postgres to enter it",
        .tried.join("; ")
    )]
    NoPlace {
        /// Each directory that was looked at, with what is wrong with it.
        tried: Vec<String>,
    },
    /// Root, and no user to run Postgres as.
    #[error(
        "Postgres refuses to run as root, and there is no user `postgres` or `nobody` to run it as; make one with \
         `useradd --system postgres`, or run portoutd as an ordinary user"
    )]
    NobodyToRunAs,
    /// A file or directory of the cluster cannot be made or read.
    #[error("cannot use `{}`", .path.display())]
    Unusable {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program cannot be run at all.
    #[error("cannot run `{}` as {run_as}; see that this user may enter its directory, or set PG_BINDIR to another", .program.display())]
    CannotRun {
        /// The program.
        program: PathBuf,
        /// The user it was to run as.
        run_as: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program of Postgres gave up.
    #[error("`{}` failed with {status}; the end of what it said:\n{said}", .program.display())]
    Failed {
        /// The program.
        program: PathBuf,
        /// How it ended.
        status: ExitStatus,
        /// The tail of its log.
        said: String,
    },
    /// The server runs and takes no connections.
    #[error("Postgres was not ready after {seconds} s; the end of its log:\n{said}")]
    NotReady {
        /// How long it was waited for.
        seconds: u64,
        /// The tail of the server's log.
        said: String,
    },
    /// It could not be stopped and removed whole.
    #[error("Postgres in `{}` could not be stopped and removed; stop its processes, then remove that directory", .directory.display())]
    NotStopped {
        /// The cluster's directory.
        directory: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
