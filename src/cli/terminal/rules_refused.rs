//! What is told when a rule file is not put in force: every problem, where it is, and how to see more.

use std::path::Path;

use crate::rules::Refusal;

/// Every problem that keeps the file from taking effect, one line each.
pub(crate) fn problems(refusal: &Refusal) -> Vec<String> {
    refusal.problems()
}

/// All of it for a person, with the next command to try.
pub(crate) fn told(refusal: &Refusal, file: &Path) -> String {
    let file = file.display();
    let (what, more) = match refusal {
        Refusal::Findings(_) => ("cannot be used", "check"),
        Refusal::FailedTests(_) => ("does not do what its own tests want", "test"),
    };
    let problems = refusal.problems().join("\n  ");
    format!("the rule file `{file}` {what}; `portoutd {more} {file}` tells more\n  {problems}")
}
