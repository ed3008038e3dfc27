//! A pseudoterminal, to run a program as a person does.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// The streams that are the terminal. The others are a pipe, or empty for standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnTerminal {
    /// All three.
    All,
    /// Standard output only.
    Output,
}

/// How a program ended, and what it printed on the terminal and, if that is separate, on standard error.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) code: Option<i32>,
    pub(crate) screen: String,
    pub(crate) log: String,
}

/// Runs a command with these streams on a new terminal, on which `typed` was typed.
pub(crate) fn run(mut command: Command, streams: OnTerminal, typed: &str) -> Session {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let path = PathBuf::from(std::ffi::OsStr::from_bytes(name.as_bytes()));
    let terminal = || Stdio::from(OpenOptions::new().read(true).write(true).open(&path).unwrap());
    // Held until the end: the terminal would hang up when the program closes its last stream.
    let held = terminal();
    command.stdout(terminal()).env("TERM", "xterm");
    match streams {
        OnTerminal::All => command.stdin(terminal()).stderr(terminal()),
        OnTerminal::Output => command.stdin(Stdio::null()).stderr(Stdio::piped()),
    };
    let mut master = File::from(master);
    let screen = reader(master.try_clone().unwrap());
    master.write_all(typed.as_bytes()).unwrap();
    let mut child = command.spawn().unwrap();
    drop(command);
    let log = child.stderr.take().map(reader);
    let status = child.wait().unwrap();
    drop(held);
    Session {
        code: status.code(),
        screen: screen.join().unwrap().replace("\r\n", "\n"),
        log: log.map(|log| log.join().unwrap()).unwrap_or_default(),
    }
}

fn reader(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let mut part = [0; 4096];
        // A terminal without a program on it ends with an error.
        while let Ok(count @ 1..) = from.read(&mut part) {
            bytes.extend_from_slice(&part[..count]);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
