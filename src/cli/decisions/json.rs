//! A decision as JSON, and as a row of the list of decisions.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cli::terminal::rows::{Field, Row};
use crate::cli::terminal::table::Cell;
use crate::cli::terminal::time;
use crate::domain::{AccountName, Action, AnswerState, Cause, DecidedBy, Mode, OrderId};
use crate::store::attempts::Attempt;
use crate::store::reports::DecisionReport;

/// A decision. The parts of the recorded trace are separate keys.
#[derive(Debug, Serialize)]
pub(super) struct DecisionRow<'a> {
    decided_at: Timestamp,
    support_key: Option<&'a str>,
    episode: i32,
    action: Action,
    by: DecidedBy,
    cause: Option<Cause>,
    answer_state: AnswerState,
    id: Uuid,
    account: &'a AccountName,
    order_id: &'a OrderId,
    person: Option<&'a str>,
    rule: Option<&'a str>,
    rule_set: Option<String>,
    code: Option<i64>,
    reason: Option<&'a str>,
    host_messaging: bool,
    mode: Mode,
    supersedes: Option<Uuid>,
    answer: Answer<'a>,
    facts: Value,
    trace: Value,
    unknown: Value,
    shadow: Value,
    candidate: Option<Value>,
    summary: Option<Value>,
    saw: Option<Value>,
    changes: Option<Value>,
}

/// What was sent to Telnyx for a decision.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    state: AnswerState,
    trouble: Option<&'a str>,
    attempts: Vec<Value>,
}

impl<'a> DecisionRow<'a> {
    pub(super) fn of(report: &'a DecisionReport, attempts: &[Attempt]) -> Self {
        let decision = &report.decision;
        let trace: Value = parsed(&decision.trace);
        let list = |name: &str| trace.get(name).cloned().unwrap_or_else(|| json!([]));
        let part = |name: &str| trace.get(name).cloned();
        Self {
            decided_at: decision.decided_at,
            support_key: report.support_key.as_deref(),
            episode: decision.episode,
            action: decision.action,
            by: decision.by,
            cause: decision.cause,
            answer_state: report.answer,
            id: decision.id,
            account: &decision.account,
            order_id: &decision.order_id,
            person: decision.person.as_deref(),
            rule: decision.rule.as_deref(),
            rule_set: decision.rule_set.map(hex::encode),
            code: report.code,
            reason: decision.reason.as_deref(),
            host_messaging: decision.host_messaging,
            mode: decision.mode,
            supersedes: decision.supersedes,
            answer: Answer {
                state: report.answer,
                trouble: report.trouble.as_deref(),
                attempts: attempts.iter().map(attempt).collect(),
            },
            facts: parsed(&decision.facts),
            trace: list("rules"),
            unknown: list("unknown"),
            shadow: list("shadow"),
            candidate: part("candidate"),
            summary: part("summary"),
            saw: part("saw"),
            changes: part("changes"),
        }
    }

    /// The person or the rule behind the decision.
    fn decided_by(&self) -> String {
        match self.person.or(self.rule) {
            Some(name) => format!("{} {name}", self.by),
            None => self.by.to_string(),
        }
    }
}

impl Row for DecisionRow<'_> {
    const FIELDS: &'static [Field] = &[
        Field::column("decided_at", "decided"),
        Field::column("support_key", "order"),
        Field::column("episode", "episode"),
        Field::column("action", "action"),
        Field::column("by", "by"),
        Field::column("cause", "cause"),
        Field::column("answer_state", "answer"),
        Field::detail("id"),
        Field::detail("account"),
        Field::detail("order_id"),
        Field::detail("person"),
        Field::detail("rule"),
        Field::detail("rule_set"),
        Field::detail("code"),
        Field::detail("reason"),
        Field::detail("host_messaging"),
        Field::detail("mode"),
        Field::detail("supersedes"),
        Field::nested("answer"),
        Field::nested("facts"),
        Field::nested("trace"),
        Field::nested("unknown"),
        Field::nested("shadow"),
        Field::nested("candidate"),
        Field::nested("summary"),
        Field::nested("saw"),
        Field::nested("changes"),
    ];

    fn cell(&self, field: &str) -> Option<Cell> {
        match field {
            "decided_at" => Some(time::local(self.decided_at).into()),
            "support_key" => Some(self.support_key.unwrap_or(self.order_id.as_str()).into()),
            "action" => Some(Cell::outcome(self.action.to_string())),
            "by" => Some(self.decided_by().into()),
            "answer_state" if self.mode == Mode::Shadow => Some("shadow".into()),
            "answer_state" => Some(Cell::outcome(self.answer_state.to_string())),
            _ => None,
        }
    }
}

fn attempt(attempt: &Attempt) -> Value {
    json!({
        "number": attempt.number,
        "target": attempt.target,
        "code": attempt.code,
        "reason": attempt.reason,
        "started_at": attempt.started_at,
        "ended_at": attempt.ended_at,
        "outcome": attempt.outcome,
        "http_status": attempt.http_status,
        "response": attempt.response.as_deref().map(|body| String::from_utf8_lossy(body).into_owned()),
        "error": attempt.error,
    })
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}
