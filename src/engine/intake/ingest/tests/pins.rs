//! Tests of the comparison of PINs on arrival.

use sqlx::PgPool;

use super::{Intake, event, incoming, now};
use crate::domain::{AccountName, AttemptedPin, Event, OrderNumbers, Pin, PinKey, PinKeyProof};
use crate::engine::intake::ingest::Incoming;
use crate::store::pin_keys;

const SECRET: &str = "4711secret";

fn key() -> PinKey {
    PinKey::from_hex(&"ab".repeat(32)).unwrap()
}

fn with_pin(name: &str, pin: &str, numbers: &[&str]) -> Event {
    Event {
        attempted_pin: Pin::new(pin).map_or(AttemptedPin::NotGiven, AttemptedPin::Given),
        numbers: OrderNumbers::from_texts(numbers.iter().copied()),
        ..event(name, "order-1")
    }
}

async fn register(pool: &PgPool, number: &str, pin: Option<&str>) {
    let account = AccountName::default_account();
    let hmac = pin.map(|pin| key().hmac(&account, number.parse().unwrap(), &Pin::new(pin).unwrap()));
    pin_keys::record_pin_key(pool, &key().fingerprint(), PinKeyProof::Proven, now())
        .await
        .unwrap();
    sqlx::query(
        "insert into numbers (account, number, pin_hmac, updated_at) values ('default', $1, $2, now())",
    )
    .bind(number)
    .bind(hmac.map(|hmac| hmac.as_bytes().to_vec()))
    .execute(pool)
    .await
    .unwrap();
}

async fn pin_words(pool: &PgPool) -> Vec<(String, Option<String>)> {
    sqlx::query_as("select event_id, pin_check from events order by event_id")
        .fetch_all(pool)
        .await
        .unwrap()
}

#[sqlx::test]
async fn a_pin_is_judged_by_the_worst_of_its_numbers(pool: PgPool) {
    let (right, wrong, without, unknown) = ("+13125550101", "+13125550102", "+13125550103", "+13125550104");
    register(&pool, right, Some(SECRET)).await;
    register(&pool, wrong, Some("another")).await;
    register(&pool, without, None).await;
    let intake = Intake::start(&pool, Some(key()));
    let batch = [
        with_pin("a: right", SECRET, &[right]),
        with_pin("b: right in another spelling", "4711-SECRET", &[right]),
        with_pin("c: wrong", SECRET, &[wrong]),
        with_pin("d: not given", "", &[right]),
        with_pin("e: no PIN on file", SECRET, &[without]),
        with_pin("f: number not on file", SECRET, &[unknown]),
        with_pin("g: worst of right and none", SECRET, &[right, unknown]),
        with_pin(
            "h: worst of right, none and wrong",
            SECRET,
            &[right, without, wrong],
        ),
        with_pin("i: not given, none on file", "", &[without]),
        with_pin("j: no number can be read", SECRET, &["{{phone_number}}"]),
        event("k: never told", "order-1"),
    ];
    intake
        .ingest
        .record_batch(batch.map(incoming).into())
        .await
        .unwrap();
    let words: Vec<_> = pin_words(&pool).await.into_iter().map(|(_, word)| word).collect();
    let expected = [
        "right",
        "right",
        "wrong",
        "not-given",
        "none-on-file",
        "none-on-file",
        "none-on-file",
        "wrong",
        "none-on-file",
    ];
    let expected = expected
        .map(|word| Some(word.to_owned()))
        .into_iter()
        .chain([None, None]);
    assert_eq!(words, expected.collect::<Vec<_>>());
    intake.end().await;
}

#[sqlx::test]
async fn without_a_register_or_a_key_nothing_is_said_of_a_pin(pool: PgPool) {
    let number = "+13125550101";
    let intake = Intake::start(&pool, Some(key()));
    let first = incoming(with_pin("e1: empty register", SECRET, &[number]));
    intake.ingest.record_batch(vec![first]).await.unwrap();
    register(&pool, number, Some(SECRET)).await;
    let other = "other".parse().unwrap();
    let others = Incoming::new(
        other,
        with_pin("e2: empty register of this account", SECRET, &[number]),
        now(),
    );
    intake.ingest.record_batch(vec![others]).await.unwrap();
    intake.end().await;
    let intake = Intake::start(&pool, None);
    let keyless = incoming(with_pin("e3: no key", SECRET, &[number]));
    intake.ingest.record_batch(vec![keyless]).await.unwrap();
    assert!(pin_words(&pool).await.iter().all(|(_, word)| word.is_none()));
    intake.end().await;
}

/// Records another key as that of the PINs on file, or this one as only assumed.
async fn record_key(pool: &PgPool, key: &PinKey, proof: PinKeyProof) {
    pin_keys::record_pin_key(pool, &key.fingerprint(), proof, now())
        .await
        .unwrap();
}

async fn words_for(pool: &PgPool, pins: &[&str]) -> Vec<Option<String>> {
    let intake = Intake::start(pool, Some(key()));
    for (n, pin) in pins.iter().enumerate() {
        let event = with_pin(&format!("e{n}"), pin, &["+13125550101"]);
        intake.ingest.record_batch(vec![incoming(event)]).await.unwrap();
    }
    intake.end().await;
    pin_words(pool).await.into_iter().map(|(_, word)| word).collect()
}

#[sqlx::test]
async fn under_another_key_than_the_registers_no_pin_is_called_wrong_or_right(pool: PgPool) {
    register(&pool, "+13125550101", Some(SECRET)).await;
    let other = PinKey::from_hex(&"ac".repeat(32)).unwrap();
    record_key(&pool, &other, PinKeyProof::Proven).await;
    assert_eq!(
        words_for(&pool, &[SECRET, "another", ""]).await,
        [None, None, None]
    );
}

#[sqlx::test]
async fn under_an_adopted_key_a_pin_is_wrong_only_after_one_was_right(pool: PgPool) {
    register(&pool, "+13125550101", Some(SECRET)).await;
    record_key(&pool, &key(), PinKeyProof::Assumed).await;
    let words = words_for(&pool, &["another", SECRET, "another"]).await;
    assert_eq!(words, [None, Some("right".to_owned()), Some("wrong".to_owned())]);
}

#[sqlx::test]
async fn no_pin_is_in_any_table(pool: PgPool) {
    register(&pool, "+13125550101", Some(SECRET)).await;
    let body = format!(
        r#"{{"data":{{"event_type":"portout.status_changed","id":"e1","payload":{{"id":"order-1","status":"pending","phone_numbers":["+13125550101"],"attempted_pin":"{SECRET}"}}}}}}"#
    );
    let intake = Intake::start(&pool, Some(key()));
    let event = crate::telnyx::parse_webhook(body.as_bytes());
    intake.ingest.record_batch(vec![incoming(event)]).await.unwrap();
    assert_eq!(
        pin_words(&pool).await,
        [("e1".to_owned(), Some("right".to_owned()))]
    );
    let tables: Vec<String> =
        sqlx::query_scalar("select tablename::text from pg_tables where schemaname = 'public'")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert!(tables.len() > 10, "{tables:?}");
    for table in tables {
        let scan = format!("select count(*) from \"{table}\" as t where t::text ~* $1 or t::text ~* $2");
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(scan))
            .bind(SECRET)
            // A `bytea` shows as hexadecimal digits.
            .bind(hex::encode(SECRET))
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(found, 0, "{table}");
    }
    intake.end().await;
}
