//! A candidate over a record that the service has made, and over a history that it has not.

use jiff::{SignedDuration, Timestamp};
use portoutd::clock::Clock as _;
use portoutd::domain::{Action, OrderId, PinKey};
use portoutd::engine::backtest::{self, History};
use portoutd::rules::backtest::{Backtest, Bucket, Report};
use portoutd::rules::{RuleSet, Sources};
use portoutd::simulator::{Call, NewOrder};
use sqlx::PgPool;

use crate::office::{Furnishing, Office, PIN_KEY, RULES};

fn candidate(text: &str) -> RuleSet {
    let sources = Sources::in_memory("candidate.toml", text, []);
    RuleSet::from_sources(&sources, Timestamp::UNIX_EPOCH)
        .unwrap()
        .rules
}

/// What rules on PINs become, when a person is to look at wrong ones.
fn careful_rules() -> String {
    RULES.replace(
        "id = \"wrong-pin\"\nmatch.pin = \"wrong\"\naction = \"reject\"\nreject.because = \"pin-invalid\"",
        "id = \"wrong-pin\"\nmatch.pin = \"wrong\"\naction = \"hold\"",
    )
}

async fn recorded(office: &Office, text: &str) -> Report {
    backtest::recorded(&office.pool, &candidate(text), Timestamp::UNIX_EPOCH, |_| ())
        .await
        .unwrap()
}

/// How the orders moved, those that changed only.
fn changes(report: &Report) -> Vec<(String, u64, Vec<String>)> {
    let changed = report.moves.iter().filter(|one| one.is_change());
    changed
        .map(|one| (one.arrow(), one.orders.count, one.orders.orders.clone()))
        .collect()
}

fn in_bucket(report: &Report, bucket: Bucket) -> Vec<String> {
    let found = report.buckets.iter().find(|one| one.bucket == bucket);
    found.unwrap().orders.orders.clone()
}

fn key(office: &Office, order: &OrderId) -> String {
    office.telnyx.order(order).unwrap().support_key
}

/// One order of each kind: let go, rejected, bounced, answered by a person, left to silence.
struct Busy {
    wrong: OrderId,
    bounced: OrderId,
    silent: OrderId,
}

async fn busy_day(office: &Office) -> Busy {
    let _clean = office.receive(Office::clean_order()).await;
    let wrong = office.receive(Office::wrong_pin_order()).await;
    let bounced = office.receive(Office::wrong_pin_order()).await;
    let strange = office.receive(Office::strange_order()).await;
    let silent = office.receive(Office::strange_order()).await;
    office.pass(SignedDuration::from_secs(5)).await;
    office.telnyx.bounce(&bounced).unwrap();
    office.person(&strange, Action::Reject).await.unwrap();
    office.telnyx.authorize_by_silence(&silent).unwrap();
    office.pass(SignedDuration::from_mins(2)).await;
    Busy {
        wrong,
        bounced,
        silent,
    }
}

#[sqlx::test]
async fn the_rules_that_judged_change_nothing(pool: PgPool) {
    let office = Office::open(pool).await;
    busy_day(&office).await;
    let report = recorded(&office, RULES).await;
    assert_eq!(report.headline(), "6 orders judged, none gets another answer");
    assert!(
        report.rules.iter().all(|rule| !rule.is_change()),
        "{:#?}",
        report.rules
    );
}

#[sqlx::test]
async fn a_changed_file_shows_exactly_the_orders_that_change(pool: PgPool) {
    let office = Office::open(pool).await;
    let busy = busy_day(&office).await;
    let report = recorded(&office, &careful_rules()).await;
    let (newer, older) = (key(&office, &busy.bounced), key(&office, &busy.wrong));
    assert_eq!(
        changes(&report),
        [("reject → hold".to_owned(), 2, vec![newer.clone(), older])]
    );
    assert_eq!(in_bucket(&report, Bucket::Bounced), [newer]);
    assert_eq!(
        in_bucket(&report, Bucket::BySilence),
        [key(&office, &busy.silent)]
    );
}

#[sqlx::test]
async fn rules_on_pins_are_replayed_without_any_pin(pool: PgPool) {
    let office = Office::open(pool).await;
    busy_day(&office).await;
    sqlx::query("delete from numbers")
        .execute(&office.pool)
        .await
        .unwrap();
    let calls = office.telnyx.requests().len();
    let report = recorded(&office, &careful_rules()).await;
    assert_eq!(changes(&report)[0].1, 2);
    assert_eq!(office.telnyx.requests().len(), calls, "nothing is asked");
}

#[sqlx::test]
async fn what_a_person_decided_otherwise_is_told_in_shadow_mode_too(pool: PgPool) {
    let shadow = Furnishing {
        mode: portoutd::domain::Mode::Shadow,
        ..Furnishing::default()
    };
    let office = Office::furnished(pool, shadow).await;
    let wrong = office.receive(Office::wrong_pin_order()).await;
    let other = office.receive(Office::wrong_pin_order()).await;
    office.person(&wrong, Action::Authorize).await.unwrap();
    office.person(&other, Action::Reject).await.unwrap();
    office.pass(SignedDuration::from_secs(5)).await;
    let report = recorded(&office, RULES).await;
    assert_eq!((report.judged, report.changed), (2, 0));
    assert_eq!(in_bucket(&report, Bucket::Overridden), [key(&office, &wrong)]);
}

#[sqlx::test]
async fn a_fact_that_was_not_recorded_is_named(pool: PgPool) {
    let office = Office::open(pool).await;
    let order = office.receive(Office::clean_order()).await;
    let asks = RULES.replace(
        "match.numbers.ours = \"all\"",
        "match.numbers.ours = \"all\"\nmatch.own_port_in = false",
    );
    let report = recorded(&office, &asks).await;
    assert_eq!(in_bucket(&report, Bucket::NeedsFact), [key(&office, &order)]);
    let missing: Vec<String> = report.missing_facts.keys().map(ToString::to_string).collect();
    assert_eq!(missing, ["own_port_in"]);
}
