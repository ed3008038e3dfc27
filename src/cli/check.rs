use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use super::output::print_json;
use super::{Ending, Output};
use crate::clock::{Clock, SystemClock};
use crate::rules::{Findings, Look, RuleSet, Severity};

/// Check a rule file and tell every problem.
///
/// Exits with 1 when the file has an error and could not be put in force. Its own tests are run by `portoutd test`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The rule file.
    #[arg(default_value = "rules.toml")]
    file: PathBuf,
    /// The form of the report.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(crate) fn run(args: Args) -> Ending {
    let Args { file: path, output } = args;
    let file = path.display().to_string();
    let (findings, tests) = match RuleSet::load(&path, SystemClock.now()) {
        Ok(loaded) => (
            loaded.warnings,
            Some((loaded.rules.rules().len(), loaded.rules.test_count())),
        ),
        Err(findings) => (findings, None),
    };
    match output {
        Output::Json => print_json(&json!({
            "file": file,
            "ok": !findings.has_errors(),
            "errors": findings.count(Severity::Error),
            "warnings": findings.count(Severity::Warning),
            "findings": findings,
        }))?,
        Output::Text => {
            let counts = tests.map(|(rules, tests)| format!(" ({rules} rules, {tests} tests)"));
            let text = format!(
                "{}{file}: {}{}\n",
                findings.to_text(look_of_stdout()),
                findings.tally(),
                counts.unwrap_or_default()
            );
            io::stdout()
                .lock()
                .write_all(text.as_bytes())
                .context("writing the report")?;
        }
    }
    Ok(ending(&findings))
}

fn ending(findings: &Findings) -> ExitCode {
    ExitCode::from(u8::from(findings.has_errors()))
}

/// Colours for a terminal, unless `NO_COLOR` says otherwise.
pub(super) fn look_of_stdout() -> Look {
    look(io::stdout().is_terminal())
}

/// Tells people, on standard error, why a rule file cannot be used.
pub(super) fn tell_findings(findings: &Findings) {
    eprint!("{}", findings.to_text(look(io::stderr().is_terminal())));
}

fn look(terminal: bool) -> Look {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if terminal && !unwanted {
        Look::Coloured
    } else {
        Look::Plain
    }
}
