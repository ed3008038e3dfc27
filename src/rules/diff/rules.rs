//! Compares the rules of two rule sets.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use super::changes::{Change, RuleChange};
use super::entries::until_in_words;
use super::moves::moved;
use crate::rules::model::rule::Rule;
use crate::rules::model::rule_set::RuleSet;
use crate::rules::values::duration;
use crate::rules::values::quotes::in_quotes;

/// The content of a rule, by key. Two rules are equal if their meanings are equal.
pub(super) type Content = BTreeMap<String, Value>;

/// A value as it is shown, and its meaning.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) written: String,
    pub(super) meaning: Vec<String>,
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.meaning == other.meaning
    }
}

impl Value {
    /// A value whose text is its meaning.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        let written = text.into();
        Self {
            meaning: vec![written.clone()],
            written,
        }
    }
}

/// The values that differ.
pub(super) fn changes(old: &Content, new: &Content) -> Vec<Change> {
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let keys = keys.into_iter().filter(|key| old.get(*key) != new.get(*key));
    let written = |value: Option<&Value>| value.map(|value| value.written.clone());
    keys.map(|key| Change {
        key: key.clone(),
        old: written(old.get(key)),
        new: written(new.get(key)),
    })
    .collect()
}

/// The changes of the time zone and the defaults.
pub(super) fn settings(old: &RuleSet, new: &RuleSet) -> Vec<Change> {
    changes(&settings_of(old), &settings_of(new))
}

fn settings_of(rules: &RuleSet) -> Content {
    let defaults = rules.defaults();
    let values = [
        ("timezone", rules.timezone().to_owned()),
        ("defaults.no_match", defaults.no_match.to_string()),
        ("defaults.on_unknown", defaults.on_unknown.to_string()),
        ("defaults.decide_within", duration::format(defaults.decide_within)),
        ("defaults.at_decide_by", defaults.at_decide_by.to_string()),
    ];
    let values = values.map(|(key, text)| (key.to_owned(), Value::plain(text)));
    Content::from(values)
}

/// New ids by old ids, for rules of which only the id changed.
pub(super) fn renamed<'r>(old: &'r RuleSet, new: &'r RuleSet) -> BTreeMap<&'r str, &'r str> {
    let ids = |rules: &'r RuleSet| -> BTreeSet<&str> { rules.rules().iter().map(Rule::id).collect() };
    let (old_ids, new_ids) = (ids(old), ids(new));
    let mut gone: Vec<(&Rule, Content)> = old
        .rules()
        .iter()
        .filter(|rule| !new_ids.contains(rule.id()))
        .map(|rule| (rule, content(rule, old.zone())))
        .collect();
    let mut renamed = BTreeMap::new();
    for rule in new.rules().iter().filter(|rule| !old_ids.contains(rule.id())) {
        let content = content(rule, new.zone());
        if let Some(at) = gone.iter().position(|(_, was)| *was == content) {
            let (was, _) = gone.remove(at);
            renamed.insert(was.id(), rule.id());
        }
    }
    renamed
}

/// The changes of the rules.
pub(super) fn changed(old: &RuleSet, new: &RuleSet, renamed: &BTreeMap<&str, &str>) -> Vec<RuleChange> {
    let new_id = |rule: &'_ Rule| renamed.get(rule.id()).map_or(rule.id(), |id| *id).to_owned();
    let old_rules = || old.rules().iter().enumerate();
    let stood: BTreeMap<String, (usize, &Rule)> = old_rules()
        .map(|(place, rule)| (new_id(rule), (place, rule)))
        .collect();
    let kept: BTreeSet<&str> = new.rules().iter().map(Rule::id).collect();
    let gone = old_rules().filter(|(_, rule)| !kept.contains(new_id(rule).as_str()));
    let mut found: Vec<RuleChange> = gone.map(|(place, rule)| removed(rule, place)).collect();

    let in_both = new.rules().iter().filter_map(|rule| stood.get(rule.id()));
    let places: Vec<usize> = in_both.map(|(place, _)| *place).collect();
    let mut moves = moved(&places).into_iter();
    for (place, rule) in new.rules().iter().enumerate() {
        let Some((from, was)) = stood.get(rule.id()) else {
            found.push(added(rule, place, new.zone()));
            continue;
        };
        let id = || rule.id().to_owned();
        if was.id() != rule.id() {
            let old = was.id().to_owned();
            found.push(RuleChange::Renamed { old, rule: id() });
        }
        if moves.next() == Some(true) {
            let above = place.checked_sub(1).and_then(|above| new.rules().get(above));
            found.push(RuleChange::Moved {
                rule: id(),
                from: from + 1,
                to: place + 1,
                below: above.map(|rule| rule.id().to_owned()),
            });
        }
        let values = changes(&content(was, old.zone()), &content(rule, new.zone()));
        if !values.is_empty() {
            found.push(RuleChange::Changed { rule: id(), values });
        }
    }
    found
}

fn removed(rule: &Rule, place: usize) -> RuleChange {
    RuleChange::Removed {
        rule: rule.id().to_owned(),
        place: place + 1,
    }
}

fn added(rule: &Rule, place: usize, zone: &TimeZone) -> RuleChange {
    RuleChange::Added {
        rule: rule.id().to_owned(),
        place: place + 1,
        values: changes(&Content::new(), &content(rule, zone)),
    }
}

/// The content of a rule without its id.
fn content(rule: &Rule, zone: &TimeZone) -> Content {
    let mut content = Content::new();
    let mut say = |key: &str, value: Option<String>| {
        if let Some(text) = value {
            content.insert(key.to_owned(), Value::plain(text));
        }
    };
    let consequence = &rule.consequence;
    say("about", rule.about().map(in_quotes));
    say("mode", Some(rule.mode().to_string()));
    say("expires", until_in_words(rule.until, zone));
    say("action", Some(consequence.action.to_string()));
    say("reject.because", consequence.cause.map(|cause| cause.to_string()));
    say("reject.reason", consequence.reason.as_deref().map(in_quotes));
    // The default is false, so an explicit false is no change.
    let messaging = consequence.host_messaging.filter(|stays| *stays);
    say("host_messaging", messaging.map(|stays| stays.to_string()));
    if !consequence.notify.is_empty() {
        let notify = Value {
            written: consequence.notify.join(", "),
            meaning: consequence.notify.clone(),
        };
        content.insert("notify".to_owned(), notify);
    }
    for (part, conditions) in [("match", &rule.matching), ("unless", &rule.unless)] {
        for condition in conditions {
            let value = Value {
                written: condition.expected.to_string(),
                meaning: condition.expected.keys().to_vec(),
            };
            content.insert(format!("{part}.{}", condition.key), value);
        }
    }
    content
}
