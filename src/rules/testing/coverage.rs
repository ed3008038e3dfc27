//! How much of a rule file its tests cover.
//!
//! This is a separate evaluation, because [`RuleSet::evaluate`] stops at the first condition that decides a rule: here
//! every condition is evaluated.

use jiff::Timestamp;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::{Value, json};

use crate::rules::facts::context::EvalContext;
use crate::rules::model::condition::{Condition, Truth};
use crate::rules::model::expected::Wanted;
use crate::rules::model::rule::{Rule, RuleMode};
use crate::rules::model::rule_set::RuleSet;
use crate::rules::model::test_case::TestCase;

/// The rules and conditions that the tests of a file cover. Rules that are off or expired do not count.
///
/// A rule is covered if it decides a test, or would in shadow mode. A condition is covered if a test would fail without
/// it: the result of its rule would change, as if it alone prevents the rule from matching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    rules: Vec<RuleReach>,
}

/// One rule, and what the tests reach of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RuleReach {
    id: String,
    reached: bool,
    conditions: Vec<ConditionReach>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct ConditionReach {
    key: &'static str,
    wanted: Wanted,
    unless: bool,
    reached: bool,
}

/// The result of the conditions of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Holds,
    Open,
    Fails,
}

/// How many conditions keep a rule from holding.
#[derive(Debug, Clone, Copy, Default)]
struct Against {
    failing: usize,
    open: usize,
}

impl RuleSet {
    /// What the tests of the file reach at an instant, which is the time of those that give none.
    #[must_use]
    pub fn coverage(&self, now: Timestamp) -> Coverage {
        let mut reaches: Vec<RuleReach> = self.rules().iter().map(RuleReach::none).collect();
        for test_case in self.test_cases() {
            self.observe(test_case, now, &mut reaches);
        }
        let counts = |rule: &Rule| rule.mode != RuleMode::Off && rule.until.includes(now);
        let rules = self.rules().iter().zip(reaches);
        Coverage {
            rules: rules
                .filter(|(rule, _)| counts(rule))
                .map(|(_, reach)| reach)
                .collect(),
        }
    }

    /// Walks the rules as a test does, and notes what it reaches.
    fn observe(&self, test_case: &TestCase, now: Timestamp, reaches: &mut [RuleReach]) {
        let context = self.eval_context(&test_case.facts, test_case.now.unwrap_or(now));
        let mut decided = false;
        for (rule, reach) in self.rules().iter().zip(reaches) {
            let enforced = rule.mode == RuleMode::Enforce;
            let is_walked_by = rule.mode == RuleMode::Off || !rule.until.includes(context.now);
            if is_walked_by || (enforced && decided) {
                continue;
            }
            let holds = reach.note(rule, &context);
            decided |= enforced && holds;
        }
    }
}

impl RuleReach {
    fn none(rule: &Rule) -> Self {
        let reach = |condition: &Condition, unless: bool| ConditionReach {
            key: condition.key,
            wanted: Wanted::of(&condition.expected),
            unless,
            reached: false,
        };
        let matching = rule.matching.iter().map(|condition| reach(condition, false));
        let unless = rule.unless.iter().map(|condition| reach(condition, true));
        Self {
            id: rule.id.clone(),
            reached: false,
            conditions: matching.chain(unless).collect(),
        }
    }

    /// Notes what one test reaches of the rule; gives whether the rule holds in it.
    fn note(&mut self, rule: &Rule, context: &EvalContext<'_>) -> bool {
        let matching = rule
            .matching
            .iter()
            .map(|condition| match condition.holds(context) {
                Truth::Yes => Reading::Holds,
                Truth::No => Reading::Fails,
                Truth::Unknown => Reading::Open,
            });
        let unless = rule
            .unless
            .iter()
            .map(|condition| match condition.holds(context) {
                Truth::No => Reading::Holds,
                Truth::Yes => Reading::Fails,
                Truth::Unknown => Reading::Open,
            });
        let readings: Vec<Reading> = matching.chain(unless).collect();
        let all = readings
            .iter()
            .fold(Against::default(), |against, one| against.with(*one));
        for (condition, reading) in self.conditions.iter_mut().zip(readings) {
            condition.reached |= all.without(reading).reading() != all.reading();
        }
        let holds = all.reading() == Reading::Holds;
        self.reached |= holds;
        holds
    }
}

impl Against {
    fn with(mut self, reading: Reading) -> Self {
        self.failing += usize::from(reading == Reading::Fails);
        self.open += usize::from(reading == Reading::Open);
        self
    }

    fn without(mut self, reading: Reading) -> Self {
        self.failing -= usize::from(reading == Reading::Fails);
        self.open -= usize::from(reading == Reading::Open);
        self
    }

    fn reading(self) -> Reading {
        match self {
            Self { failing: 1.., .. } => Reading::Fails,
            Self { open: 1.., .. } => Reading::Open,
            _ => Reading::Holds,
        }
    }
}

impl Coverage {
    /// The coverage in percent of all rules and conditions, rounded down.
    #[must_use]
    pub fn percent(&self) -> usize {
        let ((rules, all_rules), (conditions, all_conditions)) =
            (self.rules_reached(), self.conditions_reached());
        match all_rules + all_conditions {
            0 => 100,
            all => (rules + conditions) * 100 / all,
        }
    }

    /// How many rules are reached, of how many.
    #[must_use]
    pub fn rules_reached(&self) -> (usize, usize) {
        let reached = self.rules.iter().filter(|rule| rule.reached);
        (reached.count(), self.rules.len())
    }

    /// How many conditions are reached, of how many.
    #[must_use]
    pub fn conditions_reached(&self) -> (usize, usize) {
        let conditions = || self.rules.iter().flat_map(|rule| &rule.conditions);
        let reached = conditions().filter(|condition| condition.reached);
        (reached.count(), conditions().count())
    }

    /// The coverage for people: the numbers, and one line for each rule and condition that no test covers.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let ((rules, all_rules), (conditions, all_conditions)) =
            (self.rules_reached(), self.conditions_reached());
        let mut lines = vec![format!(
            "coverage {} %: {rules} of {all_rules} rules, {conditions} of {all_conditions} conditions",
            self.percent()
        )];
        let missed = |rule: &&RuleReach| !rule.reached || rule.conditions.iter().any(|one| !one.reached);
        for rule in self.rules.iter().filter(missed) {
            if !rule.reached {
                lines.push(format!("  {}: no test covers it", rule.id));
            }
            let missed = rule.conditions.iter().filter(|condition| !condition.reached);
            lines.extend(missed.map(|condition| {
                format!(
                    "  {}: no test would fail without {}",
                    rule.id,
                    condition.as_written()
                )
            }));
        }
        lines
    }

    fn not_reached(&self) -> Vec<Value> {
        let of_rule = |rule: &RuleReach| {
            let whole = (!rule.reached).then(|| json!({ "rule": rule.id }));
            let missed = rule.conditions.iter().filter(|condition| !condition.reached);
            let conditions = missed.map(|one| {
                json!({ "rule": rule.id, "condition": one.key, "unless": one.unless, "wanted": one.wanted })
            });
            whole.into_iter().chain(conditions).collect::<Vec<_>>()
        };
        self.rules.iter().flat_map(of_rule).collect()
    }
}

impl ConditionReach {
    /// `match.pin = "wrong"`, as in the file.
    fn as_written(&self) -> String {
        let table = if self.unless { "unless" } else { "match" };
        format!("{table}.{} = {}", self.key, self.wanted)
    }
}

impl Serialize for Coverage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let part = |(reached, all): (usize, usize)| json!({ "reached": reached, "all": all });
        let mut record = serializer.serialize_struct("Coverage", 4)?;
        record.serialize_field("percent", &self.percent())?;
        record.serialize_field("rules", &part(self.rules_reached()))?;
        record.serialize_field("conditions", &part(self.conditions_reached()))?;
        record.serialize_field("not_reached", &self.not_reached())?;
        record.end()
    }
}
