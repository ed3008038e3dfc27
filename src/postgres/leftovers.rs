//! Removes what earlier temporary clusters left behind.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::place::{OWNER, PREFIX, data_in};
use super::run_as::RunAs;

const GONE_WITHIN: Duration = Duration::from_secs(6);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A directory without an owner file younger than this may be one that is being created.
const UNSIGNED_FOR: Duration = Duration::from_mins(1);

/// Stops and removes every cluster of ours whose owner is dead. What cannot be removed is left for the next sweep and
/// disturbs nobody.
pub(super) fn sweep(bases: &[PathBuf], run_as: &RunAs) {
    let entries = bases
        .iter()
        .filter_map(|base| base.read_dir().ok())
        .flatten()
        .flatten();
    for entry in entries {
        let directory = entry.path();
        if entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(PREFIX.as_bytes())
            && is_ours(&directory, run_as)
            && let Some(_lock) = take_over(&directory)
        {
            let _ = end(&directory);
        }
    }
}

/// Returns whether this user, or the user that we run Postgres as, created the directory. Clusters of other users are
/// not ours to remove.
fn is_ours(directory: &Path, run_as: &RunAs) -> bool {
    let us = rustix::process::geteuid().as_raw();
    fs::symlink_metadata(directory)
        .is_ok_and(|found| found.is_dir() && (found.uid() == us || found.uid() == run_as.uid()))
}

/// Takes the lock of a dead owner, so that two sweeps do not remove the same cluster. Returns `None` while the owner is
/// alive.
fn take_over(directory: &Path) -> Option<File> {
    match File::open(directory.join(OWNER)) {
        Ok(owner) => owner.try_lock().is_ok().then_some(owner),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let made = fs::metadata(directory).ok()?.modified().ok()?;
            let forsaken = made.elapsed().is_ok_and(|age| age > UNSIGNED_FOR);
            forsaken.then(|| File::open(directory).ok()).flatten()
        }
        Err(_) => None,
    }
}

/// Stops the server in this directory, if one is running, and removes the directory.
pub(super) fn end(directory: &Path) -> io::Result<()> {
    let data = data_in(directory);
    if let Some(server) = server_of(&data) {
        for signal in [Signal::QUIT, Signal::KILL] {
            let _ = kill_process(server, signal);
            if is_gone(server, &data) {
                break;
            }
        }
    }
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn is_gone(server: Pid, data: &Path) -> bool {
    let since = Instant::now();
    while since.elapsed() < GONE_WITHIN {
        if server_of(data) != Some(server) {
            return true;
        }
        // A process does not report when it is ready or has ended, so it is polled on a thread that may block.
        thread::sleep(LOOK_EVERY);
    }
    false
}

/// Returns the server process of this data directory. The lock file contains its ID, but after a crash another process
/// may have that ID. The process must therefore also have been started for this directory.
fn server_of(data: &Path) -> Option<Pid> {
    let lock = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let pid: i32 = lock.lines().next()?.trim().parse().ok()?;
    let command = command_line(pid)?;
    let program = command.first()?;
    let is_postgres = Path::new(program).file_name()? == "postgres";
    let is_here = command.iter().any(|argument| Path::new(argument) == data);
    (is_postgres && is_here).then(|| Pid::from_raw(pid)).flatten()
}

/// Returns the arguments with which a process was started. They are empty for a zombie, and `None` if the process does
/// not exist.
fn command_line(pid: i32) -> Option<Vec<String>> {
    if Path::new("/proc/self/cmdline").exists() {
        let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line);
        return Some(line.split('\0').map(str::to_owned).collect());
    }
    let told = Command::new("ps")
        .args(["-ww", "-o", "args=", "-p", &pid.to_string()])
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let line = String::from_utf8_lossy(&told.stdout).into_owned();
    Some(line.split_whitespace().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::place::Place;

    fn dead_cluster(base: &Path) -> PathBuf {
        let place = Place::make_in(base, &RunAs::Ourselves).unwrap();
        fs::create_dir(place.data()).unwrap();
        place.directory().to_path_buf()
    }

    #[test]
    fn a_sweep_removes_what_a_dead_owner_left_and_nothing_else() {
        let base = tempfile::tempdir().unwrap();
        let alive = Place::make_in(base.path(), &RunAs::Ourselves).unwrap();
        let dead = dead_cluster(base.path());
        let foreign = base.path().join("something-else");
        fs::create_dir(&foreign).unwrap();
        sweep(
            &[base.path().to_path_buf(), PathBuf::from("/nowhere")],
            &RunAs::Ourselves,
        );
        assert!(alive.directory().exists() && foreign.exists());
        assert!(!dead.exists());
    }

    #[test]
    fn a_directory_that_is_being_made_is_left_alone_until_it_is_old() {
        let base = tempfile::tempdir().unwrap();
        let unsigned = base.path().join(format!("{PREFIX}1-0"));
        fs::create_dir(&unsigned).unwrap();
        sweep(&[base.path().to_path_buf()], &RunAs::Ourselves);
        assert!(unsigned.exists());
        let long_ago = fs::metadata(&unsigned).unwrap().modified().unwrap() - Duration::from_mins(2);
        File::open(&unsigned).unwrap().set_modified(long_ago).unwrap();
        sweep(&[base.path().to_path_buf()], &RunAs::Ourselves);
        assert!(!unsigned.exists());
    }

    #[test]
    fn a_process_that_only_has_the_number_of_a_dead_server_is_not_touched() {
        let base = tempfile::tempdir().unwrap();
        let dead = dead_cluster(base.path());
        let lock = data_in(&dead).join("postmaster.pid");
        fs::write(&lock, format!("{}\n", std::process::id())).unwrap();
        assert_eq!(server_of(&data_in(&dead)), None);
        end(&dead).unwrap();
        assert!(!dead.exists());
    }

    #[test]
    fn a_link_in_the_place_of_a_cluster_is_not_followed() {
        let base = tempfile::tempdir().unwrap();
        let target = tempfile::tempdir().unwrap();
        fs::write(target.path().join(OWNER), "").unwrap();
        let link = base.path().join(format!("{PREFIX}1-0"));
        std::os::unix::fs::symlink(target.path(), &link).unwrap();
        sweep(&[base.path().to_path_buf()], &RunAs::Ourselves);
        assert!(target.path().join(OWNER).exists());
    }
}
