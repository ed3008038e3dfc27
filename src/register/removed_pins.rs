//! Removes PINs from columns that are displayed and stored as they are written, and reports the lines.

use std::borrow::Cow;

use super::entry::Entry;
use crate::domain::redact_field;

/// How many lines a warning lists.
const LINES: usize = 5;

/// Returns a cell without a PIN, and whether it contained one.
pub(super) fn without_pin(cell: Option<String>) -> (Option<String>, bool) {
    let Some(text) = cell else { return (None, false) };
    match redact_field(&text) {
        Cow::Borrowed(_) => (Some(text), false),
        Cow::Owned(redacted) => (Some(redacted), true),
    }
}

/// Warns of PINs that were removed from names, addresses and ZIP codes. The warning contains lines, never a PIN.
#[must_use]
pub fn warn_of_removed_pins(entries: &[Entry]) -> Option<String> {
    let lines: Vec<u64> = entries
        .iter()
        .filter(|entry| entry.pin_removed)
        .map(|entry| entry.line)
        .collect();
    let named: Vec<String> = lines.iter().take(LINES).map(ToString::to_string).collect();
    let more = match lines.len().saturating_sub(LINES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let plural = if lines.len() == 1 { "line" } else { "lines" };
    (!lines.is_empty()).then(|| {
        format!(
            "A PIN was removed from `zip`, `name` or `address` in {plural} {}{more}. Write PINs in the column `pin`.",
            named.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::read_csv;

    const HEADER: &str = "number,account,pin,zip,name,address,frozen,tags\n";

    #[test]
    fn a_pin_in_a_name_or_an_address_is_removed_and_its_line_named() {
        let rows = "3125550100,,,60601,\"Ada, PIN 471193\",1 Main Street,,\n\
            3125550101,,,60601,Bob,\"2 Main Street (PIN: 471193)\",,\n\
            3125550102,,,60601,Cy,\"12 Pin Oak Court, Unit 1204\",,\n";
        let entries = read_csv(format!("{HEADER}{rows}").as_bytes()).unwrap();
        let text = format!("{entries:?}");
        assert!(!text.contains("471193"), "{text}");
        assert_eq!(entries[0].name.as_deref(), Some("Ada, PIN ***"));
        assert_eq!(entries[2].address.as_deref(), Some("12 Pin Oak Court, Unit 1204"));
        insta::assert_snapshot!(
            warn_of_removed_pins(&entries).unwrap(),
            @"A PIN was removed from `zip`, `name` or `address` in lines 2, 3. Write PINs in the column `pin`."
        );
        assert_eq!(warn_of_removed_pins(&entries[2..]), None);
    }

    #[test]
    fn a_tag_that_reads_like_a_pin_is_refused() {
        let read = |tags: &str| read_csv(format!("{HEADER}3125550100,,,,,,,{tags}\n").as_bytes());
        for tags in ["pin:471193", "the pin is 471193"] {
            let refused = read(tags).unwrap_err().to_string();
            assert!(
                refused.contains("looks like a PIN") && !refused.contains("471193"),
                "{refused}"
            );
        }
        assert!(read("vip;pin-checked").is_ok());
    }
}
