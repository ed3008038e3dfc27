//! The request that `portoutd eval` evaluates.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use jiff::Timestamp;
use serde_json::Value;

use crate::domain::{IdentityCheck, Order, redact_body, redact_text};
use crate::rules::{Fact, Facts, facts_of_order};
use crate::telnyx;

/// The maximum size of a request. No order is larger.
const MOST_BYTES: u64 = 16 << 20;

const KEYS: [&str; 3] = ["order", "facts", "now"];

/// The facts to evaluate, and the time.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) facts: Facts,
    pub(super) now: Option<Timestamp>,
}

impl Request {
    /// Reads a request from a file, or from standard input if the file is `-`.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let mut bytes = Vec::new();
        if path == Path::new("-") {
            io::stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
        } else {
            // A pipe is allowed here, as in `portoutd eval <(…)`.
            File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
        }
        if bytes.len() as u64 > MOST_BYTES {
            bail!("it is larger than 16 MiB");
        }
        Self::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> anyhow::Result<Self> {
        let request = without_secrets(bytes).context("it is not valid JSON")?;
        let Value::Object(request) = request else {
            bail!("it is not a JSON object. Write an object with the keys `order`, `facts` and `now`");
        };
        if let Some(key) = request.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let key = redact_text(key);
            bail!("it has an unknown key `{key}`. The keys are `order`, `facts` and `now`");
        }
        let mut facts = Facts::of_a_fresh_order();
        if let Some(order) = request.get("order").filter(|order| !order.is_null()) {
            let order = read_order(order).context("its `order` cannot be read")?;
            facts = with_order(&facts, facts_of_order(&order));
        }
        if let Some(given) = request.get("facts").filter(|given| !given.is_null()) {
            facts.set_all(given).context("its `facts` cannot be read")?;
        }
        let now = match request.get("now") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.parse().map_err(|_| anyhow!(no_time(text)))?),
            Some(other) => bail!(no_time(&other.to_string())),
        };
        Ok(Self { facts, now })
    }
}

/// Parses the request and removes PINs and other secrets. Two facts have PIN in their name but contain none: they are kept
/// if their value is valid.
fn without_secrets(bytes: &[u8]) -> serde_json::Result<Value> {
    let given: Value = serde_json::from_slice(bytes)?;
    let mut request: Value = serde_json::from_slice(&redact_body(bytes))?;
    let (Some(given), Some(facts)) = (
        given.get("facts"),
        request.get_mut("facts").and_then(Value::as_object_mut),
    ) else {
        return Ok(request);
    };
    for fact in [Fact::Pin, Fact::NumbersWrongPins24h] {
        if let Some(value) = given.get(fact.name()).filter(|value| holds_no_pin(value)) {
            facts.insert(fact.name().to_owned(), value.clone());
        }
    }
    Ok(request)
}

/// Whether this is the outcome of a PIN check or a count: neither can be a PIN.
fn holds_no_pin(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(word) => word.parse::<IdentityCheck>().is_ok(),
        Value::Number(count) => count.as_u64().is_some_and(|count| count < 1_000),
        _ => false,
    }
}

fn no_time(text: &str) -> String {
    format!("its `now` is `{text}`, which is not a valid time. Write it like \"2027-01-31T12:00:00Z\"")
}

/// The order's facts, with those about the order history from `records`.
fn with_order(records: &Facts, order: Facts) -> Facts {
    Facts {
        carrier_requests_24h: records.carrier_requests_24h,
        carrier_seen: records.carrier_seen,
        numbers_wrong_pins_24h: records.numbers_wrong_pins_24h,
        numbers_other_pending: records.numbers_other_pending,
        times_rejected: records.times_rejected,
        ..order
    }
}

/// Parses an order as Telnyx's API returns it, with or without the surrounding `data`.
fn read_order(order: &Value) -> anyhow::Result<Order> {
    let mut order = order.get("data").unwrap_or(order).clone();
    let Some(fields) = order.as_object_mut() else {
        bail!("it is not a JSON object");
    };
    // An invented request needs neither an ID nor a status.
    fields.entry("id").or_insert_with(|| "not-given".into());
    fields.entry("status").or_insert_with(|| "pending".into());
    Ok(telnyx::parse_order(order.to_string().as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(request: &Value) -> anyhow::Result<Request> {
        Request::parse(&serde_json::to_vec(request).unwrap())
    }

    #[test]
    fn given_facts_override_those_of_the_order() {
        let request = parse(&json!({
            "order": {"data": {"spid": "073h", "city": "Chicago", "phone_numbers": ["+13125550100"]}},
            "facts": {"carrier.spid": "6529", "city": null, "pin": "right"},
            "now": "2027-01-31T12:00:00Z",
        }))
        .unwrap();
        assert_eq!(
            request.facts.to_json(),
            json!({
                "carrier.spid": "6529", "pin": "right", "phone_numbers": ["+13125550100"], "numbers.country": ["US"],
                "carrier.requests_24h": 0, "carrier.seen": false, "numbers.wrong_pins_24h": 0, "times_rejected": 0,
                "numbers.other_pending": false,
            })
        );
        assert_eq!(request.now, Some("2027-01-31T12:00:00Z".parse().unwrap()));
    }

    #[test]
    fn no_pin_of_a_request_is_kept_or_printed() {
        let kept = |request: Value| match parse(&request) {
            Ok(request) => request.facts.to_json().to_string(),
            Err(error) => format!("{error:#}"),
        };
        for request in [
            json!({"facts": {"pin": "471193"}}),
            json!({"facts": {"pin": 471_193}}),
            json!({"facts": {"end_user": "Ann, PIN: 471193"}}),
            json!({"facts": {"attempted_pin": "471193"}}),
            json!({"order": {"attempted_pin": "471193", "end_user_name": "PIN 471193"}}),
            json!({"pin 471193": 1}),
            json!({"now": "PIN: 471193"}),
        ] {
            let kept = kept(request.clone());
            assert!(!kept.contains("471193"), "{request}: {kept}");
        }
    }

    #[test]
    fn facts_with_pin_in_their_name_keep_valid_values() {
        for word in ["right", "wrong", "not-given", "none-on-file"] {
            let facts = json!({"pin": word, "numbers.wrong_pins_24h": 3});
            let read = parse(&json!({"facts": facts})).unwrap().facts.to_json();
            assert_eq!(
                (&read["pin"], &read["numbers.wrong_pins_24h"]),
                (&json!(word), &json!(3))
            );
        }
    }

    #[test]
    fn an_invalid_request_is_refused_with_the_reason() {
        let told = |request: Value| format!("{:#}", parse(&request).unwrap_err());
        insta::assert_snapshot!(told(json!({"facts": {"pin": "rigth"}})), @"its `facts` cannot be read: `pin` cannot be the value given: use one of `right`, `none-on-file`, `not-given`, `wrong`");
        insta::assert_snapshot!(told(json!({"fact": {}})), @"it has an unknown key `fact`. The keys are `order`, `facts` and `now`");
        insta::assert_snapshot!(told(json!({"now": "tomorrow"})), @r#"its `now` is `tomorrow`, which is not a valid time. Write it like "2027-01-31T12:00:00Z""#);
        insta::assert_snapshot!(told(json!({"order": []})), @"its `order` cannot be read: it is not a JSON object");
        assert!(
            Request::parse(b"{")
                .unwrap_err()
                .to_string()
                .contains("not valid JSON")
        );
    }
}
