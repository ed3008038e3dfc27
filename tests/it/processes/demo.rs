//! `portoutd demo`: something to see soon, and nothing left of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, test_kill_process};

use super::program::{Program, portoutd};
use super::{soon, within};

/// The ten seconds, and as many for a machine that does other things too.
const DECIDES: Duration = Duration::from_secs(20);

/// A demo that has shown its first decisions.
struct Demo {
    program: Program,
    directory: PathBuf,
    server: i32,
}

fn demo(arguments: &[&str]) -> Program {
    let mut command = portoutd();
    command.arg("demo").args(arguments);
    // What somebody has set for a service of their own must not lead the demo astray.
    command
        .env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")
        .env("TELNYX_API_KEY", "KEY-OF-OURS");
    command.env("PORTOUTD__MODE", "shadow");
    Program::start(command)
}

/// The directories of the cluster that this process has started.
fn directories(owner: u32) -> Vec<PathBuf> {
    let ours = format!("portoutd-pg-{owner}-");
    let bases = [Path::new("/dev/shm"), &std::env::temp_dir(), Path::new("/tmp")].map(Path::to_owned);
    let entries = bases
        .iter()
        .filter_map(|base| fs::read_dir(base).ok())
        .flatten()
        .flatten();
    let mut found: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&ours))
        .map(|entry| entry.path())
        .collect();
    found.dedup();
    found
}

fn alive(pid: i32) -> bool {
    let zombie = fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "));
    test_kill_process(Pid::from_raw(pid).unwrap()).is_ok() && !zombie
}

impl Demo {
    async fn playing() -> Self {
        let program = demo(&["--rate", "300"]);
        within(DECIDES, "the first decision is shown", async || {
            program.out().contains('\n')
        })
        .await;
        let directory = directories(program.id()).pop().unwrap();
        let server = fs::read_to_string(directory.join("data/postmaster.pid")).unwrap();
        Self {
            server: server.lines().next().unwrap().parse().unwrap(),
            directory,
            program,
        }
    }
}

async fn assert_nothing_stays(directory: &Path, server: i32) {
    soon("the directory is removed", async || !directory.exists()).await;
    soon("Postgres is gone", async || !alive(server)).await;
}

#[tokio::test]
async fn a_demo_of_three_decisions_shows_them_and_leaves_nothing() {
    let program = demo(&["--decisions", "3", "--rate", "300"]);
    let owner = program.id();
    let ended = program.ended().await;
    ended.assert(
        0,
        &[
            "In another terminal, try:",
            "Everything the demo created is removed",
        ],
    );
    let lines: Vec<&str> = ended.out.lines().collect();
    assert_eq!(lines.len(), 3, "{ended}");
    for line in lines {
        assert!(line.starts_with("PO_"), "{line}");
        assert!(
            ["authorize", "reject", "hold"]
                .iter()
                .any(|word| line.contains(word)),
            "{line}"
        );
    }
    assert_eq!(directories(owner), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn ctrl_c_ends_the_demo_cleanly_and_its_suggestions_work_until_then() {
    let demo = Demo::playing().await;
    soon("the next commands are suggested", async || {
        demo.program.log().contains("decisions list")
    })
    .await;
    for verb in ["decisions list", "pending"] {
        let log = demo.program.log();
        let suggested = log.lines().find(|line| line.contains(verb)).unwrap().trim();
        let mut shell = std::process::Command::new("sh");
        shell
            .args(["-c", suggested])
            .env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing");
        shell.env("TELNYX_API_KEY", "KEY-OF-OURS");
        let told = shell.output().unwrap();
        assert!(
            told.status.success(),
            "{suggested}\n{}",
            String::from_utf8_lossy(&told.stderr)
        );
    }
    demo.program.signal(Signal::INT);
    demo.program
        .ended()
        .await
        .assert(0, &["Everything the demo created is removed"]);
    assert!(
        !demo.directory.exists() && !alive(demo.server),
        "all is gone before the demo ends"
    );
}

#[tokio::test]
async fn after_kill_9_of_the_demo_no_process_and_no_directory_stays() {
    let mut demo = Demo::playing().await;
    demo.program.kill();
    assert_nothing_stays(&demo.directory, demo.server).await;
}
