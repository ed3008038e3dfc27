//! A decision for people: the order, the verdict with its reasons, and the answer that was sent.

use std::fmt::Write as _;

use serde_json::Value;

use super::reevaluate::Missing;
use crate::cli::terminal::reasons::{push_trace, push_what_if};
use crate::cli::terminal::safe_text::SafeText;
use crate::cli::terminal::time;
use crate::domain::folding::shown;
use crate::domain::{Action, AnswerState, DecidedBy, Mode};
use crate::rules::TraceEntry;
use crate::store::attempts::Attempt;
use crate::store::decisions::Decision;
use crate::store::reports::{DecisionReport, KnownOrder};

/// The complete text about one decision.
pub(super) fn story(
    report: &DecisionReport,
    attempts: &[Attempt],
    order: Option<&KnownOrder>,
    missing: &Missing,
) -> SafeText {
    let mut text = SafeText::new();
    let decision = &report.decision;
    headline(&mut text, report);
    if let Some(order) = order {
        the_order(&mut text, order);
    }
    the_facts(&mut text, &decision.facts);
    the_trace(&mut text, &decision.trace);
    the_candidate(&mut text, &decision.trace);
    match missing {
        Missing::Nothing => {}
        Missing::WhatIf(what_if) => push_what_if(&mut text, what_if),
        Missing::Untold(why) => {
            let _ = writeln!(text, "\nThe effect of the missing facts is unknown: {why}.");
        }
    }
    the_answer(&mut text, report, attempts);
    let _ = writeln!(text, "\nDecision {}", decision.id);
    if let Some(rule_set) = decision.rule_set {
        let _ = writeln!(text, "Rule set {}", hex::encode(rule_set));
    }
    if let Some(before) = decision.supersedes {
        let _ = writeln!(text, "Supersedes decision {before}");
    }
    text
}

fn headline(text: &mut SafeText, report: &DecisionReport) {
    let decision = &report.decision;
    let order = report
        .support_key
        .clone()
        .unwrap_or_else(|| decision.order_id.to_string());
    let shadow = if decision.mode == Mode::Shadow {
        " (shadow: recorded, no answer is sent)"
    } else {
        ""
    };
    let (order, by) = (shown(&order), decided_by(decision));
    let _ = write!(text, "{order}: ");
    text.push_outcome(&decision.action.to_string());
    let _ = writeln!(text, "{shadow}, {}", shown(&by));
    let _ = writeln!(text, "  decided    {}", time::local(decision.decided_at));
    if let Some(cause) = decision.cause {
        let _ = writeln!(text, "  cause      {cause}");
    }
    if let Some(reason) = &decision.reason {
        let _ = writeln!(text, "  reason     {}", shown(reason));
    }
    if decision.host_messaging {
        let _ = writeln!(text, "  messaging  stays at Telnyx");
    }
}

fn decided_by(decision: &Decision) -> String {
    match (decision.by, &decision.person, &decision.rule) {
        (DecidedBy::Person, Some(person), _) => format!("by {person}"),
        (DecidedBy::Rule, _, Some(rule)) => format!("by rule {rule}"),
        (DecidedBy::Rule, _, None) => "by no rule".to_owned(),
        (DecidedBy::Deadline, _, _) => "by the deadline".to_owned(),
        (DecidedBy::Person, None, _) => "by a person".to_owned(),
        (DecidedBy::Service, _, _) => "by the service".to_owned(),
    }
}

fn the_order(text: &mut SafeText, order: &KnownOrder) {
    let _ = writeln!(text, "\nOrder {} (account {})", order.order_id, order.account);
    let carrier = [order.spid.as_deref(), order.carrier_name.as_deref()];
    let lines = [
        ("numbers", order.phone_numbers.join(", ")),
        (
            "carrier",
            carrier.into_iter().flatten().collect::<Vec<_>>().join(" "),
        ),
        (
            "status",
            order.status.clone().unwrap_or_else(|| "not read yet".to_owned()),
        ),
        (
            "at Telnyx",
            order.inserted_at.map(time::local).unwrap_or_default(),
        ),
        ("decide by", order.decide_by.map(time::local).unwrap_or_default()),
        ("trouble", order.trouble.clone().unwrap_or_default()),
    ];
    for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(text, "  {name:<10} {}", shown(value));
    }
}

fn the_facts(text: &mut SafeText, facts: &str) {
    let Ok(Value::Object(facts)) = serde_json::from_str(facts) else {
        return;
    };
    if facts.is_empty() {
        return;
    }
    let _ = writeln!(text, "\nFacts");
    let width = facts.keys().map(String::len).max().unwrap_or(0);
    for (name, value) in &facts {
        let _ = writeln!(text, "  {:<width$}  {}", shown(name), plain(value));
    }
}

fn the_trace(text: &mut SafeText, trace: &str) {
    let Ok(mut trace) = serde_json::from_str::<Value>(trace) else {
        return;
    };
    let rules = trace.get_mut("rules").map(Value::take).unwrap_or_default();
    match serde_json::from_value::<Vec<TraceEntry>>(rules) {
        Ok(entries) => push_trace(text, &entries),
        // A decision by a person or the deadline has no trace.
        Err(_) => text.push(&"\n".into()),
    }
    if let Some(summary) = trace.get("summary").and_then(Value::as_str) {
        let _ = writeln!(text, "  {}", shown(summary));
    }
}

/// The verdict of the candidate in shadow mode on the same facts, if there is one.
fn the_candidate(text: &mut SafeText, trace: &str) {
    let trace: Option<Value> = serde_json::from_str(trace).ok();
    let part = |name: &str| {
        let part = trace.as_ref()?.get("candidate")?.get(name)?;
        part.as_str().map(str::to_owned)
    };
    if let (Some(summary), Some(rule_set)) = (part("summary"), part("rule_set")) {
        let _ = writeln!(
            text,
            "\nCandidate in shadow mode (rule set {rule_set})\n  {}",
            shown(&summary)
        );
    }
}

fn the_answer(text: &mut SafeText, report: &DecisionReport, attempts: &[Attempt]) {
    let _ = write!(text, "\nAnswer: ");
    text.push_outcome(&state(report));
    text.push(&"\n".into());
    if let Some(trouble) = &report.trouble {
        let _ = writeln!(text, "  trouble    {trouble}");
    }
    for attempt in attempts {
        let code = attempt
            .code
            .map(|code| format!(" with code {code}"))
            .unwrap_or_default();
        let outcome = attempt
            .outcome
            .map_or("no outcome yet".to_owned(), |outcome| outcome.to_string());
        let status = attempt
            .http_status
            .map(|status| format!(", HTTP {status}"))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "  {}. {} {}{code}: {outcome}{status}",
            attempt.number,
            time::local(attempt.started_at),
            attempt.target
        );
        let _ = writeln!(text, "     reason     {}", shown(&attempt.reason));
        if let Some(error) = &attempt.error {
            let _ = writeln!(text, "     trouble    {}", shown(error));
        }
        if let Some(said) = attempt.response.as_deref().and_then(said) {
            let _ = writeln!(text, "     Telnyx     {}", shown(&said));
        }
    }
}

/// Telnyx's response in one line: the state of the order, or the errors. The JSON output has the complete response.
fn said(response: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(response);
    let text = text.trim();
    let Ok(body) = serde_json::from_str::<Value>(text) else {
        return (!text.is_empty()).then(|| text.split_whitespace().collect::<Vec<_>>().join(" "));
    };
    let field = |name: &str| {
        body.pointer(&format!("/data/{name}"))
            .filter(|value| !value.is_null())
            .map(plain)
    };
    if let Some(status) = field("status") {
        let code = field("rejection_code")
            .map(|code| format!(", code {code}"))
            .unwrap_or_default();
        let at = field("updated_at")
            .map(|at| format!(", changed at {at}"))
            .unwrap_or_default();
        return Some(format!("status {status}{code}{at}"));
    }
    Some(
        body.get("errors")
            .map_or_else(|| body.to_string(), Value::to_string),
    )
}

fn state(report: &DecisionReport) -> String {
    match (report.decision.action, report.answer) {
        (Action::Hold, _) => "none, the order waits for a person".to_owned(),
        (_, AnswerState::None) if report.decision.mode == Mode::Shadow => "none, in shadow mode".to_owned(),
        (_, AnswerState::None) => {
            "none, another decision superseded it or the order had already ended".to_owned()
        }
        (_, state) => state.to_string(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => shown(text).into_owned(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => shown(&other.to_string()).into_owned(),
    }
}
