//! Reads one row of a list of numbers.

use std::borrow::Cow;

use csv::StringRecord;

use super::artifacts::{self, TextColumn};
use super::columns::{Column, Columns};
use super::entry::Entry;
use super::problems::Problems;
use super::removed_pins;
use crate::domain::{AccountName, PhoneNumber, Pin, folding, redact_text};

/// The maximum length of a stored text, in characters.
const LONGEST: usize = 200;

/// The maximum length of a PIN, in characters.
const LONGEST_PIN: usize = 64;

/// Reads one line. Returns `None` if it reported problems.
pub(super) fn read(
    columns: &Columns,
    record: &StringRecord,
    line: u64,
    as_written: &[TextColumn],
    problems: &mut Problems,
) -> Option<Entry> {
    check_shape(columns, record, line, problems)?;
    let mut row = Row {
        columns,
        record,
        line,
        as_written,
        problems,
    };
    // Every cell is checked before the line is refused, so that all its problems are reported.
    let number = row.cell(Column::Number, number);
    let account = row.cell(Column::Account, account);
    let pin = row.cell(Column::Pin, pin);
    let zip = row.cell(Column::Zip, text);
    let name = row.cell(Column::Name, text);
    let address = row.cell(Column::Address, text);
    let frozen = row.cell(Column::Frozen, frozen);
    let tags = row.cell(Column::Tags, tags);
    row.check_zip(number, zip.as_ref()?.as_deref())?;
    let [zip, name, address] = [zip?, name?, address?].map(removed_pins::without_pin);
    Some(Entry {
        line,
        account: account?,
        number: number?,
        pin: pin?,
        zip: zip.0,
        name: name.0,
        address: address.0,
        frozen: frozen?,
        tags: tags?,
        pin_removed: zip.1 || name.1 || address.1,
    })
}

/// Checks that the line has the cells of the header. Returns `None` if it reported a problem.
fn check_shape(columns: &Columns, record: &StringRecord, line: u64, problems: &mut Problems) -> Option<()> {
    let (has, wanted) = (record.len(), columns.width());
    if has != wanted {
        let plural = if has == 1 { "" } else { "s" };
        problems.push(
            line,
            format!("has {has} cell{plural}, and the header has {wanted}: put quotes around a cell that contains a comma"),
        );
        return None;
    }
    if columns.end_before(record) {
        problems.push(
            line,
            "has a value after the last column of the header: remove it, or name the column",
        );
        return None;
    }
    if record.iter().any(|cell| holds_whole_lines(cell, columns.width())) {
        problems.push(
            line,
            "a quote is opened here and closed on a later line, and the text between looks like a complete line: close the \
             quote, or remove it",
        );
        return None;
    }
    Some(())
}

struct Row<'a> {
    columns: &'a Columns,
    record: &'a StringRecord,
    line: u64,
    as_written: &'a [TextColumn],
    problems: &'a mut Problems,
}

/// A message about a cell, to follow the name of the column. It contains only fixed words and nothing from the cell.
type Message = Cow<'static, str>;

impl Row<'_> {
    fn cell<T>(&mut self, column: Column, parse: fn(&str) -> Result<T, &'static str>) -> Option<T> {
        let cell = self.columns.cell(self.record, column);
        artifacts::refuse(column, cell, self.as_written)
            .and_then(|()| parse(cell).map_err(Message::Borrowed))
            .map_err(|message| self.refuse(column, &message))
            .ok()
    }

    fn check_zip(&mut self, number: Option<PhoneNumber>, zip: Option<&str>) -> Option<()> {
        let (Some(number), Some(zip)) = (number, zip) else {
            return Some(());
        };
        artifacts::refuse_short_zip(number, zip, self.as_written)
            .map_err(|message| self.refuse(Column::Zip, &message))
            .ok()
    }

    fn refuse(&mut self, column: Column, message: &str) {
        let message = format!("`{}` {message}", column.as_ref());
        self.problems.push(self.line, message);
    }
}

/// Returns whether a cell spans several lines and contains as many commas as a line of the file.
fn holds_whole_lines(cell: &str, cells_of_a_line: usize) -> bool {
    cell.contains(['\n', '\r']) && cell.matches(',').count() + 1 >= cells_of_a_line
}

fn number(cell: &str) -> Result<PhoneNumber, &'static str> {
    if cell.is_empty() {
        return Err("is empty: every line needs a number");
    }
    cell.parse().map_err(
        |_| "is not a valid phone number: write E.164 such as `+13125550123`, or ten North American digits",
    )
}

fn account(cell: &str) -> Result<AccountName, &'static str> {
    if cell.is_empty() {
        return Ok(AccountName::default_account());
    }
    cell.parse().map_err(
        |_| "is not a valid account name: use 1 to 40 of a-z, 0-9, `-` and `_`, or leave it empty for `default`",
    )
}

fn pin(cell: &str) -> Result<Option<Pin>, &'static str> {
    if cell.is_empty() {
        return Ok(None);
    }
    if cell.chars().any(char::is_control) {
        return Err("contains a line break or another control character: remove it");
    }
    let pin = Pin::new(cell).ok_or("contains no letter or digit: leave it empty if there is no value")?;
    if pin.length() > LONGEST_PIN {
        return Err("is longer than 64 characters: check whether the columns have shifted");
    }
    Ok(Some(pin))
}

fn text(cell: &str) -> Result<Option<String>, &'static str> {
    let joined = cell.split_whitespace().collect::<Vec<_>>().join(" ");
    if joined.chars().any(char::is_control) {
        return Err("contains a control character: remove it");
    }
    if joined.chars().count() > LONGEST {
        return Err("is longer than 200 characters: shorten it");
    }
    Ok((!joined.is_empty()).then_some(joined))
}

fn frozen(cell: &str) -> Result<Option<bool>, &'static str> {
    match cell.to_lowercase().as_str() {
        "" => Ok(None),
        "true" | "yes" | "1" => Ok(Some(true)),
        "false" | "no" | "0" => Ok(Some(false)),
        _ => Err(
            "is neither yes nor no: write true, false, yes, no, 1, 0, or leave it empty to keep the current value",
        ),
    }
}

fn tags(cell: &str) -> Result<Vec<String>, &'static str> {
    if redact_text(cell) != cell {
        return Err("contains a tag that looks like a PIN: remove it, and write PINs in the column `pin`");
    }
    let blank_or_semicolon = |c: char| c == ';' || c.is_whitespace();
    let mut tags: Vec<String> = cell
        .split(blank_or_semicolon)
        .filter(|tag| !tag.is_empty())
        .map(folding::fold)
        .collect();
    tags.retain(|tag| !tag.is_empty());
    tags.sort_unstable();
    tags.dedup();
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/');
    if tags.iter().any(|tag| !tag.chars().all(allowed)) {
        return Err(
            "contains a tag with characters other than letters, digits, `-`, `_`, `.`, `:`, `/`: separate tags with `;` or a space",
        );
    }
    if tags.iter().any(|tag| tag.chars().count() > 64) {
        return Err("contains a tag longer than 64 characters: shorten it");
    }
    Ok(tags)
}
