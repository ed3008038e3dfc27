//! Notes where the parts of a rule file are.

use std::ops::Range;

use toml::de::DeValue;

use super::section::{Entry, Section};
use crate::rules::model::condition_name::GROUPS;
use crate::rules::model::places::{Allow, ConditionPlace, DefaultsPlace, RulePlace};

/// The position of a rule. It has been read before, so nothing is reported here.
pub(super) fn of_rule(section: &Section<'_>, allows: Vec<Allow>) -> RulePlace {
    let value = |key: &str| {
        section
            .get(key)
            .map_or_else(|| section.header.clone(), |entry| entry.span)
    };
    let conditions = ["match", "unless"].into_iter().filter_map(|key| section.get(key));
    RulePlace {
        id: value("id"),
        action: value("action"),
        because: section.get("reject").and_then(|entry| of_because(&entry)),
        conditions: conditions.flat_map(|entry| of_conditions(&entry)).collect(),
        allows,
    }
}

/// The positions of the defaults.
pub(super) fn of_defaults(section: &Section<'_>, allows: Vec<Allow>) -> DefaultsPlace {
    let values = section.entries().iter();
    DefaultsPlace {
        values: values
            .map(|entry| (entry.key.to_owned(), entry.span.clone()))
            .collect(),
        allows,
    }
}

fn of_because(entry: &Entry<'_>) -> Option<Range<usize>> {
    let DeValue::Table(table) = entry.value else {
        return None;
    };
    let section = Section::of(table, entry.span.clone());
    section.get("because").map(|because| because.span)
}

/// The conditions in the order in which they are read.
fn of_conditions(entry: &Entry<'_>) -> Vec<ConditionPlace> {
    let mut places = Vec::new();
    let DeValue::Table(table) = entry.value else {
        return places;
    };
    for outer in Section::of(table, entry.span.clone()).entries() {
        match outer.value {
            DeValue::Table(inner) if GROUPS.contains(&outer.key) => {
                let inner = Section::of(inner, outer.span.clone());
                places.extend(inner.entries().iter().map(of_condition));
            }
            _ => places.push(of_condition(outer)),
        }
    }
    places
}

fn of_condition(entry: &Entry<'_>) -> ConditionPlace {
    let items = entry.items();
    let named = items.iter().filter_map(|item| match item.value {
        DeValue::String(text) => text.strip_prefix('@').map(str::to_owned),
        _ => None,
    });
    ConditionPlace {
        span: entry.key_span.start..entry.span.end,
        lists: named.collect(),
    }
}
