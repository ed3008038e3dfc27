use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::anyhow;
use jiff::Timestamp;
use serde_json::json;

use crate::cli::check::tell_findings;
use crate::cli::output::{print_json, print_text};
use crate::cli::{Ending, Failure, Output};
use crate::clock::{Clock, SystemClock};
use crate::rules::{Loaded, RuleSet};

/// Show each rule as an English sentence, in the order in which the rules are tried.
///
/// What holds where no rule decides stands below. Rules that do not act are marked: off, in shadow, expired.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The rule file.
    #[arg(value_name = "WHICH", default_value = "rules.toml")]
    which: String,
    /// The form of the answer.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(crate) fn run(args: &Args) -> Ending {
    let now = SystemClock.now();
    let rules = read(&args.which, now)?.rules;
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

/// The rule set that `WHICH` names.
fn read(which: &str, now: Timestamp) -> Result<Loaded, Failure> {
    RuleSet::load(Path::new(which), now).map_err(|findings| {
        tell_findings(&findings);
        Failure::not_good(anyhow!("the rule file `{which}` has {}", findings.tally()))
    })
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
