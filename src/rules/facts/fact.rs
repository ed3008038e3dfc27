//! The facts that rules can ask for.

use strum::{AsRefStr, Display, EnumIter, EnumString, IntoEnumIterator, VariantNames};

/// Something a rule can ask about an order, named as admins write it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Display,
    AsRefStr,
    EnumString,
    EnumIter,
    VariantNames,
    strum::EnumMessage,
)]
pub enum Fact {
    /// The gaining carrier's SPID, from the order.
    #[strum(serialize = "carrier.spid")]
    CarrierSpid,
    /// The gaining carrier's name, from the order.
    #[strum(serialize = "carrier.name")]
    CarrierName,
    /// How many orders of this carrier we heard of in the last 24 hours, from our own records.
    #[strum(serialize = "carrier.requests_24h")]
    CarrierRequests24h,
    /// Whether we ever heard of this carrier before, from our own records.
    #[strum(serialize = "carrier.seen")]
    CarrierSeen,
    /// The numbers asked for, from the order.
    #[strum(serialize = "phone_numbers")]
    PhoneNumbers,
    /// How many numbers are asked for; follows from `phone_numbers` where it is not given.
    #[strum(serialize = "numbers.count")]
    NumbersCount,
    /// The countries of the numbers; follows from `phone_numbers` where it is not given.
    #[strum(serialize = "numbers.country")]
    NumbersCountry,
    /// Whether the register has the numbers.
    #[strum(serialize = "numbers.ours")]
    NumbersOurs,
    /// Whether the register has a lock on any of them.
    #[strum(serialize = "numbers.frozen")]
    NumbersFrozen,
    /// The tags that the register has for any of them.
    #[strum(serialize = "numbers.tags")]
    NumbersTags,
    /// Wrong PINs in the last 24 hours, the highest among the numbers, from our own records.
    #[strum(serialize = "numbers.wrong_pins_24h")]
    NumbersWrongPins24h,
    /// Whether another carrier's order that is not at its end holds one of the numbers, from our own records.
    #[strum(serialize = "numbers.other_pending")]
    NumbersOtherPending,
    /// How the PIN compares, from event and register.
    #[strum(serialize = "pin")]
    Pin,
    /// How the ZIP compares, from order and register.
    #[strum(serialize = "zip")]
    Zip,
    /// How the name compares, from order and register.
    #[strum(serialize = "name")]
    Name,
    /// How the address compares, from order and register.
    #[strum(serialize = "address")]
    Address,
    /// The billing address's country, from the order.
    #[strum(serialize = "country")]
    Country,
    /// The billing address's state, from the order.
    #[strum(serialize = "state")]
    State,
    /// The billing address's city, from the order.
    #[strum(serialize = "city")]
    City,
    /// The subscriber's name as the gaining carrier gave it, from the order.
    #[strum(serialize = "end_user")]
    EndUser,
    /// The gaining carrier's port order number, from the order.
    #[strum(serialize = "pon")]
    Pon,
    /// Telnyx's word for who carries the order, from the order.
    #[strum(serialize = "vendor")]
    Vendor,
    /// The FOC asked for, from the order.
    #[strum(serialize = "requested_foc")]
    RequestedFoc,
    /// The time until the requested FOC; follows from `requested_foc` and the clock where it is not given.
    #[strum(serialize = "foc_in")]
    FocIn,
    /// How many of our rejections of this order came back, from our own records.
    #[strum(serialize = "times_rejected")]
    TimesRejected,
    /// Whether it is Monday to Friday, 08:00 to 17:00; follows from the clock and `timezone` where it is not given.
    #[strum(serialize = "business_hours")]
    BusinessHours,
    /// Whether the same numbers stand in a port-in order of ours, from porting orders.
    #[strum(serialize = "own_port_in")]
    OwnPortIn,
}

impl Fact {
    /// Every fact, in the order the handbook lists them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// Whether its value can be any text, so that no word can stand for something else.
    pub(crate) fn is_free_text(self) -> bool {
        matches!(
            self,
            Self::CarrierSpid
                | Self::CarrierName
                | Self::PhoneNumbers
                | Self::NumbersTags
                | Self::Country
                | Self::State
                | Self::City
                | Self::EndUser
                | Self::Pon
                | Self::Vendor
        )
    }

    /// The name as rules and requests write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::VARIANTS.get(self as usize).copied().unwrap_or_default()
    }
}

impl serde::Serialize for Fact {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// How many of an order's numbers the register has.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Display,
    AsRefStr,
    EnumString,
    EnumIter,
    VariantNames,
    serde::Serialize,
    serde::Deserialize,
    strum::EnumMessage,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Ours {
    /// Every one.
    All,
    /// At least one, and not every one.
    Some,
    /// Not one.
    None,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_reads_back_from_its_own_name() {
        for fact in Fact::all() {
            assert_eq!(fact.name().parse(), Ok(fact));
            assert_eq!(fact.name(), fact.to_string());
        }
    }
}
