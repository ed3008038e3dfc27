//! The public listener's pages: `POST /webhooks/telnyx` for the default account, `POST /webhooks/telnyx/{account}` for any.
//!
//! | answer | when |
//! |---|---|
//! | 200 | the event is committed, or was before; unparsable and late ones too, for their signature is good |
//! | 401 | the signature is missing, malformed or wrong |
//! | 404 | no such account, or no such page |
//! | 405 | not a POST |
//! | 408 | the body did not arrive in time |
//! | 413 | the body is larger than 64 KiB |
//! | 503 with `Retry-After` | trouble of ours: too much waits, the database is away or refuses the event, we are starting or stopping |
//!
//! Once the body has arrived, the answer comes within 1.5 seconds whatever the database does.
//!
//! INVARIANT: 200 is answered only after the commit.

mod refusal;
mod signature_watch;
mod signed_event;
mod starting;
mod tally;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use super::answer;
use crate::clock::SharedClock;
use crate::domain::AccountName;
use crate::engine::intake::ingest::Ingest;
use crate::telnyx::signature::PublicKey;
use refusal::Refusal;
use signature_watch::SignatureWatch;
use signed_event::SignedEvent;
pub use starting::starting_pages;
use tally::Tally;

/// How long a webhook's body may take: Telnyx gives the whole exchange two seconds.
const BODY_TIMEOUT: Duration = Duration::from_secs(2);

/// How long after its body has arrived a webhook may wait for the commit of its event. Telnyx waits two seconds, and the
/// sender has to get its answer before that. An event that is committed later is safe: it is known when it is sent again.
const COMMIT_TIMEOUT: Duration = Duration::from_millis(1300);

/// What the public pages work with.
#[derive(Debug)]
pub struct Public {
    accounts: HashMap<AccountName, Account>,
    unknown_noted: AtomicBool,
    ingest: Ingest,
    clock: SharedClock,
    body_timeout: Duration,
    tally: Tally,
}

/// How webhooks of one account are verified.
#[derive(Debug)]
struct Account {
    key: PublicKey,
    watch: SignatureWatch,
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
            tally: Tally::new(),
        }
    }

    /// The same with another bound on how long a body may take.
    #[must_use]
    pub fn with_body_timeout(mut self, body_timeout: Duration) -> Self {
        self.body_timeout = body_timeout;
        self
    }

    /// The pages, to be served by a listener.
    pub fn router(self) -> Router {
        Router::new()
            .route("/webhooks/telnyx", post(receive))
            .route("/webhooks/telnyx/{account}", post(receive))
            .method_not_allowed_fallback(not_a_post)
            .fallback(no_such_page)
            .with_state(Arc::new(self))
    }

    /// Logs once that somebody posts to a URL that is not served; each such webhook is counted as `unknown-account`. What
    /// the path says is anybody's text, and may hold a PIN: it is neither logged nor kept.
    fn note_unknown(&self) {
        if !self.unknown_noted.swap(true, Ordering::Relaxed) {
            tracing::warn!("{}", self.unknown_told());
        }
    }

    /// What is logged of webhooks for unknown accounts: only names from the settings.
    fn unknown_told(&self) -> String {
        let mut names: Vec<String> = self.accounts.keys().map(|name| format!("`{name}`")).collect();
        names.sort();
        format!(
            "A webhook came for an account that is not configured; it was answered with 404. Configured are {}. Check the \
             webhook URLs at Telnyx. Later ones are only counted, in `portoutd_webhooks_total`.",
            names.join(", ")
        )
    }
}

async fn receive(State(public): State<Arc<Public>>, signed: Result<SignedEvent, Refusal>) -> Response {
    let kept = match signed {
        Ok(signed) => signed.keep(&public).await,
        Err(refusal) => Err(refusal),
    };
    match kept {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refusal) => {
            public.tally.refused(&refusal);
            refusal.into_response()
        }
    }
}

async fn not_a_post() -> Response {
    answer::problem(
        StatusCode::METHOD_NOT_ALLOWED,
        "not-a-post",
        "webhooks are posted",
    )
}

async fn no_such_page() -> Response {
    answer::problem(
        StatusCode::NOT_FOUND,
        "no-such-page",
        "webhooks go to /webhooks/telnyx",
    )
}
