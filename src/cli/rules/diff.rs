use std::process::ExitCode;

use serde_json::json;

use super::super::config::SettingsArgs;
use super::version_ref;
use crate::cli::failure::{Ending, Failure};
use crate::cli::terminal::output::{Output, print_as_is, print_json, print_text};
use crate::cli::terminal::text_diff::unified;
use crate::clock::{Clock, SystemClock};
use crate::rules::{self, RuleDiff};

/// Tell what two rule sets mean differently: rules, conditions, lists, tests.
///
/// Comments and layout do not count, nor does an entry that moved from the rule file to a list file. Exits with 0 when
/// both mean the same, 1 when they do not, 2 when one of them cannot be read. A side that is no file that is there is a
/// version, named by at least 4 of the digits that `portoutd rules versions` shows.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The rules as they were: a rule file, or a version.
    #[arg(value_name = "OLD")]
    old: String,
    /// The rules as they are: a rule file, or a version.
    #[arg(value_name = "NEW")]
    new: String,
    /// Show the lines of the rule file that differ instead, whatever they mean.
    #[arg(long, conflicts_with = "output")]
    text: bool,
    /// The form of the report.
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
        print_as_is(&told)?;
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
        return "No change of meaning.\n".to_owned();
    }
    diff.lines().join("\n") + "\n"
}

fn ending(is_same: bool) -> ExitCode {
    ExitCode::from(u8::from(!is_same))
}
