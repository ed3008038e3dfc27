//! One entry of a list or a condition: the only reader of what people write there, and its only normal form.

use super::invalid_entry::{self, InvalidEntry};
use super::list_type::ListType;
use super::number_list::Prefix;
use crate::domain::{PhoneNumber, Spid};
use crate::rules::values::text_pattern::TextPattern;

/// An entry of a list or a condition, however it was typed.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    /// A carrier's SPID.
    Spid(Spid),
    /// A whole number.
    Number(PhoneNumber),
    /// The first digits of numbers.
    Prefix(Prefix),
    /// A text or a pattern of texts.
    Text(TextPattern),
}

impl Entry {
    /// Reads an entry of a type.
    ///
    /// # Errors
    /// The text is not an entry of this type.
    pub(crate) fn read(text: &str, kind: ListType) -> Result<Self, InvalidEntry> {
        match kind {
            ListType::Spid => text
                .parse()
                .map(Self::Spid)
                .map_err(|_| invalid_entry::spid(text)),
            ListType::Number => Self::number(text).ok_or_else(|| invalid_entry::number(text)),
            ListType::Text => TextPattern::read(text)
                .map(Self::Text)
                .map_err(|why| invalid_entry::pattern(text, &why)),
        }
    }

    fn number(text: &str) -> Option<Self> {
        if text.trim().ends_with('*') {
            Prefix::read(text).map(Self::Prefix)
        } else {
            text.parse().ok().map(Self::Number)
        }
    }

    /// The entry in its normal form, which is equal for two spellings of one entry and for no others of its type.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Spid(spid) => spid.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Prefix(prefix) => prefix.written(),
            Self::Text(pattern) => pattern.written(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_an_entry_have_one_key_and_two_entries_have_two() {
        use ListType::{Number, Spid, Text};
        let key = |text: &str, kind| Entry::read(text, kind).unwrap().key();
        for (kind, one, other, key_of_both) in [
            (Spid, " 073h ", "073H", "073H"),
            (Number, "+1 (312) 555-0100", "3125550100", "+13125550100"),
            (Number, " +1 (312)* ", "+1312*", "+1312*"),
            (Text, " Smith &amp; SONS", "smith & sons", "smith & sons"),
            (Text, "ON*", "on*", "on*"),
            (Text, " /on(voy|ix)/ ", "/on(voy|ix)/", "/on(voy|ix)/"),
        ] {
            assert_eq!([key(one, kind), key(other, kind)], [key_of_both; 2], "{one}");
        }
        assert_ne!(key("+1312*", Number), key("+13125550100", Number));
        assert_ne!(key("on*", Text), key("/on.*/", Text));
    }
}
