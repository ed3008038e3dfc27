//! Edits of a CSV list file.

use std::ops::Range;

use super::edits::ListEntry;
use super::refused::EditRefused;
use super::splice::{Beside, End, Splice, appended};
use super::value::Named;
use crate::domain::quoted_row::{self, QuoteFault, cells, quote_fault};
use crate::rules::lists::header::Columns;

/// The maximum length of a row in bytes, see the reader of list files.
const LONGEST_ROW: usize = 1 << 16;

/// The rows of a `.csv` after its first line, without their line breaks.
struct Rows<'t> {
    text: &'t str,
    at: usize,
}

/// Every entry with its row.
pub(super) fn each(text: &str, mut visit: impl FnMut(ListEntry, Range<usize>)) {
    let Some((columns, rows)) = open(text) else {
        return;
    };
    for row in rows {
        let fields = fields(text.get(row.clone()).unwrap_or_default());
        let field = |place: Option<usize>| {
            let field = place
                .and_then(|place| fields.get(place))
                .map(|field| field.trim());
            field.filter(|field| !field.is_empty()).map(str::to_owned)
        };
        if let Some(value) = field(Some(columns.value())) {
            let entry = ListEntry {
                value,
                note: field(columns.note()),
                expires: field(columns.expires()),
            };
            visit(entry, row);
        }
    }
}

/// A new row at the end.
pub(super) fn add(
    text: &str,
    file: &str,
    named: &Named,
    beside: Beside<'_>,
) -> Result<Vec<Splice>, EditRefused> {
    let (columns, _) = open(text).ok_or(EditRefused::Unfindable)?;
    let mut fields = vec![String::new(); columns.value() + 1];
    if let Some(value) = fields.last_mut() {
        value.clone_from(&named.written);
    }
    Ok(vec![appended(text, &row(&columns, file, fields, beside)?)])
}

/// The row with another note or day.
pub(super) fn change(
    text: &str,
    file: &str,
    place: Range<usize>,
    beside: Beside<'_>,
) -> Result<Splice, EditRefused> {
    let (columns, _) = open(text).ok_or(EditRefused::Unfindable)?;
    let fields = fields(text.get(place.clone()).unwrap_or_default());
    Ok((place, row(&columns, file, fields, beside)?))
}

/// Puts the note and the day into the fields, and the fields into a row.
fn row(
    columns: &Columns,
    file: &str,
    mut fields: Vec<String>,
    beside: Beside<'_>,
) -> Result<String, EditRefused> {
    let expires = match beside.end {
        End::Kept => None,
        End::Never => Some(String::new()),
        End::On(day) => Some(day.to_string()),
    };
    let note = beside.note.map(str::to_owned);
    for (column, place, field) in [
        ("note", columns.note(), note),
        ("expires", columns.expires(), expires),
    ] {
        let Some(field) = field else {
            continue;
        };
        let file = || file.to_owned();
        let place = place.ok_or_else(|| EditRefused::NoColumn { file: file(), column })?;
        fields.resize(fields.len().max(place + 1), String::new());
        if let Some(kept) = fields.get_mut(place) {
            *kept = field;
        }
    }
    // The row gets as many fields as there are columns, so that all rows look the same.
    fields.resize(fields.len().max(columns.count()), String::new());
    Ok(quoted_row::row(&fields))
}

/// The columns, and the rows after them. `None` if the file is empty.
fn open(text: &str) -> Option<(Columns, Rows<'_>)> {
    let mut rows = Rows { text, at: 0 };
    if text.starts_with('\u{feff}') {
        rows.at = '\u{feff}'.len_utf8();
    }
    let header = rows.next()?;
    let columns = Columns::read(text.get(header)?).ok()?;
    Some((columns, rows))
}

fn fields(row: &str) -> Vec<String> {
    cells(row).unwrap_or_else(|_| row.split(',').map(str::to_owned).collect())
}

impl Iterator for Rows<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let mut end = start;
        loop {
            let rest = self.text.get(end..).filter(|rest| !rest.is_empty());
            let Some(rest) = rest else {
                break;
            };
            end += rest.find('\n').map_or(rest.len(), |at| at + 1);
            let row = self.text.get(start..end).unwrap_or_default();
            let goes_on =
                row.len() < LONGEST_ROW && quote_fault(row.as_bytes()) == Some(QuoteFault::Unclosed);
            if !goes_on {
                break;
            }
        }
        self.at = end;
        let row = self.text.get(start..end).filter(|row| !row.is_empty())?;
        Some(start..start + row.trim_end_matches(['\n', '\r']).len())
    }
}
