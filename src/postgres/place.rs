//! Finds a directory for a temporary cluster and locks it.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, io};

use super::durability::Durability;
use super::error::ClusterError;
use super::run_as::RunAs;

/// The prefix of all cluster directories, so that a later start finds what an earlier one left.
pub(super) const PREFIX: &str = "portoutd-pg-";
/// The file in a cluster's directory that its owner keeps locked while it is alive. The system releases the lock
/// however the owner ends. A recorded process ID could not show that, because it may soon be another process's.
pub(super) const OWNER: &str = "owner";

const MEMORY: &str = "/dev/shm";
/// A cluster of the tests grows to about 300 MB with its databases.
const ROOM_IN_KIB: u64 = 512 * 1024;
/// Systems allow 103 to 107 bytes for the complete path of a socket.
const LONGEST_SOCKET_PATH: usize = 99;
const SOCKET: &str = ".s.PGSQL.5432";

/// The directory of a cluster. Only this user and the user that runs Postgres may enter it.
#[derive(Debug)]
pub(super) struct Place {
    directory: PathBuf,
    owner: File,
}

impl Place {
    /// Creates a directory in the first suitable place.
    pub(super) fn make(durability: Durability, run_as: &RunAs) -> Result<Self, ClusterError> {
        let mut tried = Vec::new();
        for base in bases(durability) {
            match unsuitable(&base, run_as) {
                Some(why) => tried.push(format!("`{}` {why}", base.display())),
                None => match Self::make_in(&base, run_as) {
                    Ok(place) => return Ok(place),
                    Err(error) => tried.push(format!("`{}`: {error}", base.display())),
                },
            }
        }
        Err(ClusterError::NoPlace { tried })
    }

    /// Creates a directory with a unique name, and locks it.
    pub(super) fn make_in(base: &Path, run_as: &RunAs) -> io::Result<Self> {
        let directory = loop {
            let directory = base.join(next_name());
            match DirBuilder::new().mode(0o700).create(&directory) {
                Ok(()) => break directory,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        };
        match sign(&directory, run_as) {
            Ok(owner) => Ok(Self { directory, owner }),
            Err(error) => {
                let _ = fs::remove_dir_all(&directory);
                Err(error)
            }
        }
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns another handle of the owner's lock. The lock is released when its last holder ends.
    pub(super) fn lock(&self) -> io::Result<File> {
        self.owner.try_clone()
    }

    pub(super) fn data(&self) -> PathBuf {
        data_in(&self.directory)
    }

    pub(super) fn log(&self) -> PathBuf {
        self.directory.join("log")
    }
}

/// Returns the data directory of the cluster in this directory.
pub(super) fn data_in(directory: &Path) -> PathBuf {
    directory.join("data")
}

/// Returns every directory in which clusters are created, where a sweep has to look.
pub(super) fn all_bases() -> Vec<PathBuf> {
    let mut all = bases(Durability::Fast);
    all.extend(bases(Durability::Durable));
    all.sort();
    all.dedup();
    all
}

/// Returns the directories to try, best first: in memory if nothing has to last, on disk if the speed of the disk
/// matters.
fn bases(durability: Durability) -> Vec<PathBuf> {
    let chosen = env::temp_dir();
    let usual = |path: &str| PathBuf::from(path);
    match durability {
        Durability::Fast => vec![usual(MEMORY), chosen, usual("/tmp"), usual("/var/tmp")],
        Durability::Durable if env::var_os("TMPDIR").is_some() => {
            vec![chosen, usual("/var/tmp"), usual("/tmp")]
        }
        Durability::Durable => vec![usual("/var/tmp"), usual("/tmp")],
    }
}

/// Returns why a directory is not suitable for clusters, as the end of a sentence.
fn unsuitable(base: &Path, run_as: &RunAs) -> Option<String> {
    if !base.is_dir() {
        return Some("does not exist".to_owned());
    }
    let socket = base.join(format!("{PREFIX}4194304-9999")).join(SOCKET);
    if socket.as_os_str().len() > LONGEST_SOCKET_PATH {
        return Some("has a path that is too long for a socket".to_owned());
    }
    // Postgres splits its list of socket directories at commas and quotes.
    if base.to_str().is_none_or(|path| path.contains([',', '"'])) {
        return Some("has a comma, a quote or invalid text in its path".to_owned());
    }
    if matches!(run_as, RunAs::Other { .. }) && !anybody_may_enter(base) {
        return Some(format!("cannot be entered by {}", run_as.in_words()));
    }
    match room_in_kib(base) {
        Some(room) if room < ROOM_IN_KIB => Some(format!("has only {} MB of free space", room / 1024)),
        _ => None,
    }
}

fn anybody_may_enter(base: &Path) -> bool {
    base.ancestors()
        .all(|directory| fs::metadata(directory).is_ok_and(|found| found.permissions().mode() & 0o001 != 0))
}

/// Returns the free space according to `df`, or `None` without `df`.
fn room_in_kib(base: &Path) -> Option<u64> {
    let told = Command::new("df")
        .arg("-Pk")
        .arg(base)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    free_in(&String::from_utf8(told.stdout).ok()?)
}

/// The fourth column of the last line is "Available".
fn free_in(table: &str) -> Option<u64> {
    table.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

fn next_name() -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    format!(
        "{PREFIX}{}-{}",
        std::process::id(),
        MADE.fetch_add(1, Ordering::Relaxed)
    )
}

/// Locks the owner's file before the file gets its name, so that a sweep never sees one that a living owner has not
/// locked.
fn sign(directory: &Path, run_as: &RunAs) -> io::Result<File> {
    let unnamed = directory.join("owner.new");
    let owner = File::create(&unnamed)?;
    owner.try_lock()?;
    fs::rename(unnamed, directory.join(OWNER))?;
    if let RunAs::Other { uid, gid, .. } = run_as {
        chown(directory, Some(*uid), Some(*gid))?;
    }
    Ok(owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_places_never_have_the_same_name() {
        let base = tempfile::tempdir().unwrap();
        let first = Place::make_in(base.path(), &RunAs::Ourselves).unwrap();
        let second = Place::make_in(base.path(), &RunAs::Ourselves).unwrap();
        assert_ne!(first.directory(), second.directory());
    }

    #[test]
    fn nobody_else_may_enter_a_place() {
        let base = tempfile::tempdir().unwrap();
        let place = Place::make_in(base.path(), &RunAs::Ourselves).unwrap();
        let mode = fs::metadata(place.directory()).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }

    #[test]
    fn a_place_whose_sockets_have_too_long_a_path_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let deep = base.path().join("d".repeat(60));
        fs::create_dir(&deep).unwrap();
        assert!(unsuitable(&deep, &RunAs::Ourselves).unwrap().contains("too long"));
    }

    #[test]
    fn a_place_that_the_other_user_cannot_enter_is_refused() {
        let base = tempfile::tempdir().unwrap();
        fs::set_permissions(base.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let other = RunAs::Other {
            name: "postgres",
            uid: 101,
            gid: 104,
        };
        assert!(
            unsuitable(base.path(), &other)
                .unwrap()
                .contains("user `postgres`")
        );
    }

    #[test]
    fn the_room_left_is_read_from_the_table_of_df() {
        let table =
            "Filesystem 1024-blocks Used Available Capacity Mounted on\nshm 65536 0 65536 0% /dev/shm\n";
        assert_eq!(free_in(table), Some(65_536));
        assert_eq!(free_in("df: no such file"), None);
    }
}
