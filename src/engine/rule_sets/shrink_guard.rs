//! Decides whether lists may shrink: only if a person removed the entries through this program or confirms it.

use std::collections::BTreeSet;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sqlx::PgPool;

use crate::domain::RuleSetMove;
use crate::rules::{MaxShrink, RuleSet, ShrunkList, shrunk_lists};
use crate::store::{self, StoreError, in_time};

/// The admin actions that write rule files and record the resulting rule set.
const EDITS: [&str; 4] = [
    "rules.list.add",
    "rules.list.remove",
    "rules.list.expire",
    "rules.rollback",
];

/// How much earlier than the activation an edit may have been recorded that was made after it. An edit is recorded
/// before its files are written, perhaps with another machine's clock.
const SLACK: SignedDuration = SignedDuration::from_mins(1);

/// Whether the requester of a reload confirms that lists shrink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShrunkLists {
    /// Shrunk lists keep the rules from taking effect.
    #[default]
    Refused,
    /// A person has checked them.
    Accepted,
}

/// The lists that shrink by more than allowed, which keeps a rule set from taking effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shrunk(pub Vec<ShrunkList>);

impl fmt::Display for Shrunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        write!(
            f,
            "{}. If this is intended, run `portoutd reload --accept-shrunk-lists`",
            lists.join(", ")
        )
    }
}

/// Returns the lists that shrink by more than allowed if the rules are replaced. Returns none if the database says that
/// the new rules are in effect, or if recorded edits lead from the active rules to the new ones.
pub(crate) async fn unconfirmed(
    pool: &PgPool,
    current: &RuleSet,
    other: &RuleSet,
    allowed: MaxShrink,
    now: Timestamp,
) -> Result<Vec<ShrunkList>, StoreError> {
    let shrunk = shrunk_lists(current, other, allowed, now);
    if shrunk.is_empty() {
        return Ok(shrunk);
    }
    let last = in_time(store::last_of(pool, RuleSetMove::InForce)).await?;
    if last.as_ref().is_some_and(|last| last.hash == other.hash()) {
        return Ok(Vec::new());
    }
    let since = last.map_or(Timestamp::MIN, |last| last.at);
    let since = since.saturating_sub(SLACK).unwrap_or(since);
    let details = in_time(store::admin_action_details(pool, &EDITS, since)).await?;
    let edits = details.iter().filter_map(|detail| Edit::read(detail));
    let is_recorded = leads_to(edits, &hex::encode(current.hash()), &hex::encode(other.hash()));
    Ok(if is_recorded { Vec::new() } else { shrunk })
}

/// An edit of rule files through this program: the rule sets before and after it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edit {
    /// `None` for a rollback, which writes all files regardless of their content.
    from: Option<String>,
    to: String,
}

impl Edit {
    fn read(detail: &str) -> Option<Self> {
        let detail: Value = serde_json::from_str(detail).ok()?;
        let text = |key: &str| Some(detail.get(key)?.as_str()?.to_owned());
        Some(Self {
            from: text("edited_rule_set"),
            to: text("rule_set")?,
        })
    }
}

/// Returns whether edits, earliest first, lead from one rule set to another.
fn leads_to(edits: impl IntoIterator<Item = Edit>, from: &str, to: &str) -> bool {
    let mut reached = BTreeSet::from([from.to_owned()]);
    for edit in edits {
        if edit.from.is_none_or(|from| reached.contains(&from)) {
            reached.insert(edit.to);
        }
    }
    reached.contains(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(from: &str, to: &str) -> Edit {
        Edit {
            from: Some(from.to_owned()),
            to: to.to_owned(),
        }
    }

    #[test]
    fn recorded_edits_lead_from_the_rules_in_effect_to_the_file() {
        let edits = [edit("a", "b"), edit("b", "c")];
        assert!(leads_to(edits.clone(), "a", "b"));
        assert!(leads_to(edits.clone(), "a", "c"), "two edits at once");
        assert!(!leads_to(edits.clone(), "a", "d"));
        assert!(!leads_to([], "a", "b"));
    }

    #[test]
    fn an_edit_of_a_file_that_had_been_cut_off_confirms_nothing() {
        let edits = [edit("cut", "cut and edited")];
        assert!(!leads_to(edits, "a", "cut and edited"));
    }

    #[test]
    fn a_rollback_confirms_its_version_whatever_the_files_were() {
        let back = Edit {
            from: None,
            to: "old".to_owned(),
        };
        assert!(leads_to([back], "a", "old"));
    }

    #[test]
    fn an_edit_that_does_not_name_its_rule_set_confirms_nothing() {
        assert_eq!(Edit::read(r#"{"list": "locked"}"#), None);
        assert_eq!(
            Edit::read(r#"{"rule_set": "b", "edited_rule_set": "a"}"#),
            Some(edit("a", "b"))
        );
    }
}
