//! kill -9 at any moment: nothing that was promised is lost, nothing is done twice.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use portoutd::store::decisions;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use sqlx::PgPool;

use super::service::Service;
use super::site::{PIN, Site, clean_order, strange_order};
use super::{soon, within};
use crate::test_service::short_pause;

const ORDERS: usize = 60;
const KILLS: usize = 6;
const BURST: usize = 6;

/// What was cut off before Telnyx heard of it is sent again after two reads half a minute apart.
const UNTIL_ALL_IS_DONE: Duration = Duration::from_secs(90);

/// All of them have their effect although the call seems to fail, or make the service come again.
const FAULTS: [&str; 6] = [
    "update-status=applied-then-timeout:3",
    "update-status=applied-then-dropped:3",
    "update-status=cut-body:2",
    "update-status=empty-body:2",
    "get-order=dropped:3",
    "list-events=502:2",
];

#[sqlx::test]
async fn kill_9_at_any_moment_loses_no_event_and_answers_nothing_twice(pool: PgPool) {
    let mut site = Site::new(pool).await;
    site.set("PORTOUTD__TELNYX__POLL_INTERVAL", "5s");
    site.set("PORTOUTD__TELNYX__REQUESTS_PER_SECOND", "1000");
    for fault in FAULTS {
        site.telnyx.fault(fault).await;
    }
    let (orders, _service) = tokio::join!(stream(&site), killed_again_and_again(&site));

    within(UNTIL_ALL_IS_DONE, "every order is answered or held", async || {
        look_when_allowed(&site).await;
        site.count(DONE).await == i64::try_from(ORDERS).unwrap()
    })
    .await;
    let promised = assert_every_event_answered_200_is_kept(&site).await;
    assert!(promised > ORDERS, "most webhooks get through: {promised}");
    let requests = site.telnyx.requests().await;
    for order in &orders {
        assert_answered_once(&site, order, &requests).await;
    }
    assert_eq!(site.count(HASTY).await, 0, "an unknown end was not waited for");
    let mut connection = site.pool.acquire().await.unwrap();
    let verified = decisions::verify_decisions(&mut connection).await.unwrap();
    assert!(verified.is_ok_and(|count| count >= ORDERS), "{verified:?}");
}

const DONE: &str = "select count(*) from episodes where state in ('answered', 'held')";

/// Attempts that followed one of unknown end before it could no longer take effect.
const HASTY: &str = "select count(*) from attempts cut
    join attempts next on next.episode_id = cut.episode_id and next.number = cut.number + 1
    where cut.outcome = 'unknown' and next.started_at < cut.ended_at + interval '30 seconds'";

/// Orders at a high rate: a third clean, a third with a wrong PIN, a third for a person. Gives id and right status.
async fn stream(site: &Site) -> Vec<(String, &'static str)> {
    let mut orders = Vec::new();
    for number in 0..ORDERS {
        let (mut order, status) = match number % 3 {
            0 => (clean_order(), "authorized"),
            1 => (clean_order(), "rejected-pending"),
            _ => (strange_order(), "pending"),
        };
        order["numbers"] = vec![format!("+13125550{}", 100 + number)].into();
        order["pin"] = if number % 3 == 1 {
            "wrong".into()
        } else {
            PIN.into()
        };
        orders.push((site.telnyx.open(order).await, status));
        // In bursts, so that much is under way at once.
        let pause = if number % BURST == BURST - 1 { 30 } else { 0 };
        for _ in 0..pause {
            short_pause().await;
        }
    }
    orders
}

/// Starts the service, kills it after some of its calls have come to Telnyx, and so on; the last one lives.
async fn killed_again_and_again(site: &Site) -> Service {
    let mut chance = StdRng::seed_from_u64(4);
    for _ in 0..KILLS {
        let mut service = site.serve().await;
        let until = site.telnyx.requests().await.len() + chance.random_range(1..50);
        let since = Instant::now();
        while site.telnyx.requests().await.len() < until && since.elapsed() < Duration::from_secs(2) {
            short_pause().await;
        }
        service.program.kill();
        expire_leases(site).await;
        // Now, and not only at the end: a later poll would bring back what a webhook has told.
        assert_every_event_answered_200_is_kept(site).await;
    }
    site.serve().await
}

/// Lets the leases of the dead run out: minutes of the database's clock, which a test cannot move.
pub(super) async fn expire_leases(site: &Site) {
    soon("Postgres has noticed the death", async || {
        site.count(CONNECTED).await == 0
    })
    .await;
    sqlx::query("update orders set lease_expires_at = now() where lease_expires_at is not null")
        .execute(&site.pool)
        .await
        .unwrap();
}

/// Has an order read as soon as that may have it sent again, not only at the next step of its schedule.
async fn look_when_allowed(site: &Site) {
    let due = "update orders o set due_at = now() from episodes e
        where e.account = o.account and e.order_id = o.order_id and o.due_at > now()
            and e.answer_state = 'unknown' and e.pending_read_at < now() - interval '30 seconds'";
    sqlx::query(due).execute(&site.pool).await.unwrap();
}

const CONNECTED: &str = "select count(*) from pg_stat_activity
    where datname = current_database() and application_name = 'portoutd'";

/// Gives how many there are.
async fn assert_every_event_answered_200_is_kept(site: &Site) -> usize {
    let answered = |delivery: &&Value| {
        let attempts = delivery["attempts"].as_array().unwrap();
        attempts.iter().any(|attempt| attempt["end"]["answered"] == 200)
    };
    let deliveries = site.telnyx.deliveries().await;
    let promised: Vec<&str> = deliveries
        .iter()
        .filter(answered)
        .map(|delivery| delivery["event_id"].as_str().unwrap())
        .collect();
    let kept: Vec<String> = sqlx::query_scalar("select event_id from events where event_id is not null")
        .fetch_all(&site.pool)
        .await
        .unwrap();
    let lost: Vec<&&str> = promised
        .iter()
        .filter(|id| !kept.iter().any(|one| one == *id))
        .collect();
    assert!(lost.is_empty(), "answered 200 and lost: {lost:?}");
    promised.len()
}

/// The order is where the rules want it, by one target, and nothing was sent after that had its effect.
async fn assert_answered_once(site: &Site, (id, status): &(String, &str), requests: &[Value]) {
    let order = site.telnyx.order(id).await;
    assert_eq!(order["status"], *status, "{order:#}");
    let sent: Vec<&Value> = requests
        .iter()
        .filter(|one| one["call"] == "update-status" && one["path"].as_str().unwrap().contains(id.as_str()))
        .collect();
    let mut targets: BTreeMap<&str, usize> = BTreeMap::new();
    for one in &sent {
        *targets
            .entry(one["path"].as_str().unwrap().rsplit('/').next().unwrap())
            .or_default() += 1;
    }
    assert!(
        targets.keys().all(|target| target == status),
        "{targets:?}, but {status}"
    );
    if *status == "pending" {
        return;
    }
    let history = order["history"].as_array().unwrap();
    let took_effect = history.iter().find(|change| change["status"] == *status).unwrap();
    let after: Vec<&&Value> = sent
        .iter()
        .filter(|one| instant(&one["at"]) > instant(&took_effect["at"]))
        .collect();
    assert!(after.is_empty(), "sent again after it was applied: {after:#?}");
}

fn instant(told: &Value) -> Timestamp {
    told.as_str().unwrap().parse().unwrap()
}
