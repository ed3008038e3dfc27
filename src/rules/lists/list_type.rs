//! What the entries of a list are.

use crate::domain::words::word_enum;
use crate::rules::diagnostics::code::Code;

word_enum! {
    /// The type of the entries of a list.
    pub(crate) enum ListType {
        /// Carriers' SPIDs.
        Spid,
        /// Phone numbers and their prefixes.
        Number,
        /// Text patterns.
        Text,
    }
}

impl ListType {
    /// The code of the finding for an entry that is not valid for this type.
    pub(crate) fn code_of_entries(self) -> Code {
        match self {
            Self::Spid => Code::InvalidSpid,
            Self::Number => Code::InvalidNumber,
            Self::Text => Code::InvalidPattern,
        }
    }
}
