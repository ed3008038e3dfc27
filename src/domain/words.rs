//! Enums of words: declared in one place with all that reads, writes, lists and explains their words.

use std::str::FromStr;

/// One of a fixed set of words, such as `none-on-file`. Implemented by [`word_enum`].
pub(crate) trait Word: Copy + FromStr + 'static {
    /// Every value, in the order of the declaration.
    const ALL: &'static [Self];
    /// Every word, in the same order.
    const WORDS: &'static [&'static str];

    /// The word.
    fn as_str(self) -> &'static str;

    /// What the word means: the first paragraph of its documentation.
    fn meaning(self) -> Option<&'static str>;
}

/// Declares an enum whose variants are words in kebab case: `NoneOnFile` is `none-on-file` in rule files, settings, JSON
/// and the database. Serde goes through the same words, so that no second spelling can arise.
///
/// A macro over strum's derives rather than a derive of our own: it is 40 lines, needs no crate for procedural macros,
/// and strum already converts the case.
macro_rules! word_enum {
    (
        $(#[$about:meta])*
        $visibility:vis enum $name:ident { $( $(#[$meaning:meta])* $word:ident, )+ }
    ) => {
        $(#[$about])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
            strum::AsRefStr, strum::Display, strum::EnumMessage, strum::EnumString, strum::IntoStaticStr,
            strum::VariantNames,
        )]
        #[strum(serialize_all = "kebab-case")]
        $visibility enum $name { $( $(#[$meaning])* $word, )+ }

        impl $crate::domain::words::Word for $name {
            const ALL: &'static [Self] = &[$(Self::$word),+];
            const WORDS: &'static [&'static str] = <Self as strum::VariantNames>::VARIANTS;

            fn as_str(self) -> &'static str {
                self.into()
            }

            fn meaning(self) -> Option<&'static str> {
                strum::EnumMessage::get_documentation(&self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_ref())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                let words = <Self as $crate::domain::words::Word>::WORDS;
                text.parse().map_err(|_| serde::de::Error::unknown_variant(&text, words))
            }
        }
    };
}

pub(crate) use word_enum;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Action, AnswerState, Cause, DecidedBy, EpisodeState, EventKind, EventSource, IdentityCheck, Mode,
        Outcome, RuleSetMove, Target,
    };

    /// Every way to write and read a word gives the same word back.
    fn agrees<T>()
    where
        T: Word
            + std::fmt::Display
            + std::fmt::Debug
            + PartialEq
            + serde::Serialize
            + serde::de::DeserializeOwned,
        T::Err: std::fmt::Debug + PartialEq,
    {
        assert_eq!(T::ALL.len(), T::WORDS.len());
        for (value, word) in T::ALL.iter().zip(T::WORDS) {
            assert_eq!(value.as_str(), *word);
            assert_eq!(value.to_string(), *word);
            assert_eq!(word.parse::<T>().unwrap(), *value);
            assert_eq!(serde_json::to_value(value).unwrap(), *word);
            assert_eq!(serde_json::from_value::<T>((*word).into()).unwrap(), *value);
            assert!(value.meaning().is_some(), "{word} has no documentation");
        }
    }

    #[test]
    fn text_json_and_lists_agree_on_every_word() {
        agrees::<Action>();
        agrees::<AnswerState>();
        agrees::<Cause>();
        agrees::<DecidedBy>();
        agrees::<EpisodeState>();
        agrees::<EventKind>();
        agrees::<EventSource>();
        agrees::<IdentityCheck>();
        agrees::<Mode>();
        agrees::<Outcome>();
        agrees::<RuleSetMove>();
        agrees::<Target>();
    }

    #[test]
    fn an_unknown_word_is_refused_with_the_known_ones() {
        let refused = serde_json::from_str::<Mode>("\"Shadow\"")
            .unwrap_err()
            .to_string();
        assert!(
            refused.starts_with("unknown variant `Shadow`, expected `shadow` or `enforce`"),
            "{refused}"
        );
    }
}
