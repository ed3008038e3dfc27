//! The name under which the actions of a person are recorded.

use std::process::Command;

/// The operating system's user of this process: from `/etc/passwd`, else from `id -un` (which queries the directory
/// services), else `uid 1000`. `$USER` is not used, because anybody can set it. For root under sudo, the name includes
/// the person that sudo reports: `root (sudo by ann)`.
pub(crate) fn actor() -> String {
    let uid = rustix::process::getuid();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = name_in(&passwd, uid.as_raw())
        .or_else(name_by_id)
        .unwrap_or_else(|| format!("uid {}", uid.as_raw()));
    match std::env::var("SUDO_USER") {
        Ok(person) if uid.is_root() && !person.is_empty() => format!("{name} (sudo by {person})"),
        _ => name,
    }
}

fn name_in(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let found: u32 = fields.nth(1)?.parse().ok()?;
        (found == uid && !name.is_empty()).then(|| name.to_owned())
    })
}

fn name_by_id() -> Option<String> {
    let told = Command::new("id").arg("-un").output().ok()?;
    let name = String::from_utf8(told.stdout).ok()?.trim().to_owned();
    (told.status.success() && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_its_number() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\n# broken\nann:x:1000:100:Ann,,,:/home/ann:/bin/sh\n";
        assert_eq!(name_in(passwd, 0).as_deref(), Some("root"));
        assert_eq!(name_in(passwd, 1000).as_deref(), Some("ann"));
        assert_eq!(name_in(passwd, 100), None);
    }

    #[test]
    fn whoever_runs_this_has_a_name() {
        assert!(!actor().is_empty());
    }
}
