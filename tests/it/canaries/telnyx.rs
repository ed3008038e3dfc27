//! Every entrance that faces Telnyx.

use std::sync::atomic::{AtomicU32, Ordering};

use jiff::SignedDuration;
use portoutd::domain::OrderId;
use portoutd::simulator::NewPortIn;
use serde_json::{Map, Value, json};
use sqlx::PgPool;
use strum::IntoEnumIterator;
use tokio_util::task::TaskTracker;

use super::log::Log;
use super::relay::Relay;
use super::scan::{contents, leaks};
use super::{Canary, Entrance, fields, marker, texts};
use crate::test_service::{TestConfig, TestService};

/// A webhook whose payload holds the canaries.
fn webhook(entrance: Entrance, event_type: &str, order: &OrderId, more: Map<String, Value>) -> String {
    static WEBHOOKS: AtomicU32 = AtomicU32::new(0);
    let mut payload = fields(entrance);
    payload.extend(more);
    let envelope = json!({
        "data": {
            "event_type": event_type,
            "id": format!("canary-{}", WEBHOOKS.fetch_add(1, Ordering::SeqCst)),
            "occurred_at": "2026-11-23T15:00:00Z",
            "payload": payload,
            "record_type": "event",
        },
        "meta": { "portout_id": order },
    });
    envelope.to_string()
}

async fn send_webhooks(service: &TestService, order: &OrderId) {
    let pending = json!({ "id": order, "status": "pending", "spid": "999X" });
    let comment =
        json!({ "id": "c-1", "portout_id": order, "comment": texts(Entrance::NewComment), "body": "Hello." });
    let other = json!({ "id": order, "portout_id": order });
    for (entrance, event_type, more) in [
        (Entrance::StatusChanged, "portout.status_changed", pending),
        (Entrance::NewComment, "portout.new_comment", comment),
        (
            Entrance::FocDateChanged,
            "portout.foc_date_changed",
            other.clone(),
        ),
        (Entrance::UnknownType, "portout.something_new", other.clone()),
        (Entrance::PortInEvent, "porting_order.status_changed", other),
    ] {
        let Value::Object(more) = more else { continue };
        let body = webhook(entrance, event_type, order, more);
        service.telnyx.deliver_raw(body).await;
    }
    for canary in Canary::all(Entrance::CommentText) {
        if let Some(text) = canary.text() {
            service.telnyx.comment(order, &text).unwrap();
        }
    }
    service
        .telnyx
        .comment(order, &marker(Entrance::CommentText))
        .unwrap();
}

/// Orders that are authorized, rejected, held and refused, and webhooks of each type.
async fn converse(service: &TestService, relay: &Relay) {
    let _ = service
        .telnyx
        .open_port_in(&NewPortIn::default().numbers(["+13125550109"]));
    for order in [TestService::clean_order(), TestService::wrong_pin_order()] {
        service.receive(order).await;
    }
    relay.refuses.store(true, Ordering::SeqCst);
    for order in [TestService::clean_order(), TestService::wrong_pin_order()] {
        service.receive(order).await;
    }
    relay.refuses.store(false, Ordering::SeqCst);
    let strange = service.receive(TestService::strange_order()).await;
    send_webhooks(service, &strange).await;
    let unannounced = TestService::strange_order().pin(Some("4711")).unannounced();
    let _ = service.telnyx.open_order(unannounced);
    service.pass(SignedDuration::from_secs(130)).await;
}

#[sqlx::test]
async fn no_pin_that_comes_in_from_telnyx_stands_in_a_table_or_a_log_line(pool: PgPool) {
    let log = Log::capture();
    let config = TestConfig {
        webhooks: false,
        ..TestConfig::default()
    };
    let first = TestService::with_config(pool.clone(), config).await;
    first.close().await;
    let (relay, url) = Relay::start(&first.telnyx.base_url(), &TaskTracker::new()).await;
    let config = TestConfig {
        telnyx_url: Some(url),
        ..TestConfig::default()
    };
    let (telnyx, clock, folder) = (first.telnyx.clone(), first.clock.clone(), first.folder.clone());
    let service = Box::pin(TestService::replica(pool.clone(), telnyx, clock, folder, config)).await;
    converse(&service, &relay).await;

    let mut places = contents(&pool).await;
    let kept: String = places.values().map(String::as_str).collect();
    places.insert("log".to_owned(), log.read());
    assert!(places["log"].contains("Telnyx answered"), "the log was captured");
    for entrance in Entrance::iter().filter(|one| one.faces_telnyx() && one.is_kept()) {
        assert!(
            kept.contains(&marker(entrance)),
            "nothing is kept of what came in by {entrance:?}"
        );
    }
    let leaks = leaks(&places);
    assert!(leaks.is_empty(), "{} leaks\n{}", leaks.len(), leaks.join("\n"));
}
