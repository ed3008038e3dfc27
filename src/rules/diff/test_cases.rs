//! Compares the tests of two rule sets.

use std::collections::{BTreeMap, BTreeSet};

use super::changes::TestChange;
use super::rules::{Content, Value, changes};
use crate::rules::facts::fact::Fact;
use crate::rules::facts::words::named;
use crate::rules::model::rule_set::RuleSet;
use crate::rules::model::test_case::TestCase;

/// The changes of the tests. A test that names a renamed rule by its new id is unchanged.
pub(super) fn changed(old: &RuleSet, new: &RuleSet, renamed: &BTreeMap<&str, &str>) -> Vec<TestChange> {
    let was: BTreeMap<&str, &TestCase> = old
        .test_cases()
        .iter()
        .map(|test| (test.name.as_str(), test))
        .collect();
    let kept: BTreeSet<&str> = new.test_cases().iter().map(|test| test.name.as_str()).collect();
    let gone = old
        .test_cases()
        .iter()
        .filter(|test| !kept.contains(test.name.as_str()));
    let mut found: Vec<TestChange> = gone
        .map(|test| TestChange::Removed {
            test: test.name.clone(),
        })
        .collect();
    for test_case in new.test_cases() {
        let test = test_case.name.clone();
        match was.get(test_case.name.as_str()) {
            None => found.push(TestChange::Added { test }),
            Some(was) => {
                let new_id = |id: &str| renamed.get(id).map_or(id, |id| *id).to_owned();
                let values = changes(&content(was, new_id), &content(test_case, str::to_owned));
                if !values.is_empty() {
                    found.push(TestChange::Changed { test, values });
                }
            }
        }
    }
    found
}

/// The content of a test without its name.
fn content(test_case: &TestCase, new_id: impl Fn(&str) -> String) -> Content {
    let mut content = Content::new();
    let mut say = |key: String, value: Option<String>| {
        if let Some(text) = value {
            content.insert(key, Value::plain(text));
        }
    };
    for fact in Fact::all() {
        let given = test_case.facts.get(fact).map(|value| value.to_string());
        say(format!("given.{fact}"), given);
    }
    say("given.now".to_owned(), test_case.now.map(|now| now.to_string()));
    say("expect".to_owned(), Some(test_case.expect.to_string()));
    say("by".to_owned(), test_case.by.as_deref().map(new_id));
    say("cause".to_owned(), test_case.cause.map(|cause| cause.to_string()));
    let unknown = test_case.unknown.as_ref().map(|facts| {
        let facts: Vec<Fact> = facts.iter().copied().collect();
        format!("[{}]", named(&facts))
    });
    say("unknown".to_owned(), unknown);
    content
}
