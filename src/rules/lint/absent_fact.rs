//! Finds rules that test a fact that is never known in this installation.

use std::ops::Range;

use jiff::Timestamp;

use super::run::{Lint, Placed, Subject};
use crate::rules::diagnostics::code::Code;
use crate::rules::diagnostics::finding::Findings;
use crate::rules::facts::fact::Fact;
use crate::rules::load::Loaded;

/// A fact that is never known where the rules are used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsentFact {
    /// The fact.
    pub fact: Fact,
    /// Why it is never known, as the end of a sentence, such as `no register of numbers is configured`.
    pub why: String,
}

impl Loaded {
    /// Warns about conditions on facts that have no source in this installation. Expired rules are included.
    #[must_use]
    pub fn lint_sources(&self, absent: &[AbsentFact]) -> Findings {
        let mut lint = Lint::new(self, Timestamp::MIN);
        for placed in lint.live_rules() {
            let rule = placed.rule;
            let conditions = rule.matching.iter().chain(&rule.unless);
            for (condition, place) in conditions.zip(&placed.place.conditions) {
                let of_condition = |absent: &&AbsentFact| {
                    absent.fact == condition.fact || absent.fact == condition.missing_fact()
                };
                if let Some(absent) = absent.iter().find(of_condition) {
                    warn(&mut lint, placed, (condition.key, &place.span), absent);
                }
            }
        }
        lint.finish()
    }
}

fn warn(lint: &mut Lint<'_>, placed: Placed<'_>, (key, span): (&str, &Range<usize>), absent: &AbsentFact) {
    let message = format!(
        "`{key}` is never known in this installation, so `{}` can never be fully evaluated: {}",
        placed.rule.id(),
        absent.why
    );
    let help = format!(
        "configure the source of `{}`, or remove the condition",
        absent.fact
    );
    lint.warn(
        (Subject::Rule(placed.at), Code::UnknowableFact),
        span,
        message,
        help,
    );
}
