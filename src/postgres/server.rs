//! Runs Postgres's programs and waits until the server is ready.

use std::fs::{self, File, OpenOptions};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, io, thread};

use super::binaries::Binaries;
use super::durability::Durability;
use super::error::ClusterError;
use super::place::Place;
use super::run_as::RunAs;

const LAYOUT: &str = include_str!("layout.sh");
const READY_WITHIN: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(10);
const LINES_TOLD: usize = 20;

/// Postgres's programs in one place. All of them join the supervisor's process group, so that Ctrl-C, which is sent to
/// our group, does not reach them, and the supervisor ends them together.
#[derive(Debug)]
pub(super) struct Server<'a> {
    pub(super) binaries: &'a Binaries,
    pub(super) place: &'a Place,
    pub(super) run_as: &'a RunAs,
    pub(super) group: i32,
    pub(super) durability: Durability,
}

impl Server<'_> {
    /// Creates the cluster with its database. It must not be interrupted: see the script.
    pub(super) fn lay_out(&self, hold: OwnedFd) -> Result<(), ClusterError> {
        let mut layout = self.command(Path::new("/bin/sh"))?;
        layout.args(["-c", LAYOUT, "portoutd-postgres-layout"]);
        let initdb = self.binaries.program("initdb");
        layout.arg(&initdb).arg(self.binaries.program("postgres"));
        layout.arg(self.place.data()).arg(DATABASE);
        layout.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
        ]);
        layout.args(["--no-sync", "--no-instructions"]);
        if self.durability == Durability::Fast {
            // With small segments a new cluster is a third of the size and is created faster.
            layout.arg("--wal-segsize=1");
        }
        let mut child = self.spawn(&initdb, layout.stdin(Stdio::from(hold)))?;
        let status = child.wait().map_err(|source| self.unusable(source))?;
        match status.code() {
            Some(0) => Ok(()),
            // The exit codes of shells for a program that cannot be run.
            Some(126 | 127) => Err(self.cannot_run(&initdb, io::Error::other(self.tail_of_log()))),
            _ => Err(self.failed(initdb, status)),
        }
    }

    /// Starts the server and waits until it accepts connections.
    pub(super) fn start(&self) -> Result<Child, ClusterError> {
        let program = self.binaries.program("postgres");
        let mut postgres = self.command(&program)?;
        postgres
            .arg("-D")
            .arg(self.place.data())
            .arg("-k")
            .arg(self.place.directory());
        for setting in settings(self.durability) {
            postgres.args(["-c", setting]);
        }
        let mut child = self.spawn(&program, &mut postgres)?;
        let since = Instant::now();
        while !is_ready(&self.place.data()) {
            if let Some(status) = child.try_wait().map_err(|source| self.unusable(source))? {
                return Err(self.failed(program, status));
            }
            if since.elapsed() > READY_WITHIN {
                return Err(ClusterError::NotReady {
                    seconds: READY_WITHIN.as_secs(),
                    said: self.tail_of_log(),
                });
            }
            // A process does not report when it is ready or has ended, so it is polled on a thread that may block.
            thread::sleep(LOOK_EVERY);
        }
        Ok(child)
    }

    fn command(&self, program: &Path) -> Result<Command, ClusterError> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.place.log());
        let log = log.map_err(|source| self.unusable(source))?;
        let errors = log.try_clone().map_err(|source| self.unusable(source))?;
        let mut command = Command::new(program);
        for (name, _) in env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").env("TZ", "UTC");
        command
            .current_dir(self.place.directory())
            .process_group(self.group);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::from(log))
            .stderr(Stdio::from(errors));
        self.run_as.apply(&mut command);
        Ok(command)
    }

    fn spawn(&self, program: &Path, command: &mut Command) -> Result<Child, ClusterError> {
        command.spawn().map_err(|source| self.cannot_run(program, source))
    }

    fn cannot_run(&self, program: &Path, source: io::Error) -> ClusterError {
        ClusterError::CannotRun {
            program: program.to_path_buf(),
            run_as: self.run_as.in_words(),
            source,
        }
    }

    fn failed(&self, program: PathBuf, status: ExitStatus) -> ClusterError {
        ClusterError::Failed {
            program,
            status,
            said: self.tail_of_log(),
        }
    }

    fn unusable(&self, source: io::Error) -> ClusterError {
        ClusterError::Unusable {
            path: self.place.directory().to_path_buf(),
            source,
        }
    }

    fn tail_of_log(&self) -> String {
        let log = File::open(self.place.log()).and_then(io::read_to_string);
        tail(&log.unwrap_or_else(|error| format!("(its log cannot be read: {error})")))
    }
}

fn settings(durability: Durability) -> &'static [&'static str] {
    match durability {
        Durability::Fast => &[
            "listen_addresses=",
            "port=5432",
            "unix_socket_permissions=0700",
            "dynamic_shared_memory_type=mmap",
            "max_connections=200",
            "shared_buffers=64MB",
            "jit=off",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "wal_level=minimal",
            "max_wal_senders=0",
            "min_wal_size=32MB",
            "max_wal_size=256MB",
        ],
        Durability::Durable => &[
            "listen_addresses=",
            "port=5432",
            "unix_socket_permissions=0700",
            "dynamic_shared_memory_type=mmap",
            "max_connections=200",
            "jit=off",
        ],
    }
}

/// Returns whether the server accepts connections, according to the eighth line of its lock file.
fn is_ready(data: &Path) -> bool {
    fs::read_to_string(data.join("postmaster.pid"))
        .is_ok_and(|lock| lock.lines().nth(7).is_some_and(|status| status.trim() == "ready"))
}

/// Returns the last lines of a text.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.len().saturating_sub(LINES_TOLD);
    lines.get(first..).unwrap_or_default().join("\n")
}

/// The empty database of every cluster.
pub const DATABASE: &str = "portoutd";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_carries_the_end_of_the_log_only() {
        let log: String = (1..=100)
            .map(|line| format!("line {line}"))
            .collect::<Vec<_>>()
            .join("\n");
        let told = tail(&log);
        assert!(
            told.starts_with("line 81\n") && told.ends_with("line 100"),
            "{told}"
        );
        assert_eq!(tail(""), "");
    }

    #[test]
    fn a_server_is_ready_only_when_its_lock_file_says_so() {
        let data = tempfile::tempdir().unwrap();
        assert!(!is_ready(data.path()));
        let lock = data.path().join("postmaster.pid");
        fs::write(&lock, "1\n/data\n3\n5432\n/socket\n\n1 2\nstarting\n").unwrap();
        assert!(!is_ready(data.path()));
        fs::write(&lock, "1\n/data\n3\n5432\n/socket\n\n1 2\nready   \n").unwrap();
        assert!(is_ready(data.path()));
    }

    #[test]
    fn no_cluster_ever_listens_on_a_network() {
        for durability in [Durability::Fast, Durability::Durable] {
            assert!(settings(durability).contains(&"listen_addresses="));
        }
    }
}
