//! Facts as JSON.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::fact::Fact;
use super::field::Field;
use super::known::Facts;
use crate::domain::folding::shown;
use crate::domain::words::Word;
use crate::domain::{OrderNumbers, Spid, redact_text};
use crate::rules::values::duration;
use crate::rules::values::suggestion::{did_you_mean, listed, nearest};

/// Why a fact could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFact {
    /// No fact has this name.
    #[error("`{name}` is not a known fact: {help}")]
    UnknownName {
        /// The name as given.
        name: String,
        /// What was probably meant.
        help: String,
    },
    /// The fact takes other values.
    #[error("`{fact}` cannot be {found}: {wanted}")]
    InvalidValue {
        /// The fact.
        fact: Fact,
        /// The value as given.
        found: String,
        /// What it takes instead.
        wanted: WantedFact,
    },
    /// Not an object of names and values.
    #[error("facts must be an object of names and values, such as {{\"numbers.ours\": \"all\"}}")]
    NotAnObject,
}

/// What a fact takes instead of a value that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedFact {
    /// The same value in quotes, because it is text.
    Quotes(String),
    /// Another value, which the message describes.
    Other(String),
}

impl fmt::Display for WantedFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Quotes(sentence) | Self::Other(sentence)) = self;
        f.write_str(sentence)
    }
}

impl From<String> for WantedFact {
    fn from(sentence: String) -> Self {
        Self::Other(sentence)
    }
}

impl From<&str> for WantedFact {
    fn from(sentence: &str) -> Self {
        Self::Other(sentence.to_owned())
    }
}

impl Facts {
    /// Every known fact under its dotted name; what is unknown is left out.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let known =
            Fact::all().filter_map(|fact| self.get(fact).map(|value| (fact.name().to_owned(), value)));
        Value::Object(known.collect())
    }

    /// Reads what [`Self::to_json`] wrote, or a person did. `null` is unknown.
    pub fn from_json(value: &Value) -> Result<Self, InvalidFact> {
        let mut facts = Self::default();
        facts.set_all(value)?;
        Ok(facts)
    }

    /// Sets the facts that an object of dotted names names, and leaves the others.
    pub fn set_all(&mut self, value: &Value) -> Result<(), InvalidFact> {
        let object: &Map<String, Value> = value.as_object().ok_or(InvalidFact::NotAnObject)?;
        // Numbers are read first, because they determine the country, which may be given separately. If it is given, it
        // is not derived, which would take longer than reading all other facts.
        let country_given = object.contains_key(Fact::NumbersCountry.name());
        match object.get(Fact::PhoneNumbers.name()) {
            Some(numbers) if country_given && !numbers.is_null() => {
                self.phone_numbers =
                    Some(order_numbers(numbers).map_err(invalid(Fact::PhoneNumbers, numbers))?);
            }
            Some(numbers) => self.set(Fact::PhoneNumbers, numbers)?,
            None => {}
        }
        for (name, value) in object {
            let fact = fact_named(name)?;
            if fact != Fact::PhoneNumbers {
                self.set(fact, value)?;
            }
        }
        Ok(())
    }

    /// Sets one fact.
    pub fn set(&mut self, fact: Fact, value: &Value) -> Result<(), InvalidFact> {
        if value.is_null() {
            self.forget(fact);
            return Ok(());
        }
        self.put(fact, value).map_err(invalid(fact, value))
    }

    fn put(&mut self, fact: Fact, value: &Value) -> Result<(), WantedFact> {
        match fact.field() {
            Field::Spid(slot) => *(slot.within)(self) = Some(spid(value)?),
            Field::Text(slot) => *(slot.within)(self) = Some(text(value)?),
            Field::Countries(slot) | Field::Tags(slot) => *(slot.within)(self) = Some(texts(value)?),
            // They bring their countries along.
            Field::Numbers(_) => self.set_phone_numbers(order_numbers(value)?),
            Field::Count(slot) => *(slot.within)(self) = Some(count(value)?),
            Field::Flag(slot) => *(slot.within)(self) = Some(flag(value)?),
            Field::Ours(slot) => *(slot.within)(self) = Some(word(value)?),
            Field::Check(slot) => *(slot.within)(self) = Some(word(value)?),
            Field::Instant(slot) => *(slot.within)(self) = Some(instant(value)?),
            Field::Span(slot) => {
                let span = duration::parse(&text(value)?);
                *(slot.within)(self) = Some(span.ok_or(duration::HOW_TO_WRITE)?);
            }
        }
        Ok(())
    }

    fn forget(&mut self, fact: Fact) {
        match fact.field() {
            Field::Spid(slot) => *(slot.within)(self) = None,
            Field::Text(slot) => *(slot.within)(self) = None,
            Field::Countries(slot) | Field::Tags(slot) => *(slot.within)(self) = None,
            Field::Numbers(slot) => {
                *(slot.within)(self) = None;
                self.numbers_country = None;
            }
            Field::Count(slot) => *(slot.within)(self) = None,
            Field::Flag(slot) => *(slot.within)(self) = None,
            Field::Ours(slot) => *(slot.within)(self) = None,
            Field::Check(slot) => *(slot.within)(self) = None,
            Field::Instant(slot) => *(slot.within)(self) = None,
            Field::Span(slot) => *(slot.within)(self) = None,
        }
    }

    /// The value of a known fact.
    #[must_use]
    pub fn get(&self, fact: Fact) -> Option<Value> {
        match fact.field() {
            Field::Spid(slot) => (slot.of)(self).as_ref().map(|spid| json!(spid)),
            Field::Text(slot) => (slot.of)(self).as_ref().map(|text| json!(text)),
            Field::Countries(slot) | Field::Tags(slot) => (slot.of)(self).as_ref().map(|texts| json!(texts)),
            Field::Numbers(slot) => (slot.of)(self).as_ref().map(numbers_json),
            Field::Count(slot) => (slot.of)(self).map(|count| json!(count)),
            Field::Flag(slot) => (slot.of)(self).map(Value::Bool),
            Field::Ours(slot) => (slot.of)(self).map(|ours| json!(ours)),
            Field::Check(slot) => (slot.of)(self).map(|check| json!(check)),
            Field::Instant(slot) => (slot.of)(self).map(|instant| json!(instant.to_string())),
            Field::Span(slot) => (slot.of)(self).map(|span| json!(duration::format(span))),
        }
    }
}

/// The fact of a name, or what was probably meant.
pub(crate) fn fact_named(name: &str) -> Result<Fact, InvalidFact> {
    name.parse().map_err(|_| InvalidFact::UnknownName {
        name: shown(name).into_owned(),
        help: match name {
            "numbers.any_in" | "numbers.all_in" | "numbers.none_in" => {
                "it is a condition; give the fact `phone_numbers` instead".to_owned()
            }
            "numbers" | "number" | "phone_number" => "did you mean `phone_numbers`?".to_owned(),
            _ => match nearest(name, Fact::NAMES.iter().copied()) {
                Some(fact) => format!("did you mean `{fact}`?"),
                None => "run `portoutd explain R007` to list all facts, such as `pin`, `carrier.spid` and `numbers.ours`".to_owned(),
            },
        },
    })
}

fn invalid(fact: Fact, value: &Value) -> impl FnOnce(WantedFact) -> InvalidFact {
    move |wanted| InvalidFact::InvalidValue {
        fact,
        found: found(fact, value),
        wanted,
    }
}

/// The value as an error may show it. A person who enters a PIN as the fact `pin` must not find it in a log.
fn found(fact: Fact, value: &Value) -> String {
    if fact == Fact::Pin {
        return "the value given".to_owned();
    }
    shown(&redact_text(&value.to_string())).into_owned()
}

fn order_numbers(value: &Value) -> Result<OrderNumbers, WantedFact> {
    let texts = texts(value)?;
    Ok(OrderNumbers::from_texts(texts.iter().map(String::as_str)))
}

fn numbers_json(numbers: &OrderNumbers) -> Value {
    let readable = numbers.readable.iter().map(ToString::to_string);
    readable.chain(numbers.unreadable.iter().cloned()).collect()
}

fn spid(value: &Value) -> Result<Spid, WantedFact> {
    match value {
        Value::String(text) => text
            .parse()
            .map_err(|_| "a SPID consists of letters and digits, such as \"073H\"".into()),
        Value::Number(number) => Err(WantedFact::Quotes(format!("a SPID is text, write \"{number}\""))),
        _ => Err("a SPID is text, such as \"073H\"".into()),
    }
}

fn text(value: &Value) -> Result<String, WantedFact> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Err(WantedFact::Quotes(format!("it is text, write \"{number}\""))),
        _ => Err("write text in quotes".into()),
    }
}

fn texts(value: &Value) -> Result<Vec<String>, WantedFact> {
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        _ => text(value).map(|text| vec![text]),
    }
}

fn count(value: &Value) -> Result<u64, WantedFact> {
    value.as_u64().ok_or_else(|| match value {
        Value::String(text) if text.parse::<u64>().is_ok() => {
            format!("it is a number: write {text} without quotes").into()
        }
        _ => "write a whole number, 0 or greater".into(),
    })
}

fn flag(value: &Value) -> Result<bool, WantedFact> {
    value
        .as_bool()
        .ok_or_else(|| "write true or false, without quotes".into())
}

fn instant(value: &Value) -> Result<Timestamp, WantedFact> {
    text(value)?
        .parse()
        .map_err(|_| "write a time such as \"2027-01-31T12:00:00Z\"".into())
}

fn word<T: Word>(value: &Value) -> Result<T, WantedFact> {
    let Value::String(text) = value else {
        return Err(format!("use one of {}", listed(T::WORDS)).into());
    };
    text.parse().map_err(|_| did_you_mean(text, T::WORDS).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_value_gets_the_probable_one_as_help() {
        let message = |value: Value| Facts::from_json(&value).unwrap_err().to_string();
        insta::assert_snapshot!(message(json!({"carrier.spd": "073H"})),
            @"`carrier.spd` is not a known fact: did you mean `carrier.spid`?");
        insta::assert_snapshot!(message(json!({"carrier.spid": 6529})),
            @r#"`carrier.spid` cannot be 6529: a SPID is text, write "6529""#);
        insta::assert_snapshot!(message(json!({"pin": "rigth"})),
            @"`pin` cannot be the value given: did you mean `right`?");
        insta::assert_snapshot!(message(json!({"numbers.any_in": "+1"})),
            @"`numbers.any_in` is not a known fact: it is a condition; give the fact `phone_numbers` instead");
        insta::assert_snapshot!(message(json!({"numbers.ours": true})),
            @"`numbers.ours` cannot be true: use one of `all`, `some`, `none`");
        insta::assert_snapshot!(message(json!([])),
            @r#"facts must be an object of names and values, such as {"numbers.ours": "all"}"#);
    }

    #[test]
    fn an_invalid_fact_does_not_show_a_pin() {
        let message = |value: Value| Facts::from_json(&value).unwrap_err().to_string();
        insta::assert_snapshot!(message(json!({"pin": "471193"})), @"`pin` cannot be the value given: use one of `right`, `none-on-file`, `not-given`, `wrong`");
        for value in [
            json!({"pin": 471_193}),
            json!({"pin": {"a": 471_193}}),
            json!({"city": {"pin": "471193"}}),
        ] {
            assert!(!message(value.clone()).contains("471193"), "{value}");
        }
    }

    #[test]
    fn the_numbers_bring_their_country_unless_it_is_given_beside_them() {
        let country = |value: Value| Facts::from_json(&value).unwrap().numbers_country.unwrap();
        assert_eq!(country(json!({"phone_numbers": "+13125550100"})), ["US"]);
        assert_eq!(
            country(json!({"numbers.country": "CA", "phone_numbers": ["+13125550100"]})),
            ["CA"]
        );
    }

    #[test]
    fn null_makes_a_fact_unknown_again() {
        let mut facts = Facts::from_json(&json!({"pin": "right", "zip": "wrong"})).unwrap();
        facts.set_all(&json!({"pin": null})).unwrap();
        assert_eq!(facts.to_json(), json!({"zip": "wrong"}));
    }

    #[test]
    fn every_fact_reads_back_as_it_was_written() {
        let all = json!({
            "carrier.spid": "073H", "carrier.name": "Onvoy", "carrier.requests_24h": 3, "carrier.seen": true,
            "phone_numbers": ["+13125550100", "not a number"], "numbers.count": 2, "numbers.country": ["US"],
            "numbers.ours": "some", "numbers.frozen": false, "numbers.tags": ["vip"], "numbers.wrong_pins_24h": 1,
            "numbers.other_pending": false,
            "pin": "none-on-file", "zip": "right", "name": "not-given", "address": "wrong", "country": "US",
            "state": "IL", "city": "Chicago", "end_user": "A. Person", "pon": "P1", "vendor": "v",
            "requested_foc": "2027-01-31T12:00:00Z", "foc_in": "36h", "times_rejected": 0,
            "business_hours": true, "own_port_in": false,
        });
        let facts = Facts::from_json(&all).unwrap();
        assert_eq!(facts.to_json(), all);
        assert_eq!(all.as_object().unwrap().len(), Fact::NAMES.len());
        assert_eq!(Facts::from_json(&facts.to_json()).unwrap(), facts);
    }
}
