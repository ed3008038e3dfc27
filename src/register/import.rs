use std::collections::HashMap;
use std::fmt;

use csv::{ReaderBuilder, StringRecord};

use super::columns::Columns;
use super::entry::Entry;
use super::row;
use crate::domain::{AccountName, PhoneNumber};

/// The most problems that are told one by one.
const TOLD: usize = 20;

/// What some programs put before the first line of a file in UTF-8.
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// One thing that is wrong with a file of numbers. Repeats nothing of the file but names of columns: what stands
/// in a wrong place may be a PIN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ImportProblem {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong and how to mend it.
    pub message: String,
}

/// Everything that is wrong with a file of numbers: the first few told, the others counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ImportProblems {
    told: Vec<ImportProblem>,
    count: usize,
}

/// Reads a file of numbers: CSV in UTF-8 with a header. All or nothing.
///
/// # Errors
/// Every problem of the file, with its line.
pub fn read_csv(file: &[u8]) -> Result<Vec<Entry>, ImportProblems> {
    let mut problems = Problems::default();
    let entries = read(file, &mut problems);
    if problems.count == 0 {
        Ok(entries)
    } else {
        Err(ImportProblems {
            told: problems.told,
            count: problems.count,
        })
    }
}

/// Problems as they are found.
#[derive(Debug, Default)]
pub(super) struct Problems {
    told: Vec<ImportProblem>,
    count: usize,
}

impl Problems {
    pub(super) fn push(&mut self, line: u64, message: impl Into<String>) {
        self.count += 1;
        if self.told.len() < TOLD {
            let message = message.into();
            self.told.push(ImportProblem { line, message });
        }
    }
}

fn read(file: &[u8], problems: &mut Problems) -> Vec<Entry> {
    let file = file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(file);
    let mut lines = Lines::of(file);
    let mut entries = Vec::new();
    let mut columns: Option<Columns> = None;
    let mut seen = HashMap::new();
    for bytes in reader.byte_records() {
        let bytes = match bytes {
            Ok(bytes) => bytes,
            // A file that lies in memory is always read whole; were it not, nothing of it may be imported.
            Err(error) => {
                problems.push(lines.line, format!("the file cannot be read further: {error}"));
                return entries;
            }
        };
        let line = lines.line_of(bytes.position().map_or(0, csv::Position::byte));
        let Ok(record) = StringRecord::from_byte_record(bytes) else {
            problems.push(line, "this is not UTF-8: save the file as \"CSV UTF-8\"");
            if columns.is_none() {
                return entries;
            }
            continue;
        };
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        match &columns {
            None => match Columns::read(&record, problems) {
                Some(read) if problems.count == 0 => columns = Some(read),
                _ => return entries,
            },
            Some(columns) => {
                if let Some(entry) = row::read(columns, &record, line, problems) {
                    remember(&mut seen, &entry, problems);
                    entries.push(entry);
                }
            }
        }
    }
    if columns.is_none() {
        problems.push(1, "the file is empty: its first line has to name the columns");
    }
    entries
}

/// Counts lines as editors do. The reader's own count stops before blank lines, not behind them.
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

    /// The line of the first byte at or after `position` that ends no line. Positions have to rise.
    fn line_of(&mut self, position: u64) -> u64 {
        while let Some((byte, rest)) = self.rest.split_first() {
            if self.read >= position && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            // `\r\n` is one end of a line, counted at its second byte.
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
            format!("this number of this account stands on line {first} already: remove one of the two"),
        ),
        None => {
            seen.insert(key, entry.line);
        }
    }
}

impl ImportProblems {
    /// How many there are, told or not.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The first of them.
    #[must_use]
    pub fn told(&self) -> &[ImportProblem] {
        &self.told
    }
}

impl fmt::Display for ImportProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.count == 1 { "" } else { "s" };
        write!(f, "{} problem{plural}, nothing was imported", self.count)?;
        for problem in &self.told {
            write!(f, "\n  {problem}")?;
        }
        match self.count.saturating_sub(self.told.len()) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests;
