//! Whatever Telnyx shows of an order can be stored, and stored once.

use jiff::Timestamp;
use portoutd::domain::{AccountName, Certainty, Order};
use portoutd::store::listed_orders::{ListedOrder, note_listed};
use portoutd::store::orders::record_read;
use portoutd::telnyx::parse_order;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use sqlx::PgPool;

/// The fields that are stored in columns of their own.
const FIELDS: [&str; 9] = [
    "status",
    "phone_numbers",
    "support_key",
    "spid",
    "carrier_name",
    "inserted_at",
    "foc_date",
    "updated_at",
    "vendor",
];

fn odd_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[0-9A-Za-z_-]{0,70}",
        Just("\u{0}".to_owned()),
        Just("x\u{0}".repeat(5_000)),
        Just("\u{10ffff}\u{feff}\u{202e}".repeat(900)),
        "[+-]?0{0,2}[0-9]{1,5}-(0[1-9]|1[0-2])-(0[1-9]|2[0-8])T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z",
        "\\+?1?[2-9][0-9]{9}",
    ]
}

fn odd_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        odd_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z]{1,4}", inner, 0..3)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// So many odd orders, the same in every run.
fn odd_orders(count: usize) -> Vec<(Order, Vec<u8>)> {
    let mut runner = TestRunner::deterministic();
    let fields = proptest::collection::vec(odd_value(), FIELDS.len());
    let mut orders = Vec::new();
    for number in 0..count {
        let values = fields.new_tree(&mut runner).unwrap().current();
        let mut order: serde_json::Map<String, Value> = FIELDS
            .iter()
            .map(|field| (*field).to_owned())
            .zip(values)
            .collect();
        order.insert("id".to_owned(), Value::from(format!("order-{number}")));
        let body = serde_json::to_vec(&order).unwrap();
        orders.push((parse_order(&body).unwrap(), body));
    }
    orders
}

#[sqlx::test]
async fn whatever_telnyx_shows_of_an_order_can_be_stored(pool: PgPool) {
    let account = AccountName::default_account();
    let now: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
    let orders = odd_orders(1_500);
    let listed: Vec<ListedOrder> = orders
        .iter()
        .map(|(order, _)| ListedOrder {
            order: order.clone(),
            decide_by: order.inserted_at,
        })
        .collect();
    let new = note_listed(&pool, &account, &listed, now, now).await.unwrap();
    assert_eq!(new, 1_500);
    for (order, body) in &orders {
        let decide_by = order.inserted_at.unwrap_or(now);
        record_read(&pool, &account, order, body, now, (decide_by, Certainty::Certain))
            .await
            .unwrap_or_else(|error| panic!("{error:?}: {}", String::from_utf8_lossy(body)));
    }
}

async fn keys(pool: &PgPool) -> Vec<String> {
    let query = "select order_id from orders union all select 'event ' || order_id from events order by 1";
    sqlx::query_scalar(query).fetch_all(pool).await.unwrap()
}

/// An order, its event and, if it was read, its episode, as stored before ids were stored in lower case.
async fn store_as_before(pool: &PgPool, id: &str, read: &str) {
    let event =
        "insert into events (account, source, dedupe_key, order_id, received_at, body, digest, parsed)
        values ('default', 'list', $1, $1, now(), '', '', 'port-out')";
    sqlx::query(event).bind(id).execute(pool).await.unwrap();
    let order = "insert into orders (account, order_id, first_seen_at) values ('default', $1, now())
        on conflict do nothing";
    sqlx::query(order).bind(id).execute(pool).await.unwrap();
    let episode = "insert into episodes (id, account, order_id, number, state, opened_at, decide_by)
        select gen_random_uuid(), 'default', $1, 1, 'open', now(), now() where $2 = 'read'";
    sqlx::query(episode)
        .bind(id)
        .bind(read)
        .execute(pool)
        .await
        .unwrap();
}

const BEFORE: i64 = 20_261_122_010_000;
const LOWER: &str = "c0b7d0f0-6a5e-4d0e-8a53-6a3d4f1f8a21";

#[sqlx::test(migrations = false)]
async fn an_unread_order_in_upper_case_is_renamed(pool: PgPool) {
    let migrations = sqlx::migrate!();
    migrations.run_to(BEFORE, &pool).await.unwrap();
    let other = LOWER.replace("21", "22");
    store_as_before(&pool, &LOWER.to_uppercase(), "never").await;
    store_as_before(&pool, &other, "never").await;
    store_as_before(&pool, &other.to_uppercase(), "never").await;
    store_as_before(&pool, "No-UUID", "never").await;
    migrations.run(&pool).await.unwrap();
    let event = |id: &str| format!("event {id}");
    let mut expected = vec![LOWER.to_owned(), other.clone(), "No-UUID".to_owned()];
    expected.extend([event(LOWER), event(&other), event(&other), event("No-UUID")]);
    let mut kept = keys(&pool).await;
    kept.sort();
    expected.sort();
    assert_eq!(kept, expected);
}

#[sqlx::test(migrations = false)]
async fn an_order_in_upper_case_that_was_read_keeps_its_id_and_gets_no_twin(pool: PgPool) {
    let migrations = sqlx::migrate!();
    migrations.run_to(BEFORE, &pool).await.unwrap();
    let upper = LOWER.to_uppercase();
    store_as_before(&pool, &upper, "read").await;
    migrations.run(&pool).await.unwrap();
    let account = AccountName::default_account();
    let order = parse_order(format!(r#"{{"id":"{upper}","status":"pending"}}"#).as_bytes()).unwrap();
    assert_eq!(order.id.as_str(), LOWER);
    let listed = ListedOrder {
        order,
        decide_by: None,
    };
    let now = Timestamp::UNIX_EPOCH;
    let new = note_listed(&pool, &account, &[listed], now, now).await;
    assert_eq!(new.unwrap(), 0);
    let event =
        "insert into events (account, source, dedupe_key, order_id, received_at, body, digest, parsed)
        values ('default', 'list', 'later', $1, now(), '', '', 'port-out')";
    sqlx::query(event).bind(LOWER).execute(&pool).await.unwrap();
    assert_eq!(
        keys(&pool)
            .await
            .iter()
            .filter(|key| key.contains(&upper))
            .count(),
        3
    );
    assert_eq!(keys(&pool).await.len(), 3);
}
