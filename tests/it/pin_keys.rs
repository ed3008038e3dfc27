//! The key of the PINs on file: replaced elsewhere while the service runs, and adopted from an older portoutd.

use std::sync::Arc;

use portoutd::clock::Clock;
use portoutd::domain::{AccountName, Action, PinKey, PinKeyProof};
use portoutd::engine::PinKeyInUse;
use portoutd::engine::intake::register_import;
use portoutd::engine::intake::register_import::{ImportSource, PinKeyChange};
use portoutd::register;
use portoutd::store::pin_keys;
use sqlx::PgPool;

use crate::office::{Office, PIN_KEY};

const REGISTER: &str = "number,account,pin,zip,name,address,frozen,tags
+13125550100,default,4711,60601,Ada Example,1 Main Street,,
+13125550102,default,4712,60601,Cy Example,3 Main Street,true,
";

/// An import on another host that puts every PIN under another key.
async fn replace_key(office: &Office) {
    let key = PinKey::from_hex(&"6b".repeat(32)).unwrap();
    let numbers =
        register_import::under_key(register::read_csv(REGISTER.as_bytes()).unwrap(), Some(&key)).unwrap();
    let source = ImportSource {
        name: "register.csv".to_owned(),
        sha256: String::new(),
        actor: "test".to_owned(),
        pin_key_change: PinKeyChange::Replace,
    };
    register_import::keep(&office.pool, &numbers, &source, office.clock.now(), |_| ())
        .await
        .unwrap();
}

#[sqlx::test]
async fn once_the_key_is_replaced_elsewhere_a_right_pin_is_held_and_not_rejected(pool: PgPool) {
    let office = Office::open(pool).await;
    replace_key(&office).await;
    let order = office.receive(Office::clean_order()).await;
    let decision = office.last_decision(&order).await;
    assert_eq!(
        decision.decision.action,
        Action::Hold,
        "{:?}",
        decision.decision.rule
    );
    assert_eq!(office.sent(&order), [""; 0]);
}

#[sqlx::test]
async fn under_an_adopted_key_a_wrong_pin_is_rejected_only_after_one_was_right(pool: PgPool) {
    let office = Office::open(pool).await;
    office
        .import("+13125550104,default,4711,60601,Di Example,4 Main Street,,\n")
        .await;
    let key = PinKeyInUse::new(Arc::new(PinKey::from_hex(PIN_KEY).unwrap()));
    let fingerprint = key.key().fingerprint();
    pin_keys::record_pin_key(
        &office.pool,
        &fingerprint,
        PinKeyProof::Assumed,
        office.clock.now(),
    )
    .await
    .unwrap();
    let wrong = Office::wrong_pin_order().numbers(["+13125550104"]);
    let first = office.receive(wrong.clone()).await;
    assert_eq!(office.last_decision(&first).await.decision.action, Action::Hold);
    let right = office.receive(Office::clean_order()).await;
    assert_eq!(
        office.last_decision(&right).await.decision.action,
        Action::Authorize
    );
    let second = office.receive(wrong).await;
    let decision = office.last_decision(&second).await.decision;
    assert_eq!(
        (decision.action, decision.account),
        (Action::Reject, AccountName::default_account())
    );
}
