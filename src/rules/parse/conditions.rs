//! Reads conditions.

use toml::de::DeValue;

use super::Reading;
use super::condition_values::all;
use super::section::{Entry, Section};
use super::table_kind::TableKind;
use crate::domain::IdentityCheck;
use crate::rules::diagnostics::code::Code;
use crate::rules::facts::fact::Ours;
use crate::rules::model::condition::{AnyOf, Condition, Test};
use crate::rules::model::condition_name::{
    CONDITIONS, ConditionName, GROUPS, ValueKind, condition_named, meant_condition,
};
use crate::rules::model::expected::{Expected, ExpectedValue};
use crate::rules::values::comparison::{Comparison, corrected, whole_number};
use crate::rules::values::duration;
use crate::rules::values::suggestion::listed;

impl Reading<'_, '_> {
    /// Reads the conditions under `match` or `unless`. `None` if there are none; an empty list if all of them are
    /// invalid.
    pub(super) fn read_conditions(&self, entry: &Entry<'_>) -> Option<Vec<Condition>> {
        let DeValue::Table(_) = entry.value else {
            let help = format!(
                "write one condition per line, such as `{}.pin = \"wrong\"`",
                entry.key
            );
            self.report.wrong_type(entry, "conditions", &help);
            return Some(Vec::new());
        };
        let leaves = self.leaves(entry);
        if leaves.is_empty() {
            return None;
        }
        let read = leaves
            .iter()
            .filter_map(|(name, leaf)| self.read_condition(*name, leaf));
        Some(read.collect())
    }

    /// Every condition in the order of the file; `None` means that its name is invalid.
    fn leaves<'d>(&self, entry: &Entry<'d>) -> Vec<(Option<ConditionName>, Entry<'d>)> {
        let mut leaves = Vec::new();
        let DeValue::Table(table) = entry.value else {
            return leaves;
        };
        for outer in Section::of(table, entry.span.clone()).entries() {
            match outer.value {
                DeValue::Table(inner) if GROUPS.contains(&outer.key) => {
                    for leaf in Section::of(inner, outer.span.clone()).entries() {
                        leaves.push((
                            self.name(&format!("{}.{}", outer.key, leaf.key), leaf),
                            leaf.clone(),
                        ));
                    }
                }
                DeValue::Table(inner) => {
                    // The group does not exist. Its first member shows best what was meant.
                    let members = Section::of(inner, outer.span.clone());
                    let member = members.entries().first().map_or("", |member| member.key);
                    let full = format!("{}.{member}", outer.key);
                    leaves.push((self.name(full.trim_end_matches('.'), outer), outer.clone()));
                }
                _ => leaves.push((self.name(outer.key, outer), outer.clone())),
            }
        }
        leaves
    }

    fn name(&self, full: &str, leaf: &Entry<'_>) -> Option<ConditionName> {
        let known = condition_named(full);
        if known.is_none() {
            let (message, help) = if GROUPS.contains(&full) {
                let members = CONDITIONS.iter().map(|condition| condition.key);
                let members: Vec<&str> = members.filter(|key| key.starts_with(full)).collect();
                (
                    format!("`{full}` is a group of conditions"),
                    format!("write one of them: {}", listed(&members)),
                )
            } else if TableKind::Rule.keys().contains(&full) {
                (
                    format!("`{full}` is a key of the rule, not a condition"),
                    format!("move `{full}` directly under `[[rule]]`, above any `[rule.match]`"),
                )
            } else {
                (
                    format!("`{full}` is not a known condition"),
                    meant_condition(full),
                )
            };
            self.report
                .error(Code::UnknownFact, &leaf.key_span, message, help);
        }
        known
    }

    fn read_condition(&self, name: Option<ConditionName>, leaf: &Entry<'_>) -> Option<Condition> {
        let name = name?;
        // Findings use the full name.
        let leaf = &Entry {
            key: name.key,
            ..leaf.clone()
        };
        if let DeValue::Table(_) = leaf.value {
            self.report.wrong_type(
                leaf,
                "a value",
                "write a condition on one line: a name, `=`, and a value",
            );
            return None;
        }
        let items = leaf.items();
        if items.is_empty() {
            self.report.error(
                Code::InvalidText,
                &leaf.span,
                format!("`{}` has no value, so it could never hold", name.key),
                "write at least one value, or remove the condition",
            );
            return None;
        }
        let (test, expected) = self.test(name.takes, &items)?;
        Some(Condition {
            key: name.key,
            fact: name.fact,
            test,
            expected,
        })
    }

    /// The values as they are evaluated, and as they are shown.
    fn test(&self, takes: ValueKind, items: &[Entry<'_>]) -> Option<(Test, Expected)> {
        Some(match takes {
            ValueKind::Flag => {
                let flags = all(items, |item| item.flag(self.report))?;
                let expected = flags.iter().copied().map(ExpectedValue::Flag).collect();
                (Test::Flag(flags), Expected::of(expected))
            }
            ValueKind::Ours => {
                let words: Vec<Ours> = all(items, |item| item.word(self.report))?;
                let expected = words.iter().copied().map(ExpectedValue::Ours).collect();
                (Test::Ours(words), Expected::of(expected))
            }
            ValueKind::Checks => {
                let words: Vec<IdentityCheck> = all(items, |item| item.word(self.report))?;
                let expected = words.iter().copied().map(ExpectedValue::Check).collect();
                (Test::Check(words), Expected::of(expected))
            }
            ValueKind::Counts => {
                let counts = all(items, |item| self.count(item))?;
                let comparisons = counts.iter().map(|(_, comparison)| *comparison).collect();
                let expected = counts
                    .into_iter()
                    .map(|(typed, comparison)| ExpectedValue::Count { typed, comparison });
                (Test::Count(comparisons), Expected::of(expected.collect()))
            }
            ValueKind::Spans => {
                let spans = all(items, |item| self.span(item))?;
                let comparisons = spans.iter().map(|(_, comparison)| *comparison).collect();
                let expected = spans
                    .into_iter()
                    .map(|(typed, comparison)| ExpectedValue::Span { typed, comparison });
                (Test::Span(comparisons), Expected::of(expected.collect()))
            }
            ValueKind::Spids => {
                let (spids, expected) = self.spids(items)?;
                (Test::Spid(AnyOf(spids)), expected)
            }
            ValueKind::Texts => {
                let (texts, expected) = self.texts(items)?;
                (Test::Text(AnyOf(texts)), expected)
            }
            ValueKind::Tags => {
                let (texts, expected) = self.texts(items)?;
                (Test::Tags(AnyOf(texts)), expected)
            }
            ValueKind::Countries => {
                all(items, |item| self.check_country(item))?;
                let (texts, expected) = self.texts(items)?;
                (Test::Countries(AnyOf(texts)), expected)
            }
            ValueKind::Numbers(quantifier) => {
                let (members, expected) = self.numbers(items)?;
                (Test::Numbers(quantifier, members), expected)
            }
        })
    }

    fn count(&self, item: &Entry<'_>) -> Option<(String, Comparison<u64>)> {
        let text = self.comparison_text(item)?;
        let comparison = Comparison::read(text, whole_number);
        if comparison.is_none() {
            let help = match corrected(text, whole_number) {
                Some(meant) => format!("write \"{meant}\""),
                None => {
                    "write \">= 25\", \"< 5\", \"10..24\" (both ends included), \"!= 1\" or \"7\"".to_owned()
                }
            };
            let message = format!("`{text}` is not a valid comparison for a count");
            self.report
                .error(Code::InvalidComparison, &item.span, message, help);
        }
        Some((text.to_owned(), comparison?))
    }

    fn span(&self, item: &Entry<'_>) -> Option<(String, Comparison<jiff::SignedDuration>)> {
        let text = self.comparison_text(item)?;
        let comparison = Comparison::read(text, duration::parse);
        if comparison.is_none() {
            let without_unit = Comparison::read(text, whole_number).is_some();
            let what = if without_unit {
                "is a comparison without a unit of time"
            } else {
                "is not a valid comparison for a duration"
            };
            let help = match corrected(text, duration::parse) {
                Some(meant) => format!("write \"{meant}\""),
                None if without_unit => {
                    format!("write \"{text}h\" if you mean hours; the units are `s`, `m`, `h` and `d`")
                }
                None => format!("write \"< 48h\" or \"24h..72h\"; {}", duration::HOW_TO_WRITE),
            };
            self.report.error(
                Code::InvalidComparison,
                &item.span,
                format!("`{text}` {what}"),
                help,
            );
        }
        Some((text.to_owned(), comparison?))
    }

    fn comparison_text<'d>(&self, item: &Entry<'d>) -> Option<&'d str> {
        match item.value {
            DeValue::String(text) => return Some(text),
            DeValue::Integer(number) => self.report.error(
                Code::Unquoted,
                &item.span,
                format!("`{}` requires a comparison, which is text in quotes", item.key),
                format!("write \"{number}\" for exactly {number}, or \"<= {number}\" or \">= {number}\""),
            ),
            _ => {
                let help = "write it in quotes and with whole numbers, such as \">= 3\"";
                self.report.wrong_type(item, "a comparison", help);
            }
        }
        None
    }
}
