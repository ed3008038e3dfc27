//! Finds rules that no test covers.

use super::run::{Lint, Subject};
use crate::rules::diagnostics::code::Code;
use crate::rules::evaluate::trace::Outcome;
use crate::rules::model::rule::RuleMode;

/// Warns about rules that no test covers. A test covers a rule if the rule decides it, and a shadow rule if it matches.
/// Rules that can never decide are left out.
pub(super) fn lint(lint: &mut Lint<'_>) {
    let rules = lint.rules();
    let live: Vec<_> = lint
        .live_rules()
        .filter(|placed| !lint.never_decides(placed.at))
        .collect();
    let mut waiting: Vec<bool> = vec![false; rules.rules().len()];
    for placed in &live {
        if let Some(waiting) = waiting.get_mut(placed.at) {
            *waiting = true;
        }
    }
    for test_case in rules.test_cases() {
        if !waiting.contains(&true) {
            break;
        }
        let verdict = rules.evaluate(&test_case.facts, test_case.now.unwrap_or(lint.now));
        let decided = verdict.rule.as_deref();
        for ((rule, step), waiting) in rules.rules().iter().zip(&verdict.trace.steps).zip(&mut waiting) {
            if *waiting {
                *waiting = step.outcome != Outcome::ShadowYes && decided != Some(rule.id());
            }
        }
    }
    for placed in live {
        if waiting.get(placed.at) != Some(&true) {
            continue;
        }
        let id = placed.rule.id();
        let message = match placed.rule.mode {
            RuleMode::Shadow => format!("no test covers the shadow rule `{id}`"),
            _ => format!("no test covers the rule `{id}`"),
        };
        let help = format!("write a `[[test]]` with an order that `{id}` matches");
        lint.warn(
            (Subject::Rule(placed.at), Code::UntestedRule),
            &placed.place.id,
            message,
            help,
        );
    }
}
