//! The faults of webhooks.

use jiff::SignedDuration;

/// The faults of webhooks from the next one on. By default there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookFaults {
    /// How many times each is delivered.
    pub copies: Copies,
    /// The order of delivery.
    pub sequence: Sequence,
    /// The kind of signature.
    pub signature: SignatureMade,
    /// Added to the signed time. Negative for a late one.
    pub timestamp_off_by: SignedDuration,
}

/// How many times each webhook is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Copies {
    /// Never: it is lost.
    Lost,
    /// This many times, at the same moment, with the same event ID.
    Of(u32),
}

/// The order in which webhooks are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sequence {
    /// Immediately, several concurrently.
    #[default]
    AsItComes,
    /// Held back until the batch is complete, then one after another in reverse order.
    Reversed {
        /// The size of a batch.
        of: usize,
    },
}

/// How webhooks are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureMade {
    /// With the account's key.
    #[default]
    Rightly,
    /// With bytes that no key verifies.
    Wrongly,
    /// Not signed: the headers are missing.
    NotAtAll,
}

impl Default for Copies {
    fn default() -> Self {
        Self::Of(1)
    }
}

impl WebhookFaults {
    /// Loses every webhook.
    #[must_use]
    pub fn lose_all() -> Self {
        Self {
            copies: Copies::Lost,
            ..Self::default()
        }
    }

    /// Delivers every webhook twice.
    #[must_use]
    pub fn duplicate_each() -> Self {
        Self {
            copies: Copies::Of(2),
            ..Self::default()
        }
    }

    /// Delivers webhooks in batches of this size, in reverse order.
    #[must_use]
    pub fn reverse(of: usize) -> Self {
        Self {
            sequence: Sequence::Reversed { of },
            ..Self::default()
        }
    }

    /// Signs every webhook with an invalid signature.
    #[must_use]
    pub fn sign_wrongly() -> Self {
        Self {
            signature: SignatureMade::Wrongly,
            ..Self::default()
        }
    }

    /// Signs every webhook with a time this far in the past.
    #[must_use]
    pub fn sign_late_by(span: SignedDuration) -> Self {
        Self {
            timestamp_off_by: -span,
            ..Self::default()
        }
    }
}
