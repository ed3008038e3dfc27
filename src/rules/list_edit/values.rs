//! Edits of `values` in a rule file.
//!
//! The file's text is spliced, not written anew by `toml_edit`: that one (0.25) turns every CRLF of the file into LF, and
//! a comment behind an entry stays when the entry goes, while that of the next one is lost.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml_parser::Source;
use toml_parser::lexer::{Token, TokenKind};

use super::edits::ListEntry;
use super::refused::EditRefused;
use super::splice::{Beside, End, Splice, end_of_line, line_break};
use super::value::Named;
use crate::rules::values::quotes::in_quotes;

/// Where the entries of a list are.
pub(super) struct Found {
    pub(super) file: Option<String>,
    pub(super) has_values: bool,
}

/// The array of `values`, and its items.
struct Array {
    span: Range<usize>,
    items: Vec<Range<usize>>,
}

/// Finds the entries of a list in a rule file.
pub(super) fn find(text: &str, list: &str) -> Option<Found> {
    let document = DeTable::parse(text).ok()?;
    let list = table(table(document.get_ref(), "lists")?, list)?;
    Some(Found {
        file: list.get("file").and_then(|file| string(file.get_ref())),
        has_values: list.contains_key("values"),
    })
}

/// Every entry with its bytes.
pub(super) fn each(text: &str, list: &str, mut visit: impl FnMut(ListEntry, Range<usize>)) {
    with_values(text, list, |values, _| {
        for item in values {
            let entry = match item.get_ref() {
                DeValue::String(value) => Some(ListEntry {
                    value: value.to_string(),
                    note: None,
                    expires: None,
                }),
                DeValue::Table(entry) => {
                    let member = |key: &str| entry.get(key).and_then(|member| string(member.get_ref()));
                    member("value").map(|value| ListEntry {
                        value,
                        note: member("note"),
                        expires: member("expires"),
                    })
                }
                _ => None,
            };
            if let Some(entry) = entry {
                visit(entry, item.span());
            }
        }
    });
}

/// A new item at the end of the array, on a separate line if the last item has one.
pub(super) fn add(
    text: &str,
    name: &str,
    named: &Named,
    beside: Beside<'_>,
) -> Result<Vec<Splice>, EditRefused> {
    let array = array(text, name).ok_or(EditRefused::Unfindable)?;
    let new = item(&in_quotes(&named.written), beside.note, day(beside));
    let Some(last) = array.items.last().cloned() else {
        let opened = array.span.start + 1;
        return Ok(vec![(opened..opened, new)]);
    };
    let close = array.span.end.saturating_sub(1);
    let after = text.get(last.end..close).unwrap_or_default();
    if !after.contains('\n') {
        return Ok(vec![(last.end..last.end, format!(", {new}"))]);
    }
    let line_end = end_of_line(text, last.end);
    let line = text.get(..last.start).unwrap_or_default();
    let line = line.rsplit('\n').next().unwrap_or_default();
    let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
    let newline = line_break(text);
    let mut splices = vec![(line_end..line_end, format!("{indent}{new},{newline}"))];
    match comma_after(text, last.end).filter(|comma| *comma < close) {
        None => splices.push((last.end..last.end, ",".to_owned())),
        // The comma is on a line below, where it would now be a second one after the new item.
        Some(comma) if comma >= line_end => splices = vec![(last.end..last.end, format!(", {new}"))],
        Some(_) => {}
    }
    Ok(splices)
}

/// The item with another note or day.
pub(super) fn change(
    text: &str,
    place: Range<usize>,
    entry: &ListEntry,
    beside: Beside<'_>,
) -> Result<Splice, EditRefused> {
    let old = text.get(place.clone()).unwrap_or_default();
    if tokens(text, place.clone()).any(|token| token.kind() == TokenKind::Comment) {
        return Err(EditRefused::Commented(entry.value.clone()));
    }
    let value = if old.starts_with('{') {
        in_quotes(&entry.value)
    } else {
        old.to_owned()
    };
    let note = beside.note.or(entry.note.as_deref());
    let expires = match beside.end {
        End::Kept => entry.expires.clone(),
        End::Never | End::On(_) => day(beside),
    };
    Ok((place, item(&value, note, expires)))
}

/// Removes items from the array: with their line if nothing else is on it, otherwise with their comma. Comments on
/// other lines stay.
pub(super) fn remove(text: &str, list: &str, rows: &[Range<usize>]) -> Vec<Splice> {
    let Some(array) = array(text, list) else {
        return Vec::new();
    };
    let mut ranges = Vec::new();
    for (at, item) in array
        .items
        .iter()
        .enumerate()
        .filter(|(_, item)| rows.contains(item))
    {
        let comma = comma_after(text, item.end).filter(|comma| *comma < array.span.end);
        if let Some(line) = whole_line(text, item, comma) {
            ranges.push(line);
        } else if let Some(comma) = comma {
            // Up to the next item, so that one comma and one space stay between its neighbors.
            let next = array.items.get(at + 1).map(|next| next.start);
            match next.filter(|next| text.get(item.end..*next).is_some_and(is_comma_and_blanks)) {
                Some(next) => ranges.push(item.start..next),
                None => ranges.extend([item.clone(), comma..comma + 1]),
            }
        } else {
            let before = at.checked_sub(1).and_then(|before| array.items.get(before));
            let before = before.filter(|before| !rows.contains(before));
            let comma = before.and_then(|before| comma_after(text, before.end));
            let from = comma.filter(|comma| text.get(*comma..item.start).is_some_and(is_comma_and_blanks));
            ranges.push(from.unwrap_or(item.start)..item.end);
        }
    }
    ranges.into_iter().map(|range| (range, String::new())).collect()
}

fn is_comma_and_blanks(between: &str) -> bool {
    between.chars().all(|c| matches!(c, ',' | ' ' | '\t'))
}

/// The line of an item that is alone on it, including its comma and the comment after it.
fn whole_line(text: &str, item: &Range<usize>, comma: Option<usize>) -> Option<Range<usize>> {
    let head = text.get(..item.start)?;
    let start = head.rfind('\n')? + 1;
    let end = end_of_line(text, item.end);
    let after = comma
        .filter(|comma| *comma < end)
        .map_or(item.end, |comma| comma + 1);
    let rest = text.get(after..end)?.trim();
    let is_alone = head.get(start..)?.trim().is_empty()
        && (rest.is_empty() || rest.starts_with('#'))
        // A comma on a line below would be left alone.
        && comma.is_none_or(|comma| comma < end);
    is_alone.then_some(start..end)
}

/// The comma after an item, skipping comments.
fn comma_after(text: &str, end: usize) -> Option<usize> {
    let mut after = tokens(text, end..text.len()).filter(|token| {
        !matches!(
            token.kind(),
            TokenKind::Whitespace | TokenKind::Newline | TokenKind::Comment
        )
    });
    let token = after.next()?;
    (token.kind() == TokenKind::Comma).then(|| end + token.span().start())
}

fn tokens(text: &str, range: Range<usize>) -> impl Iterator<Item = Token> {
    Source::new(text.get(range).unwrap_or_default()).lex()
}

fn day(beside: Beside<'_>) -> Option<String> {
    match beside.end {
        End::On(day) => Some(day.to_string()),
        End::Kept | End::Never => None,
    }
}

/// `"value"`, or with a note or expiry `{ value = "…", note = "…", expires = … }`.
fn item(value: &str, note: Option<&str>, expires: Option<String>) -> String {
    if note.is_none() && expires.is_none() {
        return value.to_owned();
    }
    let mut parts = vec![format!("value = {value}")];
    parts.extend(note.map(|note| format!("note = {}", in_quotes(note))));
    parts.extend(expires.map(|expires| format!("expires = {expires}")));
    format!("{{ {} }}", parts.join(", "))
}

fn array(text: &str, list: &str) -> Option<Array> {
    let mut found = None;
    with_values(text, list, |values, span| {
        let items = values.iter().map(Spanned::span).collect();
        found = Some(Array { span, items });
    });
    found
}

fn with_values(text: &str, list: &str, visit: impl FnOnce(&[Spanned<DeValue<'_>>], Range<usize>)) {
    let Ok(document) = DeTable::parse(text) else {
        return;
    };
    let values = table(document.get_ref(), "lists")
        .and_then(|lists| table(lists, list))
        .and_then(|list| list.get("values"));
    if let Some(values) = values
        && let DeValue::Array(items) = values.get_ref()
    {
        visit(items, values.span());
    }
}

fn table<'d>(within: &'d DeTable<'d>, key: &str) -> Option<&'d DeTable<'d>> {
    match within.get(key)?.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

/// A text, or a date as it is written.
fn string(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Datetime(date) => Some(date.to_string()),
        _ => None,
    }
}
