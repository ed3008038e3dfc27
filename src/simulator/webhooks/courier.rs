//! Delivers webhooks, with retries.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::faults::{SignatureMade, WebhookFaults};
use super::outgoing::Outgoing;
use super::record::{AttemptEnd, AttemptRecord, DeliveryAttempt, DeliveryState};
use crate::simulator::Shared;
use crate::simulator::assumptions::{Assumptions, DeliveredAgain, SignatureOfARetry};
use crate::simulator::moves::later;

/// The maximum stored length of a receiver's response.
const KEPT_OF_ANSWER: usize = 1024;

/// Takes webhooks from the outbox and posts them, several concurrently, until the simulator stops.
pub(in crate::simulator) async fn run(shared: Arc<Shared>, tracker: TaskTracker, stop: CancellationToken) {
    let lanes = shared.look(|world, _| world.assumptions.concurrent_deliveries.max(1));
    let lanes = Arc::new(Semaphore::new(lanes));
    let mut changed = shared.changes();
    loop {
        changed.borrow_and_update();
        for batch in shared.look(|world, _| std::mem::take(&mut world.outbox)) {
            let delivery = deliver_in_turn(Arc::clone(&shared), Arc::clone(&lanes), batch);
            let stop = stop.clone();
            tracker.spawn(async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = delivery => {}
                }
            });
        }
        tokio::select! {
            () = stop.cancelled() => return,
            _ = changed.changed() => {}
        }
    }
}

async fn deliver_in_turn(shared: Arc<Shared>, lanes: Arc<Semaphore>, batch: Vec<Outgoing>) {
    for outgoing in batch {
        deliver(&shared, &lanes, outgoing).await;
    }
}

/// Tries until the receiver accepts it or the schedule ends.
async fn deliver(shared: &Shared, lanes: &Semaphore, outgoing: Outgoing) {
    let first_signed_at = shared.signature_time();
    let mut number = 1;
    loop {
        // The semaphore is never closed. Without a lane the delivery ends with the simulator.
        let Ok(lane) = lanes.acquire().await else { return };
        let attempt = try_once(shared, &outgoing, number, first_signed_at).await;
        drop(lane);
        let again_at = shared.change(|world, now| {
            let wait = next_wait(&attempt.seen, &world.assumptions);
            if attempt.seen.end.is_success() {
                world.mark_delivered(outgoing.record, attempt.seen.finished_at);
            }
            if let Some(record) = world.deliveries.get_mut(outgoing.record) {
                record.state = state_after(&attempt.seen.end, wait);
                record.attempts.push(attempt);
            }
            wait.map(|wait| later(now, wait))
        });
        match again_at {
            Some(again_at) => shared.clock().sleep_until(again_at).await,
            None => return,
        }
        number += 1;
    }
}

async fn try_once(
    shared: &Shared,
    outgoing: &Outgoing,
    number: u32,
    first_signed_at: Timestamp,
) -> AttemptRecord {
    let (faults, retry, timeout) = shared.change(|world, _| {
        if let Some(record) = world.deliveries.get_mut(outgoing.record) {
            record.state = DeliveryState::UnderWay;
        }
        let assumed = &world.assumptions;
        (
            world.webhook_faults,
            assumed.signature_of_a_retry,
            assumed.delivery_timeout,
        )
    });
    let signed_at = match retry {
        SignatureOfARetry::Anew => shared.signature_time(),
        SignatureOfARetry::TimeOfTheFirst => first_signed_at,
    };
    let body = json!({
        "data": outgoing.data,
        "meta": { "attempt": number, "delivered_to": outgoing.url },
    });
    let started_at = shared.clock().now();
    let body = body.to_string().into_bytes();
    let (end, response_body) = send(shared, &outgoing.url, body, signed_at, faults, timeout).await;
    let finished_at = shared.clock().now();
    log(&outgoing.data, number, &end);
    AttemptRecord {
        seen: DeliveryAttempt {
            number,
            started_at,
            finished_at,
            end,
        },
        response_body,
    }
}

/// Signs arbitrary bytes and posts them once to the account's webhook URL. The delivery is not recorded.
pub(in crate::simulator) async fn deliver_raw(shared: &Shared, body: Vec<u8>) -> AttemptEnd {
    let (url, faults, timeout) = shared.look(|world, _| {
        let timeout = world.assumptions.delivery_timeout;
        (world.webhook_url.clone(), world.webhook_faults, timeout)
    });
    match url {
        Some(url) => {
            send(shared, &url, body, shared.signature_time(), faults, timeout)
                .await
                .0
        }
        None => AttemptEnd::NotAnswered("no webhook URL is set".to_owned()),
    }
}

/// Signs and posts a body once.
async fn send(
    shared: &Shared,
    url: &str,
    body: Vec<u8>,
    signed_at: Timestamp,
    faults: WebhookFaults,
    timeout: Duration,
) -> (AttemptEnd, String) {
    let signed_at = signed_at
        .saturating_add(faults.timestamp_off_by)
        .unwrap_or(signed_at);
    let signed = shared.keys().sign(signed_at, &body);
    let signed = match faults.signature {
        SignatureMade::Rightly => Some(signed),
        SignatureMade::Wrongly => Some(signed.spoiled()),
        SignatureMade::NotAtAll => None,
    };
    let mut request = shared.client().post(url).timeout(timeout).body(body);
    request = request
        .header("content-type", "application/json")
        .header("user-agent", "telnyx-webhooks");
    if let Some(signed) = signed {
        request = request
            .header("telnyx-timestamp", signed.timestamp)
            .header("telnyx-signature-ed25519", signed.signature);
    }
    match request.send().await {
        Ok(answer) => {
            let status = answer.status().as_u16();
            (AttemptEnd::Answered(status), start_of_body(answer).await)
        }
        Err(error) => (AttemptEnd::NotAnswered(innermost(&error)), String::new()),
    }
}

async fn start_of_body(mut answer: reqwest::Response) -> String {
    let mut kept = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        kept.extend_from_slice(&chunk);
        if kept.len() >= KEPT_OF_ANSWER {
            break;
        }
    }
    kept.truncate(KEPT_OF_ANSWER);
    String::from_utf8_lossy(&kept).into_owned()
}

/// Returns the innermost cause, which contains neither URL nor header.
fn innermost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "not answered in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Returns how long to wait before the next retry, if there is one.
fn next_wait(attempt: &DeliveryAttempt, assumptions: &Assumptions) -> Option<Duration> {
    let tried_again = match (&attempt.end, assumptions.delivered_again) {
        (AttemptEnd::Answered(200..=299), _) => false,
        (AttemptEnd::NotAnswered(_), _) | (_, DeliveredAgain::AfterEveryFailure) => true,
        (AttemptEnd::Answered(status), DeliveredAgain::AfterTroubleOfTheReceiver) => {
            matches!(status, 408 | 429 | 500..=599)
        }
    };
    let place = usize::try_from(attempt.number).ok()?.checked_sub(1)?;
    let wait = assumptions.delivered_again_after.get(place).copied();
    wait.filter(|_| tried_again)
}

fn state_after(end: &AttemptEnd, wait: Option<Duration>) -> DeliveryState {
    match (end.is_success(), wait) {
        (true, _) => DeliveryState::Delivered,
        (false, Some(_)) => DeliveryState::ToBeTriedAgain,
        (false, None) => DeliveryState::Failed,
    }
}

fn log(data: &Value, number: u32, end: &AttemptEnd) {
    let event_type = data.get("event_type").and_then(Value::as_str).unwrap_or_default();
    match end {
        AttemptEnd::Answered(status) if end.is_success() => {
            tracing::debug!(
                event.r#type = event_type,
                attempt.number = number,
                status,
                "A webhook was accepted"
            );
        }
        AttemptEnd::Answered(status) => {
            tracing::warn!(
                event.r#type = event_type,
                attempt.number = number,
                status,
                "A webhook was refused"
            );
        }
        AttemptEnd::NotAnswered(cause) => {
            tracing::warn!(
                event.r#type = event_type,
                attempt.number = number,
                cause,
                "A webhook was not answered"
            );
        }
    }
}

impl crate::simulator::world::World {
    fn mark_delivered(&mut self, record: usize, at: Timestamp) {
        let event = self.deliveries.get(record).and_then(|record| record.event);
        let event = self.events.iter_mut().rev().find(|known| Some(known.id) == event);
        if let Some(event) = event {
            event.delivered_at.get_or_insert(at);
        }
    }
}
