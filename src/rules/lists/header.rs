//! The header of a CSV list file.

use super::row::Row;

/// The columns of a `.csv`, by their index in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Columns {
    value: usize,
    note: Option<usize>,
    expires: Option<usize>,
    count: usize,
}

const COLUMNS: [&str; 3] = ["value", "note", "expires"];
const HOW_COLUMNS_READ: &str =
    "the first line must name the columns: value,note,expires (the last two are optional)";
/// Names of columns in other programs.
const OTHER_COLUMNS: [(&str, &[&str]); 3] = [
    (
        "value",
        &[
            "number",
            "numbers",
            "phone",
            "phone_number",
            "phone number",
            "tn",
            "did",
            "spid",
            "carrier",
            "text",
            "name",
        ],
    ),
    (
        "note",
        &[
            "notes",
            "comment",
            "comments",
            "ticket",
            "reason",
            "description",
            "why",
        ],
    ),
    (
        "expires",
        &[
            "until",
            "expiry",
            "expires_at",
            "expiration",
            "end",
            "end date",
            "date",
            "valid_until",
        ],
    ),
];

/// What is wrong with the first line of a `.csv`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InvalidColumns<'l> {
    /// The part of the line that it is about.
    pub(crate) part: &'l str,
    pub(crate) message: String,
    pub(crate) help: String,
}

impl<'l> InvalidColumns<'l> {
    fn of_line(line: &'l str, message: String, help: &str) -> Self {
        Self {
            part: line,
            message,
            help: help.to_owned(),
        }
    }

    fn at(line: &'l str, place: usize, message: String, help: &str) -> Self {
        let part = line.split(',').nth(place).unwrap_or(line).trim();
        Self {
            part,
            ..Self::of_line(line, message, help)
        }
    }

    /// A header that cannot be read: other separators, no names, or an unknown name.
    fn unknown(line: &'l str, place: usize, name: &str) -> Self {
        if line.trim().is_empty() {
            return Self::of_line(line, "the first line is empty".to_owned(), HOW_COLUMNS_READ);
        }
        for (sign, called) in [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")] {
            if line.contains(sign) && !line.contains(',') {
                let message = format!("the columns are separated by {called}, not by commas");
                let help = "save the file as CSV with commas, or replace each separator with a comma";
                return Self::of_line(line, message, help);
            }
        }
        if place == 0 && name.chars().any(|c| c.is_ascii_digit()) && !line.to_lowercase().contains("value") {
            let message = "the first line is an entry, but it must name the columns".to_owned();
            return Self::of_line(
                line,
                message,
                "write a line above it: value,note,expires (the last two are optional)",
            );
        }
        let other = OTHER_COLUMNS.iter().find(|(_, words)| words.contains(&name));
        let help = match other {
            Some((column, _)) => {
                format!("rename the column to `{column}`; the columns are value,note,expires")
            }
            None => format!("remove the column; {HOW_COLUMNS_READ}"),
        };
        Self::at(line, place, format!("unknown column `{name}`"), &help)
    }
}

impl Columns {
    /// Reads the first line of a `.csv`.
    pub(crate) fn read(line: &str) -> Result<Self, InvalidColumns<'_>> {
        let names: Vec<String> = line
            .split(',')
            .map(|name| name.trim().trim_matches('"').to_lowercase())
            .collect();
        for (place, name) in names.iter().enumerate() {
            if !COLUMNS.contains(&name.as_str()) {
                return Err(InvalidColumns::unknown(line, place, name));
            }
            if names.iter().take(place).any(|earlier| earlier == name) {
                let message = format!("the column `{name}` appears twice");
                return Err(InvalidColumns::at(line, place, message, HOW_COLUMNS_READ));
            }
        }
        let place = |wanted: &str| names.iter().position(|name| name == wanted);
        let value = place("value").ok_or_else(|| {
            let message = "the column `value` is missing".to_owned();
            InvalidColumns::of_line(line, message, HOW_COLUMNS_READ)
        })?;
        Ok(Self {
            value,
            note: place("note"),
            expires: place("expires"),
            count: names.len(),
        })
    }

    /// The index of the value.
    pub(crate) fn value(&self) -> usize {
        self.value
    }

    /// The index of the note.
    pub(crate) fn note(&self) -> Option<usize> {
        self.note
    }

    /// The index of the date.
    pub(crate) fn expires(&self) -> Option<usize> {
        self.expires
    }

    /// How many columns there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The value of a row without quotes and date, read from its bytes, as in nearly every line of a long list. `None`
    /// means only that the row has to be parsed completely.
    pub(crate) fn plain_value<'l>(&self, line: &'l [u8]) -> Option<&'l [u8]> {
        let (mut place, mut start, mut value) = (0, 0, None);
        for (at, byte) in line.iter().chain(b",").enumerate() {
            if *byte == b'"' || !byte.is_ascii() {
                return None;
            }
            if *byte == b',' {
                if place == self.value {
                    value = line.get(start..at);
                } else if Some(place) == self.expires && start < at {
                    return None;
                }
                (place, start) = (place + 1, at + 1);
            }
        }
        value.filter(|_| place <= self.count)
    }

    /// The number of fields that may follow the value, if the value is the first field.
    pub(crate) fn fields_after_value(&self) -> Option<usize> {
        (self.value == 0).then(|| self.count - 1)
    }

    /// Takes a row without quotes apart.
    pub(crate) fn row<'l>(&self, line: &'l str) -> Result<Row<'l>, String> {
        self.pick(line.split(','))
    }

    /// The row with these fields; fields at the end are optional.
    pub(crate) fn pick<'l>(&self, fields: impl Iterator<Item = &'l str>) -> Result<Row<'l>, String> {
        let mut row = Row {
            value: "",
            expires: "",
        };
        let mut found = 0;
        for (place, field) in fields.enumerate() {
            if place == self.value {
                row.value = field.trim();
            } else if Some(place) == self.expires {
                row.expires = field.trim();
            }
            found += 1;
        }
        if found > self.count {
            return Err(format!(
                "the line has {found} fields, and the file has {} columns",
                self.count
            ));
        }
        if row.value.is_empty() {
            return Err("the line has no value".to_owned());
        }
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_may_be_in_any_order_and_unknown_ones_are_refused() {
        let columns = Columns::read("expires,value").unwrap();
        assert_eq!(
            columns.row("2027-01-31, 073H"),
            Ok(Row {
                value: "073H",
                expires: "2027-01-31"
            })
        );
        assert_eq!(
            Columns::read("value,\"Note\"").unwrap().row("1").unwrap().value,
            "1"
        );
        let problem = |line| Columns::read(line).unwrap_err().message;
        assert_eq!(problem("value,colour"), "unknown column `colour`");
        assert_eq!(problem("value,value"), "the column `value` appears twice");
        assert_eq!(problem("note"), "the column `value` is missing");
        assert_eq!(
            problem("value;note"),
            "the columns are separated by semicolons, not by commas"
        );
        assert_eq!(problem(""), "the first line is empty");
        assert_eq!(Columns::read("value, phone").unwrap_err().part, "phone");
        assert!(
            Columns::read("value")
                .unwrap()
                .row("1,2")
                .unwrap_err()
                .contains("2 fields")
        );
    }

    #[test]
    fn a_row_without_quotes_and_date_is_read_by_its_bytes() {
        let columns = Columns::read("note,value,expires").unwrap();
        assert_eq!(
            columns.plain_value(b"a note,+13125550001,"),
            Some(&b"+13125550001"[..])
        );
        assert_eq!(
            columns.plain_value(b"a note,+13125550001"),
            Some(&b"+13125550001"[..])
        );
        for other in ["a,1,2027-01-31", "\"a\",1,", "caf\u{e9},1,", "a,1,,x", "a"] {
            assert_eq!(columns.plain_value(other.as_bytes()), None, "{other}");
        }
    }
}
