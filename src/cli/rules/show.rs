//! `portoutd rules show`.

use std::fmt::Write as _;
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::json;

use super::version_ref;
use crate::cli::config::SettingsArgs;
use crate::cli::failure::{Ending, Failure};
use crate::cli::terminal::output::{Output, print_exactly, print_json, print_text};
use crate::clock::{Clock, SystemClock};
use crate::rules::RuleSet;

/// Show each rule as an English sentence, in evaluation order
///
/// Ends with the defaults. Rules that do not act are marked: off, in shadow, expired. For a recorded version, the file
/// and its lists can be printed unchanged.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A rule file, or a recorded version by the first digits of its hash.
    #[arg(value_name = "WHICH", default_value = "rules.toml")]
    which: String,
    #[command(flatten)]
    settings: SettingsArgs,
    /// Print the rule file unchanged instead.
    #[arg(long, conflicts_with = "output")]
    source: bool,
    /// Print the list files unchanged instead, each below its name.
    #[arg(long, conflicts_with_all = ["output", "source"])]
    lists: bool,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(crate) fn run(args: &Args) -> Ending {
    let now = SystemClock.now();
    let loaded = version_ref::read(&args.which, &args.settings, now)?;
    if args.source {
        print_exactly(&loaded.sources.text)?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.lists {
        for list in &loaded.sources.lists {
            let text = list.text().map_err(Failure::not_good)?;
            print_exactly(&format!("── {} ──\n{text}", list.file))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let rules = loaded.rules;
    match args.output {
        Output::Json => print_json(&json!({
            "which": args.which,
            "rule_set": hex::encode(rules.hash()),
            "timezone": rules.timezone(),
            "rules": rules.prose(),
            "defaults": rules.defaults_in_words(),
        }))?,
        Output::Text => print_text(&told(&rules, now))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn told(rules: &RuleSet, now: Timestamp) -> String {
    let mut text = String::new();
    for rule in rules.prose() {
        let _ = writeln!(text, "{}", rule.line(now));
    }
    text.push('\n');
    for sentence in rules.defaults_in_words() {
        let _ = writeln!(text, "{sentence}");
    }
    text
}
