//! `portoutd test`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::anyhow;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::config::SettingsArgs;
use super::failure::{Ending, Failure};
use super::terminal::output::{Output, print_findings, print_json, print_text};
use super::terminal::safe_text::SafeText;
use crate::clock::{Clock, SystemClock};
use crate::rules::{Coverage, Findings, ReadLimits, RuleSet, TestPattern, TestReport};

/// Run the tests in rule files
///
/// Exits with 1 if a test fails, a file has an error, or the coverage is below `--min`. Facts from the order history
/// default to those of a new order. Other facts default to unknown.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The rule files.
    #[arg(value_name = "FILE", default_value = "rules.toml")]
    files: Vec<PathBuf>,
    /// Only run tests with this name: a part of the name, the full name with `*` for any run of characters, or `/a
    /// regular expression/`. Upper and lower case are equal.
    #[arg(long, value_name = "PATTERN")]
    run: Option<TestPattern>,
    /// Show which rules and conditions no test covers
    ///
    /// A rule is covered if it decides a test, or would decide it in shadow mode. A condition is covered if a test's
    /// result depends on it: without the condition, the rule's result would differ, for example because only this
    /// condition prevents a match. Rules that are off or expired do not count.
    #[arg(long, conflicts_with = "run")]
    coverage: bool,
    /// Fail if the tests cover less than this percentage of all rules and conditions. Also shows the coverage.
    #[arg(long, value_name = "PERCENT", conflicts_with = "run", value_parser = clap::value_parser!(u8).range(0..=100))]
    min: Option<u8>,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// The result for one file.
struct FileReport {
    file: String,
    tests: Vec<TestReport>,
    not_run: usize,
    findings: Option<Findings>,
    coverage: Option<Coverage>,
    min: Option<u8>,
}

pub(crate) fn run(args: &Args) -> Ending {
    let now = SystemClock.now();
    let mut names = Vec::new();
    let files = args.files.iter();
    let limits = args.settings.read_limits()?;
    let reports = files.map(|file| test((file, limits), args, now, &mut names));
    let reports: Vec<FileReport> = reports.collect();
    let is_broken = |report: &FileReport| report.findings.is_some();
    if let Some(pattern) = &args.run
        && reports
            .iter()
            .all(|report| report.tests.is_empty() && !is_broken(report))
    {
        return Err(Failure::usage(anyhow!(no_such_test(pattern, &names))));
    }
    match (args.output, reports.as_slice()) {
        (Output::Json, [only]) => print_json(&only.document())?,
        (Output::Json, all) => print_json(&all.iter().map(FileReport::document).collect::<Vec<_>>())?,
        (Output::Text, all) => {
            for report in all {
                print_findings(report.findings.as_ref().unwrap_or(&Findings::default()));
                print_text(report.text())?;
            }
        }
    }
    Ok(ExitCode::from(u8::from(!reports.iter().all(FileReport::is_good))))
}

fn test(
    (file, limits): (&Path, ReadLimits),
    args: &Args,
    now: Timestamp,
    names: &mut Vec<String>,
) -> FileReport {
    let mut report = FileReport {
        file: file.display().to_string(),
        tests: Vec::new(),
        not_run: 0,
        findings: None,
        coverage: None,
        min: args.min,
    };
    let rules = match RuleSet::load_within(file, limits, now) {
        Ok(loaded) => loaded.rules,
        Err(findings) => {
            report.findings = Some(findings);
            return report;
        }
    };
    names.extend(rules.test_names().map(str::to_owned));
    report.tests = match &args.run {
        Some(pattern) => rules.run_tests_named(pattern, now),
        None => rules.run_tests(now),
    };
    report.not_run = rules.test_count() - report.tests.len();
    report.coverage = (args.coverage || args.min.is_some()).then(|| rules.coverage(now));
    report
}

fn no_such_test(pattern: &TestPattern, names: &[String]) -> String {
    let near = pattern.nearest(names.iter().map(String::as_str));
    if near.is_empty() {
        return format!("no test matches `{}`: there are no tests", pattern.as_str());
    }
    format!(
        "no test matches `{}`. The most similar names are\n  {}",
        pattern.as_str(),
        near.join("\n  ")
    )
}

impl FileReport {
    fn failed(&self) -> usize {
        self.tests.iter().filter(|test| !test.passed).count()
    }

    /// Whether the coverage is at least `--min`.
    fn is_covered(&self) -> bool {
        let min = usize::from(self.min.unwrap_or(0));
        self.coverage
            .as_ref()
            .is_none_or(|coverage| coverage.percent() >= min)
    }

    fn is_good(&self) -> bool {
        self.failed() == 0 && self.findings.is_none() && self.is_covered()
    }

    fn document(&self) -> Value {
        let mut document = json!({
            "file": self.file,
            "ok": self.is_good(),
            "passed": self.tests.len() - self.failed(),
            "failed": self.failed(),
            "findings": self.findings.as_ref().unwrap_or(&Findings::default()),
            "tests": self.tests,
        });
        if let (Some(coverage), Some(members)) = (&self.coverage, document.as_object_mut()) {
            members.insert("coverage".to_owned(), json!(coverage));
            members.insert("min".to_owned(), json!(self.min));
        }
        document
    }

    /// One line per test. A failed test also shows the differences and the trace.
    fn text(&self) -> SafeText {
        let mut text = SafeText::new();
        for test in &self.tests {
            let mark = if test.passed { "ok    " } else { "FAILED" };
            text.push_outcome(mark.trim_end());
            let _ = writeln!(text, "{}  {}", &mark[mark.trim_end().len()..], test.name);
            if !test.passed {
                let said = format!("verdict: {}", test.verdict.sentence());
                let lines = test.differences.iter().cloned().chain([said]);
                for line in lines.chain(test.trace_lines()) {
                    let _ = writeln!(text, "          {line}");
                }
            }
        }
        let (passed, failed) = (self.tests.len() - self.failed(), self.failed());
        let not_run = match self.not_run {
            0 => String::new(),
            count => format!(", {count} not run"),
        };
        let _ = writeln!(text, "{}: {passed} passed, {failed} failed{not_run}", self.file);
        for line in self.coverage.iter().flat_map(Coverage::lines) {
            let _ = writeln!(text, "{line}");
        }
        if let (Some(min), false) = (self.min, self.is_covered()) {
            let _ = writeln!(text, "{}: the coverage is below {min} %", self.file);
        }
        text
    }
}
