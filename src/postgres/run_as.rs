//! The user that Postgres runs as, because it refuses root.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use super::error::ClusterError;

/// The user that `initdb` and `postgres` run as: the current user, or another one because they refuse root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RunAs {
    /// The current user.
    Ourselves,
    /// The current user is root, so this user is used instead.
    Other {
        /// Its name, for messages.
        name: &'static str,
        /// Its user id.
        uid: u32,
        /// Its group id.
        gid: u32,
    },
}

impl RunAs {
    /// Returns the user `postgres` if it exists, or else `nobody`, if the current user is root.
    pub(super) fn choose() -> Result<Self, ClusterError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Ourselves);
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| {
                Some(Self::Other {
                    name,
                    uid: id_of("-u", name)?,
                    gid: id_of("-g", name)?,
                })
            })
            .ok_or(ClusterError::NobodyToRunAs)
    }

    /// Makes a command run as this user.
    pub(super) fn apply(&self, command: &mut Command) {
        if let Self::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
    }

    /// Returns the ID of the user that owns the cluster's directory.
    pub(super) fn uid(&self) -> u32 {
        match self {
            Self::Ourselves => rustix::process::geteuid().as_raw(),
            Self::Other { uid, .. } => *uid,
        }
    }

    /// Describes the user.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Ourselves => "you".to_owned(),
            Self::Other { name, .. } => format!("user `{name}`"),
        }
    }
}

/// Asks `id`, which knows every source of users on the system. Root is not accepted.
fn id_of(what: &str, name: &str) -> Option<u32> {
    let told = Command::new("id")
        .args([what, name])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let id = String::from_utf8(told.stdout).ok()?.trim().parse().ok()?;
    (told.status.success() && id != 0).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_never_runs_as_root() {
        assert_ne!(RunAs::choose().unwrap().uid(), 0);
    }

    #[test]
    fn a_user_that_does_not_exist_has_no_id() {
        assert_eq!(id_of("-u", "no-such-user-here"), None);
        assert_eq!(id_of("-u", "root"), None);
    }
}
