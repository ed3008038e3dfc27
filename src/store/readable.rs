//! Redacts PINs in recorded text when a row leaves the store for a reader, because a row of an earlier version may
//! still contain one. The rows themselves are not changed, and verification of a hash chain reads them as they are.

use serde_json::Value;

use super::decisions::Decision;
use crate::domain::{redact_body, redact_facts, redact_field, redact_text, redact_texts};

/// Redacts a decision.
pub(in crate::store) fn decision(decision: Decision) -> Decision {
    Decision {
        reason: text(decision.reason),
        facts: document(&decision.facts, redact_facts),
        trace: document(&decision.trace, redact_texts),
        ..decision
    }
}

/// Redacts a sentence, such as a reason, a note or an error.
pub(in crate::store) fn text(text: Option<String>) -> Option<String> {
    text.map(|text| sentence(&text))
}

/// Like [`text`], for a column that is never null.
pub(in crate::store) fn sentence(text: &str) -> String {
    redact_text(text).into_owned()
}

/// Redacts a name, an address, or another text that is compared.
pub(in crate::store) fn field(text: Option<String>) -> Option<String> {
    text.map(|text| redact_field(&text).into_owned())
}

/// Redacts what Telnyx sent.
pub(in crate::store) fn body(body: Option<Vec<u8>>) -> Option<Vec<u8>> {
    body.map(|body| redact_body(&body).into_owned())
}

/// Redacts our own JSON. Its keys, such as the fact `pin`, are not secret, but its texts may contain a PIN.
fn document(text: &str, redact: fn(&mut Value)) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut document) => {
            redact(&mut document);
            document.to_string()
        }
        Err(_) => sentence(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_keeps_the_fact_pin_and_loses_a_pin_in_a_text() {
        let facts = r#"{"pin":"wrong","numbers.wrong_pins_24h":2,"end_user":"PIN: 471193"}"#;
        for redact in [redact_facts, redact_texts] {
            let text = document(facts, redact);
            assert!(!text.contains("471193"), "{text}");
            assert!(
                text.contains(r#""pin":"wrong""#) && text.contains(r#""numbers.wrong_pins_24h":2"#),
                "{text}"
            );
        }
    }

    #[test]
    fn a_recorded_address_keeps_its_number_and_loses_a_pin() {
        let shown = |text: &str| field(Some(text.to_owned())).unwrap();
        assert_eq!(
            shown("12 Pin Oak Court, Unit 1204"),
            "12 Pin Oak Court, Unit 1204"
        );
        assert_eq!(shown("1 Main Street, PIN 471193"), "1 Main Street, PIN ***");
    }

    #[test]
    fn a_body_stored_by_an_earlier_version_loses_its_pin() {
        let stored = br#"{"data":{"attempted_pin":"471193","city":"Chicago"}}"#.to_vec();
        let shown = String::from_utf8(body(Some(stored)).unwrap()).unwrap();
        assert!(!shown.contains("471193") && shown.contains("Chicago"), "{shown}");
    }

    #[test]
    fn what_cannot_be_read_as_json_loses_its_pin_too() {
        assert!(!document("the PIN is 471193", redact_facts).contains("471193"));
    }
}
