//! Reads a list of numbers in CSV.

use std::collections::HashMap;
use std::ops::ControlFlow;

use csv::{ByteRecord, ReaderBuilder, StringRecord};

use super::artifacts::TextColumn;
use super::columns::Columns;
use super::entry::Entry;
use super::problems::{ImportProblems, Problems};
use super::quoting;
use super::row;
use crate::domain::quoted_row::{QuoteFault, quote_fault};
use crate::domain::{AccountName, PhoneNumber, separator_line};

/// The bytes that some programs put before the first line of a UTF-8 file.
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// Reads a file of numbers: CSV in UTF-8 with a header. All or nothing.
///
/// # Errors
/// Every problem of the file, with its line.
pub fn read_csv(file: &[u8]) -> Result<Vec<Entry>, ImportProblems> {
    read_csv_as_written(file, &[])
}

/// Like [`read_csv`], but takes the cells of some columns as they are written even if they look like export artifacts.
///
/// # Errors
/// Every other problem of the file, with its line.
pub fn read_csv_as_written(file: &[u8], as_written: &[TextColumn]) -> Result<Vec<Entry>, ImportProblems> {
    let mut problems = Problems::default();
    let entries = read(file, as_written, &mut problems);
    if problems.count == 0 {
        Ok(entries)
    } else {
        Err(ImportProblems {
            told: problems.told,
            count: problems.count,
        })
    }
}

fn read(file: &[u8], as_written: &[TextColumn], problems: &mut Problems) -> Vec<Entry> {
    let file = file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file);
    if is_utf_16(file) {
        problems.push(1, "this is UTF-16: save the file as \"CSV UTF-8\"");
        return Vec::new();
    }
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(file);
    let mut reading = Reading {
        as_written,
        columns: None,
        seen: HashMap::new(),
        entries: Vec::new(),
        problems,
    };
    let mut lines = Lines::of(file);
    let mut bytes = ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut bytes) {
            Ok(true) => {}
            Ok(false) => break,
            // A file in memory can always be read completely. If it could not, nothing of it may be imported.
            Err(error) => {
                reading.problems.push(
                    lines.line,
                    format!("the rest of the file cannot be read: {error}"),
                );
                return reading.entries;
            }
        }
        let start = bytes.position().map_or(0, csv::Position::byte);
        let line = lines.line_of(start);
        let fault = quote_fault(between(file, start, reader.position().byte()));
        if reading.record(&bytes, line, fault).is_break() {
            return reading.entries;
        }
    }
    if reading.columns.is_none() {
        let message = "the file is empty: its first line must name the columns";
        reading.problems.push(1, message);
    }
    reading.entries
}

/// What has been read of a file so far.
struct Reading<'a> {
    as_written: &'a [TextColumn],
    columns: Option<Columns>,
    /// The line of each number.
    seen: HashMap<(AccountName, PhoneNumber), u64>,
    entries: Vec<Entry>,
    problems: &'a mut Problems,
}

impl Reading<'_> {
    /// Processes one record. Breaks if the rest of the file cannot be interpreted.
    fn record(&mut self, bytes: &ByteRecord, line: u64, fault: Option<QuoteFault>) -> ControlFlow<()> {
        let Ok(record) = StringRecord::from_byte_record(bytes.clone()) else {
            self.problems
                .push(line, "this is not UTF-8: save the file as \"CSV UTF-8\"");
            return self.break_without_columns();
        };
        if record.iter().all(|cell| cell.trim().is_empty()) {
            return ControlFlow::Continue(());
        }
        // After a misplaced quote it is uncertain where the cells begin.
        if let Some(fault @ (QuoteFault::Behind | QuoteFault::Unclosed)) = fault {
            self.problems.push(line, quoting::message(fault));
            return self.break_without_columns();
        }
        match &self.columns {
            None => self.first_record(&record, line),
            Some(columns) if columns.are_named_by(&record) => {
                self.problems
                    .push(line, "this is the header again: remove the line");
                ControlFlow::Continue(())
            }
            Some(columns) => {
                let before = self.problems.count;
                let entry = row::read(columns, &record, line, self.as_written, self.problems);
                if let Some(fault) = fault.filter(|_| self.problems.count == before) {
                    self.problems.push(line, quoting::message(fault));
                }
                self.entries
                    .extend(entry.inspect(|entry| remember(&mut self.seen, entry, self.problems)));
                ControlFlow::Continue(())
            }
        }
    }

    /// Processes the first record that is not empty: the columns, or before them the separator line of a spreadsheet.
    fn first_record(&mut self, record: &StringRecord, line: u64) -> ControlFlow<()> {
        let text = record.iter().collect::<Vec<_>>().join(",");
        if let Some(separator) = separator_line(&text).filter(|_| line == 1) {
            if separator == ',' {
                return ControlFlow::Continue(());
            }
            let message = "this names a separator other than a comma: save the file with commas";
            self.problems.push(line, message);
            return ControlFlow::Break(());
        }
        self.columns = Columns::read(record, self.problems).filter(|_| self.problems.count == 0);
        self.break_without_columns()
    }

    fn break_without_columns(&self) -> ControlFlow<()> {
        match &self.columns {
            Some(_) => ControlFlow::Continue(()),
            None => ControlFlow::Break(()),
        }
    }
}

/// Returns whether a file begins like UTF-16, with its byte order mark or with two-byte letters.
fn is_utf_16(file: &[u8]) -> bool {
    let marked = file.starts_with(&[0xff, 0xfe]) || file.starts_with(&[0xfe, 0xff]);
    marked || file.iter().take(4).any(|byte| *byte == 0)
}

fn between(file: &[u8], start: u64, end: u64) -> &[u8] {
    let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX).min(file.len());
    file.get(at(start)..at(end)).unwrap_or_default()
}

/// Counts lines as editors do. The reader's own count stops before blank lines and not after them.
struct Lines<'a> {
    rest: &'a [u8],
    read: u64,
    line: u64,
}

impl<'a> Lines<'a> {
    fn of(file: &'a [u8]) -> Self {
        Self {
            rest: file,
            read: 0,
            line: 1,
        }
    }

    /// Returns the line of the first byte at or after `position` that does not end a line. Positions have to increase.
    fn line_of(&mut self, position: u64) -> u64 {
        while let Some((byte, rest)) = self.rest.split_first() {
            if self.read >= position && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            // `\r\n` is one line end, counted at its second byte.
            if *byte == b'\n' || (*byte == b'\r' && rest.first() != Some(&b'\n')) {
                self.line += 1;
            }
            self.read += 1;
            self.rest = rest;
        }
        self.line
    }
}

fn remember(seen: &mut HashMap<(AccountName, PhoneNumber), u64>, entry: &Entry, problems: &mut Problems) {
    let key = (entry.account.clone(), entry.number);
    match seen.get(&key) {
        Some(first) => problems.push(
            entry.line,
            format!("this number of this account is already on line {first}: remove one of the two"),
        ),
        None => {
            seen.insert(key, entry.line);
        }
    }
}

#[cfg(test)]
mod tests;
