//! What counts as the arrival of an order before it was ever read, and which order is claimed first.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use portoutd::clock::Clock as _;
use portoutd::domain::AccountName;
use portoutd::engine::intake::ingest::Incoming;
use portoutd::store::claims;
use portoutd::telnyx;
use sqlx::PgPool;

use crate::test_service::TestService;

const HOURS_20: SignedDuration = SignedDuration::from_hours(20);

fn webhook(order: &str, event: &str, occurred_at: Timestamp) -> Vec<u8> {
    format!(
        r#"{{"data":{{"event_type":"portout.status_changed","id":"{event}","occurred_at":"{occurred_at}","payload":{{"id":"{order}","status":"pending"}}}}}}"#
    )
    .into_bytes()
}

#[sqlx::test]
async fn the_earliest_event_of_an_order_that_was_never_read_sets_its_deadline(pool: PgPool) {
    let service = TestService::open(pool.clone()).await;
    // Nobody reads orders of an account that is not configured.
    let gone: AccountName = "gone".parse().unwrap();
    let (order, now) = ("0ccc7b54-4df3-4bca-a65a-3da1ecc777f0", service.clock.now());
    let hours = |count: i64| now - SignedDuration::from_hours(count);
    for (event, occurred_at, counts) in [
        ("late", hours(3), hours(3)),
        ("later", hours(5), hours(5)),
        ("newer", hours(1), hours(5)),
        ("impossible", hours(24 * 61), hours(5)),
    ] {
        let event = telnyx::parse_webhook(&webhook(order, event, occurred_at));
        let incoming = Incoming::new(gone.clone(), event, now);
        service.engine.ingest.record_batch(vec![incoming]).await.unwrap();
        let decide_by: jiff_sqlx::Timestamp =
            sqlx::query_scalar("select decide_by from orders where order_id = $1")
                .bind(order)
                .fetch_one(&pool)
                .await
                .unwrap();
        assert_eq!(decide_by.to_jiff(), counts + HOURS_20, "{occurred_at}");
    }
}

#[sqlx::test]
async fn an_order_that_may_be_older_than_known_is_claimed_before_those_that_are_more_urgent(pool: PgPool) {
    let now: Timestamp = "2026-11-23T15:00:00Z".parse().unwrap();
    for (order, uncertain, hours) in [("urgent", false, 1), ("uncertain", true, 20), ("calm", false, 10)] {
        sqlx::query(
            "insert into orders (account, order_id, first_seen_at, due_at, arrival_uncertain, decide_by)
            values ('default', $1, $2, $2, $3, $2 + make_interval(hours => $4))",
        )
        .bind(order)
        .bind(now.to_sqlx())
        .bind(uncertain)
        .bind(hours)
        .execute(&pool)
        .await
        .unwrap();
    }
    let mut claimed = Vec::new();
    for _ in 0..3 {
        let claims = claims::claim_due(&pool, now, 1, SignedDuration::from_secs(90)).await;
        claimed.extend(claims.unwrap().iter().map(|claim| claim.order_id.to_string()));
    }
    assert_eq!(claimed, ["uncertain", "urgent", "calm"]);
}
