//! A candidate over a record that the service has made, and over a history that it has not.

use jiff::{SignedDuration, Timestamp};
use portoutd::clock::Clock as _;
use portoutd::domain::{AccountName, Action, OrderId, PinKey, Target};
use portoutd::engine::backtest::{self, BacktestFailed, History};
use portoutd::rules::backtest::{Backtest, Bucket, Report};
use portoutd::rules::{RuleSet, Sources};
use portoutd::simulator::{Call, Fault, NewOrder, Review};
use portoutd::store::reports;
use portoutd::telnyx::Answer;
use sqlx::PgPool;

use crate::office::{Furnishing, Office, PIN_KEY, RULES, glance};

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

#[sqlx::test]
async fn what_stayed_open_and_what_held_in_shadow_is_counted_from_real_traces(pool: PgPool) {
    let shadow =
        "[[rule]]\nid = \"trial\"\nmode = \"shadow\"\nmatch.numbers.count = \">= 1\"\naction = \"hold\"\n\n";
    let rules = RULES.replacen("[[rule]]", &format!("{shadow}[[rule]]"), 1);
    let furnishing = Furnishing {
        rules,
        ..Furnishing::default()
    };
    let office = Office::furnished(pool, furnishing).await;
    office.receive(Office::clean_order()).await;
    office
        .receive(Office::clean_order().numbers(["{{phone_number}}"]))
        .await;
    let stats = reports::rule_stats(&office.pool, Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
    let trial = &stats.rules["trial"];
    assert_eq!(
        (trial.shadow_held, trial.shadow_decided, trial.shadow_differs),
        (2, 2, 1)
    );
    assert_eq!(
        (
            stats.rules["clean-port"].hits,
            stats.rules["clean-port"].undecided
        ),
        (1, 1)
    );
    assert_eq!((stats.judged, stats.without_rule), (2, 1));
}

/// A Telnyx with a history that no service has seen: the office is closed before anything happens.
async fn unattended(pool: PgPool) -> Office {
    let office = Office::open(pool).await;
    office.close().await;
    office.telnyx.set_webhook_url(None);
    office
}

/// Lets the service's clock go on, so that whoever waits for a turn to call gets it.
async fn while_time_passes<T>(office: &Office, work: impl Future<Output = T>) -> T {
    let passing = async {
        loop {
            office.clock.advance(SignedDuration::from_millis(20));
            glance().await;
        }
    };
    tokio::select! {
        done = work => done,
        () = passing => unreachable!("time goes on for ever"),
    }
}

async fn looked_back(office: &Office, text: &str, since: Timestamp) -> Result<Report, BacktestFailed> {
    let key = PinKey::from_hex(PIN_KEY).unwrap();
    let history = History {
        pool: &office.pool,
        accounts: &office.engine.accounts,
        pin_key: Some(&key),
        since,
    };
    let backtest = Backtest::new(&candidate(text));
    while_time_passes(
        office,
        backtest::came_out(&history, backtest, |_| (), |_, _| Ok(())),
    )
    .await
}

/// A person rejects in the portal.
async fn reject_by_hand(office: &Office, order: &OrderId) {
    let client = office
        .engine
        .accounts
        .client(&AccountName::default_account())
        .unwrap();
    let answer = Answer {
        reason: "No.".to_owned(),
        rejection_code: Some(1001),
        host_messaging: false,
        send_by: std::time::Duration::MAX,
    };
    let answered = async {
        let turn = client.turn_to_answer(answer.send_by).await.unwrap();
        turn.update_status(order, Target::RejectedPending, &answer).await
    };
    while_time_passes(office, answered).await;
    assert_eq!(office.status(order), "rejected-pending");
}

/// An hour later an order comes.
fn comes(office: &Office, order: NewOrder) -> OrderId {
    office.clock.advance(SignedDuration::from_hours(1));
    office.telnyx.open_order(order)
}

#[sqlx::test]
async fn a_history_at_telnyx_is_judged_before_the_service_ever_acted(pool: PgPool) {
    let office = unattended(pool).await;
    let early = comes(&office, Office::wrong_pin_order());
    office.clock.advance(SignedDuration::from_hours(72));
    let since = office.clock.now();
    let clean = comes(&office, Office::clean_order());
    let let_go = comes(&office, Office::wrong_pin_order());
    office.telnyx.authorize_in_portal(&let_go).unwrap();
    let refused = comes(&office, Office::wrong_pin_order());
    reject_by_hand(&office, &refused).await;
    let bounced = comes(&office, Office::wrong_pin_order().review(Review::Bounces(1)));
    reject_by_hand(&office, &bounced).await;
    let withdrawn = comes(&office, Office::clean_order());
    office.telnyx.cancel(&withdrawn).unwrap();
    // Silence, review and FOC take their course.
    office.clock.advance(SignedDuration::from_hours(24 * 30));
    assert_eq!(
        [&early, &clean, &bounced].map(|order| office.status(order)),
        ["ported"; 3]
    );

    let report = looked_back(&office, RULES, since).await.unwrap();
    let moved: Vec<(String, Vec<String>)> = report
        .moves
        .iter()
        .map(|one| (one.arrow(), one.orders.orders.clone()))
        .collect();
    let keys = |orders: &[&OrderId]| orders.iter().map(|order| key(&office, order)).collect::<Vec<_>>();
    assert_eq!(
        moved,
        [
            ("none → authorize".to_owned(), keys(&[&withdrawn])),
            ("authorize → authorize".to_owned(), keys(&[&clean])),
            ("authorize → reject".to_owned(), keys(&[&let_go, &bounced])),
            ("reject → reject".to_owned(), keys(&[&refused])),
        ]
    );
    assert_eq!((report.judged, report.changed, report.unreadable), (5, 2, 0));
    assert_eq!(in_bucket(&report, Bucket::Bounced), keys(&[&bounced]));
    let kept: i64 = sqlx::query_scalar("select count(*) from events")
        .fetch_one(&office.pool)
        .await
        .unwrap();
    assert_eq!(kept, 0, "what was read, PINs above all, is not kept");
    assert_eq!(
        office.telnyx.requests_of(Call::GetOrder).len(),
        0,
        "the lists tell all that is needed"
    );
}

#[sqlx::test]
async fn facts_of_our_own_records_come_from_the_history_in_order_of_time(pool: PgPool) {
    let office = unattended(pool).await;
    let first = comes(&office, Office::wrong_pin_order());
    let second = comes(&office, Office::wrong_pin_order());
    let since = office.clock.now() + SignedDuration::from_mins(1);
    let third = comes(&office, Office::clean_order());
    office.clock.advance(SignedDuration::from_hours(30));
    let late = comes(&office, Office::clean_order());
    let stranger = comes(&office, Office::strange_order());
    let rules = r#"
version = 1
[defaults]
no_match = "authorize"
[[rule]]
id = "guessing"
match.numbers.wrong_pins_24h = "2"
match.carrier.requests_24h = "2"
action = "reject"
reject.because = "pin-invalid"
[[rule]]
id = "stranger"
match.carrier.seen = false
action = "hold"
"#;
    let report = looked_back(&office, rules, since).await.unwrap();
    let named: Vec<String> = [&third, &late, &stranger]
        .map(|order| key(&office, order))
        .to_vec();
    let to = |action: Action| {
        let moves = report.moves.iter().filter(move |one| one.to == action);
        moves
            .flat_map(|one| one.orders.orders.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        to(Action::Reject),
        named[..1],
        "two wrong PINs the hours before, {first} and {second}"
    );
    assert_eq!(
        to(Action::Authorize),
        named[1..2],
        "a day later they do not count"
    );
    assert_eq!(
        in_bucket(&report, Bucket::NeedsFact),
        named[2..],
        "nobody knows what was before the history"
    );
}

#[sqlx::test]
async fn a_telnyx_that_cannot_be_read_ends_the_backtest_with_the_account(pool: PgPool) {
    let office = unattended(pool).await;
    office
        .telnyx
        .faults()
        .always(Call::ListEvents, Fault::Status(500));
    let failed = looked_back(&office, RULES, office.clock.now()).await.unwrap_err();
    assert_eq!(failed.to_string(), "account `default` cannot be read at Telnyx");
}
