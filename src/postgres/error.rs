//! Why a temporary Postgres did not start or stop.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Why a temporary Postgres did not start or stop, and how to fix it.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No directory is suitable for it.
    #[error(
        "no directory for a temporary Postgres: {}; set TMPDIR to a directory with a short path and 512 MB of free space that \
         the user that runs Postgres can enter",
        .tried.join("; ")
    )]
    NoPlace {
        /// Each directory that was tried, with what is wrong with it.
        tried: Vec<String>,
    },
    /// The process is root, and there is no user to run Postgres as.
    #[error(
        "Postgres refuses to run as root, and there is no user `postgres` or `nobody` to run it as; create one with \
         `useradd --system postgres`, or run portoutd as an ordinary user"
    )]
    NobodyToRunAs,
    /// A file or directory of the cluster cannot be created or read.
    #[error("cannot use `{}`", .path.display())]
    Unusable {
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A program cannot be run.
    #[error("cannot run `{}` as {run_as}; let this user enter its directory, or set PG_BINDIR to another", .program.display())]
    CannotRun {
        /// The program.
        program: PathBuf,
        /// The user that it would run as.
        run_as: String,
        /// The system's error.
        source: io::Error,
    },
    /// A Postgres program failed.
    #[error("`{}` failed with {status}; the end of its output:\n{said}", .program.display())]
    Failed {
        /// The program.
        program: PathBuf,
        /// How it ended.
        status: ExitStatus,
        /// The end of its log.
        said: String,
    },
    /// The server runs but accepts no connections.
    #[error("Postgres was not ready after {seconds} s; the end of its log:\n{said}")]
    NotReady {
        /// The waiting time in seconds.
        seconds: u64,
        /// The end of the server's log.
        said: String,
    },
    /// The cluster could not be stopped and removed completely.
    #[error("Postgres in `{}` could not be stopped and removed; stop its processes, then remove that directory", .directory.display())]
    NotStopped {
        /// The cluster's directory.
        directory: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}
