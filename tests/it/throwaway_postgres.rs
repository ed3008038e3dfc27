//! `portoutd with-postgres`, the real binary: whatever happens to it, nothing of it stays.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

const SOON: Duration = Duration::from_mins(1);

/// Prints what a test wants to know of a running cluster: its directory, its server, and the command itself.
const TELL: &str =
    r#"dir=${DATABASE_URL#*host=}; echo "$dir"; head -n 1 "$dir/data/postmaster.pid"; echo $$"#;

/// A `with-postgres` that runs and has told about itself.
struct Running {
    wrapper: Child,
    directory: PathBuf,
    server: i32,
    command: i32,
    told: Lines<BufReader<ChildStdout>>,
}

fn with_postgres(script: &str) -> Command {
    let mut wrapper = Command::new(env!("CARGO_BIN_EXE_portoutd"));
    wrapper.args(["with-postgres", "--", "sh", "-c", script]);
    wrapper.stdin(Stdio::null());
    wrapper
}

impl Running {
    fn start(then: &str) -> Self {
        let script = format!("{TELL}; {then}");
        let mut wrapper = with_postgres(&script).stdout(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(wrapper.stdout.take().unwrap()).lines();
        let mut line = || told.next().expect("the command tells about itself").unwrap();
        let (directory, server, command) = (line().into(), line(), line());
        Self {
            wrapper,
            directory,
            server: server.parse().unwrap(),
            command: command.parse().unwrap(),
            told,
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.wrapper), signal).unwrap();
    }

    fn assert_nothing_stays(&self) {
        soon("the directory is removed", || !self.directory.exists());
        soon("the server is gone", || !runs(self.server));
        soon("the command is gone", || !runs(self.command));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.wrapper.kill();
    }
}

/// Polls for a bounded time, because a process does not report when it has ended.
fn soon(what: &str, mut holds: impl FnMut() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < SOON, "not so after {SOON:?}: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Whether there is such a process, and more of it than a zombie that nobody buries.
fn runs(pid: i32) -> bool {
    let zombie = fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "));
    test_kill_process(Pid::from_raw(pid).unwrap()).is_ok() && !zombie
}

/// The shell that watches over the server: the leader of its process group.
fn supervisor_of(server: i32) -> Pid {
    rustix::process::getpgid(Pid::from_raw(server)).unwrap()
}

#[test]
fn the_command_gets_a_database_and_its_exit_code_is_passed_on() {
    let mut running = Running::start("exit 7");
    assert_eq!(running.wrapper.wait().unwrap().code(), Some(7));
    assert!(
        !running.directory.exists() && !runs(running.server),
        "all is gone before the wrapper ends"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_takes_statements() {
    use sqlx::Connection;
    let mut running = Running::start("echo $DATABASE_URL; exec sleep 600");
    let url = running.told.next().unwrap().unwrap();
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    let name: String = sqlx::query_scalar("select current_database()::text")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(name, "portoutd");
    running.signal(Signal::TERM);
    assert_eq!(running.wrapper.wait().unwrap().code(), Some(128 + 15));
    running.assert_nothing_stays();
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_of_a_directory_are_run_before_the_command() {
    use sqlx::Connection;
    let migrations = tempfile::tempdir().unwrap();
    let first = migrations.path().join("20260101000000_create_probe.sql");
    fs::write(
        first,
        "create table probe (word text); insert into probe values ('migrated');",
    )
    .unwrap();
    let mut wrapper = Command::new(env!("CARGO_BIN_EXE_portoutd"))
        .args(["with-postgres", "--migrations"])
        .arg(migrations.path())
        .args(["--", "sh", "-c", "echo $DATABASE_URL; exec sleep 600"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let url = BufReader::new(wrapper.stdout.take().unwrap())
        .lines()
        .next()
        .unwrap()
        .unwrap();
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    let word: String = sqlx::query_scalar("select word from probe")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    kill_process(Pid::from_child(&wrapper), Signal::TERM).unwrap();
    wrapper.wait().unwrap();
    assert_eq!(word, "migrated");
}

#[test]
fn an_interrupt_is_passed_on_and_the_command_may_end_in_its_own_way() {
    let mut running = Running::start("trap 'exit 5' INT; echo ready; while :; do sleep 0.05; done");
    assert_eq!(running.told.next().unwrap().unwrap(), "ready");
    running.signal(Signal::INT);
    assert_eq!(running.wrapper.wait().unwrap().code(), Some(5));
    running.assert_nothing_stays();
}

#[test]
fn what_the_command_left_in_the_background_ends_with_it() {
    let mut running = Running::start("sleep 600 & echo $!");
    let left: i32 = running.told.next().unwrap().unwrap().parse().unwrap();
    assert_eq!(running.wrapper.wait().unwrap().code(), Some(0));
    assert!(!runs(left));
}

#[test]
fn after_kill_9_of_the_wrapper_no_process_and_no_directory_stays() {
    // Ignores what can be ignored: only the last resort ends it.
    let mut running = Running::start("trap '' HUP INT TERM; while :; do sleep 1; done");
    running.signal(Signal::KILL);
    assert_eq!(running.wrapper.wait().unwrap().signal(), Some(9));
    running.assert_nothing_stays();
}

#[test]
fn when_the_supervisor_was_killed_too_the_next_start_sweeps() {
    let mut running = Running::start("exec sleep 600");
    kill_process(supervisor_of(running.server), Signal::KILL).unwrap();
    running.signal(Signal::KILL);
    running.wrapper.wait().unwrap();
    kill_process(Pid::from_raw(running.command).unwrap(), Signal::KILL).unwrap();
    assert!(
        running.directory.exists() && runs(running.server),
        "nobody was left to clean up"
    );
    assert!(with_postgres("exit 0").status().unwrap().success());
    running.assert_nothing_stays();
}

#[test]
fn without_its_supervisor_the_wrapper_cleans_up_by_itself() {
    let mut running = Running::start("exec sleep 600");
    kill_process(supervisor_of(running.server), Signal::KILL).unwrap();
    running.signal(Signal::TERM);
    assert_eq!(running.wrapper.wait().unwrap().code(), Some(128 + 15));
    running.assert_nothing_stays();
}

#[test]
fn a_start_that_is_killed_half_way_leaves_nothing() {
    let mut wrapper = with_postgres("exec sleep 600").spawn().unwrap();
    let ours = format!("portoutd-pg-{}-", wrapper.id());
    let mut made = None;
    soon("the cluster is being laid out", || {
        made = [Path::new("/dev/shm"), &std::env::temp_dir(), Path::new("/tmp")]
            .iter()
            .filter_map(|base| base.read_dir().ok())
            .flatten()
            .flatten()
            .find(|entry| entry.file_name().to_string_lossy().starts_with(&ours))
            .map(|entry| entry.path())
            .filter(|directory| directory.join("data").exists());
        made.is_some()
    });
    wrapper.kill().unwrap();
    wrapper.wait().unwrap();
    let directory = made.unwrap();
    soon("the directory is removed", || !directory.exists());
}

#[test]
fn two_at_once_have_a_cluster_each() {
    let (mut one, mut other) = (Running::start("exec sleep 600"), Running::start("exec sleep 600"));
    assert_ne!(one.directory, other.directory);
    one.signal(Signal::TERM);
    one.wrapper.wait().unwrap();
    one.assert_nothing_stays();
    assert!(
        runs(other.server) && other.directory.exists(),
        "the end of one does not touch the other"
    );
    other.signal(Signal::TERM);
    other.wrapper.wait().unwrap();
    other.assert_nothing_stays();
}

#[test]
fn a_command_that_cannot_run_is_named_and_nothing_stays() {
    let told = Command::new(env!("CARGO_BIN_EXE_portoutd"))
        .args(["with-postgres", "--", "no-such-command-here"])
        .output()
        .unwrap();
    let words = String::from_utf8(told.stderr).unwrap();
    assert_eq!(told.status.code(), Some(2), "{words}");
    assert!(words.contains("`no-such-command-here`"), "{words}");
}

#[test]
fn without_a_usable_postgres_the_message_says_what_to_mend() {
    let told = Command::new(env!("CARGO_BIN_EXE_portoutd"))
        .args(["with-postgres", "--", "true"])
        .env("PG_BINDIR", "/nowhere")
        .output()
        .unwrap();
    let words = String::from_utf8(told.stderr).unwrap();
    assert_eq!(told.status.code(), Some(69), "{words}");
    assert!(words.contains("PG_BINDIR is `/nowhere`"), "{words}");
}
