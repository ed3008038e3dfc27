//! Grounds: what an answer is based on and somebody else can change. These are the order's fields as the gaining
//! carrier gave them, or the register's data about its numbers. They are stored with the decision and compared before
//! every attempt to send its answer.

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest as _, Sha256};

use super::{Order, PhoneNumber};

/// Values by field name, both in a fixed order.
///
/// The digest is taken from the canonical form: the JSON object with sorted keys and sorted values that `serde_json`
/// writes without blanks, such as `{"phone_numbers":["+13125550100"],"spid":["073H"]}`. Fields without a value are left
/// out, and times are in UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Grounds(BTreeMap<String, Vec<String>>);

/// The SHA-256 of the canonical form. A page or an API client returns it to say what the person saw.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct GroundsDigest([u8; 32]);

/// A field that differs between two states of the same grounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    field: String,
    was: Vec<String>,
    is: Vec<String>,
}

impl Grounds {
    /// Returns the grounds that the gaining carrier and Telnyx set. The status and Telnyx's own timestamps are not
    /// grounds, because an answer is not based on them.
    #[must_use]
    pub fn of_order(order: &Order) -> Self {
        let numbers = &order.numbers;
        let readable = numbers.readable.iter().map(ToString::to_string);
        let text = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
        let time = |value: Option<jiff::Timestamp>| value.iter().map(ToString::to_string).collect::<Vec<_>>();
        [
            (
                "phone_numbers",
                readable.chain(numbers.unreadable.iter().cloned()).collect(),
            ),
            ("spid", order.spid.iter().map(ToString::to_string).collect()),
            ("carrier_name", text(&order.carrier_name)),
            ("foc_date", time(order.foc_date)),
            ("requested_foc_date", time(order.requested_foc_date)),
            ("authorized_name", text(&order.authorized_name)),
            ("end_user_name", text(&order.end_user_name)),
            ("service_address", text(&order.service_address)),
            ("city", text(&order.city)),
            ("state", text(&order.state)),
            ("zip", text(&order.zip)),
            ("country", text(&order.country)),
            ("pon", text(&order.pon)),
        ]
        .into_iter()
        .collect()
    }

    /// Returns the values of a field, sorted.
    #[must_use]
    pub fn values(&self, field: &str) -> &[String] {
        self.0.get(field).map_or(&[], Vec::as_slice)
    }

    /// Returns the digest of the canonical form.
    #[must_use]
    pub fn digest(&self) -> GroundsDigest {
        let mut hasher = Sha256::new();
        // A map of texts can always be serialized. An empty text would only make the digest differ, which refuses an
        // answer.
        hasher.update(serde_json::to_vec(&self.0).unwrap_or_default());
        GroundsDigest(hasher.finalize().into())
    }

    /// Returns every field that has changed.
    #[must_use]
    pub fn changes(&self, now: &Self) -> Vec<Change> {
        let fields: std::collections::BTreeSet<&String> = self.0.keys().chain(now.0.keys()).collect();
        let change = |field: &String| {
            let (was, is) = (self.values(field), now.values(field));
            (was != is).then(|| Change::new(field, was, is))
        };
        fields.into_iter().filter_map(change).collect()
    }
}

impl<F: Into<String>> FromIterator<(F, Vec<String>)> for Grounds {
    fn from_iter<I: IntoIterator<Item = (F, Vec<String>)>>(fields: I) -> Self {
        let sorted = |(field, mut values): (F, Vec<String>)| {
            values.sort();
            values.dedup();
            (field.into(), values)
        };
        let fields = fields.into_iter().map(sorted);
        Self(fields.filter(|(_, values)| !values.is_empty()).collect())
    }
}

impl GroundsDigest {
    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for GroundsDigest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for GroundsDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GroundsDigest({})", hex::encode(self.0))
    }
}

impl Change {
    /// Creates a change of one field.
    #[must_use]
    pub fn new(field: &str, was: &[String], is: &[String]) -> Self {
        Self {
            field: field.to_owned(),
            was: was.to_vec(),
            is: is.to_vec(),
        }
    }

    /// Returns the name of the field.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Returns the change for the log: numbers are masked, and values that may name a person are left out.
    #[must_use]
    pub fn for_log(&self) -> String {
        const PERSONAL: [&str; 5] = [
            "authorized_name",
            "end_user_name",
            "service_address",
            "city",
            "zip",
        ];
        if PERSONAL.contains(&self.field.as_str()) {
            return format!("{} changed", self.field);
        }
        self.told(|text| match text.parse::<PhoneNumber>() {
            Ok(number) if text.starts_with('+') => number.masked(),
            _ => text.to_owned(),
        })
    }

    fn told(&self, shown: impl Fn(&str) -> String) -> String {
        let joined = |values: Vec<&String>| {
            let shown: Vec<String> = values.into_iter().map(|value| shown(value)).collect();
            shown.join(", ")
        };
        if self.was.len() <= 1 && self.is.len() <= 1 {
            let one = |values: &[String]| values.first().map_or("none".to_owned(), |value| shown(value));
            return format!("{}: {} → {}", self.field, one(&self.was), one(&self.is));
        }
        let added: Vec<&String> = self.is.iter().filter(|value| !self.was.contains(value)).collect();
        let removed: Vec<&String> = self.was.iter().filter(|value| !self.is.contains(value)).collect();
        let mut parts = Vec::new();
        if !added.is_empty() {
            parts.push(format!("{} added", joined(added)));
        }
        if !removed.is_empty() {
            parts.push(format!("{} removed", joined(removed)));
        }
        format!("{}: {}", self.field, parts.join(", "))
    }
}

impl fmt::Display for Change {
    /// Writes the complete change, for the people who answer orders.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grounds(fields: &[(&str, &[&str])]) -> Grounds {
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        fields
            .iter()
            .map(|(field, values)| (*field, owned(values)))
            .collect()
    }

    #[test]
    fn a_change_says_what_was_and_what_is() {
        let before = grounds(&[
            ("phone_numbers", &["+13125550100"]),
            ("spid", &["073H"]),
            ("end_user_name", &["Ada Example"]),
        ]);
        let after = grounds(&[
            ("phone_numbers", &["+13125550102", "+13125550100"]),
            ("foc_date", &["2026-12-01T00:00:00Z"]),
            ("end_user_name", &["Mallory Example"]),
        ]);
        let changes = before.changes(&after);
        let full: Vec<String> = changes.iter().map(ToString::to_string).collect();
        assert_eq!(
            full,
            [
                "end_user_name: Ada Example → Mallory Example",
                "foc_date: none → 2026-12-01T00:00:00Z",
                "phone_numbers: +13125550102 added",
                "spid: 073H → none",
            ]
        );
        let logged: Vec<String> = changes.iter().map(Change::for_log).collect();
        assert_eq!(logged[0], "end_user_name changed");
        assert_eq!(logged[2], "phone_numbers: +1312***0102 added");
    }

    #[test]
    fn the_digest_depends_on_the_values_and_not_on_their_order() {
        let one = grounds(&[("phone_numbers", &["+13125550100", "+13125550101"]), ("zip", &[])]);
        let other = grounds(&[("phone_numbers", &["+13125550101", "+13125550100"])]);
        let less = grounds(&[("phone_numbers", &["+13125550101"])]);
        assert_eq!(one.digest(), other.digest());
        assert_ne!(one.digest(), less.digest());
        assert_eq!(
            serde_json::to_string(&one).unwrap(),
            r#"{"phone_numbers":["+13125550100","+13125550101"]}"#
        );
    }
}
