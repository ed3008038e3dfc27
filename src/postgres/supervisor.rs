//! Stops Postgres when this process ends, however it ends.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

const SCRIPT: &str = include_str!("supervisor.sh");

/// A small shell that outlives us by a moment: when our end of its pipe closes, however we end, it stops Postgres and
/// removes the directory. It leads a process group of its own.
///
/// A signal at the parent's death would be the shorter way, but it hangs on the thread that forked, not on the process.
#[derive(Debug)]
pub(super) struct Supervisor {
    shell: Child,
    ours: Option<ChildStdin>,
    placeholders: Vec<Child>,
}

impl Supervisor {
    /// Sets a supervisor over a cluster's directory. It holds on to the owner's lock, so that no sweep takes for
    /// forsaken what it is about to clean up.
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

    /// The process group that Postgres's programs join.
    pub(super) fn group(&self) -> i32 {
        self.shell.id().cast_signed()
    }

    /// A second hold on the supervisor: it waits until whoever got this has ended too.
    pub(super) fn hold(&self) -> io::Result<OwnedFd> {
        match &self.ours {
            Some(pipe) => pipe.as_fd().try_clone_to_owned(),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Opens a process group that the supervisor ends too. It has a leader that only waits for our end, so that the
    /// supervisor knows the group before anything that matters runs in it.
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
            // As zombies they would look to the supervisor like members of the group that do not want to end.
            placeholder.kill()?;
            placeholder.wait()?;
        }
        drop(self.ours.take());
        self.shell.wait().map(|_| ())
    }
}
