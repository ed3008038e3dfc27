//! Tests which keys the service starts with and what it records about them.

use super::*;
use crate::store::admin_actions;

const NUMBER: &str = "+13125550101";

fn key(byte: &str) -> PinKey {
    PinKey::from_hex(&byte.repeat(32)).unwrap()
}

fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// Stores a number with a PIN as a version of portoutd did that recorded no key.
async fn old_register(pool: &PgPool) {
    sqlx::query(
        "insert into numbers (account, number, pin_hmac, updated_at) values ('default', $1, '\\x01', now())",
    )
    .bind(NUMBER)
    .execute(pool)
    .await
    .unwrap();
}

async fn start(pool: &PgPool, key: Option<&PinKey>) -> Result<KeyAtStart, PinKeyNotUsable> {
    check_at_start(pool, key, "ann", noon()).await
}

#[sqlx::test]
async fn a_key_is_needed_and_recorded_only_where_there_are_pins(pool: PgPool) {
    let ours = key("ab");
    assert_eq!(start(&pool, Some(&ours)).await.unwrap(), KeyAtStart::NoPins);
    assert_eq!(start(&pool, None).await.unwrap(), KeyAtStart::NoPins);
    assert_eq!(pin_keys::recorded_pin_key(&pool).await.unwrap(), None);
    old_register(&pool).await;
    assert_eq!(start(&pool, None).await.unwrap(), KeyAtStart::Missing { pins: 1 });
    assert_eq!(pin_keys::recorded_pin_key(&pool).await.unwrap(), None);
}

#[sqlx::test]
async fn the_key_of_an_old_register_is_adopted_once_recorded_and_proven_by_a_match(pool: PgPool) {
    old_register(&pool).await;
    let ours = key("ab");
    assert_eq!(start(&pool, Some(&ours)).await.unwrap(), KeyAtStart::Adopted);
    let not_yet = KeyAtStart::NotYetProven { since: noon() };
    assert_eq!(start(&pool, Some(&ours)).await.unwrap(), not_yet);
    let recorded = admin_actions(&pool).await.unwrap();
    assert_eq!(recorded.len(), 1);
    assert_eq!(
        (recorded[0].0.actor.as_str(), recorded[0].0.action.as_str()),
        ("ann", "pin-key.adopt")
    );

    let in_use = PinKeyInUse::new(Arc::new(ours));
    let standing = in_use.standing(&pool).await.unwrap();
    for (word, proven) in [(IdentityCheck::Wrong, false), (IdentityCheck::Right, true)] {
        in_use
            .note_match(&pool, standing, Some(word), noon())
            .await
            .unwrap();
        let standing = in_use.standing(&pool).await.unwrap();
        assert_eq!(standing == KeyStanding::Same, proven, "{word}");
    }
    assert_eq!(start(&pool, Some(in_use.key())).await.unwrap(), KeyAtStart::InUse);
}

#[sqlx::test]
async fn another_key_is_refused_while_a_pin_is_on_file(pool: PgPool) {
    old_register(&pool).await;
    start(&pool, Some(&key("ab"))).await.unwrap();
    let refused = start(&pool, Some(&key("ac"))).await.unwrap_err().to_string();
    for fingerprint in [key("ab").fingerprint(), key("ac").fingerprint()] {
        assert!(refused.contains(&fingerprint.to_string()), "{refused}");
    }
    assert!(
        refused.contains("--replace-pin-key") && refused.contains("the 1 PINs on file"),
        "{refused}"
    );
    assert!(expect_same(&pool, &key("ac")).await.is_err());
    assert!(expect_same(&pool, &key("ab")).await.is_ok());
    sqlx::query("update numbers set pin_hmac = null")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(start(&pool, Some(&key("ac"))).await.unwrap(), KeyAtStart::NoPins);
}
