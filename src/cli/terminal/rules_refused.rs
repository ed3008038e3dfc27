//! The message when a rule file is refused: every problem with its position, and the command for details.

use std::path::Path;

use crate::rules::Refusal;

/// Every problem that keeps the file from taking effect, one line each.
pub(crate) fn problems(refusal: &Refusal) -> Vec<String> {
    refusal.problems()
}

/// The complete message, with the next command to run.
pub(crate) fn told(refusal: &Refusal, file: &Path) -> String {
    let file = file.display();
    let (what, more) = match refusal {
        Refusal::Findings(_) => ("cannot be used", "check"),
        Refusal::FailedTests(_) => ("fails its own tests", "test"),
    };
    let problems = refusal.problems().join("\n  ");
    format!("the rule file `{file}` {what}; for details, run `portoutd {more} {file}`\n  {problems}")
}
