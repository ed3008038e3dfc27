//! Finds list entries that repeat or contradict each other.

use std::ops::Range;
use std::sync::Arc;

use crate::domain::quoted_row::{QuoteFault, cells};
use crate::rules::lists::entry::Entry;
use crate::rules::lists::file::Format;
use crate::rules::lists::header::Columns;
use crate::rules::lists::list::ListType;
use crate::rules::lists::row::text_row;
use crate::rules::load::Loaded;
use crate::rules::model::places::ListPlace;
use crate::rules::parse::values_of_list;
use crate::rules::source::sources::Sources;

/// The position of an entry of a list.
#[derive(Debug)]
pub(super) enum EntryPlace {
    /// In the rule file.
    Rules(Range<usize>),
    /// In the list file, on this line.
    List {
        line: usize,
        text: Arc<str>,
        span: Range<usize>,
    },
}

/// The positions of the entries of a list that are equal to a value, in order; see [`for_each`].
pub(super) fn places(loaded: &Loaded, list: &ListPlace, kind: ListType, wanted: &str) -> Vec<EntryPlace> {
    let mut found = Vec::new();
    for_each(loaded, list, |value, place| {
        if Entry::read(value, kind).is_ok_and(|entry| entry.key() == wanted) {
            found.push(place());
        }
    });
    found
}

/// Calls `see` for every entry of a list as it is written, with a function that returns its position: first the entries
/// in the rule file, then those in the list file. The list file is read again, because positions are not stored for ten
/// million entries.
pub(super) fn for_each(
    loaded: &Loaded,
    list: &ListPlace,
    mut see: impl FnMut(&str, &dyn Fn() -> EntryPlace),
) {
    for (span, text) in values_of_list(&loaded.sources.text, &list.name) {
        see(&text, &|| EntryPlace::Rules(span.clone()));
    }
    let Some((format, text)) = text_of_file(&loaded.sources, list) else {
        return;
    };
    for_each_row(format, &text, |line, shown, value| {
        see(value, &|| {
            let start = shown.find(value).unwrap_or_default();
            EntryPlace::List {
                line,
                text: Arc::from(shown),
                span: start..start + value.len(),
            }
        });
    });
}

fn text_of_file(sources: &Sources, list: &ListPlace) -> Option<(Format, String)> {
    let file = list.file.as_ref()?;
    let source = sources.lists.iter().find(|source| source.file == *file)?;
    Some((Format::of(file)?, source.text().ok()?))
}

/// Calls `see` for every row of a list file that has a value, with its line number, the line, and the value.
fn for_each_row(format: Format, text: &str, mut see: impl FnMut(usize, &str, &str)) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines().zip(1..);
    if format == Format::Text {
        for (line, number) in lines {
            if let Some(row) = text_row(line) {
                see(number, line, row.value);
            }
        }
        return;
    }
    let columns = lines.next().and_then(|(line, _)| Columns::read(line).ok());
    let Some(columns) = columns else { return };
    while let Some((line, number)) = lines.next() {
        let mut row = line.to_owned();
        let mut fields = cells(&row);
        while fields == Err(QuoteFault::Unclosed) {
            let Some((next, _)) = lines.next() else { return };
            row.push('\n');
            row.push_str(next);
            fields = cells(&row);
        }
        if let Ok(fields) = fields
            && let Ok(row) = columns.pick(fields.iter().map(String::as_str))
        {
            see(number, line, row.value);
        }
    }
}
