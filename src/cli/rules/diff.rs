//! `portoutd rules diff`.

use std::process::ExitCode;

use serde_json::json;

use super::super::config::SettingsArgs;
use super::version_ref;
use crate::cli::failure::{Ending, Failure};
use crate::cli::terminal::output::{Output, print_exactly, print_json, print_text};
use crate::cli::terminal::text_diff::unified;
use crate::clock::{Clock, SystemClock};
use crate::rules::{self, RuleDiff};

/// Show the differences between two rule sets
///
/// Compares the meaning: rules, conditions, lists and tests. Comments and layout do not count, nor does an entry that
/// moved from the rule file to a list file. Exits with 0 if both mean the same, 1 if they differ, 2 if one cannot be
/// read. A name that is not an existing file is a version, given by at least 4 of the digits that `portoutd rules
/// versions` shows.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The old rules: a rule file, or a version.
    #[arg(value_name = "OLD")]
    old: String,
    /// The new rules: a rule file, or a version.
    #[arg(value_name = "NEW")]
    new: String,
    /// Show a text diff of the rule files instead.
    #[arg(long, conflicts_with = "output")]
    text: bool,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn run(args: &Args) -> Ending {
    let now = SystemClock.now();
    let read = |which: &str| version_ref::read(which, &args.settings, now).map_err(Failure::into_usage);
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    if args.text {
        let (old, new) = (&old.sources.text, &new.sources.text);
        let told = unified((&args.old, old), (&args.new, new));
        print_exactly(&told)?;
        return Ok(ending(told.is_empty()));
    }
    let diff = rules::diff(&old.rules, &new.rules);
    match args.output {
        Output::Json => print_json(&json!({
            "old": args.old,
            "new": args.new,
            "same": diff.is_empty(),
            "changes": diff,
        }))?,
        Output::Text => print_text(&told(&diff))?,
    }
    Ok(ending(diff.is_empty()))
}

fn told(diff: &RuleDiff) -> String {
    if diff.is_empty() {
        return "The rule sets have the same meaning.\n".to_owned();
    }
    diff.lines().join("\n") + "\n"
}

fn ending(is_same: bool) -> ExitCode {
    ExitCode::from(u8::from(!is_same))
}
