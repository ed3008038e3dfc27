//! Tests of `numbers import`.

use super::*;
use crate::store::{admin_actions, chain};

fn settings(environment: &[(&str, &str)]) -> Settings {
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::from_layers(None, environment, &|_| Ok("ab".repeat(32))).unwrap()
}

fn entries(rows: &str) -> Vec<Entry> {
    let header = "number,account,pin,zip,name,address,frozen,tags\n";
    register::read_csv(format!("{header}{rows}").as_bytes()).unwrap()
}

#[test]
fn a_pin_needs_a_key_and_a_file_without_pins_does_not() {
    let with_pin = || entries("3125550123,,,,,,,\n3125550124,,4711,,,,,\n");
    let refused = under_key(&settings(&[]), with_pin()).unwrap_err();
    let told = format!("{refused:?}");
    assert!(
        told.contains("code: 78") && told.contains("portoutd keygen"),
        "{told}"
    );
    assert!(told.contains("line 3") && !told.contains("4711"), "{told}");

    let with_key = settings(&[("PORTOUTD__PIN_KEY_FILE", "pin.key")]);
    let rows = under_key(&with_key, with_pin()).unwrap();
    assert!(rows.rows()[0].pin.is_none() && rows.rows()[1].pin.is_some());

    assert!(under_key(&settings(&[]), entries("3125550123,,,,,,,\n")).is_ok());
}

#[test]
fn a_mistyped_account_is_hinted_at() {
    let settings = settings(&[
        ("TELNYX_API_KEY", "KEY0"),
        ("PORTOUTD__ACCOUNTS__EAST__API_KEY", "KEY1"),
    ]);
    let note = |rows| foreign_accounts(&settings, &entries(rows));
    assert_eq!(note("3125550123,,,,,,,\n3125550124,east,,,,,,\n"), None);
    assert_eq!(
        note("3125550123,eats,,,,,,\n3125550124,eats,,,,,,\n").as_deref(),
        Some("No Telnyx account is configured as `eats`.")
    );
}

#[sqlx::test]
async fn an_import_is_recorded_in_the_chain(pool: PgPool) {
    let rows = under_key(&settings(&[]), entries("3125550123,,,,,,,\n3125550124,,,,,,,\n")).unwrap();
    let source = ImportSource {
        name: "customers.csv".to_owned(),
        sha256: "00".to_owned(),
        actor: "ann".to_owned(),
        pin_key_change: PinKeyChange::Keep,
    };
    let difference = import(&pool, &rows, &source, Written::Yes).await.unwrap();
    let report = Report {
        file: "a.csv",
        written: Written::Yes,
        difference,
        warnings: Vec::new(),
    };
    assert_eq!(
        report.to_text(),
        "a.csv: 2 numbers read: 2 added, 0 changed, 0 unchanged.\n"
    );
    let recorded = admin_actions(&pool).await.unwrap();
    let (action, link) = &recorded[0];
    assert_eq!(
        (action.actor.as_str(), action.action.as_str()),
        ("ann", "numbers.import")
    );
    assert_eq!(
        action.detail,
        r#"{"added":2,"changed":0,"file":"customers.csv","sha256":"00","unchanged":0}"#
    );
    assert!(chain::verify([*link]).is_ok());
}
