//! Evaluates an order: the rules from top to bottom.

use jiff::Timestamp;

use super::trace::{Outcome, Step, Trace};
use super::unknowns;
use super::unknowns::{End, Resolution};
use super::verdict::{ShadowVerdict, Verdict};
use crate::domain::{Action, Cause};
use crate::rules::facts::context::EvalContext;
use crate::rules::facts::known::Facts;
use crate::rules::model::condition::Truth;
use crate::rules::model::rule::{Rule, RuleMode};
use crate::rules::model::rule_set::RuleSet;

/// The result of one pass through the rules, from top to bottom.
struct Walk {
    steps: Vec<Step>,
    /// Enforced rules that a missing fact leaves open, above the one that decides.
    open: Vec<usize>,
    /// The first rule that matches for certain.
    decided: Option<usize>,
    shadow: Vec<ShadowVerdict>,
}

impl RuleSet {
    /// Evaluates an order: the first rule whose `match` holds and whose `unless` does not hold decides.
    ///
    /// A rule that depends on a missing fact is remembered, and the evaluation continues. If every possible end has the
    /// same action, that is the verdict. Otherwise the verdict is `on_unknown`, and `unknown` names the missing facts.
    ///
    /// INVARIANT: a missing fact never authorizes. `on_unknown` cannot be authorize, and an order is authorized only if
    /// no value of any missing fact leads to another action.
    #[must_use]
    pub fn evaluate(&self, facts: &Facts, now: Timestamp) -> Verdict {
        let context = self.eval_context(facts, now);
        let walk = self.walk(&context);
        let end = walk.decided.map_or(End::NoMatch, End::Rule);
        let (resolution, unknown) = if walk.open.is_empty() {
            (Resolution::Certain(end), Vec::new())
        } else {
            unknowns::resolve(self, &context, &walk.open, end)
        };
        let mut verdict = Verdict {
            action: self.defaults().on_unknown,
            rule: None,
            cause: None,
            reason: None,
            host_messaging: None,
            notify: Vec::new(),
            unknown,
            shadow: walk.shadow,
            trace: Trace {
                rules: self.clone(),
                facts: facts.clone(),
                now,
                steps: walk.steps,
            },
        };
        match resolution {
            Resolution::Certain(End::Rule(at)) => self.by_rule(&mut verdict, at),
            Resolution::Certain(End::NoMatch) => verdict.action = self.defaults().no_match,
            Resolution::Agreed(ends) => self.by_agreement(&mut verdict, &ends),
            Resolution::Undecided => {}
        }
        if verdict.action == Action::Reject && verdict.cause.is_none() {
            // A rejection without a cause of a rule gets the general one: "the request could not be verified".
            verdict.cause = Some(Cause::Other);
        }
        verdict
    }

    fn walk(&self, context: &EvalContext<'_>) -> Walk {
        let rules = self.rules();
        let mut walk = Walk {
            steps: Vec::with_capacity(rules.len()),
            open: Vec::new(),
            decided: None,
            shadow: Vec::new(),
        };
        for (at, rule) in rules.iter().enumerate() {
            let step = walk.step(at, rule, context);
            walk.steps.push(step);
        }
        walk
    }

    fn by_rule(&self, verdict: &mut Verdict, at: usize) {
        let Some(rule) = self.rules().get(at) else { return };
        let consequence = &rule.consequence;
        verdict.action = consequence.action;
        verdict.rule = Some(rule.id.clone());
        verdict.cause = consequence.cause;
        verdict.reason.clone_from(&consequence.reason);
        verdict.host_messaging = consequence.host_messaging;
        verdict.notify.clone_from(&consequence.notify);
    }

    /// Several ends are possible and have the same action. Values in which they differ are unknown and left out: a
    /// cause, a reason or a messaging setting is used only if all ends share it. Everyone whom one of the ends names is
    /// notified.
    fn by_agreement(&self, verdict: &mut Verdict, ends: &[End]) {
        let rules: Vec<Option<&Rule>> = ends
            .iter()
            .map(|end| match end {
                End::Rule(at) => self.rules().get(*at),
                End::NoMatch => None,
            })
            .collect();
        let no_match = self.defaults().no_match;
        verdict.action = rules.first().copied().flatten().map_or(no_match, Rule::action);
        let consequences = || rules.iter().map(|rule| rule.map(|rule| &rule.consequence));
        verdict.cause = shared(consequences().map(|c| c.and_then(|c| c.cause)));
        verdict.reason = shared(consequences().map(|c| c.and_then(|c| c.reason.clone())));
        verdict.host_messaging = shared(consequences().map(|c| c.and_then(|c| c.host_messaging)));
        for name in consequences().flatten().flat_map(|c| &c.notify) {
            if !verdict.notify.contains(name) {
                verdict.notify.push(name.clone());
            }
        }
    }
}

impl Walk {
    fn step(&mut self, at: usize, rule: &Rule, context: &EvalContext<'_>) -> Step {
        let without_condition = |outcome| Step {
            outcome,
            condition: None,
        };
        if rule.mode == RuleMode::Off {
            return without_condition(Outcome::Off);
        }
        if !rule.until.includes(context.now) {
            return without_condition(Outcome::Expired);
        }
        let reached = self.decided.is_none();
        if rule.mode == RuleMode::Shadow {
            let step = evaluate_rule(rule, context);
            let outcome = step.outcome.in_shadow();
            self.note_shadow(rule, outcome, reached);
            return Step { outcome, ..step };
        }
        if !reached {
            return without_condition(Outcome::NotReached);
        }
        let step = evaluate_rule(rule, context);
        match step.outcome {
            Outcome::Yes => self.decided = Some(at),
            Outcome::Unknown => self.open.push(at),
            _ => {}
        }
        step
    }

    fn note_shadow(&mut self, rule: &Rule, outcome: Outcome, reached: bool) {
        if matches!(outcome, Outcome::ShadowYes | Outcome::ShadowUnknown) {
            self.shadow.push(ShadowVerdict {
                rule: rule.id.clone(),
                action: rule.consequence.action,
                cause: rule.consequence.cause,
                outcome,
                reached,
            });
        }
    }
}

/// Evaluates one rule. A condition that fails for certain decides, whatever else is unknown.
fn evaluate_rule(rule: &Rule, context: &EvalContext<'_>) -> Step {
    let at = |place: usize| u16::try_from(place).ok();
    let mut open = None;
    for (place, condition) in rule.matching.iter().enumerate() {
        match condition.holds(context) {
            Truth::Yes => {}
            Truth::No => {
                return Step {
                    outcome: Outcome::No,
                    condition: at(place),
                };
            }
            Truth::Unknown => open = open.or(at(place)),
        }
    }
    let offset = rule.matching.len();
    for (place, condition) in rule.unless.iter().enumerate() {
        match condition.holds(context) {
            Truth::No => {}
            Truth::Yes => {
                return Step {
                    outcome: Outcome::Unless,
                    condition: at(offset + place),
                };
            }
            Truth::Unknown => open = open.or(at(offset + place)),
        }
    }
    Step {
        outcome: if open.is_some() {
            Outcome::Unknown
        } else {
            Outcome::Yes
        },
        condition: open,
    }
}

/// The value that all share, if they share one.
fn shared<T: PartialEq>(mut values: impl Iterator<Item = Option<T>>) -> Option<T> {
    let first = values.next()??;
    values
        .all(|value| value.as_ref() == Some(&first))
        .then_some(first)
}
