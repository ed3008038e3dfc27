//! Takes PINs out of recorded rows before they are shown: a row that an earlier version stored may still hold one.

use serde_json::Value;

use crate::domain::{Episode, redact_body, redact_text, redact_texts};
use crate::store::attempts::Attempt;
use crate::store::reports::{DecisionReport, KnownOrder};

/// Takes PINs out of a decision.
pub(crate) fn redact_decision(report: &mut DecisionReport) {
    let decision = &mut report.decision;
    redact_optional(&mut decision.reason);
    redact_document(&mut decision.facts);
    redact_document(&mut decision.trace);
    redact_optional(&mut report.trouble);
}

/// Takes PINs out of an attempt to answer.
pub(crate) fn redact_attempt(attempt: &mut Attempt) {
    attempt.reason = redact_text(&attempt.reason).into_owned();
    redact_optional(&mut attempt.error);
    redact_bytes(&mut attempt.response);
}

/// Takes PINs out of an order.
pub(crate) fn redact_order(order: &mut KnownOrder) {
    redact_optional(&mut order.trouble);
    redact_bytes(&mut order.body);
}

/// Takes PINs out of an episode.
pub(crate) fn redact_episode(episode: &mut Episode) {
    redact_optional(&mut episode.trouble);
}

fn redact_optional(text: &mut Option<String>) {
    if let Some(text) = text {
        *text = redact_text(text).into_owned();
    }
}

fn redact_bytes(body: &mut Option<Vec<u8>>) {
    if let Some(body) = body {
        *body = redact_body(body).into_owned();
    }
}

/// Our own JSON: its keys, such as the fact `pin`, name no secrets, but its texts may hold one.
fn redact_document(text: &mut String) {
    *text = match serde_json::from_str::<Value>(text) {
        Ok(mut document) => {
            redact_texts(&mut document);
            document.to_string()
        }
        Err(_) => redact_text(text).into_owned(),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_keeps_the_fact_pin_and_loses_a_pin_in_a_text() {
        let mut text = r#"{"pin":"wrong","numbers.wrong_pins_24h":2,"end_user":"PIN: 471193"}"#.to_owned();
        redact_document(&mut text);
        assert!(!text.contains("471193"), "{text}");
        assert!(
            text.contains(r#""pin":"wrong""#) && text.contains(r#""numbers.wrong_pins_24h":2"#),
            "{text}"
        );
    }

    #[test]
    fn a_body_stored_by_an_earlier_version_loses_its_pin() {
        let mut body = Some(br#"{"data":{"attempted_pin":"471193","city":"Chicago"}}"#.to_vec());
        redact_bytes(&mut body);
        let body = String::from_utf8(body.unwrap()).unwrap();
        assert!(!body.contains("471193") && body.contains("Chicago"), "{body}");
    }

    #[test]
    fn a_stored_reason_loses_its_pin() {
        let mut reason = Some("The owner said the PIN is 471193.".to_owned());
        redact_optional(&mut reason);
        assert!(!reason.unwrap().contains("471193"));
    }
}
