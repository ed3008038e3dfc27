//! Defines which export artifacts are refused in which column.

use std::borrow::Cow;

use strum::{AsRefStr, EnumString, VariantNames};

use super::columns::Column;
use crate::domain::{AS_TEXT, ExportArtifact, PhoneNumber};

/// A column whose cells can be imported as they are written even if they look like export artifacts: some people are
/// called Null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsRefStr, EnumString, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub enum TextColumn {
    /// The ZIP code of the billing address.
    Zip,
    /// The subscriber's name.
    Name,
    /// The first line of the billing address.
    Address,
}

impl TextColumn {
    fn of(column: Column) -> Option<Self> {
        match column {
            Column::Zip => Some(Self::Zip),
            Column::Name => Some(Self::Name),
            Column::Address => Some(Self::Address),
            _ => None,
        }
    }
}

/// Refuses a cell with an export artifact, unless its column is imported as written.
pub(super) fn refuse(column: Column, cell: &str, as_written: &[TextColumn]) -> Result<(), Cow<'static, str>> {
    let text_column = TextColumn::of(column);
    if text_column.is_some_and(|column| as_written.contains(&column)) {
        return Ok(());
    }
    let Some(artifact) = ExportArtifact::find(cell).filter(|artifact| counts_in(column, *artifact, cell))
    else {
        return Ok(());
    };
    let sentence = artifact.sentence();
    Err(Cow::Owned(match text_column {
        Some(column) => format!("{sentence}; {}", if_meant(column)),
        None => sentence,
    }))
}

/// Returns whether an artifact cannot be a legitimate value in its column.
fn counts_in(column: Column, artifact: ExportArtifact, cell: &str) -> bool {
    use ExportArtifact::{Apostrophe, Boolean, Error, Formula, Null, Placeholder, Quote};
    match (column, artifact) {
        // A lock may be `TRUE`, the account of a region may be called `na`, and a nickname is in quotes.
        (Column::Frozen, Boolean)
        | (Column::Account, Placeholder("NA"))
        | (Column::Name | Column::Address, Quote) => false,
        (Column::Tags, Placeholder(word)) => !matches!(word, "unknown" | "missing" | "empty" | "tbd"),
        (Column::Tags, artifact) => matches!(artifact, Null(_) | Error(_) | Formula),
        // Names such as 't Hooft.
        (Column::Name | Column::Address, Apostrophe) => {
            cell.trim().chars().nth(1).is_some_and(|c| c.is_ascii_digit())
        }
        _ => true,
    }
}

/// Refuses a ZIP code of the United States that has lost digits. Postal codes of other countries are not checked.
pub(super) fn refuse_short_zip(
    number: PhoneNumber,
    zip: &str,
    as_written: &[TextColumn],
) -> Result<(), String> {
    if as_written.contains(&TextColumn::Zip) {
        return Ok(());
    }
    let digits = zip.chars().filter(char::is_ascii_digit).count();
    let only_digits = zip.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ' '));
    if !only_digits || matches!(digits, 5 | 9) || !is_american(number) {
        return Ok(());
    }
    let cause = if digits < 9 && digits != 6 {
        "leading zeros were probably lost"
    } else {
        "check whether a digit is wrong"
    };
    let plural = if digits == 1 { "digit" } else { "digits" };
    Err(format!(
        "has {digits} {plural}, and a ZIP of the United States has 5, or 9 with ZIP+4: {cause}; {AS_TEXT}; {}",
        if_meant(TextColumn::Zip)
    ))
}

fn is_american(number: PhoneNumber) -> bool {
    const WITH_ZIPS: [&str; 6] = ["US", "PR", "VI", "GU", "AS", "MP"];
    let first = number.to_string();
    // Toll-free numbers have no country.
    first.starts_with("+1")
        && number
            .country()
            .is_none_or(|country| WITH_ZIPS.contains(&country.as_str()))
}

fn if_meant(column: TextColumn) -> String {
    format!(
        "to keep the cell as it is, import with `--as-written {}`",
        column.as_ref()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_column_refuses_what_cannot_be_meant_there() {
        use Column::{Account, Address, Frozen, Name, Number, Pin, Tags, Zip};
        let refused = |column, cell| refuse(column, cell, &[]).is_err();
        for cell in ["NULL", "\\N", "#N/A", "n/a", "-", "none"] {
            for column in [Number, Account, Pin, Zip, Name, Address, Frozen, Tags] {
                assert!(refused(column, cell), "{column:?} {cell}");
            }
        }
        for cell in [
            "4.81516E+11",
            "1234.0",
            "=\"0123\"",
            "'0123",
            "01\"23",
            "12-Jan",
            "1/12/2026",
            "TRUE",
        ] {
            for column in [Pin, Zip] {
                assert!(refused(column, cell), "{column:?} {cell}");
            }
        }
        for (column, cell) in [
            (Frozen, "TRUE"),
            (Account, "na"),
            (Tags, "unknown"),
            (Tags, "2026-01-12"),
            (Name, "'t Hooft"),
            (Name, "John \"Jack\" Smith"),
            (Name, "John Null"),
            (Pin, "12-34"),
            (Pin, "Zulu77"),
            (Zip, "K1A 0B1"),
        ] {
            assert!(!refused(column, cell), "{column:?} {cell}");
        }
        assert!(refused(Name, "'0123") && refused(Address, "'12 Main St"));
    }

    #[test]
    fn a_text_column_can_be_taken_as_written_and_a_pin_cannot() {
        assert!(
            refuse(Column::Name, "Null", &[])
                .unwrap_err()
                .ends_with("`--as-written name`")
        );
        assert!(refuse(Column::Name, "Null", &[TextColumn::Name]).is_ok());
        assert!(refuse(Column::Address, "Null", &[TextColumn::Name]).is_err());
        assert!(refuse(Column::Pin, "null", &[TextColumn::Zip, TextColumn::Name]).is_err());
    }

    #[test]
    fn a_zip_that_lost_its_zero_is_refused_for_a_number_of_the_united_states() {
        let refused = |number: &str, zip: &str| refuse_short_zip(number.parse().unwrap(), zip, &[]).is_err();
        let (chicago, toll_free) = ("+13125550100", "+18005550100");
        for zip in ["2134", "601", "21341234", "2134-1234", "6060", "606011"] {
            assert!(refused(chicago, zip) && refused(toll_free, zip), "{zip}");
        }
        for zip in ["02134", "60601", "60601-1234", "606011234", "K1A 0B1", "AD100"] {
            assert!(!refused(chicago, zip), "{zip}");
        }
        assert!(!refused("+41446681800", "8001"));
        assert!(refuse_short_zip(chicago.parse().unwrap(), "8001", &[TextColumn::Zip]).is_ok());
    }
}
