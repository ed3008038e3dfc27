//! The order of keys in a table.

use std::borrow::Cow;

use super::written::{Header, Pair};
use crate::rules::parse::TableKind;

/// Which table it is that a header begins, for the order and the columns of its keys.
pub(super) fn table_kind_of(header: Option<&Header<'_>>) -> Option<TableKind> {
    let Some(header) = header else {
        return Some(TableKind::File);
    };
    let path: Vec<&str> = header.path.iter().map(Cow::as_ref).collect();
    match path.as_slice() {
        ["defaults"] => Some(TableKind::Defaults),
        ["lists", _] => Some(TableKind::List),
        ["rule"] => Some(TableKind::Rule),
        ["rule", "reject"] => Some(TableKind::Reject),
        ["test"] => Some(TableKind::Test),
        _ => None,
    }
}

/// The position of a key in its table. Keys with the same position stay in the order of their author, and unknown ones
/// are at the end.
pub(super) fn place_of(pair: &Pair<'_>, table_kind: Option<TableKind>) -> usize {
    let first = pair.key.first().map_or("", Cow::as_ref);
    let keys = match table_kind {
        // Short keys come before those that may span many lines.
        Some(TableKind::List) => &["type", "file", "values", "allow"],
        Some(table_kind) => table_kind.keys(),
        None => return 0,
    };
    let known = keys.iter().position(|key| *key == first);
    known.unwrap_or(keys.len())
}

/// Keys of one column have the same word. Columns extend over a complete rule or test; in other tables a blank line
/// ends them.
pub(super) fn column_of(
    pair: &Pair<'_>,
    table_kind: Option<TableKind>,
    block: usize,
) -> (&'static str, usize) {
    let first = pair.key.first().map_or("", Cow::as_ref);
    let word = match (table_kind, first) {
        (Some(TableKind::Rule), "match" | "unless") => "conditions",
        (Some(TableKind::Rule), "reject") => "reject",
        (Some(TableKind::Rule), "host_messaging") => "host_messaging",
        (Some(TableKind::Test), "name") => "name",
        (Some(TableKind::Test), "given") => "given",
        (_, "allow") => "allow",
        (Some(TableKind::Rule | TableKind::Test), _) => "keys",
        _ => return ("", block),
    };
    (word, 0)
}
