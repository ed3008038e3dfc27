//! A number in the register, for people and programs. Of a PIN, only its presence is shown.

use crate::cli::terminal::rows::{Field, Row};
use crate::cli::terminal::table::Cell;
use crate::cli::terminal::time;
use crate::domain::folding;
use crate::domain::{AccountName, PhoneNumber};
use crate::store::numbers::RegisterRow;

/// A number in the register, for `--output json`.
#[derive(Debug, serde::Serialize)]
pub(super) struct Shown<'a> {
    number: PhoneNumber,
    account: &'a AccountName,
    pin: &'static str,
    zip: Option<&'a str>,
    name: Option<&'a str>,
    address: Option<&'a str>,
    frozen: bool,
    tags: &'a [String],
    updated_at: jiff::Timestamp,
}

impl<'a> From<&'a RegisterRow> for Shown<'a> {
    fn from(row: &'a RegisterRow) -> Self {
        Self {
            number: row.number,
            account: &row.account,
            pin: if row.pin.is_some() {
                "on-file"
            } else {
                "none-on-file"
            },
            zip: row.zip.as_deref(),
            name: row.name.as_deref(),
            address: row.address.as_deref(),
            frozen: row.frozen,
            tags: &row.tags,
            updated_at: row.updated_at,
        }
    }
}

impl Row for Shown<'_> {
    const FIELDS: &'static [Field] = &[
        Field::column("number", "number"),
        Field::column("account", "account"),
        Field::column("pin", "PIN"),
        Field::column("zip", "ZIP"),
        Field::column("name", "name"),
        Field::column("address", "address"),
        Field::column("frozen", "locked"),
        Field::column("tags", "tags"),
        Field::detail("updated_at"),
    ];

    fn cell(&self, field: &str) -> Option<Cell> {
        match field {
            "pin" => Some(self.pin.replace('-', " ").replace("none on file", "none").into()),
            "frozen" => Some(lock_word(self.frozen).into()),
            "updated_at" => Some(time::local(self.updated_at).into()),
            _ => None,
        }
    }
}

/// The rows of the list.
pub(super) fn rows(rows: &[RegisterRow]) -> Vec<Shown<'_>> {
    rows.iter().map(Shown::from).collect()
}

/// One number, one line per field.
pub(super) fn card(row: &RegisterRow) -> String {
    let or_none = |text: &Option<String>| folding::shown(text.as_deref().unwrap_or("none")).into_owned();
    let tags = if row.tags.is_empty() {
        "none".to_owned()
    } else {
        folding::shown(&row.tags.join(" ")).into_owned()
    };
    let lines = [
        ("account", row.account.to_string()),
        ("PIN", pin_word(row).to_owned()),
        ("ZIP", or_none(&row.zip)),
        ("name", or_none(&row.name)),
        ("address", or_none(&row.address)),
        ("locked", lock_word(row.frozen).to_owned()),
        ("tags", tags),
        (
            "changed",
            row.updated_at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        ),
    ];
    let lines = lines.map(|(name, value)| format!("  {name:<8} {value}\n"));
    format!("{}\n{}", row.number, lines.concat())
}

fn pin_word(row: &RegisterRow) -> &'static str {
    if row.pin.is_some() { "on file" } else { "none" }
}

fn lock_word(frozen: bool) -> &'static str {
    if frozen { "yes" } else { "no" }
}
