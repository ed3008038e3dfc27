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

use crate::test_service::{PIN_KEY, TestService};

const REGISTER: &str = "number,account,pin,zip,name,address,frozen,tags
+13125550100,default,4711,60601,Ada Example,1 Main Street,,
+13125550102,default,4712,60601,Cy Example,3 Main Street,true,
";

/// An import on another host that puts every PIN under another key.
async fn replace_key(service: &TestService) {
    let key = PinKey::from_hex(&"6b".repeat(32)).unwrap();
    let numbers =
        register_import::under_key(register::read_csv(REGISTER.as_bytes()).unwrap(), Some(&key)).unwrap();
    let source = ImportSource {
        name: "register.csv".to_owned(),
        sha256: String::new(),
        actor: "test".to_owned(),
        pin_key_change: PinKeyChange::Replace,
    };
    register_import::keep(&service.pool, &numbers, &source, service.clock.now(), |_| ())
        .await
        .unwrap();
}

#[sqlx::test]
async fn once_the_key_is_replaced_elsewhere_a_right_pin_is_held_and_not_rejected(pool: PgPool) {
    let service = TestService::open(pool).await;
    replace_key(&service).await;
    let order = service.receive(TestService::clean_order()).await;
    let decision = service.last_decision(&order).await;
    assert_eq!(
        decision.decision.action,
        Action::Hold,
        "{:?}",
        decision.decision.rule
    );
    assert_eq!(service.sent(&order), [""; 0]);
}

#[sqlx::test]
async fn under_an_adopted_key_a_wrong_pin_is_rejected_only_after_one_was_right(pool: PgPool) {
    let service = TestService::open(pool).await;
    service
        .import("+13125550104,default,4711,60601,Di Example,4 Main Street,,\n")
        .await;
    let key = PinKeyInUse::new(Arc::new(PinKey::from_hex(PIN_KEY).unwrap()));
    let fingerprint = key.key().fingerprint();
    pin_keys::record_pin_key(
        &service.pool,
        &fingerprint,
        PinKeyProof::Assumed,
        service.clock.now(),
    )
    .await
    .unwrap();
    let wrong = TestService::wrong_pin_order().numbers(["+13125550104"]);
    let first = service.receive(wrong.clone()).await;
    assert_eq!(service.last_decision(&first).await.decision.action, Action::Hold);
    let right = service.receive(TestService::clean_order()).await;
    assert_eq!(
        service.last_decision(&right).await.decision.action,
        Action::Authorize
    );
    let second = service.receive(wrong).await;
    let decision = service.last_decision(&second).await.decision;
    assert_eq!(
        (decision.action, decision.account),
        (Action::Reject, AccountName::default_account())
    );
}
