//! Reads a list file.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::expiry::Expiry;
use super::hashing::Hashing;
use super::header::{Columns, InvalidColumns};
use super::invalid_entry::InvalidEntry;
use super::list::ListBuilder;
use super::row::{Row, plain_line, plain_number, text_row};
use crate::domain::quoted_row::{QuoteFault, cells, quote_fault};
use crate::domain::{ExportArtifact, separator_line};
use crate::rules::diagnostics::code::Code;
use crate::rules::diagnostics::finding::{Finding, Severity};
use crate::rules::values::date;

/// The format of a list file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Columns `value,note,expires`.
    Csv,
    /// One value per line, with `#` comments.
    Text,
}

/// The name of the file, and the time zone of its dates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) file: &'a str,
    pub(crate) zone: &'a TimeZone,
    pub(crate) now: Timestamp,
}

/// What is returned about a list file besides its entries.
#[derive(Debug)]
pub(crate) struct ReadList {
    pub(crate) digest: [u8; 32],
    pub(crate) bytes: u64,
    pub(crate) findings: Vec<Finding>,
}

/// The maximum number of findings for a file.
const MOST_FINDINGS: usize = 20;
/// The maximum length of a row with quotes, which may span several lines.
const LONGEST_ROW: usize = 1 << 16;
/// The maximum length of a line. Without a limit, a file without line breaks would be held in memory completely.
const LONGEST_LINE: u64 = 1 << 20;
const CHUNK: usize = 1 << 17;
const HOW_A_LINE_READS: &str = "write each line as a value, optionally followed by a note and a date";

impl Format {
    /// The format of a file, by the extension of its name.
    pub(crate) fn of(file: &str) -> Option<Self> {
        let (_, ending) = file.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "txt" => Some(Self::Text),
            _ => None,
        }
    }
}

/// Reads a list file line by line into the builder, and never holds more than one line in memory.
pub(crate) fn read(
    reader: Box<dyn Read>,
    format: Format,
    place: Place<'_>,
    builder: &mut ListBuilder,
) -> io::Result<ReadList> {
    let mut lines = BufReader::with_capacity(CHUNK, Hashing::new(reader));
    let mut file = ListFile {
        place,
        format,
        columns: None,
        is_unusable: false,
        line: 0,
        findings: Vec::new(),
        omitted: 0,
        expired: None,
        last_expiry: (String::new(), Expiry::Forever),
        builder,
    };
    let mut line = Vec::with_capacity(64);
    loop {
        let taken = file.take_plain_lines(lines.fill_buf()?);
        lines.consume(taken);
        line.clear();
        if read_line(&mut lines, &mut line)? == 0 {
            break;
        }
        let first = file.line + 1;
        let mut taken = 1;
        while format == Format::Csv && is_unfinished(&line) && read_line(&mut lines, &mut line)? > 0 {
            taken += 1;
        }
        file.line = first;
        if !file.is_unusable && !file.read_plain_number(&line) {
            file.read_line(&line);
        }
        file.line += taken - 1;
    }
    let (digest, bytes) = lines.into_inner().finish();
    Ok(ReadList {
        digest,
        bytes,
        findings: file.finish(),
    })
}

/// Appends the next line with its line break, and returns its length in bytes: 0 at the end of the file.
fn read_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    let count = lines.take(LONGEST_LINE + 1).read_until(b'\n', line)?;
    if count as u64 > LONGEST_LINE {
        return Err(io::Error::new(
            ErrorKind::InvalidData,
            "a line is longer than 1 MiB",
        ));
    }
    Ok(count)
}

/// Whether a row continues on the next line, inside quotes.
fn is_unfinished(line: &[u8]) -> bool {
    line.contains(&b'"') && line.len() < LONGEST_ROW && quote_fault(line) == Some(QuoteFault::Unclosed)
}

struct ListFile<'a> {
    place: Place<'a>,
    format: Format,
    columns: Option<Columns>,
    /// The rest of the file cannot be read.
    is_unusable: bool,
    line: usize,
    findings: Vec<Finding>,
    omitted: usize,
    /// The line and text of the first expired entry, and the number of expired entries.
    expired: Option<(usize, String, usize)>,
    /// Long lists have few different dates, so the last one is cached.
    last_expiry: (String, Expiry),
    builder: &'a mut ListBuilder,
}

impl ListFile<'_> {
    /// Reads the lines at the start of a buffer that contain only a number, which are nearly all lines of a long list,
    /// without copying them. Returns their length in bytes.
    fn take_plain_lines(&mut self, buffer: &[u8]) -> usize {
        let ListBuilder::Numbers(numbers) = &mut *self.builder else {
            return 0;
        };
        let empty_fields = match (self.format, &self.columns) {
            (Format::Text, _) => Some(0),
            (Format::Csv, columns) => columns.as_ref().and_then(Columns::fields_after_value),
        };
        let Some(empty_fields) = empty_fields else {
            return 0;
        };
        let mut taken = 0;
        while let Some((number, length)) = buffer
            .get(taken..)
            .and_then(|rest| plain_line(rest, empty_fields))
        {
            numbers.insert(number, Expiry::Forever);
            taken += length;
            self.line += 1;
        }
        taken
    }

    /// Reads a line that contains only a number, without decoding it as text. Returns whether it was one.
    fn read_plain_number(&mut self, line: &[u8]) -> bool {
        let ListBuilder::Numbers(numbers) = &mut *self.builder else {
            return false;
        };
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let value = match (self.format, &self.columns) {
            (Format::Text, _) => Some(line),
            (Format::Csv, Some(columns)) => columns.plain_value(line),
            (Format::Csv, None) => None,
        };
        let number = value.and_then(plain_number);
        number
            .map(|number| numbers.insert(number, Expiry::Forever))
            .is_some()
    }

    fn read_line(&mut self, bytes: &[u8]) {
        let bytes = if self.line == 1 {
            bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
        } else {
            bytes
        };
        let Ok(line) = std::str::from_utf8(bytes) else {
            return self.report_encoding(bytes);
        };
        let line = line.trim_end_matches(['\n', '\r']);
        match (self.format, self.columns) {
            (Format::Text, _) => {
                if let Some(row) = text_row(line) {
                    self.add(row, line);
                }
            }
            (Format::Csv, None) if self.line == 1 && separator_line(line) == Some(',') => {}
            (Format::Csv, None) => {
                match Columns::read(line) {
                    Ok(columns) => self.columns = Some(columns),
                    Err(InvalidColumns { part, message, help }) => {
                        self.report(Code::InvalidListLine, (line, part), message, &help);
                        // Reported once, because without columns no other line can be read.
                        self.is_unusable = true;
                    }
                }
            }
            (Format::Csv, Some(_)) if line.trim().is_empty() => {}
            (Format::Csv, Some(columns)) if line.contains('"') => self.read_quoted(line, columns),
            (Format::Csv, Some(columns)) => match columns.row(line) {
                Ok(row) => self.add(row, line),
                Err(problem) => self.report_line(line, problem, HOW_A_LINE_READS),
            },
        }
    }

    /// Spreadsheets save files as UTF-16, which begins with a byte order mark, or in the encoding of their country.
    fn report_encoding(&mut self, bytes: &[u8]) {
        const HELP: &str = "save the file as UTF-8 (in a spreadsheet: CSV UTF-8)";
        if self.line == 1 && is_utf_16(bytes) {
            self.is_unusable = true;
            return self.report_line(
                "",
                "the file is encoded as UTF-16, and list files must be UTF-8".to_owned(),
                HELP,
            );
        }
        let shown = String::from_utf8_lossy(bytes);
        let line = shown.trim_end();
        let message = "this line contains a character that is not valid UTF-8".to_owned();
        self.report(Code::InvalidListLine, (line, "\u{fffd}"), message, HELP);
    }

    fn read_quoted(&mut self, text: &str, columns: Columns) {
        const HELP: &str = "put the whole field in quotes, and write \"\" for a quote inside it";
        let line = text.lines().next().unwrap_or_default();
        let problem = match cells(text) {
            Ok(cells) => {
                return match columns.pick(cells.iter().map(String::as_str)) {
                    Ok(row) => self.add(row, line),
                    Err(problem) => self.report_line(line, problem, HOW_A_LINE_READS),
                };
            }
            Err(QuoteFault::Unclosed) => "a quote is opened here and never closed",
            Err(QuoteFault::Inside) => "a quote appears inside a field that does not start with one",
            Err(QuoteFault::Behind) => "there is extra text after the closing quote of a field",
        };
        self.report_line(line, problem.to_owned(), HELP);
    }

    fn add(&mut self, row: Row<'_>, line: &str) {
        use ExportArtifact::{Error, Null};
        if let Some(Null(word) | Error(word)) = ExportArtifact::find(row.value)
            && self.format == Format::Csv
        {
            let message = format!("the value is `{word}`, which exports write for a missing value");
            let help = "write the value that belongs here, or remove the line";
            return self.report(Code::InvalidListLine, (line, row.value), message, help);
        }
        let until = if row.expires.is_empty() {
            Expiry::Forever
        } else {
            self.until(row.expires, line)
        };
        if let Err(InvalidEntry { code, message, help }) = self.builder.read(row.value, until) {
            // In a .txt, text after a value is read as part of it.
            let starts_with_entry = || {
                row.value
                    .split([',', ';', ' ', '\t'])
                    .next()
                    .is_some_and(is_plain)
            };
            let help = match self.format {
                Format::Text if starts_with_entry() => {
                    "a line of a .txt is one value: write a note after ` #`, or use a .csv with the columns value,note,expires"
                }
                _ => &help,
            };
            self.report(code, (line, row.value), message, help);
        }
    }

    fn until(&mut self, text: &str, line: &str) -> Expiry {
        if self.last_expiry.0 != text {
            let Some(until) = Expiry::read(text, self.place.zone) else {
                let message = format!("`{text}` is not a valid date");
                let help = date::how_to_write(text, self.place.zone);
                self.report(Code::InvalidTime, (line, text), message, &help);
                return Expiry::Forever;
            };
            self.last_expiry = (text.to_owned(), until);
        }
        let until = self.last_expiry.1;
        if !until.includes(self.place.now) {
            let first = self
                .expired
                .get_or_insert_with(|| (self.line, line.to_owned(), 0));
            first.2 += 1;
        }
        until
    }

    fn report_line(&mut self, line: &str, message: String, help: &str) {
        self.report(Code::InvalidListLine, (line, line), message, help);
    }

    /// Reports a finding about a part of the line.
    fn report(&mut self, code: Code, (line, part): (&str, &str), message: String, help: &str) {
        if self.findings.len() >= MOST_FINDINGS {
            self.omitted += 1;
            return;
        }
        let start = line.find(part).unwrap_or_default();
        let place = (self.place.file, self.line);
        let kind = (code, Severity::Error);
        let finding = Finding::in_line(kind, place, &Arc::from(line), start..start + part.len(), message);
        self.findings.push(finding.with_help(help));
    }

    fn finish(mut self) -> Vec<Finding> {
        if self.format == Format::Csv
            && self.columns.is_none()
            && !self.is_unusable
            && self.findings.is_empty()
        {
            // A truncated list must not be accepted as a list without entries.
            self.line = 1;
            let help =
                "write the columns value,note,expires in the first line, even if the list has no entries";
            self.report_line(
                "",
                "the file is empty and does not name its columns".to_owned(),
                help,
            );
        }
        if self.omitted > 0
            && let Some(last) = self.findings.last_mut()
        {
            let help = last.help.take().unwrap_or_default();
            last.help = Some(format!(
                "{help}; {} more lines of this file are not valid",
                self.omitted
            ));
        }
        if let Some((line, text, count)) = self.expired.take() {
            let message = match count {
                1 => "this entry has expired and is ignored".to_owned(),
                _ => format!("{count} entries have expired and are ignored; this is the first"),
            };
            let kind = (Code::ExpiredEntry, Severity::Warning);
            let finding = Finding::in_line(
                kind,
                (self.place.file, line),
                &Arc::from(text.as_str()),
                0..text.len(),
                message,
            );
            self.findings
                .push(finding.with_help("remove them, or set a later date"));
        }
        self.findings
    }
}

/// Whether bytes begin with the byte order mark of UTF-16.
pub(crate) fn is_utf_16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")
}

fn is_plain(value: &str) -> bool {
    plain_number(value.as_bytes()).is_some()
}
