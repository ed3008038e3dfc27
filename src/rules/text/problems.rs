//! Every problem that keeps a rule file from taking effect, one line each.

use crate::rules::diagnostics::finding::{Finding, Severity};
use crate::rules::load::Refusal;

impl Refusal {
    /// Every problem that keeps the rule file from taking effect: each error with its place and code, or each failed test
    /// with what it expected. One line per problem; warnings are left out.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        match self {
            Self::Findings(findings) => findings
                .iter()
                .filter(|finding| finding.severity == Severity::Error)
                .map(line)
                .collect(),
            Self::FailedTests(tests) => tests
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
