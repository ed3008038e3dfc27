//! The facts that rules can test.

use strum::{AsRefStr, Display, EnumIter, EnumString, IntoEnumIterator, VariantNames};

/// A value that a rule can test, with the name that admins write.
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
    /// The number of this carrier's orders in the last 24 hours, from the order history.
    #[strum(serialize = "carrier.requests_24h")]
    CarrierRequests24h,
    /// Whether an earlier order came from this carrier, from the order history.
    #[strum(serialize = "carrier.seen")]
    CarrierSeen,
    /// The requested numbers, from the order.
    #[strum(serialize = "phone_numbers")]
    PhoneNumbers,
    /// The number of requested numbers; derived from `phone_numbers` if it is not given.
    #[strum(serialize = "numbers.count")]
    NumbersCount,
    /// The countries of the numbers; derived from `phone_numbers` if it is not given.
    #[strum(serialize = "numbers.country")]
    NumbersCountry,
    /// Whether all, some or none of the numbers are in the register.
    #[strum(serialize = "numbers.ours")]
    NumbersOurs,
    /// Whether any of the numbers is locked in the register.
    #[strum(serialize = "numbers.frozen")]
    NumbersFrozen,
    /// The tags of the numbers in the register.
    #[strum(serialize = "numbers.tags")]
    NumbersTags,
    /// The number of wrong PINs in the last 24 hours, the highest among the numbers, from the order history.
    #[strum(serialize = "numbers.wrong_pins_24h")]
    NumbersWrongPins24h,
    /// Whether another carrier has an open order for one of the numbers, from the order history.
    #[strum(serialize = "numbers.other_pending")]
    NumbersOtherPending,
    /// The result of comparing the PIN in the event with the register.
    #[strum(serialize = "pin")]
    Pin,
    /// The result of comparing the ZIP code of the order with the register.
    #[strum(serialize = "zip")]
    Zip,
    /// The result of comparing the name in the order with the register.
    #[strum(serialize = "name")]
    Name,
    /// The result of comparing the address in the order with the register.
    #[strum(serialize = "address")]
    Address,
    /// The country of the billing address, from the order.
    #[strum(serialize = "country")]
    Country,
    /// The state of the billing address, from the order.
    #[strum(serialize = "state")]
    State,
    /// The city of the billing address, from the order.
    #[strum(serialize = "city")]
    City,
    /// The subscriber's name as the gaining carrier gave it, from the order.
    #[strum(serialize = "end_user")]
    EndUser,
    /// The gaining carrier's purchase order number (PON), from the order.
    #[strum(serialize = "pon")]
    Pon,
    /// The vendor of the order as Telnyx names it, from the order.
    #[strum(serialize = "vendor")]
    Vendor,
    /// The requested FOC date, from the order.
    #[strum(serialize = "requested_foc")]
    RequestedFoc,
    /// The time until the requested FOC date; derived from `requested_foc` and the current time if it is not given.
    #[strum(serialize = "foc_in")]
    FocIn,
    /// The number of rejections of this order that bounced, from the order history.
    #[strum(serialize = "times_rejected")]
    TimesRejected,
    /// Whether it is Monday to Friday, 08:00 to 17:00; derived from the current time and `timezone` if it is not given.
    #[strum(serialize = "business_hours")]
    BusinessHours,
    /// Whether all the numbers are in one of our port-in orders, from Telnyx's porting orders.
    #[strum(serialize = "own_port_in")]
    OwnPortIn,
}

impl Fact {
    /// Every fact, in the order of the handbook.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// Whether its value can be any text, so that no word is reserved.
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

/// How many of an order's numbers are in the register.
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
    /// All of the numbers.
    All,
    /// At least one of the numbers, but not all.
    Some,
    /// None of the numbers.
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
