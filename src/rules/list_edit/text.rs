//! Edits of a list file with one value per line.

use std::ops::Range;

use super::edits::ListEntry;
use super::refused::EditRefused;
use super::splice::{Beside, End, Splice, appended};
use super::value::Named;
use crate::rules::lists::row::text_row;

/// Every entry with its line. The comment after the value is its note.
pub(super) fn each(text: &str, mut visit: impl FnMut(ListEntry, Range<usize>)) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let visible = content
            .strip_prefix('\u{feff}')
            .filter(|_| start == 0)
            .unwrap_or(content);
        if let Some(row) = text_row(visible) {
            let after = visible.split_once(row.value).map_or("", |(_, after)| after);
            let note = after.trim().trim_start_matches('#').trim();
            let entry = ListEntry {
                value: row.value.to_owned(),
                note: (!note.is_empty()).then(|| note.to_owned()),
                expires: None,
            };
            visit(entry, start..start + content.len());
        }
        start += line.len();
    }
}

/// A new line at the end.
pub(super) fn add(
    text: &str,
    file: &str,
    named: &Named,
    beside: Beside<'_>,
) -> Result<Vec<Splice>, EditRefused> {
    refuse_dates(file, beside)?;
    let is_read_back = text_row(&named.written).is_some_and(|row| row.value == named.written);
    if !is_read_back {
        return Err(EditRefused::InvalidValue {
            message: format!("`{}` would be read as a comment in `{file}`", named.written),
            help: "convert the file to a .csv, or add the entry to `values` in the rule file".to_owned(),
        });
    }
    Ok(vec![appended(text, &line(&named.written, beside.note))])
}

/// The line with another note.
pub(super) fn change(
    text: &str,
    file: &str,
    place: Range<usize>,
    beside: Beside<'_>,
) -> Result<Splice, EditRefused> {
    refuse_dates(file, beside)?;
    let old = text.get(place.clone()).unwrap_or_default();
    let value = text_row(old).map_or(old, |row| row.value);
    let value_end = old.find(value).map_or(old.len(), |at| at + value.len());
    let kept = old.get(..value_end).unwrap_or(old);
    Ok((place, line(kept, beside.note)))
}

fn line(value: &str, note: Option<&str>) -> String {
    match note {
        Some(note) => format!("{value}   # {note}"),
        None => value.to_owned(),
    }
}

fn refuse_dates(file: &str, beside: Beside<'_>) -> Result<(), EditRefused> {
    match beside.end {
        End::Kept => Ok(()),
        End::Never | End::On(_) => Err(EditRefused::NoDates(file.to_owned())),
    }
}
