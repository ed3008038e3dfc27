//! The causes of a rejection, neutral of the codes that Telnyx uses.

use strum::{AsRefStr, Display};

use super::words::{Word, word_enum};

word_enum! {
    /// The cause of a rejection in our own terms. It is translated to a code that Telnyx offers when the rejection is sent.
    pub enum Cause {
        /// No PIN was given, although one is required.
        PinMissing,
        /// The given PIN does not match the PIN on file.
        PinInvalid,
        /// No ZIP code was given.
        ZipMissing,
        /// The given ZIP code does not match the ZIP code on file.
        ZipInvalid,
        /// No account number was given.
        AccountMissing,
        /// The given account number does not match the one on file.
        AccountInvalid,
        /// A number of the order is not served by this account.
        NumberNotOurs,
        /// A number of the order is not active.
        NumberNotActive,
        /// The subscriber has locked a number of the order.
        NumberLocked,
        /// A number of the order cannot be ported.
        NotPortable,
        /// Another order for the number is in progress.
        PendingOrder,
        /// The numbers belong to more than one account.
        MultiAccount,
        /// The request contains more numbers than allowed.
        TooManyNumbers,
        /// The owner says that they did not request the port.
        UnauthorizedByOwner,
        /// A letter of authorization is required.
        LoaRequired,
        /// The requested date is too soon.
        DueDateTooShort,
        /// The requested time is outside business hours.
        OutsideHours,
        /// The name does not match.
        NameMismatch,
        /// The address does not match.
        AddressMismatch,
        /// The person who signed is not authorized.
        AuthorizedPersonMismatch,
        /// Other customer information does not match.
        CustomerInfoMismatch,
        /// Something else, explained in the reason.
        Other,
        /// An unpaid bill.
        UnpaidBalance,
        /// A contract term that has not ended.
        ContractTerm,
        /// An early termination fee.
        EarlyTerminationFee,
        /// An unwanted carrier.
        CarrierDisliked,
        /// A tax ID.
        TaxId,
    }
}

/// How likely Telnyx is to accept a rejection with a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display, AsRefStr)]
#[strum(serialize_all = "kebab-case")]
pub enum CauseClass {
    /// A validation field of a simple port (47 CFR 52.36).
    Field,
    /// Something about the numbers themselves.
    Number,
    /// The customer's statement; Telnyx reviews the evidence.
    Customer,
    /// Delays the port, but does not refuse it.
    Schedule,
    /// Not sufficient alone to refuse a simple port.
    Soft,
    /// Explained in the reason.
    Other,
    /// Not accepted by Telnyx, which may authorize the order anyway.
    Never,
}

impl Cause {
    /// Every cause, in the order of the handbook.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied()
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

    /// The text for the gaining carrier if the rule has no reason. Names the field, never the correct value.
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
            Self::PendingOrder => "Another order for a number of this request is in progress.",
            Self::MultiAccount => "The numbers of this request belong to more than one account.",
            Self::TooManyNumbers => "This request has more numbers than one request may have.",
            Self::UnauthorizedByOwner => "The subscriber states that this port was not authorized.",
            Self::LoaRequired => "A valid letter of authorization is required.",
            Self::DueDateTooShort => "The requested date is too soon.",
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
