//! Compares the lists of two rule sets.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::EntryChanges;
use super::changes::ListChange;
use super::entries::compare;
use crate::rules::lists::expiry::Expiry;
use crate::rules::lists::list::List;
use crate::rules::lists::number_list::NumberList;
use crate::rules::model::rule_set::RuleSet;
use crate::rules::values::text_pattern::Folded;

/// A list, and the zone in which its days are meant.
type Zoned<'a, T> = (&'a T, &'a TimeZone);

/// The lists that changed, by name.
pub(super) fn changed(old: &RuleSet, new: &RuleSet) -> Vec<ListChange> {
    let names: BTreeSet<&String> = old.lists().keys().chain(new.lists().keys()).collect();
    let change = |name: &&String| {
        let list = (*name).clone();
        let (was, is) = (old.lists().get(*name), new.lists().get(*name));
        match (was, is) {
            (None, None) => None,
            (Some(_), None) => Some(ListChange::Removed { list }),
            (None, Some(is)) => {
                let entries = entries((&empty_like(is), new.zone()), (is, new.zone()));
                Some(ListChange::Added { list, entries })
            }
            (Some(was), Some(is)) if was.kind() != is.kind() => Some(ListChange::Retyped {
                list,
                old: was.kind().to_string(),
                new: is.kind().to_string(),
            }),
            (Some(was), Some(is)) => {
                let entries = entries((was, old.zone()), (is, new.zone()));
                (!entries.is_empty()).then_some(ListChange::Changed { list, entries })
            }
        }
    };
    names.iter().filter_map(change).collect()
}

fn empty_like(list: &List) -> List {
    match list {
        List::Spids(_) => List::Spids(Arc::default()),
        List::Numbers(_) => List::Numbers(Arc::default()),
        List::Texts(_) => List::Texts(Arc::default()),
    }
}

fn entries(old: Zoned<'_, List>, new: Zoned<'_, List>) -> EntryChanges {
    match (old.0, new.0) {
        (List::Spids(was), List::Spids(is)) => {
            let (was, is) = ((folded(was.entries()), old.1), (folded(is.entries()), new.1));
            compare(was, is, |spid| spid.as_str(), str::to_uppercase)
        }
        (List::Texts(was), List::Texts(is)) => {
            let literals = ((folded(was.entries()), old.1), (folded(is.entries()), new.1));
            let literals = compare(literals.0, literals.1, |text| text.as_str(), str::to_owned);
            let (was, is) = (was.pattern_entries(), is.pattern_entries());
            literals.and(named((&was, old.1), (&is, new.1)))
        }
        (List::Numbers(was), List::Numbers(is)) => numbers((was, old.1), (is, new.1)),
        _ => EntryChanges::default(),
    }
}

fn folded(entries: &[(Folded, Expiry)]) -> impl Iterator<Item = (&Folded, Expiry)> {
    entries.iter().map(|(text, until)| (text, *until))
}

fn numbers(old: Zoned<'_, NumberList>, new: Zoned<'_, NumberList>) -> EntryChanges {
    let (was, is) = ((old.0.entries(), old.1), (new.0.entries(), new.1));
    let numbers = compare(was, is, |digits| digits, |digits| format!("+{digits}"));
    let (was, is) = (old.0.prefix_entries(), new.0.prefix_entries());
    numbers.and(named((&was, old.1), (&is, new.1)))
}

/// Entries that are few enough to be compared as texts.
fn named(old: Zoned<'_, Vec<(String, Expiry)>>, new: Zoned<'_, Vec<(String, Expiry)>>) -> EntryChanges {
    fn each(entries: &[(String, Expiry)]) -> impl Iterator<Item = (&str, Expiry)> {
        entries.iter().map(|(text, until)| (text.as_str(), *until))
    }
    compare(
        (each(old.0), old.1),
        (each(new.0), new.1),
        |text| text,
        str::to_owned,
    )
}
