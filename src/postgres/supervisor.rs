//! Stops Postgres when this process ends, however it ends.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

const SCRIPT: &str = include_str!("supervisor.sh");

/// A small shell that outlives this process by a moment. When our end of its pipe closes, for whatever reason, it stops
/// Postgres and removes the directory. It leads its own process group.
///
/// A parent death signal would be simpler, but it depends on the thread that forked and not on the process.
#[derive(Debug)]
pub(super) struct Supervisor {
    shell: Child,
    ours: Option<ChildStdin>,
    placeholders: Vec<Child>,
}

impl Supervisor {
    /// Starts a supervisor for a cluster's directory. It also holds the owner's lock, so that no sweep removes what it
    /// is about to clean up.
    pub(super) fn over(directory: &Path, lock: File) -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "portoutd-postgres-supervisor"])
            .arg(directory)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::from(lock))
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let ours = shell.stdin.take();
        Ok(Self {
            shell,
            ours,
            placeholders: Vec::new(),
        })
    }

    /// Returns the process group that Postgres's programs join.
    pub(super) fn group(&self) -> i32 {
        self.shell.id().cast_signed()
    }

    /// Returns another handle of the supervisor. The supervisor waits until the holder has ended too.
    pub(super) fn hold(&self) -> io::Result<OwnedFd> {
        match &self.ours {
            Some(pipe) => pipe.as_fd().try_clone_to_owned(),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Opens a process group that the supervisor also ends. Its leader only waits for our end, so that the supervisor
    /// knows the group before anything important runs in it.
    pub(super) fn open_group(&mut self) -> io::Result<i32> {
        let placeholder = Command::new("/bin/sh")
            .args(["-c", "read -r _", "portoutd-group"])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let group = placeholder.id().cast_signed();
        self.placeholders.push(placeholder);
        match &mut self.ours {
            Some(pipe) => writeln!(pipe, "{group}")?,
            None => return Err(io::ErrorKind::BrokenPipe.into()),
        }
        Ok(group)
    }

    /// Lets the supervisor do its work, and waits for its end.
    pub(super) fn release(&mut self) -> io::Result<()> {
        for placeholder in &mut self.placeholders {
            // As zombies they would look to the supervisor like members of the group that do not end.
            placeholder.kill()?;
            placeholder.wait()?;
        }
        drop(self.ours.take());
        self.shell.wait().map(|_| ())
    }
}
