//! Lists: each row is typed once and printed as a table, JSON, JSON Lines or CSV, with all fields or the chosen ones.

use std::collections::BTreeSet;
use std::io;
use std::marker::PhantomData;

use anyhow::{Context as _, anyhow};
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
use serde_json::{Map, Value};

use super::output::{ExactOutput, message, print_json, print_text};
use super::safe_text::SafeText;
use super::table::{Cell, table_of};
use crate::cli::failure::Failure;

/// The output format of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// A table for people.
    #[default]
    #[value(alias = "text")]
    Table,
    /// One JSON document.
    Json,
    /// One JSON object per line.
    Jsonl,
    /// One line of comma-separated values per row, after a line with the field names.
    Csv,
}

/// The arguments of every command that prints a list.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ListArgs {
    /// The output format.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    output: Format,
    /// Only these fields, in this order and separated by commas
    ///
    /// The names are those of the JSON output. A wrong name prints all of them.
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    fields: Vec<String>,
}

impl ListArgs {
    /// The output format.
    pub(crate) fn format(&self) -> Format {
        self.output
    }

    /// The chosen fields of a list of these rows.
    ///
    /// # Errors
    /// A field is unknown or named twice.
    pub(crate) fn selection<R: Row>(&self) -> Result<Selection<R>, Failure> {
        let mut fields = Vec::new();
        for name in self.fields.iter().map(|name| name.trim()) {
            let field = R::FIELDS.iter().find(|field| field.name == name);
            let field = field.ok_or_else(|| Failure::usage(anyhow!(unknown_field::<R>(name))))?;
            if fields.iter().any(|known: &&Field| known.name == name) {
                return Err(Failure::usage(anyhow!(
                    "`--fields` names `{name}` twice. Name each field once"
                )));
            }
            fields.push(field);
        }
        Ok(Selection {
            format: self.output,
            fields,
            row: PhantomData,
        })
    }
}

fn unknown_field<R: Row>(name: &str) -> String {
    let names = R::FIELDS.iter().map(|field| field.name);
    let nearest = names
        .clone()
        .map(|known| (strsim::damerau_levenshtein(&name.to_lowercase(), known), known))
        .filter(|(distance, _)| *distance <= name.len().div_ceil(3))
        .min();
    // The heading of a table can differ from the name in JSON.
    let headed = R::FIELDS.iter().find(|field| field.heading == name);
    let meant = headed.map(|field| field.name).or(nearest.map(|(_, known)| known));
    let hint = meant.map(|known| format!(" Did you mean `{known}`?"));
    format!(
        "`{name}` is not a field of this list.{} The fields are {}",
        hint.unwrap_or_default(),
        names.collect::<Vec<&str>>().join(", ")
    )
}

/// A field of the rows of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    name: &'static str,
    heading: &'static str,
    shown_in: ShownIn,
}

/// Where a field is shown without `--fields`. JSON and JSON Lines contain every field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ShownIn {
    TableAndCsv,
    Table,
    Csv,
    Neither,
}

impl Field {
    /// The name in JSON, in CSV and in `--fields`.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// A field with a column in the table.
    pub(crate) const fn column(name: &'static str, heading: &'static str) -> Self {
        Self {
            name,
            heading,
            shown_in: ShownIn::TableAndCsv,
        }
    }

    /// A field that the table shows only on request.
    pub(crate) const fn detail(name: &'static str) -> Self {
        Self {
            name,
            heading: name,
            shown_in: ShownIn::Csv,
        }
    }

    /// A field with objects or long text, which table and CSV show only on request.
    pub(crate) const fn nested(name: &'static str) -> Self {
        Self {
            name,
            heading: name,
            shown_in: ShownIn::Neither,
        }
    }

    /// A field with objects that the table summarizes, and that CSV contains only on request.
    pub(crate) const fn summarized(name: &'static str, heading: &'static str) -> Self {
        Self {
            name,
            heading,
            shown_in: ShownIn::Table,
        }
    }
}

/// A row of a list. Its JSON is an object whose keys are [`Row::FIELDS`].
pub(crate) trait Row: Serialize {
    /// Every field, in the order of the columns.
    const FIELDS: &'static [Field];

    /// The text of a field in the table, if it is not the plain value.
    fn cell(&self, _field: &str) -> Option<Cell> {
        None
    }

    /// The row as JSON, for the values of the chosen fields.
    ///
    /// # Errors
    /// The row cannot be written as JSON.
    fn document(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }
}

/// The chosen format and fields of a list.
#[derive(Debug)]
pub(crate) struct Selection<R> {
    format: Format,
    /// Empty for the default fields of the format.
    fields: Vec<&'static Field>,
    row: PhantomData<R>,
}

/// A row of which only the chosen fields are written as JSON.
#[derive(Debug)]
pub(crate) enum JsonRow<'a, R> {
    /// The row with all fields.
    Whole(&'a R),
    /// The chosen fields, in this order.
    Chosen(Vec<(&'static str, Value)>),
}

impl<R: Serialize> Serialize for JsonRow<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Whole(row) => row.serialize(serializer),
            Self::Chosen(values) => {
                let mut map = serializer.serialize_map(Some(values.len()))?;
                for (name, value) in values {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

impl<R: Row> Selection<R> {
    /// The output format.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Whether `--fields` was given.
    pub(crate) fn has_chosen_fields(&self) -> bool {
        !self.fields.is_empty()
    }

    /// Prints the rows. `nothing` is printed on standard error for a table without rows.
    ///
    /// # Errors
    /// A row cannot be written as JSON, or standard output cannot be written to.
    pub(crate) fn print(&self, rows: &[R], nothing: &str) -> Result<(), Failure> {
        match self.format {
            Format::Table if rows.is_empty() => message!("{nothing}"),
            Format::Table => print_text(self.table(rows)?)?,
            Format::Json => print_json(&self.json(rows)?)?,
            Format::Jsonl | Format::Csv => self.print_lines(rows)?,
        }
        Ok(())
    }

    /// Prints the rows as JSON Lines or CSV.
    ///
    /// # Errors
    /// As [`Selection::print`].
    pub(crate) fn print_lines(&self, rows: &[R]) -> Result<(), Failure> {
        let mut out = ExactOutput::open();
        let written = self.write_header(&mut out).and_then(|()| {
            rows.iter().try_for_each(|row| self.write_line(&mut out, row))?;
            out.flush()
        });
        Ok(forgiving(written).context("writing the output")?)
    }

    /// The rows as JSON.
    ///
    /// # Errors
    /// A row cannot be written as JSON.
    pub(crate) fn json<'r>(&self, rows: &'r [R]) -> anyhow::Result<Vec<JsonRow<'r, R>>> {
        rows.iter().map(|row| self.json_row(row)).collect()
    }

    /// One row as JSON.
    ///
    /// # Errors
    /// The row cannot be written as JSON.
    pub(crate) fn json_row<'r>(&self, row: &'r R) -> anyhow::Result<JsonRow<'r, R>> {
        if self.fields.is_empty() {
            return Ok(JsonRow::Whole(row));
        }
        let mut document = document(row)?;
        let values = self.fields.iter().map(|field| {
            let value = document.remove(field.name).unwrap_or_default();
            (field.name, value)
        });
        Ok(JsonRow::Chosen(values.collect()))
    }

    /// The rows as a table.
    ///
    /// # Errors
    /// A row cannot be written as JSON.
    pub(crate) fn table(&self, rows: &[R]) -> anyhow::Result<SafeText> {
        let fields = self.columns(ShownIn::Table);
        let headings: Vec<&str> = fields.iter().map(|field| field.heading).collect();
        let mut cells = Vec::with_capacity(rows.len());
        for row in rows {
            let document = document(row)?;
            let cell = |field: &&Field| {
                let value = || plain(document.get(field.name).unwrap_or(&Value::Null));
                row.cell(field.name).unwrap_or_else(|| value().into())
            };
            cells.push(fields.iter().map(cell).collect());
        }
        Ok(table_of(&headings, cells))
    }

    /// Writes the line before the rows: the names of the fields in CSV, nothing in JSON Lines.
    ///
    /// # Errors
    /// The output cannot be written to.
    pub(crate) fn write_header<W: io::Write>(&self, out: &mut ExactOutput<W>) -> io::Result<()> {
        if self.format == Format::Csv {
            let names = self.columns(ShownIn::Csv).into_iter().map(|field| field.name);
            out.write(&csv_line(names)?)?;
        }
        Ok(())
    }

    /// Writes a row as a line of CSV or JSON Lines.
    ///
    /// # Errors
    /// The output cannot be written to, or the row cannot be written as JSON.
    pub(crate) fn write_line<W: io::Write>(&self, out: &mut ExactOutput<W>, row: &R) -> io::Result<()> {
        if self.format == Format::Csv {
            let document = document(row).map_err(io::Error::other)?;
            let values = self.columns(ShownIn::Csv).into_iter();
            let values = values.map(|field| plain(document.get(field.name).unwrap_or(&Value::Null)));
            return out.write(&csv_line(values)?);
        }
        self.write_json(out, row)?;
        out.write("\n")
    }

    /// Writes a row as JSON on one line, without a line break.
    ///
    /// # Errors
    /// As [`Selection::write_line`].
    pub(crate) fn write_json<W: io::Write>(&self, out: &mut ExactOutput<W>, row: &R) -> io::Result<()> {
        let json = serde_json::to_string(&self.json_row(row).map_err(io::Error::other)?)?;
        out.write_json(&json)
    }

    /// The chosen fields, or the default ones of a format.
    fn columns(&self, format: ShownIn) -> Vec<&'static Field> {
        if !self.fields.is_empty() {
            return self.fields.clone();
        }
        let is_shown = |field: &&Field| field.shown_in == format || field.shown_in == ShownIn::TableAndCsv;
        R::FIELDS.iter().filter(is_shown).collect()
    }
}

/// The row as a JSON object. Its keys are checked in debug builds, because `--fields` and CSV depend on them.
fn document<R: Row>(row: &R) -> anyhow::Result<Map<String, Value>> {
    let document = row.document().context("writing JSON")?;
    let Value::Object(document) = document else {
        return Err(anyhow!("a row is not a JSON object"));
    };
    debug_assert_eq!(
        document.keys().map(String::as_str).collect::<BTreeSet<&str>>(),
        R::FIELDS
            .iter()
            .map(|field| field.name)
            .collect::<BTreeSet<&str>>(),
        "the fields of a row"
    );
    Ok(document)
}

/// A reader that closes the output early, such as `head`, is not an error.
pub(crate) fn forgiving(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(error),
    })
}

/// A value in a cell: text without quotes, nothing for `null`, the values of an array separated by spaces, and objects as
/// JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if !items.iter().any(|item| item.is_object() || item.is_array()) => {
            items.iter().map(plain).collect::<Vec<String>>().join(" ")
        }
        other => other.to_string(),
    }
}

/// A line of CSV, quoted according to RFC 4180.
fn csv_line(values: impl IntoIterator<Item = impl AsRef<[u8]>>) -> io::Result<String> {
    let mut writer = csv::WriterBuilder::new()
        .buffer_capacity(256)
        .from_writer(Vec::new());
    writer.write_record(values)?;
    let line = writer
        .into_inner()
        .map_err(|error| io::Error::other(error.to_string()))?;
    String::from_utf8(line).map_err(io::Error::other)
}

#[cfg(test)]
mod tests;
