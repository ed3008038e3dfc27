//! Compares the entries of two lists.

use super::changes::EntryChanges;
use super::few::Few;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::few::NAMED;
use jiff::tz::TimeZone;

use super::changes::Change;
use crate::rules::lists::expiry::Expiry;

/// Keeps the few smallest keys of a sequence in any order.
struct Smallest<K, V> {
    count: usize,
    kept: BTreeMap<K, V>,
}

impl<K: Ord, V> Smallest<K, V> {
    fn new() -> Self {
        Self {
            count: 0,
            kept: BTreeMap::new(),
        }
    }

    fn push(&mut self, key: K, value: V) {
        self.count += 1;
        if self.kept.len() == NAMED && self.kept.last_key_value().is_some_and(|(last, _)| *last < key) {
            return;
        }
        self.kept.insert(key, value);
        if self.kept.len() > NAMED {
            self.kept.pop_last();
        }
    }

    fn finish<T>(self, render: impl Fn(K, V) -> T) -> Few<T> {
        Few {
            count: self.count,
            first: self
                .kept
                .into_iter()
                .map(|(key, value)| render(key, value))
                .collect(),
        }
    }
}

/// Compares entries that are in ascending order and unique on both sides, and keeps only a few of them. `label` is the
/// key by which the kept entries are ordered and shown.
pub(super) fn compare<K: Ord + Copy, L: Ord + Copy>(
    old: (impl Iterator<Item = (K, Expiry)>, &TimeZone),
    new: (impl Iterator<Item = (K, Expiry)>, &TimeZone),
    label: impl Fn(K) -> L,
    render: impl Fn(L) -> String,
) -> EntryChanges {
    let (mut added, mut removed, mut expires) = (Smallest::new(), Smallest::new(), Smallest::new());
    let (mut old_entries, mut new_entries) = (old.0.peekable(), new.0.peekable());
    loop {
        let order = match (old_entries.peek(), new_entries.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((old, _)), Some((new, _))) => old.cmp(new),
        };
        let was = order.is_le().then(|| old_entries.next()).flatten();
        let is = order.is_ge().then(|| new_entries.next()).flatten();
        match (was, is) {
            (Some((key, _)), None) => removed.push(label(key), ()),
            (None, Some((key, _))) => added.push(label(key), ()),
            (Some((key, was)), Some((_, is))) if was != is => {
                let (was, is) = (until_in_words(was, old.1), until_in_words(is, new.1));
                // A date stays the same if only the time zone changed, which is reported separately.
                if was != is {
                    expires.push(label(key), (was, is));
                }
            }
            _ => {}
        }
    }
    EntryChanges {
        added: added.finish(|label, ()| render(label)),
        removed: removed.finish(|label, ()| render(label)),
        expires: expires.finish(|label, (old, new)| Change {
            key: render(label),
            old,
            new,
        }),
    }
}

/// `2031-01-31`, the last day on which something is active, or an instant. `None` if it does not expire.
pub(super) fn until_in_words(until: Expiry, zone: &TimeZone) -> Option<String> {
    let Expiry::Instant(instant) = until else {
        return None;
    };
    let end = instant.to_zoned(zone.clone());
    let midnight = end.start_of_day().is_ok_and(|start| start == end);
    match end.date().yesterday() {
        Ok(last_day) if midnight => Some(last_day.to_string()),
        _ => Some(instant.to_string()),
    }
}
