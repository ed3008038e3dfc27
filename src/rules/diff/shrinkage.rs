//! Finds lists that lost entries from one rule set to the next, as an incomplete export would.

use std::fmt;

use jiff::Timestamp;

use crate::rules::lists::list::List;
use crate::rules::model::rule_set::RuleSet;

/// The percentage of a list's entries that may be lost without confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxShrink(u8);

impl MaxShrink {
    /// A share from 0 to 100 percent; more counts as 100.
    #[must_use]
    pub fn percent(percent: u8) -> Self {
        Self(percent.min(100))
    }

    /// Whether a list shrank by more. A list that lost all of its entries always did.
    fn is_exceeded(self, before: usize, after: usize) -> bool {
        let lost = before.saturating_sub(after) as u128;
        let allowed = before as u128 * u128::from(self.0);
        before > 0 && (after == 0 || lost * 100 > allowed)
    }
}

impl Default for MaxShrink {
    /// 10 percent.
    fn default() -> Self {
        Self(10)
    }
}

/// A list with a file that lost entries.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ShrunkList {
    /// Its name in the rules that it was compared with.
    pub list: String,
    /// Its file, as those rules name it.
    pub file: String,
    /// How many entries counted before.
    pub before: usize,
    /// How many entries count after.
    pub after: usize,
}

impl fmt::Display for ShrunkList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            list,
            file,
            before,
            after,
        } = self;
        write!(
            f,
            "the list `{list}` (`{file}`) shrinks from {before} to {after} entries"
        )
    }
}

/// The lists with a file that shrink by more than allowed from one rule set to another. Expired entries do not count.
/// Lists are matched by name, then by file; a removed list has lost all of its entries.
#[must_use]
pub fn shrunk_lists(
    before: &RuleSet,
    after: &RuleSet,
    allowed: MaxShrink,
    now: Timestamp,
) -> Vec<ShrunkList> {
    let live = |list: &List| list.counts(now).1;
    let old = before.places().lists.iter();
    old.filter_map(|place| {
        let file = place.file.clone()?;
        let entries = live(before.lists().get(&place.name)?);
        let kept = after.lists().get(&place.name).or_else(|| {
            let same_file = after.places().lists.iter().find(|other| other.file == place.file);
            after.lists().get(&same_file?.name)
        });
        let left = kept.map_or(0, live);
        allowed.is_exceeded(entries, left).then(|| ShrunkList {
            list: place.name.clone(),
            file,
            before: entries,
            after: left,
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::source::sources::Sources;

    fn now() -> Timestamp {
        "2026-11-25T12:00:00Z".parse().unwrap()
    }

    fn rules(lists: &[(&str, &str, String)]) -> RuleSet {
        let table = |(name, file, _): &(&str, &str, String)| {
            format!("[lists.{name}]\ntype = \"number\"\nfile = \"{file}\"\n")
        };
        let tables: String = lists.iter().map(table).collect();
        let text = format!("version = 1\ntimezone = \"UTC\"\n{tables}");
        let files = lists
            .iter()
            .map(|(_, file, text)| ((*file).to_owned(), text.clone()));
        RuleSet::from_sources(&Sources::in_memory("rules.toml", &text, files), now())
            .unwrap()
            .rules
    }

    fn numbers(count: usize) -> String {
        let lines: Vec<String> = (0..count).map(|number| format!("+1312555{number:04}")).collect();
        lines.join("\n")
    }

    fn locked(text: String) -> RuleSet {
        rules(&[("locked", "locked.txt", text)])
    }

    fn message(before: &RuleSet, after: &RuleSet, percent: u8) -> Vec<String> {
        let shrunk = shrunk_lists(before, after, MaxShrink::percent(percent), now());
        shrunk.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_list_may_lose_the_allowed_share_and_no_more() {
        for (before, after, percent, is_reported) in [
            (100, 100, 10, false),
            (100, 200, 10, false),
            (100, 90, 10, false),
            (100, 89, 10, true),
            (100, 99, 0, true),
            (9, 8, 10, true),
            (100, 1, 100, false),
            (100, 0, 100, true),
            (0, 0, 0, false),
        ] {
            let message = message(&locked(numbers(before)), &locked(numbers(after)), percent);
            assert_eq!(
                !message.is_empty(),
                is_reported,
                "{before} {after} {percent}: {message:?}"
            );
        }
    }

    #[test]
    fn the_message_names_list_file_and_counts() {
        assert_eq!(
            message(&locked(numbers(40)), &locked(numbers(4)), 10),
            ["the list `locked` (`locked.txt`) shrinks from 40 to 4 entries"]
        );
    }

    #[test]
    fn a_renamed_list_is_matched_by_its_file_and_a_removed_one_is_reported() {
        let before = locked(numbers(40));
        assert!(message(&before, &rules(&[("frozen", "locked.txt", numbers(40))]), 10).is_empty());
        assert!(message(&before, &rules(&[("locked", "new.txt", numbers(40))]), 10).is_empty());
        assert_eq!(
            message(&before, &rules(&[("other", "new.txt", numbers(40))]), 10).len(),
            1
        );
    }

    #[test]
    fn entries_that_are_given_a_past_date_are_lost_and_those_that_had_one_are_not() {
        let csv = |date: &str| {
            let line = |number| format!("+1312555{number:04},,{date}");
            let lines: Vec<String> = (0..40).map(line).collect();
            let lines = lines.join("\n");
            rules(&[("locked", "locked.csv", format!("value,note,expires\n{lines}"))])
        };
        assert_eq!(message(&csv(""), &csv("2026-11-24"), 10).len(), 1);
        assert!(message(&csv("2026-11-24"), &rules(&[]), 10).is_empty());
    }
}
