//! The values that are known of an order.

use jiff::{SignedDuration, Timestamp};

use super::ours::Ours;
use crate::domain::{IdentityCheck, OrderNumbers, Spid};

/// The known facts of an order at an evaluation. `None` is *unknown*, never *false*: the value could not be determined.
///
/// Names, sources and meanings are those of [`Fact`](super::fact::Fact).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// `carrier.spid`
    pub carrier_spid: Option<Spid>,
    /// `carrier.name`
    pub carrier_name: Option<String>,
    /// `carrier.requests_24h`
    pub carrier_requests_24h: Option<u64>,
    /// `carrier.seen`
    pub carrier_seen: Option<bool>,
    /// `phone_numbers`: what could not be read among them keeps questions about the numbers open.
    pub phone_numbers: Option<OrderNumbers>,
    /// `numbers.count`, if it differs from the count of `phone_numbers`.
    pub numbers_count: Option<u64>,
    /// `numbers.country`: the ISO 3166 countries of the numbers.
    pub numbers_country: Option<Vec<String>>,
    /// `numbers.ours`
    pub numbers_ours: Option<Ours>,
    /// `numbers.frozen`
    pub numbers_frozen: Option<bool>,
    /// `numbers.tags`
    pub numbers_tags: Option<Vec<String>>,
    /// `numbers.wrong_pins_24h`
    pub numbers_wrong_pins_24h: Option<u64>,
    /// `numbers.other_pending`
    pub numbers_other_pending: Option<bool>,
    /// `pin`
    pub pin: Option<IdentityCheck>,
    /// `zip`
    pub zip: Option<IdentityCheck>,
    /// `name`
    pub name: Option<IdentityCheck>,
    /// `address`
    pub address: Option<IdentityCheck>,
    /// `country`
    pub country: Option<String>,
    /// `state`
    pub state: Option<String>,
    /// `city`
    pub city: Option<String>,
    /// `end_user`
    pub end_user: Option<String>,
    /// `pon`
    pub pon: Option<String>,
    /// `vendor`
    pub vendor: Option<String>,
    /// `requested_foc`
    pub requested_foc: Option<Timestamp>,
    /// `foc_in`, if it differs from the time until `requested_foc`.
    pub foc_in: Option<SignedDuration>,
    /// `times_rejected`
    pub times_rejected: Option<u64>,
    /// `business_hours`, if it differs from the value derived from the time and `timezone`.
    pub business_hours: Option<bool>,
    /// `own_port_in`
    pub own_port_in: Option<bool>,
}

impl Facts {
    /// The facts of an order without a history: no requests, no rejections, no wrong PINs, no other order for the
    /// numbers.
    #[must_use]
    pub fn of_a_fresh_order() -> Self {
        Self {
            carrier_requests_24h: Some(0),
            carrier_seen: Some(false),
            numbers_wrong_pins_24h: Some(0),
            numbers_other_pending: Some(false),
            times_rejected: Some(0),
            ..Self::default()
        }
    }

    /// Sets `phone_numbers`, and `numbers.country` if it can be derived from every number.
    pub fn set_phone_numbers(&mut self, numbers: OrderNumbers) {
        self.numbers_country = countries_of(&numbers);
        self.phone_numbers = Some(numbers);
    }

    /// The number of requested numbers.
    #[must_use]
    pub fn count_of_numbers(&self) -> Option<u64> {
        let listed = || self.phone_numbers.as_ref().map(|numbers| numbers.count() as u64);
        self.numbers_count.or_else(listed)
    }

    /// The time from `now` to the requested FOC; negative when it has passed.
    #[must_use]
    pub fn time_to_foc(&self, now: Timestamp) -> Option<SignedDuration> {
        self.foc_in
            .or_else(|| self.requested_foc.map(|foc| now.duration_until(foc)))
    }
}

/// The countries of the numbers, each once; `None` if the country of one number is not known.
fn countries_of(numbers: &OrderNumbers) -> Option<Vec<String>> {
    if numbers.count() == 0 || !numbers.unreadable.is_empty() {
        return None;
    }
    let mut countries = Vec::new();
    for number in &numbers.readable {
        let country = number.country()?;
        if !countries.contains(&country) {
            countries.push(country);
        }
    }
    Some(countries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_country_is_known_only_if_it_is_known_for_every_number() {
        let mut facts = Facts::default();
        facts.set_phone_numbers(OrderNumbers::from_texts([
            "+13125550123",
            "+13125550124",
            "+14165550123",
        ]));
        assert_eq!(
            facts.numbers_country,
            Some(vec!["US".to_owned(), "CA".to_owned()])
        );
        facts.set_phone_numbers(OrderNumbers::from_texts(["+13125550123", "{{phone_number}}"]));
        assert_eq!(facts.numbers_country, None);
        assert_eq!(facts.count_of_numbers(), Some(2));
    }
}
