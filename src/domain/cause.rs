//! The causes of a rejection, neutral of the codes that Telnyx uses.

use strum::{AsRefStr, Display, EnumString, IntoEnumIterator, VariantNames};

/// The neutral ground of a rejection. A rule names one; when the answer is sent it becomes a code that Telnyx offers.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Display,
    AsRefStr,
    EnumString,
    VariantNames,
    strum::EnumIter,
    serde::Serialize,
    serde::Deserialize,
    strum::EnumMessage,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// No PIN was given although one is required.
    PinMissing,
    /// The PIN given is not the one on file.
    PinInvalid,
    /// No ZIP was given.
    ZipMissing,
    /// The ZIP given is not the one on file.
    ZipInvalid,
    /// No account number was given.
    AccountMissing,
    /// The account number given is not the one on file.
    AccountInvalid,
    /// A number of the order is not served by this account.
    NumberNotOurs,
    /// A number of the order is not active.
    NumberNotActive,
    /// The subscriber has locked a number of the order.
    NumberLocked,
    /// A number of the order cannot be ported.
    NotPortable,
    /// Another order for the number is under way.
    PendingOrder,
    /// The numbers belong to more than one account.
    MultiAccount,
    /// More numbers than one request may carry.
    TooManyNumbers,
    /// The owner says they did not ask for it.
    UnauthorizedByOwner,
    /// A letter of authorization is needed.
    LoaRequired,
    /// The date asked for is too near.
    DueDateTooShort,
    /// The date asked for is outside working hours.
    OutsideHours,
    /// The name differs.
    NameMismatch,
    /// The address differs.
    AddressMismatch,
    /// The person who signed is not authorized.
    AuthorizedPersonMismatch,
    /// Other customer information differs.
    CustomerInfoMismatch,
    /// Something else, told in the reason.
    Other,
    /// An unpaid bill.
    UnpaidBalance,
    /// A contract that still runs.
    ContractTerm,
    /// A fee for leaving early.
    EarlyTerminationFee,
    /// A carrier one would rather not lose numbers to.
    CarrierDisliked,
    /// A tax identifier.
    TaxId,
}

/// How safe a cause is to reject for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display, AsRefStr)]
#[strum(serialize_all = "kebab-case")]
pub enum CauseClass {
    /// A validation field of a simple port (47 CFR 52.36).
    Field,
    /// Something about the numbers themselves.
    Number,
    /// The customer's own word; Telnyx reviews the evidence.
    Customer,
    /// Delays, does not refuse.
    Schedule,
    /// A simple port may not be refused for it alone.
    Soft,
    /// Told in the reason.
    Other,
    /// Telnyx does not accept it and may then let the number go.
    Never,
}

impl Cause {
    /// Every cause, in the order the handbook lists them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// The class of the cause.
    #[must_use]
    pub fn class(self) -> CauseClass {
        match self {
            Self::PinMissing
            | Self::PinInvalid
            | Self::ZipMissing
            | Self::ZipInvalid
            | Self::AccountMissing
            | Self::AccountInvalid => CauseClass::Field,
            Self::NumberNotOurs
            | Self::NumberNotActive
            | Self::NumberLocked
            | Self::NotPortable
            | Self::PendingOrder
            | Self::MultiAccount
            | Self::TooManyNumbers => CauseClass::Number,
            Self::UnauthorizedByOwner | Self::LoaRequired => CauseClass::Customer,
            Self::DueDateTooShort | Self::OutsideHours => CauseClass::Schedule,
            Self::NameMismatch
            | Self::AddressMismatch
            | Self::AuthorizedPersonMismatch
            | Self::CustomerInfoMismatch => CauseClass::Soft,
            Self::Other => CauseClass::Other,
            Self::UnpaidBalance
            | Self::ContractTerm
            | Self::EarlyTerminationFee
            | Self::CarrierDisliked
            | Self::TaxId => CauseClass::Never,
        }
    }

    /// The code that is publicly known for this cause, if there is one (Telnyx port-out guide: 1001 other, 1002 PIN).
    #[must_use]
    pub fn known_code(self) -> Option<i64> {
        match self {
            Self::PinInvalid => Some(1002),
            Self::Other => Some(1001),
            _ => None,
        }
    }

    /// What the gaining carrier is told when the rule gives no reason of its own. Names the field, never the right value.
    #[must_use]
    pub fn standard_reason(self) -> &'static str {
        match self {
            Self::PinMissing => "The account PIN is required and was not given.",
            Self::PinInvalid => "The account PIN given does not match our records.",
            Self::ZipMissing => "The ZIP code is required and was not given.",
            Self::ZipInvalid => "The ZIP code given does not match our records.",
            Self::AccountMissing => "The account number is required and was not given.",
            Self::AccountInvalid => "The account number given does not match our records.",
            Self::NumberNotOurs => "A number of this request is not served by this account.",
            Self::NumberNotActive => "A number of this request is not active.",
            Self::NumberLocked => "The subscriber has placed a port-out lock on a number of this request.",
            Self::NotPortable => "A number of this request cannot be ported.",
            Self::PendingOrder => "Another order for a number of this request is under way.",
            Self::MultiAccount => "The numbers of this request belong to more than one account.",
            Self::TooManyNumbers => "This request carries more numbers than one request may.",
            Self::UnauthorizedByOwner => "The subscriber states that this port was not authorized.",
            Self::LoaRequired => "A valid letter of authorization is required.",
            Self::DueDateTooShort => "The date requested is too near.",
            Self::OutsideHours => "The date requested is outside working hours.",
            Self::NameMismatch => "The subscriber name given does not match our records.",
            Self::AddressMismatch => "The service address given does not match our records.",
            Self::AuthorizedPersonMismatch => {
                "The person who authorized this port is not authorized on the account."
            }
            Self::CustomerInfoMismatch => "The customer information given does not match our records.",
            Self::Other => "The request could not be verified.",
            Self::UnpaidBalance => "The account has an unpaid balance.",
            Self::ContractTerm => "The contract term has not ended.",
            Self::EarlyTerminationFee => "An early termination fee applies.",
            Self::CarrierDisliked => "Ports to this carrier are not accepted.",
            Self::TaxId => "The tax identifier given does not match our records.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_reads_back_from_its_own_word() {
        for cause in Cause::all() {
            assert_eq!(cause.to_string().parse(), Ok(cause));
        }
        assert_eq!(Cause::PinInvalid.to_string(), "pin-invalid");
    }

    #[test]
    fn a_standard_reason_fits_what_telnyx_takes() {
        for cause in Cause::all() {
            assert!(cause.standard_reason().len() <= 255, "{cause}");
        }
    }
}
