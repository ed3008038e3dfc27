//! The facts that rules can test.

use super::field::{FactWords, Field, Slot};
use crate::domain::words::word_enum;
use FactWords::{Amount, Claims, Noun};

/// Declares the facts, a row each: what it is, its names here and in rules, the type and place of its value, and how it
/// is called in a sentence. All that reads, writes, describes or speaks of a fact goes by its row.
macro_rules! facts {
    ($( $(#[$about:meta])+ $fact:ident $name:literal $kind:ident($place:ident) $words:expr; )+) => {
        /// A value that a rule can test, with the name that admins write.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
            strum::Display, strum::AsRefStr, strum::EnumString, strum::EnumMessage,
        )]
        pub enum Fact { $( $(#[$about])+ #[strum(serialize = $name)] $fact, )+ }

        impl Fact {
            const ALL: &[Self] = &[$(Self::$fact),+];
            /// The names as rules and requests write them, in the order of the handbook.
            pub(crate) const NAMES: &[&str] = &[$($name),+];

            /// The type and place of its value.
            pub(crate) fn field(self) -> Field {
                match self {
                    $(Self::$fact => Field::$kind(Slot {
                        of: |facts| &facts.$place,
                        within: |facts| &mut facts.$place,
                    }),)+
                }
            }

            /// How it is called in a sentence.
            pub(crate) fn words(self) -> FactWords {
                match self { $(Self::$fact => $words,)+ }
            }
        }
    };
}

facts! {
    /// The gaining carrier's SPID, from the order.
    CarrierSpid "carrier.spid" Spid(carrier_spid) Noun("the carrier's SPID");
    /// The gaining carrier's name, from the order.
    CarrierName "carrier.name" Text(carrier_name) Noun("the carrier's name");
    /// The number of this carrier's orders in the last 24 hours, from the order history.
    CarrierRequests24h "carrier.requests_24h" Count(carrier_requests_24h)
        Amount("the carrier made {} in the last 24 hours", "request");
    /// Whether an earlier order came from this carrier, from the order history.
    CarrierSeen "carrier.seen" Flag(carrier_seen)
        Claims("the carrier has been seen before", "the carrier has never been seen before");
    /// The requested numbers, from the order.
    PhoneNumbers "phone_numbers" Numbers(phone_numbers) Noun("number");
    /// The number of requested numbers; derived from `phone_numbers` if it is not given.
    NumbersCount "numbers.count" Count(numbers_count) Amount("the order has {}", "number");
    /// The countries of the numbers; derived from `phone_numbers` if it is not given.
    NumbersCountry "numbers.country" Countries(numbers_country) Noun("every number's country");
    /// Whether all, some or none of the numbers are in the register.
    NumbersOurs "numbers.ours" Ours(numbers_ours) Noun("of the numbers are ours");
    /// Whether any of the numbers is locked in the register.
    NumbersFrozen "numbers.frozen" Flag(numbers_frozen)
        Claims("a number is locked in the register", "no number is locked in the register");
    /// The tags of the numbers in the register.
    NumbersTags "numbers.tags" Tags(numbers_tags) Noun("a number");
    /// The number of wrong PINs in the last 24 hours, the highest among the numbers, from the order history.
    NumbersWrongPins24h "numbers.wrong_pins_24h" Count(numbers_wrong_pins_24h)
        Amount("one of the numbers had {} in the last 24 hours", "wrong PIN");
    /// Whether another carrier has an open order for one of the numbers, from the order history.
    NumbersOtherPending "numbers.other_pending" Flag(numbers_other_pending)
        Claims("another carrier has an open order for a number", "no other carrier has an open order for a number");
    /// The result of comparing the PIN in the event with the register.
    Pin "pin" Check(pin) Noun("PIN");
    /// The result of comparing the ZIP code of the order with the register.
    Zip "zip" Check(zip) Noun("ZIP code");
    /// The result of comparing the name in the order with the register.
    Name "name" Check(name) Noun("name");
    /// The result of comparing the address in the order with the register.
    Address "address" Check(address) Noun("address");
    /// The country of the billing address, from the order.
    Country "country" Text(country) Noun("the country");
    /// The state of the billing address, from the order.
    State "state" Text(state) Noun("the state");
    /// The city of the billing address, from the order.
    City "city" Text(city) Noun("the city");
    /// The subscriber's name as the gaining carrier gave it, from the order.
    EndUser "end_user" Text(end_user) Noun("the end user");
    /// The gaining carrier's purchase order number (PON), from the order.
    Pon "pon" Text(pon) Noun("the PON");
    /// The vendor of the order as Telnyx names it, from the order.
    Vendor "vendor" Text(vendor) Noun("the vendor");
    /// The requested FOC date, from the order.
    RequestedFoc "requested_foc" Instant(requested_foc) Noun("the requested FOC date");
    /// The time until the requested FOC date; derived from `requested_foc` and the current time if it is not given.
    FocIn "foc_in" Span(foc_in) Noun("the requested FOC date");
    /// The number of rejections of this order that bounced, from the order history.
    TimesRejected "times_rejected" Count(times_rejected) Amount("{} of this order bounced", "rejection");
    /// Whether it is Monday to Friday, 08:00 to 17:00; derived from the current time and `timezone` if it is not given.
    BusinessHours "business_hours" Flag(business_hours)
        Claims("it is within business hours", "it is outside business hours");
    /// Whether all the numbers are in one of our port-in orders, from Telnyx's porting orders.
    OwnPortIn "own_port_in" Flag(own_port_in)
        Claims("the numbers are in one of our port-in orders", "the numbers are in none of our port-in orders");
}

impl Fact {
    /// Every fact, in the order of the handbook.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied()
    }

    /// Whether its value can be any text, so that no word is reserved.
    pub(crate) fn is_free_text(self) -> bool {
        matches!(
            self.field(),
            Field::Spid(_) | Field::Text(_) | Field::Numbers(_) | Field::Tags(_)
        )
    }

    /// What it is, as the handbook and the schema say it.
    pub(crate) fn about(self) -> &'static str {
        strum::EnumMessage::get_documentation(&self).unwrap_or_default()
    }

    /// The name as rules and requests write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.get(self as usize).copied().unwrap_or_default()
    }
}

impl serde::Serialize for Fact {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

word_enum! {
    /// How many of an order's numbers are in the register.
    pub enum Ours {
        /// All of the numbers.
        All,
        /// At least one of the numbers, but not all.
        Some,
        /// None of the numbers.
        None,
    }
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
