//! A decision as JSON.

use serde_json::{Value, json};

use crate::store::attempts::Attempt;
use crate::store::reports::DecisionReport;

/// A decision, for scripts. The parts of the recorded trace are separate keys.
pub(super) fn document(report: &DecisionReport, attempts: &[Attempt]) -> Value {
    let decision = &report.decision;
    let trace: Value = parsed(&decision.trace);
    let part = |name: &str| trace.get(name).cloned().unwrap_or_else(|| json!([]));
    json!({
        "id": decision.id,
        "account": decision.account,
        "order_id": decision.order_id,
        "support_key": report.support_key,
        "episode": decision.episode,
        "action": decision.action,
        "by": decision.by,
        "person": decision.person,
        "rule": decision.rule,
        "rule_set": decision.rule_set.map(hex::encode),
        "cause": decision.cause,
        "code": report.code,
        "reason": decision.reason,
        "host_messaging": decision.host_messaging,
        "mode": decision.mode,
        "facts": parsed(&decision.facts),
        "trace": part("rules"),
        "unknown": part("unknown"),
        "shadow": part("shadow"),
        "candidate": trace.get("candidate"),
        "summary": trace.get("summary"),
        "saw": trace.get("saw"),
        "changes": trace.get("changes"),
        "supersedes": decision.supersedes,
        "decided_at": decision.decided_at,
        "answer": { "state": report.answer, "trouble": report.trouble, "attempts": attempts.iter().map(attempt).collect::<Vec<_>>() },
    })
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
