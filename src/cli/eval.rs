//! `portoutd eval`.

mod request;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::{Value, json};

use super::config::SettingsArgs;
use super::failure::{Ending, Failure};
use super::terminal::output::{Output, print_findings, print_json, print_text};
use super::terminal::reasons::{push_trace, push_what_if};
use super::terminal::safe_text::SafeText;
use crate::clock::{Clock, SystemClock};
use crate::domain::Action;
use crate::domain::folding::shown;
use crate::rules::{RuleSet, Verdict};
use request::Request;

/// Evaluate one request and explain the verdict
///
/// Prints the result of each rule and, if facts are missing, the effect of each possible value.
///
/// The request is a JSON object with up to three keys: `order` (as in Telnyx's GET /portouts/{id}), `facts` (names and
/// values, which override those of the order), and `now` (RFC 3339). Facts from the order history default to those of a
/// new order. Other facts default to unknown.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file with the request, or `-` for standard input.
    request: PathBuf,
    /// The rule file.
    #[arg(long, value_name = "FILE", default_value = "rules.toml")]
    rules: PathBuf,
    /// Exit with 1 if the verdict is a different action.
    #[arg(long, value_name = "ACTION")]
    expect: Option<Action>,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: &Args) -> Ending {
    let request = Request::read(&args.request)
        .with_context(|| format!("invalid request `{}`", args.request.display()))
        .map_err(Failure::usage)?;
    let now = request.now.unwrap_or_else(|| SystemClock.now());
    let loaded =
        RuleSet::load_within(&args.rules, args.settings.read_limits()?, now).map_err(|findings| {
            print_findings(&findings);
            let file = args.rules.display().to_string();
            Failure::not_good(anyhow::anyhow!("the rule file `{file}` has {}", findings.tally()))
        })?;
    let verdict = loaded.rules.evaluate(&request.facts, now);
    match args.output {
        Output::Json => print_json(&document(&verdict)?)?,
        Output::Text => print_text(verdict_text(&verdict))?,
    }
    match args.expect {
        Some(expected) if expected != verdict.action => Err(Failure::not_good(anyhow::anyhow!(
            "expected {expected}, but the verdict is {}",
            verdict.action
        ))),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// The verdict for scripts, with the effect of each value of a missing fact.
fn document(verdict: &Verdict) -> anyhow::Result<Value> {
    let mut document = serde_json::to_value(verdict).context("writing JSON")?;
    if let Some(members) = document.as_object_mut() {
        members.insert("what_if".to_owned(), json!(verdict.what_if()));
    }
    Ok(document)
}

/// The verdict, one line per rule, and the effect of missing facts.
fn verdict_text(verdict: &Verdict) -> SafeText {
    let mut text = SafeText::new();
    text.push_outcome(&verdict.action.to_string());
    let _ = writeln!(text, "\n  {}", shown(&verdict.sentence()));
    if let Some(reason) = &verdict.reason {
        let _ = writeln!(text, "  reason: {}", shown(reason));
    }
    if !verdict.notify.is_empty() {
        let _ = writeln!(text, "  notifies: {}", verdict.notify.join(", "));
    }
    push_trace(&mut text, &verdict.entries().collect::<Vec<_>>());
    push_what_if(&mut text, &verdict.what_if());
    text
}
