//! How webhooks go wrong.

use jiff::SignedDuration;

/// How webhooks go wrong, from the next one on. The default is: they do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookFaults {
    /// How often each is delivered.
    pub copies: Copies,
    /// In which order.
    pub sequence: Sequence,
    /// How they are signed.
    pub signature: SignatureMade,
    /// Added to the time that is signed; negative for one that comes late.
    pub timestamp_off_by: SignedDuration,
}

/// How often each webhook is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Copies {
    /// Never: they are lost on the way.
    Lost,
    /// So many times, at the same moment, with one event id.
    Of(u32),
}

/// The order in which webhooks are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sequence {
    /// Each as soon as it is there, several at once.
    #[default]
    AsItComes,
    /// Held back until there are so many, then one after the other, the last first.
    Reversed {
        /// How many make a batch.
        of: usize,
    },
}

/// How webhooks are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureMade {
    /// By the account's key.
    #[default]
    Rightly,
    /// With bytes that verify under no key.
    Wrongly,
    /// Not at all: the headers are missing.
    NotAtAll,
}

impl Default for Copies {
    fn default() -> Self {
        Self::Of(1)
    }
}

impl WebhookFaults {
    /// None arrives.
    #[must_use]
    pub fn lose_all() -> Self {
        Self {
            copies: Copies::Lost,
            ..Self::default()
        }
    }

    /// Each arrives twice.
    #[must_use]
    pub fn duplicate_each() -> Self {
        Self {
            copies: Copies::Of(2),
            ..Self::default()
        }
    }

    /// They arrive in batches of this size, the last first.
    #[must_use]
    pub fn reverse(of: usize) -> Self {
        Self {
            sequence: Sequence::Reversed { of },
            ..Self::default()
        }
    }

    /// Each arrives with a signature that does not verify.
    #[must_use]
    pub fn sign_wrongly() -> Self {
        Self {
            signature: SignatureMade::Wrongly,
            ..Self::default()
        }
    }

    /// Each arrives signed with a time so far in the past.
    #[must_use]
    pub fn sign_late_by(span: SignedDuration) -> Self {
        Self {
            timestamp_off_by: -span,
            ..Self::default()
        }
    }
}
