//! `portoutd explain`.

use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;

use super::failure::{Ending, Failure};
use super::terminal::output::{print_json, print_text};
use super::terminal::rows::{Field, Format, ListArgs, Row, Selection};
use crate::rules::Code;

/// Explain a finding of `check` and how to fix it
///
/// Without a code, lists all findings with their titles. `R012`, `r12` and `12` are the same code.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The code, such as R012.
    code: Option<String>,
    #[command(flatten)]
    list: ListArgs,
}

/// A finding of `check`.
#[derive(Debug, Serialize)]
struct CodeRow {
    code: Code,
    title: &'static str,
}

impl Row for CodeRow {
    const FIELDS: &'static [Field] = &[Field::column("code", "code"), Field::column("title", "title")];
}

impl From<Code> for CodeRow {
    fn from(code: Code) -> Self {
        Self {
            code,
            title: code.title(),
        }
    }
}

pub(crate) fn run(args: &Args) -> Ending {
    let selection = args.list.selection::<CodeRow>()?;
    match &args.code {
        None => {
            let codes: Vec<CodeRow> = Code::all().map(CodeRow::from).collect();
            selection.print(&codes, "There are no findings.")?;
        }
        Some(typed) => explain(Code::named(typed).map_err(Failure::usage)?, &selection)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the page of a code, or its row if fields or a format without a place for the page were chosen.
fn explain(code: Code, selection: &Selection<CodeRow>) -> Result<(), Failure> {
    match selection.format() {
        Format::Table if !selection.has_chosen_fields() => print_text(code.page())?,
        Format::Json if !selection.has_chosen_fields() => {
            print_json(&json!({ "code": code, "title": code.title(), "page": code.page() }))?;
        }
        _ => selection.print(&[code.into()], "")?,
    }
    Ok(())
}
