//! `portoutd numbers import`: other keys, leavings of exports, and imports that only say what they would do.

use portoutd::domain::PinKey;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::site::{PIN, Site};
use super::soon;
use crate::test_service::PIN_KEY;

const OTHER_KEY: &str = "6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b";
const NUMBERS: &str = "select count(*) from numbers";
const IMPORTS: &str = "select count(*) from admin_actions where action = 'numbers.import'";

fn fingerprint(key: &str) -> String {
    PinKey::from_hex(key).unwrap().fingerprint().to_string()
}

fn file(rows: &str) -> String {
    format!("number,account,pin,zip,name,address,frozen,tags\n{rows}")
}

#[sqlx::test]
async fn with_another_key_than_the_registers_nothing_starts_until_every_pin_is_imported_again(pool: PgPool) {
    let site = Site::new(pool).await;
    site.write("pin.key", OTHER_KEY);
    let (ours, recorded) = (fingerprint(OTHER_KEY), fingerprint(PIN_KEY));
    let told = [
        ours.as_str(),
        &recorded,
        "PORTOUTD__PIN_KEY_FILE",
        "`pin_key_file`",
        "--replace-pin-key",
    ];
    site.run(&["serve"]).await.assert(78, &told);
    site.run(&["numbers", "import", "register.csv"])
        .await
        .assert(78, &told);
    site.run(&["numbers", "import", "register.csv", "--dry-run"])
        .await
        .assert(78, &told);
    site.run(&["backtest", "--from", "telnyx"])
        .await
        .assert(78, &told);
    let checked = site.run(&["check", "--online"]).await;
    assert!(
        checked.out.contains("`pin` is never known in this installation"),
        "{checked}"
    );
    let printed = site.run(&["keygen", "--fingerprint", "pin.key"]).await;
    assert_eq!(printed.out, format!("{ours}\n"));

    site.write("some.csv", &file(&format!("3125550100,,{PIN},,,,,\n")));
    let replace = |file| ["numbers", "import", file, "--replace-pin-key", "--yes"];
    site.run(&replace("some.csv")).await.assert(
        78,
        &["99 of the 100 numbers with a PIN on file are not in this file"],
    );
    site.run(&replace("register.csv")).await.assert(0, &[]);
    drop(site.serve().await);
    site.write("pin.key", PIN_KEY);
    site.run(&["serve"]).await.assert(78, &[&ours]);
}

#[sqlx::test]
async fn pins_on_file_without_a_key_in_the_settings_are_warned_of(pool: PgPool) {
    let mut site = Site::new(pool).await;
    site.unset("PORTOUTD__PIN_KEY_FILE");
    let service = site.serve().await;
    let warned = service.program.logged("`pin_key_file` is not set").unwrap();
    assert_eq!((&warned["level"], &warned["pins"]), (&json!("WARN"), &json!(100)));
}

#[sqlx::test]
async fn a_running_service_raises_an_alarm_when_the_key_is_replaced(pool: PgPool) {
    let site = Site::new(pool).await;
    let service = site.serve().await;
    site.write("pin.key", OTHER_KEY);
    site.run(&["numbers", "import", "register.csv", "--replace-pin-key", "--yes"])
        .await
        .assert(0, &[]);
    soon("the alarm is raised", async || {
        service.program.logged("no longer compares PINs").is_some()
    })
    .await;
    let (_, metrics) = service.get("/metrics").await.unwrap();
    assert!(metrics.contains("portoutd_pin_key_differs 1"), "{metrics}");
}

#[sqlx::test]
async fn a_dry_run_says_what_the_import_would_do_and_writes_nothing(pool: PgPool) {
    let site = Site::new(pool).await;
    let rows = format!(
        "3125550100,,{PIN},60601,Ada Example,1 Main Street,,\n3125550101,,,60601,Ada Example,1 Main Street,yes,\n\
         3125550999,eats,,,,,,\n"
    );
    site.write("numbers.csv", &file(&rows));
    let (numbers, imports) = (site.count(NUMBERS).await, site.count(IMPORTS).await);
    let dry = ["numbers", "import", "numbers.csv", "--dry-run"];
    let told = site.run(&dry).await;
    told.assert(
        0,
        &[
            "1 number would lose the PIN on file",
            "No Telnyx account is configured as `eats`",
        ],
    );
    assert_eq!(
        told.out,
        "numbers.csv: 3 numbers read; the import would add 1, change 1 and leave 1 unchanged, and lock 1. Nothing was \
         written.\n"
    );
    let document = site.json(&dry).await;
    let counts = [
        "dry_run",
        "read",
        "added",
        "changed",
        "unchanged",
        "locked",
        "unlocked",
        "pins_removed",
    ];
    let counts: Vec<&Value> = counts.iter().map(|key| &document[*key]).collect();
    assert_eq!(json!(counts), json!([true, 3, 1, 1, 1, 1, 0, 1]));
    assert_eq!(document["warnings"].as_array().unwrap().len(), 2);
    assert_eq!(
        (numbers, imports),
        (site.count(NUMBERS).await, site.count(IMPORTS).await)
    );

    let document = site.json(&["numbers", "import", "numbers.csv"]).await;
    assert_eq!(
        (&document["dry_run"], &document["added"]),
        (&json!(false), &json!(1))
    );
    assert_eq!(site.count(NUMBERS).await, numbers + 1);
}

#[sqlx::test]
async fn a_file_with_leavings_is_refused_by_line_and_imports_nothing(pool: PgPool) {
    let site = Site::new(pool).await;
    site.write(
        "numbers.csv",
        &file("3125550100,,4.81516E+11,2134,NULL,,,\n3125550999,,,,,,,\n"),
    );
    for extra in [&[][..], &["--dry-run"]] {
        let arguments = [&["numbers", "import", "numbers.csv"], extra].concat();
        let told = site.run(&arguments).await;
        told.assert(
            1,
            &[
                "3 problems, nothing was imported",
                "line 2: `pin` is a number that a spreadsheet has rounded",
            ],
        );
        assert!(!told.log.contains("4.81516"), "{told}");
    }
    let refused = site
        .run(&["numbers", "import", "numbers.csv", "--output", "json"])
        .await;
    let document = refused.assert(1, &[]).json();
    assert_eq!(document["problems"].as_array().unwrap().len(), 3);
    assert_eq!(
        (&document["ok"], &document["problems"][0]["line"]),
        (&json!(false), &json!(2))
    );
    assert_eq!(site.count(NUMBERS).await, 100);
    let meant = ["numbers", "import", "numbers.csv", "--as-written", "name"];
    site.run(&meant).await.assert(1, &["2 problems"]);
    site.run(&["numbers", "import", "numbers.csv", "--as-written", "pin"])
        .await
        .assert(2, &["possible values: zip, name, address"]);
}
