//! `portoutd check`.

mod github;
mod report;
mod surroundings;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::Timestamp;

use super::config::{SettingsArgs, read_limits};
use super::failure::Ending;
use super::terminal::output::{print_json, print_text};
use crate::clock::{Clock, SystemClock};
use crate::rules::{ReadLimits, RuleSet, Severity};
use report::{Checked, Report, Size};
use surroundings::Surroundings;

/// Check rule files and print every problem with its position and fix
///
/// Exits with 1 if a file has an error and cannot take effect. A file with warnings works, but a person should review
/// them. For details of a finding, run `portoutd explain R012`. To run the tests in a file, use `portoutd test`.
///
/// Without `--online`, only the files are read. With `--config FILE`, the check includes whether the settings provide
/// every fact that the rules use. With `--online`, it also uses the register and the recorded decisions of the last 90
/// days: it finds rules that never matched, that people overrode or whose rejections bounced, and causes whose code
/// Telnyx never offered.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The rule files.
    #[arg(default_value = "rules.toml", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    output: Form,
    /// Exit with 3 if there are warnings and no errors.
    #[arg(long)]
    deny_warnings: bool,
    /// Also use the database.
    #[arg(long)]
    online: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// The output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Form {
    /// Plain text.
    #[default]
    Text,
    /// One JSON document on standard output.
    Json,
    /// Workflow commands, which GitHub shows as annotations.
    Github,
}

pub(crate) fn run(args: &Args) -> Ending {
    let now = SystemClock.now();
    let surroundings = if args.online {
        Surroundings::online(&args.settings, now)?
    } else if args.settings.names_a_file() {
        Surroundings::of_settings(&args.settings)?
    } else {
        Surroundings::default()
    };
    let limits = if args.online {
        read_limits(&args.settings.load()?)
    } else {
        args.settings.read_limits()?
    };
    let checked = args
        .files
        .iter()
        .map(|file| check((file, limits), &surroundings, now));
    let report = Report::of(checked.collect());
    match args.output {
        Form::Text => print_text(report.to_text())?,
        Form::Json => print_json(&report.to_json())?,
        Form::Github => print_text(&report.to_github())?,
    }
    Ok(ExitCode::from(exit_code(&report, args.deny_warnings)))
}

fn check((file, limits): (&Path, ReadLimits), surroundings: &Surroundings, now: Timestamp) -> Checked {
    let name = file.display().to_string();
    match RuleSet::load_within(file, limits, now) {
        Ok(loaded) => Checked {
            file: name,
            size: Some(Size {
                rules: loaded.rules.rules().len(),
                tests: loaded.rules.test_count(),
            }),
            findings: loaded
                .lint(now)
                .merged(surroundings.findings(&loaded, now))
                .merged(loaded.warnings),
        },
        Err(findings) => Checked {
            file: name,
            size: None,
            findings,
        },
    }
}

fn exit_code(report: &Report, deny_warnings: bool) -> u8 {
    match (report.count(Severity::Error), report.count(Severity::Warning)) {
        (1.., _) => 1,
        (0, 1..) if deny_warnings => 3,
        (0, _) => 0,
    }
}
