//! The report of `portoutd check`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::github;
use crate::cli::terminal::safe_text::SafeText;
use crate::rules::{Finding, Findings, Severity};

/// The findings in one rule file and its lists.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) file: String,
    /// The number of rules and tests; `None` if the file could not be read completely.
    pub(super) size: Option<Size>,
    pub(super) findings: Findings,
}

/// The size of a rule file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) rules: usize,
    pub(super) tests: usize,
}

/// The findings in all files.
#[derive(Debug)]
pub(super) struct Report(Vec<Checked>);

impl Report {
    pub(super) fn of(files: Vec<Checked>) -> Self {
        Self(files)
    }

    /// The number of findings with this severity in all files.
    pub(super) fn count(&self, severity: Severity) -> usize {
        self.0.iter().map(|file| file.findings.count(severity)).sum()
    }

    fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter().flat_map(|file| file.findings.iter())
    }

    /// Every finding with its line and a caret, then one line per file, for people.
    pub(super) fn to_text(&self) -> SafeText {
        let mut text = SafeText::new();
        for file in &self.0 {
            text.push_findings(&file.findings);
        }
        let _ = write!(text, "{}{}", self.tallies(), self.more());
        text
    }

    /// A workflow command for each finding, then one line per file for the log.
    pub(super) fn to_github(&self) -> String {
        let commands: String = self.findings().map(github::command).collect();
        format!("{commands}{}", self.tallies())
    }

    /// The document for scripts. `files` has every file. The other keys are those of all files together, so that they are
    /// the same for one file and for many. `file` is null if there are many.
    pub(super) fn to_json(&self) -> Value {
        let name = match self.0.as_slice() {
            [only] => Some(&only.file),
            _ => None,
        };
        let findings: Vec<&Finding> = self.findings().collect();
        json!({
            "file": name,
            "ok": self.count(Severity::Error) == 0,
            "errors": self.count(Severity::Error),
            "warnings": self.count(Severity::Warning),
            "findings": findings,
            "files": self.0.iter().map(Checked::to_json).collect::<Vec<_>>(),
        })
    }

    fn tallies(&self) -> String {
        let mut text: String = self.0.iter().map(Checked::tally).collect();
        if self.0.len() > 1 {
            let broken = self.0.iter().filter(|file| file.findings.has_errors()).count();
            let broken = match broken {
                0 => "none".to_owned(),
                _ => broken.to_string(),
            };
            let _ = writeln!(text, "{} files, {broken} with errors", self.0.len());
        }
        text
    }

    /// The command for details.
    fn more(&self) -> String {
        let weightiest = self.findings().min_by_key(|finding| finding.severity);
        weightiest.map_or_else(String::new, |finding| {
            format!(
                "For details of a finding, run `portoutd explain {}`.\n",
                finding.code
            )
        })
    }
}

impl Checked {
    fn to_json(&self) -> Value {
        json!({
            "file": self.file,
            "ok": !self.findings.has_errors(),
            "errors": self.findings.count(Severity::Error),
            "warnings": self.findings.count(Severity::Warning),
            "rules": self.size.map(|size| size.rules),
            "tests": self.size.map(|size| size.tests),
            "findings": self.findings,
        })
    }

    fn tally(&self) -> String {
        let size = self.size.map(|size| {
            let (rules, tests) = (counted(size.rules, "rule"), counted(size.tests, "test"));
            format!(" ({rules}, {tests})")
        });
        format!(
            "{}: {}{}\n",
            self.file,
            self.findings.tally(),
            size.unwrap_or_default()
        )
    }
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
