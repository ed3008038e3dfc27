//! Tests of imports, of the key of the PINs on file, and of rehearsals.

use super::*;
use crate::domain::{KeyStanding, PinKeyProof};
use crate::register::read_csv;
use crate::store::admin_actions;

fn key(byte: &str) -> PinKey {
    PinKey::from_hex(&byte.repeat(32)).unwrap()
}

fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// Numbers ending in 0101, 0102 …, one for each PIN.
fn numbers(pins: &[&str], under: &PinKey) -> KeyedNumbers {
    let row = |(n, pin): (usize, &&str)| format!("312555{:04},,{pin},,,,,", 101 + n);
    let rows = pins.iter().enumerate().map(row).collect::<Vec<_>>().join("\n");
    let file = format!("number,account,pin,zip,name,address,frozen,tags\n{rows}");
    under_key(read_csv(file.as_bytes()).unwrap(), Some(under)).unwrap()
}

fn source(pin_key_change: PinKeyChange) -> ImportSource {
    ImportSource {
        name: "a.csv".to_owned(),
        sha256: "00".to_owned(),
        actor: "ann".to_owned(),
        pin_key_change,
    }
}

async fn import(
    pool: &PgPool,
    numbers: &KeyedNumbers,
    change: PinKeyChange,
) -> Result<Difference, ImportFailed> {
    let rehearsed = rehearse(pool, numbers, &source(change), |_| ()).await;
    let kept = keep(pool, numbers, &source(change), noon(), |_| ()).await;
    let outcome = |imported: &Result<Difference, ImportFailed>| format!("{imported:?}");
    assert_eq!(
        outcome(&rehearsed),
        outcome(&kept),
        "a rehearsal says what happens"
    );
    kept
}

async fn standing(pool: &PgPool, key: &PinKey) -> KeyStanding {
    let recorded = pin_keys::recorded_pin_key(pool).await.unwrap();
    KeyStanding::of(&key.fingerprint(), recorded.as_ref())
}

async fn count(pool: &PgPool, table: &str) -> i64 {
    let query = format!("select count(*) from {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(query))
        .fetch_one(pool)
        .await
        .unwrap()
}

#[sqlx::test]
async fn the_first_import_with_pins_records_their_key(pool: PgPool) {
    let ours = key("ab");
    import(&pool, &numbers(&["", ""], &ours), PinKeyChange::Keep)
        .await
        .unwrap();
    assert_eq!(standing(&pool, &ours).await, KeyStanding::NotRecorded);
    import(&pool, &numbers(&["4711", ""], &ours), PinKeyChange::Keep)
        .await
        .unwrap();
    assert_eq!(standing(&pool, &ours).await, KeyStanding::Same);
    let (action, _) = admin_actions(&pool).await.unwrap().pop().unwrap();
    assert!(
        action.detail.contains(&ours.fingerprint().to_string()),
        "{}",
        action.detail
    );
}

#[sqlx::test]
async fn an_import_under_another_key_is_refused_and_changes_nothing(pool: PgPool) {
    let (ours, other) = (key("ab"), key("ac"));
    import(&pool, &numbers(&["4711", "4712"], &ours), PinKeyChange::Keep)
        .await
        .unwrap();
    let refused = import(&pool, &numbers(&["4711", "4712"], &other), PinKeyChange::Keep)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, ImportFailed::PinKey(PinKeyRefused::Different(_))),
        "{refused}"
    );
    assert_eq!(standing(&pool, &ours).await, KeyStanding::Same);
    assert_eq!(count(&pool, "admin_actions").await, 1);
    // Without PINs an import may come under any key.
    import(&pool, &numbers(&["", "", ""], &other), PinKeyChange::Keep)
        .await
        .unwrap();
}

#[sqlx::test]
async fn a_key_is_replaced_only_with_every_pin(pool: PgPool) {
    let (ours, other) = (key("ab"), key("ac"));
    import(&pool, &numbers(&["4711", "4712", ""], &ours), PinKeyChange::Keep)
        .await
        .unwrap();
    let refused = import(&pool, &numbers(&["4711"], &other), PinKeyChange::Replace)
        .await
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("1 of the 2 numbers with a PIN on file are not in this file"),
        "{refused}"
    );
    let changed = import(&pool, &numbers(&["4711", "4712"], &other), PinKeyChange::Replace)
        .await
        .unwrap();
    assert_eq!((changed.pins_replaced, changed.kept.changed), (2, 2));
    assert_eq!(standing(&pool, &other).await, KeyStanding::Same);
    // The same import again, as after a lost connection.
    import(&pool, &numbers(&["4711", "4712"], &other), PinKeyChange::Replace)
        .await
        .unwrap();
}

#[sqlx::test]
async fn an_adopted_key_is_proven_or_refuted_by_an_import(pool: PgPool) {
    let (ours, other) = (key("ab"), key("ac"));
    let pins = ["4711", "4712", "4713", "4714"];
    import(&pool, &numbers(&pins, &other), PinKeyChange::Keep)
        .await
        .unwrap();
    pin_keys::record_pin_key(&pool, &ours.fingerprint(), PinKeyProof::Assumed, noon())
        .await
        .unwrap();
    let refused = import(&pool, &numbers(&pins[..3], &ours), PinKeyChange::Keep)
        .await
        .unwrap_err();
    assert!(
        matches!(
            refused,
            ImportFailed::PinKey(PinKeyRefused::NoneMatches { compared: 3, .. })
        ),
        "{refused}"
    );
    pin_keys::record_pin_key(&pool, &other.fingerprint(), PinKeyProof::Assumed, noon())
        .await
        .unwrap();
    import(&pool, &numbers(&["4711", "9999"], &other), PinKeyChange::Keep)
        .await
        .unwrap();
    assert_eq!(standing(&pool, &other).await, KeyStanding::Same);
}

#[sqlx::test]
async fn once_no_pin_is_left_the_next_import_may_come_under_another_key(pool: PgPool) {
    let (ours, other) = (key("ab"), key("ac"));
    import(&pool, &numbers(&["4711"], &ours), PinKeyChange::Keep)
        .await
        .unwrap();
    let removed = import(&pool, &numbers(&[""], &ours), PinKeyChange::Keep)
        .await
        .unwrap();
    assert_eq!(removed.pins_removed, 1);
    assert_eq!(standing(&pool, &ours).await, KeyStanding::NotRecorded);
    import(&pool, &numbers(&["4711"], &other), PinKeyChange::Keep)
        .await
        .unwrap();
    assert_eq!(standing(&pool, &other).await, KeyStanding::Same);
}

#[sqlx::test]
async fn a_rehearsal_writes_nothing(pool: PgPool) {
    let rehearsed = rehearse(
        &pool,
        &numbers(&["4711", ""], &key("ab")),
        &source(PinKeyChange::Keep),
        |_| (),
    )
    .await;
    assert_eq!(rehearsed.unwrap().kept.added, 2);
    for table in ["numbers", "pin_keys", "admin_actions"] {
        assert_eq!(count(&pool, table).await, 0, "{table}");
    }
}
