//! Reads the values and lists of a condition.

use std::sync::Arc;

use super::Reading;
use super::section::Entry;
use crate::rules::diagnostics::code::Code;
use crate::rules::lists::entry::Entry as ListItem;
use crate::rules::lists::expiry::Expiry;
use crate::rules::lists::list::{List, ListBuilder, ListType, SpidSet, TextSet};
use crate::rules::model::condition::NumberMembers;
use crate::rules::model::expected::{Expected, ExpectedValue};
use crate::rules::values::suggestion::{listed, nearest};

/// The number of characters of a SPID in North America.
const USUAL_SPID: usize = 4;

impl Reading<'_, '_> {
    pub(super) fn spids(&self, items: &[Entry<'_>]) -> Option<(Vec<Arc<SpidSet>>, Expected)> {
        let (lists, expected) = self.values_and_lists(items, ListType::Spid)?;
        let spids = lists.into_iter().filter_map(|list| match list {
            List::Spids(set) => Some(set),
            _ => None,
        });
        Some((spids.collect(), expected))
    }

    pub(super) fn texts(&self, items: &[Entry<'_>]) -> Option<(Vec<Arc<TextSet>>, Expected)> {
        let (lists, expected) = self.values_and_lists(items, ListType::Text)?;
        let texts = lists.into_iter().filter_map(|list| match list {
            List::Texts(set) => Some(set),
            _ => None,
        });
        Some((texts.collect(), expected))
    }

    pub(super) fn numbers(&self, items: &[Entry<'_>]) -> Option<(NumberMembers, Expected)> {
        let (lists, expected) = self.values_and_lists(items, ListType::Number)?;
        let sets = lists
            .into_iter()
            .filter_map(|list| match list {
                List::Numbers(set) => Some(set),
                _ => None,
            })
            .collect();
        let keys = expected.keys().to_vec();
        Some((NumberMembers { sets, keys }, expected))
    }

    /// The values in a condition as one list, followed by the lists that it names.
    fn values_and_lists(&self, items: &[Entry<'_>], kind: ListType) -> Option<(Vec<List>, Expected)> {
        let mut own = ListBuilder::of(kind);
        let mut has_own = false;
        let mut lists = Vec::new();
        let expected = all(items, |item| {
            let text = item.text(self.report)?;
            if let Some(name) = text.strip_prefix('@') {
                let list = self.list(name, kind, item)?;
                let entries = list.len();
                lists.push(list);
                return Some(ExpectedValue::List {
                    name: name.to_owned(),
                    entries,
                });
            }
            has_own = true;
            if self.is_list_without_at(text, kind) {
                let code = kind.code_of_entries();
                let help = format!("write \"@{text}\" if you mean the list");
                let message = format!("`{text}` is the name of a list, and list names start with `@`");
                self.report.error(code, &item.span, message, help);
                return None;
            }
            match ListItem::read(text, kind) {
                Ok(entry) => {
                    own.push(entry.clone(), Expiry::Forever);
                    let typed = text.to_owned();
                    Some(ExpectedValue::Entry { typed, entry })
                }
                Err(problem) => {
                    self.report
                        .error(problem.code, &item.span, problem.message, problem.help);
                    None
                }
            }
        })?;
        if has_own {
            lists.insert(0, own.finish().0);
        }
        Some((lists, Expected::of(expected)))
    }

    /// Whether a value is the name of a list without `@`. A text may be equal to the name of a list, for example a tag
    /// and a list of tags, and so may a SPID of the usual four characters.
    fn is_list_without_at(&self, text: &str, kind: ListType) -> bool {
        let may_be_a_value = match kind {
            ListType::Text => true,
            ListType::Spid => text.len() <= USUAL_SPID,
            ListType::Number => false,
        };
        !may_be_a_value && self.lists.contains_key(text)
    }

    fn list(&self, name: &str, kind: ListType, item: &Entry<'_>) -> Option<List> {
        let names: Vec<&str> = self.lists.keys().map(String::as_str).collect();
        if self.unreadable_lists.contains(name) {
            return None;
        }
        let Some(list) = self.lists.get(name) else {
            if name.is_empty() {
                let help = "write the name of a list after the `@`, such as \"@trusted-carriers\"";
                self.report.error(
                    Code::UnknownList,
                    &item.span,
                    "`@` is not followed by the name of a list",
                    help,
                );
                return None;
            }
            let help = match (nearest(name, names.iter().copied()), names.is_empty()) {
                (Some(candidate), _) => format!("did you mean `@{candidate}`?"),
                (None, true) => format!(
                    "define it under `[lists.{name}]`, with `type = \"{kind}\"` and `values` or `file`"
                ),
                (None, false) => format!("use one of the lists in the file: {}", listed(&names)),
            };
            let message = format!("the file has no list `{name}`");
            self.report.error(Code::UnknownList, &item.span, message, help);
            return None;
        };
        if list.kind() != kind {
            let message = format!(
                "`{}` requires a list of type `{kind}`, and `@{name}` has the type `{}`",
                item.key,
                list.kind()
            );
            let fitting: Vec<&str> = self
                .lists
                .iter()
                .filter(|(_, list)| list.kind() == kind)
                .map(|(name, _)| name.as_str())
                .collect();
            let help = match fitting.as_slice() {
                [] => {
                    format!("write `type = \"{kind}\"` in `[lists.{name}]` if its entries are of that type")
                }
                [one] => format!("did you mean `@{one}`?"),
                _ => format!("use a list of that type: {}", listed(&fitting)),
            };
            self.report.error(Code::WrongListType, &item.span, message, help);
            return None;
        }
        Some(list.clone())
    }

    pub(super) fn check_country(&self, item: &Entry<'_>) -> Option<()> {
        let text = item.text(self.report)?;
        let is_code = text.len() == 2 && text.chars().all(|c| c.is_ascii_alphabetic());
        if is_code || text.starts_with('@') {
            return Some(());
        }
        let message = format!("`{text}` is not a valid country code");
        let help = "write a two-letter ISO 3166 code, such as \"US\"";
        self.report.error(Code::InvalidText, &item.span, message, help);
        None
    }
}

/// All items, or `None` if one is invalid. Every problem is reported either way.
pub(super) fn all<'d, T>(items: &[Entry<'d>], read: impl FnMut(&Entry<'d>) -> Option<T>) -> Option<Vec<T>> {
    let read: Vec<Option<T>> = items.iter().map(read).collect();
    read.into_iter().collect()
}
