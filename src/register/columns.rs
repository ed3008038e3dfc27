//! The columns of a list of numbers, from its header.

use csv::StringRecord;
use strum::{AsRefStr, EnumString, VariantArray, VariantNames};

use super::problems::Problems;

/// The content of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsRefStr, EnumString, VariantArray, VariantNames)]
#[strum(serialize_all = "lowercase", ascii_case_insensitive)]
pub(super) enum Column {
    Number,
    Account,
    Pin,
    Zip,
    Name,
    Address,
    Frozen,
    Tags,
}

/// The positions of the columns.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    columns: Vec<Column>,
    /// The number of cells in a line. Spreadsheets write empty columns after the table.
    width: usize,
}

impl Columns {
    /// Reads the header. All columns are required: a missing column could either delete what is on file or keep it, and
    /// nobody could tell which was meant.
    pub(super) fn read(header: &StringRecord, problems: &mut Problems) -> Option<Self> {
        let found: Vec<Result<Column, &str>> = header
            .iter()
            .take(named(header))
            .map(|name| name_of(name).parse().map_err(|_| name_of(name)))
            .collect();
        // Without a header the first line contains data, including a PIN, so none of it may be repeated.
        if found.iter().filter(|column| column.is_ok()).count() < 2 {
            problems.push(1, no_header(header));
            return None;
        }
        for name in found.iter().filter_map(|column| column.err()) {
            problems.push(1, format!("`{name}` is not a column{}", hint(name)));
        }
        for column in <Column as VariantArray>::VARIANTS {
            match found.iter().filter(|found| **found == Ok(*column)).count() {
                0 => problems.push(
                    1,
                    format!(
                        "the column `{}` is missing: add it, and leave cells without a value empty",
                        column.as_ref()
                    ),
                ),
                1 => {}
                _ => problems.push(
                    1,
                    format!(
                        "the column `{}` appears twice: remove one of the two",
                        column.as_ref()
                    ),
                ),
            }
        }
        let columns: Result<Vec<Column>, &str> = found.into_iter().collect();
        let width = header.len();
        columns.ok().map(|columns| Self { columns, width })
    }

    /// Returns the number of cells in a line.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Returns whether a line has a value after the last column.
    pub(super) fn end_before(&self, record: &StringRecord) -> bool {
        named(record) > self.columns.len()
    }

    /// Returns whether a line repeats the header, as in concatenated files.
    pub(super) fn are_named_by(&self, record: &StringRecord) -> bool {
        let columns: Vec<Result<Column, _>> = record.iter().map(|cell| name_of(cell).parse()).collect();
        let named = |column: &Column| columns.contains(&Ok(*column));
        self.columns.iter().all(named)
    }

    /// Returns the text of a cell, without surrounding blanks.
    pub(super) fn cell<'a>(&self, record: &'a StringRecord, column: Column) -> &'a str {
        let at = self.columns.iter().position(|found| *found == column);
        at.and_then(|at| record.get(at)).unwrap_or_default().trim()
    }
}

/// Returns the number of cells up to the last one that is not empty.
fn named(record: &StringRecord) -> usize {
    let filled = record
        .iter()
        .enumerate()
        .filter(|(_, cell)| !name_of(cell).is_empty());
    filled.last().map_or(0, |(last, _)| last + 1)
}

/// Returns a cell without surrounding blanks and invisible characters.
fn name_of(cell: &str) -> &str {
    cell.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
}

fn no_header(header: &StringRecord) -> String {
    let wanted = <Column as VariantNames>::VARIANTS.join(",");
    for (separator, name) in [(';', "`;`"), ('\t', "tabs"), ('|', "`|`")] {
        if header.iter().any(|cell| cell.matches(separator).count() > 2) {
            return format!("the columns are separated by {name}: save the file with commas");
        }
    }
    format!("this is not a valid header: the first line must be `{wanted}`, in any order")
}

fn hint(name: &str) -> String {
    let name = name.to_lowercase();
    <Column as VariantArray>::VARIANTS
        .iter()
        .map(|column| (strsim::damerau_levenshtein(column.as_ref(), &name), column))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| distance * 3 <= name.len())
        .map_or_else(String::new, |(_, column)| {
            format!(": did you mean `{}`?", column.as_ref())
        })
}
