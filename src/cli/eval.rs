mod request;

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use super::check::tell_findings;
use super::output::print_json;
use super::{Ending, Failure, Output};
use crate::clock::{Clock, SystemClock};
use crate::domain::Action;
use crate::rules::{RuleSet, Verdict};
use request::Request;

/// Judge one request and show why.
///
/// The request is a JSON object: `order` (as Telnyx's GET /portouts/{id} gives it), `facts` (dotted names and values,
/// which count instead of what the order gives), `now` (RFC 3339). Each may be left out. Facts of our own records that
/// are not given are those of an order never seen before; other facts that are not given are unknown.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file with the request, or `-` for standard input.
    request: PathBuf,
    /// The rule file.
    #[arg(long, value_name = "FILE", default_value = "rules.toml")]
    rules: PathBuf,
    /// Exit with 1 when the rules say something else.
    #[arg(long, value_name = "ACTION")]
    expect: Option<Action>,
    /// The form of the report.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(crate) fn run(args: Args) -> Ending {
    let Args {
        request: path,
        rules,
        expect,
        output,
    } = args;
    let request = Request::read(&path)
        .with_context(|| format!("the request `{}` cannot be used", path.display()))
        .map_err(Failure::usage)?;
    let now = request.now.unwrap_or_else(|| SystemClock.now());
    let loaded = RuleSet::load(&rules, now).map_err(|findings| {
        tell_findings(&findings);
        let file = rules.display().to_string();
        Failure::not_good(anyhow::anyhow!("the rule file `{file}` has {}", findings.tally()))
    })?;
    let verdict = loaded.rules.evaluate(&request.facts, now);
    match output {
        Output::Json => print_json(&verdict)?,
        Output::Text => {
            let text = told(&verdict);
            io::stdout()
                .lock()
                .write_all(text.as_bytes())
                .context("writing the report")?;
        }
    }
    match expect {
        Some(expected) if expected != verdict.action => Err(Failure::not_good(anyhow::anyhow!(
            "expected {expected}, the rules say {}",
            verdict.action
        ))),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// The verdict, what it hangs on, and a line a rule.
fn told(verdict: &Verdict) -> String {
    let mut text = format!("{}\n", verdict.action);
    let _ = writeln!(text, "  {}", verdict.sentence());
    if let Some(reason) = &verdict.reason {
        let _ = writeln!(text, "  reason: {reason}");
    }
    if !verdict.notify.is_empty() {
        let _ = writeln!(text, "  tells: {}", verdict.notify.join(", "));
    }
    for fact in &verdict.unknown {
        let _ = writeln!(text, "  to find: {fact}");
    }
    for shadow in &verdict.shadow {
        let _ = writeln!(
            text,
            "  in shadow: {} ({}, {})",
            shadow.rule, shadow.action, shadow.outcome
        );
    }
    text.push('\n');
    for line in verdict.trace_lines() {
        let _ = writeln!(text, "  {line}");
    }
    text
}
