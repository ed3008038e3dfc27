//! Finds the programs of an installed Postgres.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const OLDEST_MAJOR: u32 = 14;

/// Where packages install `initdb` and `postgres` outside of `PATH`: a folder with one folder per version, and the path
/// from there to the binaries.
const VERSIONED: [(&str, &str); 6] = [
    ("/usr/lib/postgresql", "bin"),
    ("/usr", "bin"),
    ("/opt/homebrew/opt", "bin"),
    ("/usr/local/opt", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "bin"),
];

/// The server programs of one Postgres, version 14 or newer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    directory: PathBuf,
    major: u32,
}

/// Why no Postgres can be started.
#[derive(Debug, thiserror::Error)]
pub enum NoBinaries {
    /// None was found, or only old ones.
    #[error(
        "no Postgres {OLDEST_MAJOR} or newer on this machine{too_old}; install one with `{install}`, or set PG_BINDIR to the \
         directory that has `initdb` and `postgres`"
    )]
    NotFound {
        /// What was found and is too old, as a clause of the sentence. Empty if nothing was found.
        too_old: String,
        /// The command that installs Postgres on this system.
        install: &'static str,
    },
    /// `PG_BINDIR` is set but not usable.
    #[error(
        "PG_BINDIR is `{}`, which has no working `initdb` and `postgres` of version {OLDEST_MAJOR} or newer; correct or \
         unset it",
        .0.display()
    )]
    BadBindir(PathBuf),
}

impl Binaries {
    /// Searches `PG_BINDIR` (and then nothing else), `PATH`, the output of `pg_config`, and the directories of
    /// packages, newest version first.
    pub fn find() -> Result<Self, NoBinaries> {
        if let Some(bindir) = env::var_os("PG_BINDIR").filter(|value| !value.is_empty()) {
            let bindir = PathBuf::from(bindir);
            return match Self::at(&bindir) {
                Some(found) if found.major >= OLDEST_MAJOR => Ok(found),
                _ => Err(NoBinaries::BadBindir(bindir)),
            };
        }
        let path = env::var_os("PATH").unwrap_or_default();
        Self::first_good(on_path(&path).chain(told_by_pg_config()).chain(packaged()))
    }

    /// Returns the first directory with a Postgres that is new enough.
    fn first_good(directories: impl Iterator<Item = PathBuf>) -> Result<Self, NoBinaries> {
        let mut old = BTreeSet::new();
        for directory in directories {
            match Self::at(&directory) {
                Some(found) if found.major >= OLDEST_MAJOR => return Ok(found),
                Some(found) => old.insert((found.major, found.directory)),
                None => continue,
            };
        }
        let mut too_old = String::new();
        for (major, directory) in &old {
            let _ = write!(too_old, ", only {major} in `{}`", directory.display());
        }
        Err(NoBinaries::NotFound {
            too_old,
            install: install_command(),
        })
    }

    /// Returns the Postgres in this directory, with links resolved, if both programs exist and report a version.
    fn at(directory: &Path) -> Option<Self> {
        let postgres = directory.join("postgres").canonicalize().ok()?;
        let real = postgres.parent()?.to_path_buf();
        if !real.join("initdb").is_file() {
            return None;
        }
        let told = Command::new(&postgres)
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let major = major_version(&String::from_utf8_lossy(&told.stdout))?;
        Some(Self {
            directory: real,
            major,
        })
    }

    /// Returns the major version, such as 16.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.major
    }

    /// Returns the directory with the programs.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

fn on_path(path: &OsString) -> impl Iterator<Item = PathBuf> {
    env::split_paths(path)
        .filter(|entry| entry.is_absolute())
        .collect::<Vec<_>>()
        .into_iter()
}

fn told_by_pg_config() -> Option<PathBuf> {
    let told = Command::new("pg_config")
        .arg("--bindir")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let told = String::from_utf8(told.stdout).ok()?;
    Some(PathBuf::from(told.trim())).filter(|directory| directory.is_absolute())
}

/// Returns the directories of packaged versions, newest first.
fn packaged() -> impl Iterator<Item = PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = VERSIONED
        .iter()
        .flat_map(|(folder, inner)| versions_in(Path::new(folder), inner))
        .collect();
    found.sort_by(|(left, _), (right, _)| right.cmp(left));
    found.into_iter().map(|(_, directory)| directory)
}

fn versions_in(folder: &Path, inner: &str) -> Vec<(u32, PathBuf)> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let version = folder_version(entry.file_name().to_str()?)?;
            Some((version, entry.path().join(inner)))
        })
        .collect()
}

/// Returns the version in the name of a package's folder: `16`, `postgresql@16`, `pgsql-16`. Homebrew's bare
/// `postgresql` counts as the oldest.
fn folder_version(name: &str) -> Option<u32> {
    if name == "postgresql" {
        return Some(0);
    }
    let digits = name
        .strip_prefix("postgresql@")
        .or_else(|| name.strip_prefix("pgsql-"))
        .unwrap_or(name);
    digits.parse().ok()
}

/// Returns the major version from the output of `postgres --version`: `postgres (PostgreSQL) 15.14 (Debian
/// 15.14-0+deb12u1)`.
fn major_version(told: &str) -> Option<u32> {
    let (_, version) = told.split_once("(PostgreSQL) ")?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Returns the command that installs Postgres on this system.
fn install_command() -> &'static str {
    if cfg!(target_os = "macos") {
        return "brew install postgresql@16";
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let known = [
        (
            "apt-get",
            "sudo apt-get install --no-install-recommends postgresql",
        ),
        ("dnf", "sudo dnf install postgresql-server"),
        ("apk", "sudo apk add postgresql"),
        ("pacman", "sudo pacman -S postgresql"),
        ("zypper", "sudo zypper install postgresql-server"),
        ("brew", "brew install postgresql@16"),
    ];
    let is_here = |program: &str| on_path(&path).any(|directory| directory.join(program).is_file());
    known.iter().find(|(program, _)| is_here(program)).map_or(
        "sudo apt-get install --no-install-recommends postgresql",
        |(_, command)| command,
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    /// Creates a directory with programs that only print their version.
    fn programs(parent: &Path, version: &str) -> PathBuf {
        let directory = parent.join(version);
        fs::create_dir_all(&directory).unwrap();
        for name in ["initdb", "postgres"] {
            let program = directory.join(name);
            fs::write(
                &program,
                format!("#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n"),
            )
            .unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        }
        directory.canonicalize().unwrap()
    }

    #[test]
    fn the_major_version_is_read_from_what_packages_print() {
        for (told, major) in [
            ("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n", Some(15)),
            ("postgres (PostgreSQL) 18beta1", Some(18)),
            ("postgres (PostgreSQL) 9.6.24", Some(9)),
            ("something else 15.1", None),
            ("", None),
        ] {
            assert_eq!(major_version(told), major, "{told:?}");
        }
    }

    #[test]
    fn the_first_postgres_that_is_new_enough_is_taken_and_links_are_followed() {
        let home = tempfile::tempdir().unwrap();
        let old = programs(home.path(), "13.4");
        let good = programs(home.path(), "16.2");
        let better = programs(home.path(), "17.1");
        let links = home.path().join("links");
        fs::create_dir(&links).unwrap();
        symlink(good.join("postgres"), links.join("postgres")).unwrap();
        let found =
            Binaries::first_good([home.path().join("nothing"), old, links, better].into_iter()).unwrap();
        assert_eq!((found.major(), found.directory()), (16, good.as_path()));
    }

    #[test]
    fn who_has_only_an_old_postgres_is_told_so_with_the_command_that_installs_a_new_one() {
        let home = tempfile::tempdir().unwrap();
        let old = programs(home.path(), "12.9");
        let told = Binaries::first_good([old.clone()].into_iter())
            .unwrap_err()
            .to_string();
        assert!(
            told.contains(&format!("only 12 in `{}`", old.display())),
            "{told}"
        );
        assert!(told.contains(" install"), "{told}");
    }

    #[test]
    fn packages_are_tried_newest_version_first() {
        let home = tempfile::tempdir().unwrap();
        for name in ["9.6", "14", "16", "15", "postgresql@17", "pgsql-18", "share"] {
            fs::create_dir(home.path().join(name)).unwrap();
        }
        let mut found = versions_in(home.path(), "bin");
        found.sort_by(|(left, _), (right, _)| right.cmp(left));
        assert_eq!(
            found.iter().map(|(version, _)| *version).collect::<Vec<_>>(),
            [18, 17, 16, 15, 14]
        );
        assert!(found.iter().all(|(_, directory)| directory.ends_with("bin")));
    }
}
