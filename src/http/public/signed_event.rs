//! A webhook whose signature was verified.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{FromRequest, FromRequestParts as _, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::timeout;

use super::refusal::Refusal;
use super::state::{Account, COMMIT_TIMEOUT, Public};
use super::webhook_metrics::Oddities;
use crate::domain::{AccountName, EventKind};
use crate::engine::intake::ingest::{Incoming, NotKept};
use crate::telnyx::parse_webhook;
use crate::telnyx::signature::{SIGNATURE_HEADER, TIMESTAMP_HEADER, Verified};

/// The maximum size of a webhook, in bytes. Telnyx's documented webhooks have a few kilobytes at most.
const LARGEST_BODY: usize = 64 * 1024;

/// How much of a body that is too large is read and discarded, in bytes, so that its sender can read the response.
const MOST_DROPPED: usize = 1024 * 1024;

/// A webhook that is signed with the key of its account.
#[derive(Debug)]
pub(super) struct SignedEvent {
    incoming: Incoming,
    oddities: Oddities,
    started: Instant,
}

impl FromRequest<Arc<Public>> for SignedEvent {
    type Rejection = Refusal;

    async fn from_request(request: Request, public: &Arc<Public>) -> Result<Self, Refusal> {
        let started = Instant::now();
        let (mut parts, body) = request.into_parts();
        let name = account_name(&mut parts).await.ok_or(Refusal::UnknownAccount)?;
        let Some(account) = public.accounts.get(&name) else {
            public.note_unknown();
            return Err(Refusal::UnknownAccount);
        };
        let body = timeout(public.body_timeout, read(body))
            .await
            .map_err(|_| Refusal::TooSlow)??;
        let now = public.clock.now();
        let verified = verify(account, &parts.headers, &body, now)?;
        let event = parse_webhook(&body);
        let late = verified != Verified::OnTime;
        let oddities = Oddities {
            late,
            unparsable: event.kind == EventKind::Unparsable,
        };
        let mut incoming = Incoming::new(name, event, now);
        if late {
            incoming = incoming.signed_too_long_ago();
        }
        Ok(Self {
            incoming,
            oddities,
            started,
        })
    }
}

impl SignedEvent {
    /// Stores the event, and returns when it is committed or when its sender has to be answered.
    pub(super) async fn keep(self, public: &Public) -> Result<(), Refusal> {
        let receipt = public.ingest.submit(self.incoming)?;
        let novelty = timeout(COMMIT_TIMEOUT, receipt.kept())
            .await
            .unwrap_or(Err(NotKept::Away))?;
        public.tally.kept(novelty, self.oddities, self.started.elapsed());
        Ok(())
    }
}

/// Returns the account in the path, or the default account if the path contains none.
async fn account_name(parts: &mut Parts) -> Option<AccountName> {
    let params = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    match params.iter().next() {
        Some((_, name)) => name.parse().ok(),
        None => Some(AccountName::default_account()),
    }
}

async fn read(mut body: Body) -> Result<Bytes, Refusal> {
    if body.size_hint().lower() > LARGEST_BODY as u64 {
        drop_rest(body).await;
        return Err(Refusal::TooLarge);
    }
    match Limited::new(&mut body, LARGEST_BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            drop_rest(body).await;
            Err(Refusal::TooLarge)
        }
        Err(_) => Err(Refusal::Broken),
    }
}

/// Reads and discards a body, up to a limit.
pub(super) async fn drop_rest(mut body: Body) {
    let mut dropped = 0;
    while let Some(Ok(frame)) = body.frame().await {
        dropped += frame.data_ref().map_or(0, Bytes::len);
        if dropped > MOST_DROPPED {
            break;
        }
    }
}

fn verify(
    account: &Account,
    headers: &HeaderMap,
    body: &[u8],
    now: jiff::Timestamp,
) -> Result<Verified, Refusal> {
    let header = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    let (timestamp, signature) = (header(TIMESTAMP_HEADER), header(SIGNATURE_HEADER));
    match account.key.verify(timestamp, signature, body, now) {
        Ok(verified) => {
            account.watch.held(now);
            Ok(verified)
        }
        Err(error) => {
            account.watch.failed(now);
            Err(error.into())
        }
    }
}
