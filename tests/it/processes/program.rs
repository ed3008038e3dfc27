//! A process of ours: what it says is kept, and it ends with the test.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::soon;

/// What a process has written so far.
#[derive(Debug, Clone, Default)]
struct Words(Arc<Mutex<String>>);

/// A running `portoutd`. Dropping it kills it; if the test has failed, what it said is shown.
pub(crate) struct Program {
    name: String,
    child: Child,
    out: Words,
    log: Words,
    readers: Vec<thread::JoinHandle<()>>,
}

/// How a process ended and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code; `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    /// The signal that ended it.
    pub(crate) signal: Option<i32>,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) log: String,
}

/// The command, with nothing of this process's environment but what finding programs takes.
pub(crate) fn portoutd() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portoutd"));
    command.env_clear();
    for name in ["PATH", "HOME", "TMPDIR", "PG_BINDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

impl Program {
    pub(crate) fn start(mut command: Command) -> Self {
        let arguments: Vec<_> = command.get_args().map(|one| one.to_string_lossy()).collect();
        let name = arguments.join(" ");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (out, log) = (Words::default(), Words::default());
        let readers = vec![
            out.read(child.stdout.take().unwrap()),
            log.read(child.stderr.take().unwrap()),
        ];
        Self {
            name,
            child,
            out,
            log,
            readers,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to standard output.
    pub(crate) fn out(&self) -> String {
        self.out.so_far()
    }

    /// What it has written to standard error.
    pub(crate) fn log(&self) -> String {
        self.log.so_far()
    }

    /// The log's lines that are JSON.
    pub(crate) fn log_lines(&self) -> Vec<Value> {
        let log = self.log();
        log.lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// The first line of the log with this message.
    pub(crate) fn logged(&self, message: &str) -> Option<Value> {
        self.log_lines().into_iter().find(|line| {
            line["message"]
                .as_str()
                .is_some_and(|said| said.contains(message))
        })
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// kill -9, and its end.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end.
    pub(crate) async fn ended(mut self) -> Ended {
        let mut status = None;
        let what = format!("`portoutd {}` ends", self.name);
        soon(&what, async || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        })
        .await;
        self.told(status.unwrap())
    }

    fn told(&mut self, status: ExitStatus) -> Ended {
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        Ended {
            code: status.code(),
            signal: status.signal(),
            out: self.out(),
            log: self.log(),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!(
                "── portoutd {} ({}) ──\n{}{}",
                self.name,
                self.id(),
                self.out(),
                self.log()
            );
        }
    }
}

impl Words {
    fn read(&self, from: impl Read + Send + 'static) -> thread::JoinHandle<()> {
        let words = self.clone();
        thread::spawn(move || {
            let mut lines = BufReader::new(from);
            let mut line = Vec::new();
            while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                words.0.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        })
    }

    fn so_far(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

impl Ended {
    /// Makes sure of the exit code and of what standard error says.
    #[track_caller]
    pub(crate) fn assert(&self, code: i32, says: &[&str]) -> &Self {
        assert_eq!(self.code, Some(code), "{self}");
        for one in says {
            assert!(self.log.contains(one), "not told: {one}\n{self}");
        }
        self
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self}"))
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            code,
            signal,
            out,
            log,
        } = self;
        write!(f, "exit code {code:?}, signal {signal:?}\nout: {out}\nlog: {log}")
    }
}
