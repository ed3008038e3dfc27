//! What is told when a rule file is not put in force: every problem, where it is, and how to see more.

use std::path::Path;

use crate::rules::{Finding, Refusal, Severity};

/// Every problem that keeps the file from being put in force, each in a line of its own.
pub(crate) fn problems(refusal: &Refusal) -> Vec<String> {
    match refusal {
        Refusal::Findings(findings) => findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(line)
            .collect(),
        Refusal::FailedTests(tests) => tests
            .iter()
            .map(|test| {
                format!(
                    "the test \"{}\" fails: {} ({})",
                    test.name,
                    test.differences.join("; "),
                    test.verdict.sentence()
                )
            })
            .collect(),
    }
}

/// All of it for a person, with the next command to try.
pub(crate) fn told(refusal: &Refusal, file: &Path) -> String {
    let file = file.display();
    let (what, more) = match refusal {
        Refusal::Findings(_) => ("cannot be used", "check"),
        Refusal::FailedTests(_) => ("does not do what its own tests want", "test"),
    };
    let problems = problems(refusal).join("\n  ");
    format!("the rule file `{file}` {what}; `portoutd {more} {file}` tells more\n  {problems}")
}

fn line(finding: &Finding) -> String {
    let help = finding.help.as_ref().map(|help| format!(" ({help})"));
    format!(
        "{}: {}: {}{}",
        finding.place(),
        finding.code,
        finding.message,
        help.unwrap_or_default()
    )
}
