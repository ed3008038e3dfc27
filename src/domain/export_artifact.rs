//! What spreadsheets and databases put into a cell when they export it, which is never what a person meant.

/// A cell that contains the result of an export instead of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportArtifact {
    /// A missing value as a database or a program writes it: `NULL`, `\N`, `NaN`.
    Null(&'static str),
    /// An error of a spreadsheet formula: `#N/A`, `#REF!`, or `####` if a column is too narrow.
    Error(&'static str),
    /// A missing value as a person writes it: `n/a`, `none`, `-`.
    Placeholder(&'static str),
    /// `TRUE` or `FALSE`, as a spreadsheet writes them.
    Boolean,
    /// A long number that a spreadsheet rounded: `4.81516E+11`.
    RoundedNumber,
    /// A whole number with a decimal part: `1234.0`.
    Decimal,
    /// A value that a spreadsheet mistook for a date: `12-Jan`, `1/12/2026`.
    Date,
    /// A formula: `="0123"`.
    Formula,
    /// The apostrophe with which a spreadsheet marks text: `'0123`.
    Apostrophe,
    /// A quote inside the value: `"0123`.
    Quote,
}

const NULLS: [&str; 13] = [
    "NULL",
    "(NULL)",
    "<NULL>",
    "[NULL]",
    "\\N",
    "NIL",
    "NaN",
    "NaT",
    "<NA>",
    "(NA)",
    "undefined",
    "(empty)",
    "(blank)",
];
const ERRORS: [&str; 11] = [
    "#N/A", "#NV", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#ERROR!",
];
const PLACEHOLDERS: [&str; 14] = [
    "n/a", "n.a.", "n/k", "NA", "none", "-", "--", "---", ".", "?", "tbd", "unknown", "empty", "missing",
];
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
/// Every character that looks like a dash. A cell with nothing else has no value.
const DASHES: [char; 9] = [
    '-', '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2015}', '\u{2212}', '\u{ff0d}',
];

impl ExportArtifact {
    /// Recognizes a cell, in any column. Blanks around it are ignored.
    #[must_use]
    pub fn find(cell: &str) -> Option<Self> {
        let cell = cell.trim();
        let listed =
            |words: &[&'static str]| words.iter().copied().find(|word| word.eq_ignore_ascii_case(cell));
        if let Some(word) = listed(&NULLS) {
            return Some(Self::Null(word));
        }
        if let Some(word) = listed(&ERRORS) {
            return Some(Self::Error(word));
        }
        if cell.len() > 1 && cell.bytes().all(|byte| byte == b'#') {
            return Some(Self::Error("####"));
        }
        if let Some(word) = listed(&PLACEHOLDERS) {
            return Some(Self::Placeholder(word));
        }
        if !cell.is_empty() && cell.chars().all(|c| DASHES.contains(&c)) {
            return Some(Self::Placeholder("-"));
        }
        Self::of_shape(cell)
    }

    fn of_shape(cell: &str) -> Option<Self> {
        let first = cell.chars().next()?;
        if cell.eq_ignore_ascii_case("true") || cell.eq_ignore_ascii_case("false") {
            return Some(Self::Boolean);
        }
        if first == '=' {
            return Some(Self::Formula);
        }
        if matches!(first, '\'' | '\u{2018}' | '\u{2019}') {
            return Some(Self::Apostrophe);
        }
        if cell.contains(['"', '\u{201c}', '\u{201d}']) {
            return Some(Self::Quote);
        }
        if is_rounded(cell) {
            return Some(Self::RoundedNumber);
        }
        if has_decimal_zeros(cell) {
            return Some(Self::Decimal);
        }
        is_date(cell).then_some(Self::Date)
    }

    /// Describes what the cell contains, to follow "`zip` ". It repeats nothing that may be a secret.
    #[must_use]
    pub fn sentence(self) -> String {
        match self {
            Self::Null(word) => {
                format!("is `{word}`, which databases write for an empty value: leave the cell empty")
            }
            Self::Error(word) => {
                format!(
                    "is `{word}`, the error of a spreadsheet: correct the formula or the column's width, and export again"
                )
            }
            Self::Placeholder(word) => format!("is `{word}`: leave the cell empty if there is no value"),
            Self::Boolean => "is `TRUE` or `FALSE`: correct the cell, or leave it empty".to_owned(),
            Self::RoundedNumber => {
                format!("is a number that a spreadsheet has rounded, such as `1.31256E+10`: {AS_TEXT}")
            }
            Self::Decimal => format!("is a number with a decimal part, such as `1234.0`: {AS_TEXT}"),
            Self::Date => format!("is a date, which spreadsheets make of values such as `1-12`: {AS_TEXT}"),
            Self::Formula => {
                "is a formula, such as `=\"0123\"`: export the values, not the formulas".to_owned()
            }
            Self::Apostrophe => {
                "starts with an apostrophe, which spreadsheets put before text: remove it".to_owned()
            }
            Self::Quote => "contains a quote: remove it".to_owned(),
        }
    }
}

/// The advice about values that a spreadsheet mistakes for numbers or dates.
pub const AS_TEXT: &str = "format the column as Text, enter the values again, and export";

/// Returns the separator in a line such as `sep=,`, which tells spreadsheets how a file is written.
#[must_use]
pub fn separator_line(line: &str) -> Option<char> {
    let line = line.trim_matches(['"', '\r', '\n']);
    let name = line.get(..4).filter(|name| name.eq_ignore_ascii_case("sep="))?;
    let mut rest = line.get(name.len()..)?.chars();
    rest.next().filter(|_| rest.next().is_none())
}

/// Recognizes `4.81516E+11`, `4,8E+11`, `1e+10`: digits, an optional decimal part, and an exponent with a sign or after
/// a decimal part. `12E4` is a PIN with a letter.
fn is_rounded(cell: &str) -> bool {
    let Some((mantissa, exponent)) = cell.split_once(['e', 'E']) else {
        return false;
    };
    let mantissa = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, decimals) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    let unsigned = exponent.strip_prefix(['+', '-']);
    is_digits(whole)
        && (decimals.is_empty() || is_digits(decimals))
        && is_digits(unsigned.unwrap_or(exponent))
        && (unsigned.is_some() || !decimals.is_empty())
}

/// Recognizes `1234.0`, `1234.00`, `1234,0`: one separator followed by one or two zeros.
fn has_decimal_zeros(cell: &str) -> bool {
    let Some((whole, decimals)) = cell.rsplit_once(['.', ',']) else {
        return false;
    };
    let whole = whole.strip_prefix(['+', '-']).unwrap_or(whole);
    is_digits(whole) && matches!(decimals, "0" | "00")
}

/// Recognizes `12-Jan`, `Jan-12`, `1/12/2026`, `2026-01-12`, `12.01.26`, each with an optional time.
fn is_date(cell: &str) -> bool {
    let date = cell.split([' ', 'T']).next().unwrap_or(cell);
    let rest = cell.get(date.len()..).unwrap_or_default();
    let is_time = rest
        .chars()
        .all(|c| c.is_ascii_digit() || " T:.ZAPMapm".contains(c));
    is_time
        && ['-', '/', '.']
            .iter()
            .any(|separator| is_date_in(date, *separator))
}

fn is_date_in(date: &str, separator: char) -> bool {
    let parts: Vec<&str> = date.split(separator).collect();
    let is_month = |part: &&str| {
        let name = part.to_ascii_lowercase();
        MONTHS
            .iter()
            .any(|month| *month == name || (name.len() > 3 && name.starts_with(month)))
    };
    let in_range = |part: &str, most: u32| part.parse().is_ok_and(|n: u32| (1..=most).contains(&n));
    let day = |part: &&str| (1..=2).contains(&part.len()) && is_digits(part) && in_range(part, 31);
    let year = |part: &&str| matches!(part.len(), 2 | 4) && is_digits(part);
    match parts.as_slice() {
        [one, two] => (is_month(one) && year(two)) || (day(one) && is_month(two)),
        [one, two, three] => {
            let day_first = day(one) && (day(two) || is_month(two)) && year(three);
            let year_first = one.len() == 4 && year(one) && day(two) && day(three);
            day_first || year_first
        }
        _ => false,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ExportArtifact::{
        Apostrophe, Boolean, Date, Decimal, Error, Formula, Null, Placeholder, Quote, RoundedNumber,
    };
    use proptest::prelude::*;

    #[test]
    fn what_exports_leave_is_recognized() {
        for (cell, wanted) in [
            ("NULL", Null("NULL")),
            (" null ", Null("NULL")),
            ("\\N", Null("\\N")),
            ("nan", Null("NaN")),
            ("#N/A", Error("#N/A")),
            ("#ref!", Error("#REF!")),
            ("########", Error("####")),
            ("n/a", Placeholder("n/a")),
            ("NA", Placeholder("NA")),
            ("None", Placeholder("none")),
            ("-", Placeholder("-")),
            ("\u{2014}", Placeholder("-")),
            ("TRUE", Boolean),
            ("4.81516E+11", RoundedNumber),
            ("1,31256e+10", RoundedNumber),
            ("1E+10", RoundedNumber),
            ("1.5E10", RoundedNumber),
            ("1234.0", Decimal),
            ("+13125550123.00", Decimal),
            ("1234,0", Decimal),
            ("12-Jan", Date),
            ("Jan-12", Date),
            ("January-2026", Date),
            ("1/12/2026", Date),
            ("12.01.26", Date),
            ("2026-01-12 00:00:00", Date),
            ("=\"0123\"", Formula),
            ("'0123", Apostrophe),
            ("\"0123\"", Quote),
            ("01\"23", Quote),
        ] {
            assert_eq!(ExportArtifact::find(cell), Some(wanted), "{cell}");
        }
    }

    #[test]
    fn what_people_mean_is_left_alone() {
        for cell in [
            "",
            "4711",
            "0123",
            "12-34",
            "47.11",
            "12E4",
            "E4",
            "1e10",
            "Zulu77",
            "4,711",
            "60601-1234",
            "2134",
            "K1A 0B1",
            "+13125550100",
            "312.555.0100",
            "312.555.0000",
            "O'Brien",
            "John Null",
            "Smith, John",
            "1 May St",
            "Mar",
            "may-flower",
            "100-200",
            "13-13-13-13",
            "#5",
            "12/34",
        ] {
            assert_eq!(ExportArtifact::find(cell), None, "{cell}");
        }
    }

    #[test]
    fn a_line_that_names_the_separator_is_told_from_a_header() {
        for (line, wanted) in [
            ("sep=,", Some(',')),
            ("\"SEP=;\"\r\n", Some(';')),
            ("sep=", None),
            ("sep=,x", None),
            ("value,note", None),
        ] {
            assert_eq!(separator_line(line), wanted, "{line}");
        }
    }

    proptest! {
        #[test]
        fn a_pin_of_digits_is_never_taken_for_an_artifact(pin in "[0-9]{1,12}") {
            prop_assert_eq!(ExportArtifact::find(&pin), None);
        }

        #[test]
        fn no_sentence_repeats_a_secret(cell in "\\PC{0,20}") {
            if let Some(artifact) = ExportArtifact::find(&cell) {
                let secret: String = cell.chars().filter(char::is_ascii_digit).collect();
                prop_assert!(secret.len() < 6 || !artifact.sentence().contains(&secret));
            }
        }
    }
}
