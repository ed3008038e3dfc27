//! What the public pages depend on.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::signature_watch::SignatureWatch;
use super::webhook_metrics::WebhookMetrics;
use crate::clock::SharedClock;
use crate::domain::AccountName;
use crate::engine::intake::ingest::Ingest;
use crate::telnyx::signature::PublicKey;

/// How long a webhook's body may take. Telnyx allows two seconds for the complete exchange.
pub(super) const BODY_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a webhook may wait for the commit of its event after its body has arrived. Telnyx waits two seconds, and
/// the sender has to receive the response before that. An event that is committed later is safe: it is recognized when
/// it is sent again.
pub(super) const COMMIT_TIMEOUT: Duration = Duration::from_millis(1300);

/// What the public pages depend on.
#[derive(Debug)]
pub struct Public {
    pub(super) accounts: HashMap<AccountName, Account>,
    pub(super) unknown_noted: AtomicBool,
    pub(super) ingest: Ingest,
    pub(super) clock: SharedClock,
    pub(super) body_timeout: Duration,
    pub(super) tally: WebhookMetrics,
}

/// How the webhooks of one account are verified.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) key: PublicKey,
    pub(super) watch: SignatureWatch,
}

impl Public {
    /// Creates pages for the accounts with these keys. The counters register with the metrics recorder that is
    /// installed when this is called.
    #[must_use]
    pub fn new(
        keys: impl IntoIterator<Item = (AccountName, PublicKey)>,
        ingest: Ingest,
        clock: SharedClock,
    ) -> Self {
        let accounts = keys.into_iter().map(|(name, key)| {
            let watch = SignatureWatch::new(&name);
            (name, Account { key, watch })
        });
        Self {
            accounts: accounts.collect(),
            unknown_noted: AtomicBool::new(false),
            ingest,
            clock,
            body_timeout: BODY_TIMEOUT,
            tally: WebhookMetrics::new(),
        }
    }

    /// Sets how long a body may take.
    #[must_use]
    pub fn with_body_timeout(mut self, body_timeout: Duration) -> Self {
        self.body_timeout = body_timeout;
        self
    }

    /// Logs once that a webhook arrived for an account that is not configured. Each such webhook is counted as
    /// `unknown-account`. Anybody can choose the text of the path, and it may contain a PIN, so it is neither logged
    /// nor stored.
    pub(super) fn note_unknown(&self) {
        if !self.unknown_noted.swap(true, Ordering::Relaxed) {
            tracing::warn!("{}", self.unknown_told());
        }
    }

    /// Returns what is logged about webhooks for unknown accounts. It contains only names from the settings.
    pub(super) fn unknown_told(&self) -> String {
        let mut names: Vec<String> = self.accounts.keys().map(|name| format!("`{name}`")).collect();
        names.sort();
        format!(
            "Received a webhook for an account that is not configured and answered it with 404; the configured accounts are \
             {}. Check the webhook URLs at Telnyx. Further ones are only counted, in `portoutd_webhooks_total`",
            names.join(", ")
        )
    }
}
