//! Runs the tests in a rule file, and describes the differences from the expected results.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::name_filter::TestPattern;
use crate::domain::Cause;
use crate::rules::evaluate::verdict::Verdict;
use crate::rules::facts::fact::Fact;
use crate::rules::facts::words::named;
use crate::rules::model::rule_set::RuleSet;
use crate::rules::model::test_case::TestCase;

/// The result of a test in a rule file.
#[derive(Debug, Clone, serde::Serialize)]
pub struct TestReport {
    /// The test's name.
    pub name: String,
    /// Whether the verdict is as expected.
    pub passed: bool,
    /// The rule that the test expects to decide, if it names one.
    pub by: Option<String>,
    /// The differences, one sentence each.
    pub differences: Vec<String>,
    /// The verdict of the rules.
    pub verdict: Verdict,
}

impl TestCase {
    fn run(&self, rules: &RuleSet, now: Timestamp) -> TestReport {
        let verdict = rules.evaluate(&self.facts, self.now.unwrap_or(now));
        let differences = self.differences(&verdict);
        TestReport {
            name: self.name.clone(),
            passed: differences.is_empty(),
            by: self.by.clone(),
            differences,
            verdict,
        }
    }

    fn differences(&self, verdict: &Verdict) -> Vec<String> {
        let mut differences = Vec::new();
        if verdict.action != self.expect {
            differences.push(format!(
                "expected {}, but the verdict is {}",
                self.expect, verdict.action
            ));
        }
        if self.by.is_some() && self.by != verdict.rule {
            let wanted = self.by.as_deref().unwrap_or_default();
            differences.push(match &verdict.rule {
                Some(rule) => format!("expected a decision by `{wanted}`, got one by `{rule}`"),
                None => format!("expected a decision by `{wanted}`, but no rule decides"),
            });
        }
        if self.cause.is_some() && self.cause != verdict.cause {
            let shown = |cause: Option<Cause>| {
                cause.map_or("no cause".to_owned(), |cause| format!("the cause `{cause}`"))
            };
            differences.push(format!(
                "expected {}, got {}",
                shown(self.cause),
                shown(verdict.cause)
            ));
        }
        if let Some(wanted) = &self.unknown {
            let found: BTreeSet<Fact> = verdict.unknown.iter().copied().collect();
            if *wanted != found {
                let shown = |facts: &BTreeSet<Fact>| {
                    let facts: Vec<Fact> = facts.iter().copied().collect();
                    if facts.is_empty() {
                        "nothing".to_owned()
                    } else {
                        named(&facts)
                    }
                };
                differences.push(format!(
                    "expected the outcome to depend on {}, but it depends on {}",
                    shown(wanted),
                    shown(&found)
                ));
            }
        }
        differences
    }
}

impl RuleSet {
    /// The names of the tests in the file, in order.
    pub fn test_names(&self) -> impl Iterator<Item = &str> {
        self.test_cases().iter().map(|test_case| test_case.name.as_str())
    }

    /// Runs the tests that the pattern selects, in order. `now` is the time for tests that give none.
    #[must_use]
    pub fn run_tests_named(&self, pattern: &TestPattern, now: Timestamp) -> Vec<TestReport> {
        let test_cases = self
            .test_cases()
            .iter()
            .filter(|test_case| pattern.matches(&test_case.name));
        test_cases.map(|test_case| test_case.run(self, now)).collect()
    }

    /// Runs the tests in the file, in order. `now` is the time for tests that give none.
    #[must_use]
    pub fn run_tests(&self, now: Timestamp) -> Vec<TestReport> {
        self.test_cases()
            .iter()
            .map(|test_case| test_case.run(self, now))
            .collect()
    }
}
