//! What the public pages work with.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::signature_watch::SignatureWatch;
use super::webhook_metrics::WebhookMetrics;
use crate::clock::SharedClock;
use crate::domain::AccountName;
use crate::engine::intake::ingest::Ingest;
use crate::telnyx::signature::PublicKey;

/// How long a webhook's body may take: Telnyx gives the whole exchange two seconds.
pub(super) const BODY_TIMEOUT: Duration = Duration::from_secs(2);

/// How long after its body has arrived a webhook may wait for the commit of its event. Telnyx waits two seconds, and the
/// sender has to get its answer before that. An event that is committed later is safe: it is known when it is sent again.
pub(super) const COMMIT_TIMEOUT: Duration = Duration::from_millis(1300);

/// What the public pages work with.
#[derive(Debug)]
pub struct Public {
    pub(super) accounts: HashMap<AccountName, Account>,
    pub(super) unknown_noted: AtomicBool,
    pub(super) ingest: Ingest,
    pub(super) clock: SharedClock,
    pub(super) body_timeout: Duration,
    pub(super) tally: WebhookMetrics,
}

/// How webhooks of one account are verified.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) key: PublicKey,
    pub(super) watch: SignatureWatch,
}

impl Public {
    /// Pages for the accounts with these keys. Counters belong to the metrics recorder that is installed by now.
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

    /// The same with another bound on how long a body may take.
    #[must_use]
    pub fn with_body_timeout(mut self, body_timeout: Duration) -> Self {
        self.body_timeout = body_timeout;
        self
    }

    /// Logs once that somebody posts to a URL that is not served; each such webhook is counted as `unknown-account`. What
    /// the path says is anybody's text, and may hold a PIN: it is neither logged nor kept.
    pub(super) fn note_unknown(&self) {
        if !self.unknown_noted.swap(true, Ordering::Relaxed) {
            tracing::warn!("{}", self.unknown_told());
        }
    }

    /// What is logged of webhooks for unknown accounts: only names from the settings.
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
