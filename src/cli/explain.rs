//! `portoutd explain`.

use std::process::ExitCode;

use serde_json::json;

use super::failure::{Ending, Failure};
use super::terminal::output::{Output, print_json, print_text};
use crate::rules::Code;

/// Explain a finding of `check` and how to fix it
///
/// Without a code, lists all findings with their titles. `R012`, `r12` and `12` are the same code.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The code, such as R012.
    code: Option<String>,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(crate) fn run(args: &Args) -> Ending {
    match &args.code {
        None => list(args.output),
        Some(typed) => {
            let code = Code::named(typed).map_err(Failure::usage)?;
            tell(code, args.output)
        }
    }
}

fn list(output: Output) -> Ending {
    match output {
        Output::Text => {
            let lines = Code::all().map(|code| format!("{code}  {}\n", code.title()));
            print_text(&lines.collect::<String>())?;
        }
        Output::Json => {
            let codes = Code::all().map(|code| json!({ "code": code, "title": code.title() }));
            print_json(&codes.collect::<Vec<_>>())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(code: Code, output: Output) -> Ending {
    match output {
        Output::Text => print_text(code.page())?,
        Output::Json => print_json(&json!({ "code": code, "title": code.title(), "page": code.page() }))?,
    }
    Ok(ExitCode::SUCCESS)
}
