//! A person answers on the command line while the service runs.

use rustix::process::Signal;
use serde_json::json;
use sqlx::PgPool;

use super::service::Service;
use super::site::{Site, strange_order};
use super::soon;

const HELD: &str = "select count(*) from episodes where state = 'held'";

/// A site with so many orders that wait for a person.
async fn with_held(pool: PgPool, orders: usize) -> (Site, Service, Vec<String>) {
    let site = Site::new(pool).await;
    let service = site.serve().await;
    let mut ids = Vec::new();
    for _ in 0..orders {
        ids.push(site.telnyx.open(strange_order()).await);
    }
    let wanted = i64::try_from(orders).unwrap();
    soon("all are held", async || site.count(HELD).await == wanted).await;
    (site, service, ids)
}

#[sqlx::test]
async fn a_person_lets_one_go_refuses_another_and_keeps_a_third(pool: PgPool) {
    let (site, _service, ids) = with_held(pool, 3).await;
    let [first, second, third] = ids.as_slice() else {
        panic!("three")
    };
    let key = site.telnyx.order(first).await["support_key"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(key.starts_with("PO_"), "{key}");
    assert_eq!(site.json(&["pending"]).await.as_array().unwrap().len(), 3);

    let ended = site
        .run(&["authorize", "--yes", &key, "--reason", "I called the owner."])
        .await;
    ended.assert(0, &["Recorded as decision", "Telnyx confirmed the answer."]);
    assert_eq!(
        site.telnyx.status(first).await,
        "authorized",
        "confirmed means confirmed"
    );

    let refusal = [
        "reject",
        "--yes",
        second,
        "--reason",
        "The owner says no.",
        "--cause",
        "unauthorized-by-owner",
    ];
    site.run(&refusal)
        .await
        .assert(0, &["Telnyx confirmed the answer."]);
    let shown = site.telnyx.order(second).await;
    assert_eq!(
        (&shown["status"], &shown["reason"]),
        (&json!("rejected-pending"), &json!("The owner says no."))
    );

    site.run(&["hold", third, "--reason", "Until Monday."])
        .await
        .assert(0, &["Recorded as decision"]);
    assert_eq!(site.telnyx.sent(third).await, [""; 0]);
    let pending = site.json(&["pending"]).await;
    assert_eq!(pending.as_array().unwrap().len(), 1, "{pending:#}");
    assert_eq!(pending[0]["decision"]["reason"], "Until Monday.");

    assert_the_person_is_recorded(&site, &key).await;
}

async fn assert_the_person_is_recorded(site: &Site, key: &str) {
    let decision = site.decision(key).await;
    assert_eq!(
        (&decision["by"], &decision["reason"], &decision["answer"]["state"]),
        (
            &json!("person"),
            &json!("I called the owner."),
            &json!("confirmed")
        )
    );
    let who = decision["person"].as_str().unwrap();
    let shown = site.run(&["decisions", "show", key]).await;
    assert!(
        shown.out.contains(who) && shown.out.contains("I called the owner."),
        "{shown}"
    );
}

#[sqlx::test]
async fn a_pin_in_a_persons_reason_is_neither_sent_nor_kept(pool: PgPool) {
    let (site, _service, ids) = with_held(pool, 1).await;
    let order = ids[0].as_str();
    let reason = "The owner says the PIN is 471193.";
    let ended = site.run(&["reject", "--yes", order, "--reason", reason]).await;
    ended.assert(
        0,
        &[
            "A PIN was removed from the reason.",
            "Telnyx confirmed the answer.",
        ],
    );
    let sent = site.telnyx.order(order).await.to_string();
    assert!(
        sent.contains("The owner says") && !sent.contains("471193"),
        "{sent}"
    );
    let kept = site.decision(order).await.to_string();
    assert!(
        kept.contains("The owner says") && !kept.contains("471193"),
        "{kept}"
    );
}

#[sqlx::test]
async fn what_cannot_be_answered_is_refused_with_the_reason(pool: PgPool) {
    let (site, _service, ids) = with_held(pool, 1).await;
    let order = ids[0].as_str();
    let unknown = site
        .run(&["authorize", "--yes", "PO_nobody", "--reason", "x"])
        .await;
    unknown.assert(1, &["`PO_nobody`", "order not found", "portoutd pending"]);
    for reason in ["", "  "] {
        let ended = site.run(&["reject", "--yes", order, "--reason", reason]).await;
        ended.assert(2, &["`--reason` is empty"]);
    }
    site.run(&["hold", order]).await.assert(2, &["--reason"]);
    let cause = site
        .run(&["reject", "--yes", order, "--reason", "x", "--cause", "dislike"])
        .await;
    cause.assert(2, &["`dislike` is not a valid cause", "pin-invalid"]);
    assert_eq!(
        site.count("select count(*) from decisions where decided_by = 'person'")
            .await,
        0
    );

    site.telnyx.act(order, "cancel").await;
    soon("the cancellation is known", async || site.count(HELD).await == 0).await;
    let ended = site.run(&["authorize", "--yes", order, "--reason", "x"]).await;
    ended.assert(1, &["has left `pending`: it is canceled at Telnyx"]);
    assert_eq!(site.telnyx.sent(order).await, [""; 0]);
}

#[sqlx::test]
async fn without_a_service_the_answer_is_recorded_and_sent_by_the_next_one(pool: PgPool) {
    let (site, service, ids) = with_held(pool, 1).await;
    service.program.signal(Signal::TERM);
    service.program.ended().await.assert(0, &[]);
    let order = ids[0].as_str();
    let mut asked = site.start(&["authorize", "--yes", order, "--reason", "I called the owner."]);
    soon("it is recorded", async || {
        asked.log().contains("Recorded as decision")
    })
    .await;
    assert!(asked.runs(), "it waits for Telnyx");
    assert_eq!(site.telnyx.status(order).await, "pending");

    let _service = site.serve().await;
    asked.ended().await.assert(0, &["Telnyx confirmed the answer."]);
    assert_eq!(site.telnyx.sent(order).await, ["authorized"]);
    let again = site
        .run(&["reject", "--yes", order, "--reason", "I changed my mind."])
        .await;
    again.assert(1, &["authorized"]);
}

#[sqlx::test]
async fn an_answer_that_telnyx_refuses_is_told_as_such(pool: PgPool) {
    let (site, _service, ids) = with_held(pool, 1).await;
    let order = ids[0].as_str();
    site.telnyx.fault("update-status=422:always").await;
    let ended = site
        .run(&["authorize", "--yes", order, "--reason", "I called the owner."])
        .await;
    ended.assert(
        1,
        &[
            "the answer was not confirmed: it is `refused`",
            &format!("portoutd decisions show {order}"),
        ],
    );
    let pending = site.json(&["pending"]).await;
    assert!(
        pending[0]["trouble"].as_str().unwrap().contains("refused"),
        "{pending:#}"
    );

    site.telnyx.clear_faults().await;
    let again = site
        .run(&["authorize", "--yes", order, "--reason", "I called Telnyx too."])
        .await;
    again.assert(0, &["Telnyx confirmed the answer."]);
}
