//! The person behind an actor.

/// Returns the person behind a recorded actor: `ann` for `root (sudo by ann)`, or else the actor.
#[must_use]
pub fn person_behind(actor: &str) -> &str {
    actor
        .strip_suffix(')')
        .and_then(|rest| rest.split_once(" (sudo by "))
        .map_or(actor, |(_, person)| person)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_uses_sudo_stays_the_same_person() {
        for (actor, person) in [
            ("ann", "ann"),
            ("root", "root"),
            ("root (sudo by ann)", "ann"),
            ("uid 1000", "uid 1000"),
            ("ops (night shift)", "ops (night shift)"),
        ] {
            assert_eq!(person_behind(actor), person);
        }
    }
}
