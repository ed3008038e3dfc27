use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use super::check::tell_findings;
use super::output::print_json;
use super::{Ending, Output};
use crate::clock::{Clock, SystemClock};
use crate::rules::{RuleSet, TrialReport};

/// Run the tests that stand in a rule file.
///
/// Exits with 1 when a test fails or the file has an error. Facts of our own records that a test does not give are
/// those of an order never seen before; other facts that it does not give are unknown.
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
    let now = SystemClock.now();
    let (reports, findings) = match RuleSet::load(&path, now) {
        Ok(loaded) => (loaded.rules.run_tests(now), None),
        Err(findings) => (Vec::new(), Some(findings)),
    };
    let failed = reports.iter().filter(|report| !report.passed).count();
    let good = failed == 0 && findings.is_none();
    match output {
        Output::Json => print_json(&json!({
            "file": file,
            "ok": good,
            "passed": reports.len() - failed,
            "failed": failed,
            "findings": findings.unwrap_or_default(),
            "tests": reports,
        }))?,
        Output::Text => {
            let text = match findings {
                Some(findings) => {
                    tell_findings(&findings);
                    format!("{file}: {}, its tests were not run\n", findings.tally())
                }
                None => told(&file, &reports, failed),
            };
            io::stdout()
                .lock()
                .write_all(text.as_bytes())
                .context("writing the report")?;
        }
    }
    Ok(ExitCode::from(u8::from(!good)))
}

/// A line a test; for those that fail what differs, and the trace.
fn told(file: &str, reports: &[TrialReport], failed: usize) -> String {
    let mut text = String::new();
    for report in reports {
        let mark = if report.passed { "ok    " } else { "FAILED" };
        let _ = writeln!(text, "{mark}  {}", report.name);
        if !report.passed {
            for difference in &report.differences {
                let _ = writeln!(text, "          {difference}");
            }
            let _ = writeln!(text, "          {}", report.verdict.sentence());
            for line in report.verdict.trace_lines() {
                let _ = writeln!(text, "          {line}");
            }
        }
    }
    let passed = reports.len() - failed;
    let _ = writeln!(text, "{file}: {passed} passed, {failed} failed");
    text
}
