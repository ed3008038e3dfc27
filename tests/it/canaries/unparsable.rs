//! What cannot be parsed, through the events API and the list: a digest under the PIN key is stored, not the body.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::SignedDuration;
use portoutd::domain::PinKey;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio_util::task::TaskTracker;

use super::relay::Relay;
use crate::processes::{Site, soon};
use crate::test_service::{PIN_KEY, TestConfig, TestService};

/// Named like nothing that is a secret, so that redaction by names does not find it.
fn unparsable(place: &str) -> Value {
    json!({ "word": "918273", "place": place })
}

/// Adds one to a list that Telnyx answers.
pub(super) fn add_to(path: &str, body: &mut Value) {
    let place = match path {
        "/v2/portouts" => "list",
        "/v2/portouts/events" => "events-api",
        _ => return,
    };
    if let Value::Array(elements) = &mut body["data"] {
        elements.push(unparsable(place));
    }
}

async fn stored(pool: &PgPool) -> Vec<(String, String, Vec<u8>)> {
    let events = "select source, convert_from(body, 'UTF8'), digest from events where parsed = 'unparsable' \
        order by source";
    sqlx::query_as(events).fetch_all(pool).await.unwrap()
}

async fn office_behind_a_relay(pool: &PgPool) -> (TestService, Arc<Relay>) {
    let quiet = || TestConfig {
        webhooks: false,
        ..TestConfig::default()
    };
    let first = TestService::with_config(pool.clone(), quiet()).await;
    first.close().await;
    let (relay, url) = Relay::start(&first.telnyx.base_url(), &TaskTracker::new()).await;
    let config = TestConfig {
        telnyx_url: Some(url),
        ..quiet()
    };
    let (telnyx, clock, folder) = (first.telnyx.clone(), first.clock.clone(), first.folder.clone());
    let service = Box::pin(TestService::replica(pool.clone(), telnyx, clock, folder, config)).await;
    (service, relay)
}

#[sqlx::test]
async fn of_an_unparsable_event_that_is_listed_a_digest_under_the_pin_key_is_stored_once(pool: PgPool) {
    let (service, relay) = office_behind_a_relay(&pool).await;
    relay.adds_unparsable.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        service.pass(SignedDuration::from_secs(70)).await;
    }
    let events = stored(&pool).await;
    let sources: Vec<&str> = events.iter().map(|(source, _, _)| source.as_str()).collect();
    assert_eq!(
        sources,
        ["events-api", "list"],
        "each is listed by every poll and stored once"
    );
    let key = PinKey::from_hex(PIN_KEY).unwrap();
    for (source, note, digest) in &events {
        let body = unparsable(source).to_string();
        assert_eq!(*digest, key.digest_of_unparsable(body.as_bytes()), "{note}");
        assert!(note.contains(&hex::encode(digest)), "{note}");
        assert!(
            note.starts_with("{\"unparsable\":") && !note.contains("918273"),
            "{note}"
        );
    }
}

#[sqlx::test]
async fn a_setting_asks_for_the_bodies_of_what_cannot_be_parsed(pool: PgPool) {
    let mut site = Site::bare(pool.clone()).await;
    let (relay, url) = Relay::start(site.setting("PORTOUTD__TELNYX__BASE_URL"), &TaskTracker::new()).await;
    relay.adds_unparsable.store(true, Ordering::SeqCst);
    site.set("PORTOUTD__TELNYX__BASE_URL", &url);
    site.set("PORTOUTD__EVENTS__KEEP_UNPARSABLE_BODIES", "true");
    let _service = site.serve().await;
    soon("both are stored", async || stored(&pool).await.len() == 2).await;
    for (source, body, _) in stored(&pool).await {
        assert_eq!(body, unparsable(&source).to_string());
    }
}
