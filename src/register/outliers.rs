//! Detects PINs with an unusual length: a spreadsheet removes leading zeros.

use std::collections::BTreeMap;

use super::entry::Entry;

/// With fewer PINs of one length than this, no length counts as usual.
const FEWEST_OF_A_KIND: usize = 5;
/// A length is unusual if the usual one has at least this many times as many PINs. Of random PINs every tenth begins
/// with a zero, so a column of numbers has nine PINs of full length for each that has lost a zero.
const TIMES_MORE: usize = 4;
/// How many lines a warning lists.
const LINES: usize = 5;

/// Warns of PINs with an unusual length. The warning contains lengths and lines, never a PIN.
#[must_use]
pub fn warn_of_pin_lengths(entries: &[Entry]) -> Vec<String> {
    let mut lines_by_length: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    for entry in entries {
        if let Some(pin) = &entry.pin {
            lines_by_length.entry(pin.length()).or_default().push(entry.line);
        }
    }
    let total: usize = lines_by_length.values().map(Vec::len).sum();
    let most = lines_by_length
        .iter()
        .max_by_key(|(_, lines)| lines.len())
        .map(|(length, lines)| (*length, lines.len()));
    let Some((usual, count)) = most.filter(|(_, count)| *count >= FEWEST_OF_A_KIND) else {
        return Vec::new();
    };
    lines_by_length
        .iter()
        .filter(|(length, lines)| **length != usual && lines.len() * TIMES_MORE <= count)
        .map(|(length, lines)| warning(*length, lines, usual, total))
        .collect()
}

fn warning(length: usize, lines: &[u64], usual: usize, total: usize) -> String {
    let has = if lines.len() == 1 { "has" } else { "have" };
    let cause = if length < usual {
        ": spreadsheets drop zeros at the start. If they had some, format the column as Text, enter the PINs again, and \
         export"
    } else {
        ""
    };
    let shown: Vec<String> = lines.iter().take(LINES).map(ToString::to_string).collect();
    let more = match lines.len().saturating_sub(LINES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let plural = if lines.len() == 1 { "line" } else { "lines" };
    format!(
        "{} of {total} PINs {has} {length} characters, most have {usual} ({plural} {}{more}){cause}.",
        lines.len(),
        shown.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::read_csv;

    fn warnings(pins: &[&str]) -> Vec<String> {
        let row = |(n, pin): (usize, &&str)| format!("312555{n:04},,{pin},,,,,");
        let rows = pins.iter().enumerate().map(row).collect::<Vec<_>>().join("\n");
        let file = format!("number,account,pin,zip,name,address,frozen,tags\n{rows}");
        warn_of_pin_lengths(&read_csv(file.as_bytes()).unwrap())
    }

    #[test]
    fn lengths_that_stand_out_are_counted_and_no_pin_is_told() {
        let mut pins = vec!["4711"; 63];
        pins.extend(["815"; 7]);
        pins.push("123456");
        insta::assert_snapshot!(warnings(&pins).join("\n"), @"
        7 of 71 PINs have 3 characters, most have 4 (lines 65, 66, 67, 68, 69 and 2 more): spreadsheets drop zeros at the start. If they had some, format the column as Text, enter the PINs again, and export.
        1 of 71 PINs has 6 characters, most have 4 (line 72).
        ");
    }

    #[test]
    fn pins_of_many_lengths_and_few_pins_warn_of_nothing() {
        assert!(warnings(&["4711", "4712", "815"]).is_empty());
        let mixed: Vec<&str> = ["4711", "471100", "47110000"].repeat(10);
        assert!(warnings(&mixed).is_empty());
        assert!(warnings(&["", "", "", "", "", ""]).is_empty());
    }
}
