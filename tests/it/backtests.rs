//! A candidate over a record that the service has made, and over a history that it has not.

use jiff::{SignedDuration, Timestamp};
use portoutd::clock::Clock as _;
use portoutd::domain::{AccountName, Action, OrderId, PinKey, Target};
use portoutd::engine::backtest::{self, BacktestFailed, History};
use portoutd::rules::backtest::{Backtest, Bucket, Report};
use portoutd::rules::{RuleSet, Sources};
use portoutd::simulator::{Call, Fault, NewOrder, Review};
use portoutd::store::reports;
use portoutd::telnyx::AnswerRequest;
use sqlx::PgPool;

use crate::test_service::{PIN_KEY, RULES, TestConfig, TestService, short_pause};

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

async fn recorded(service: &TestService, text: &str) -> Report {
    backtest::recorded(&service.pool, &candidate(text), Timestamp::UNIX_EPOCH, |_| ())
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

fn key(service: &TestService, order: &OrderId) -> String {
    service.telnyx.order(order).unwrap().support_key
}

/// One order of each kind: let go, rejected, bounced, answered by a person, left to silence.
struct Busy {
    wrong: OrderId,
    bounced: OrderId,
    silent: OrderId,
}

async fn busy_day(service: &TestService) -> Busy {
    let _clean = service.receive(TestService::clean_order()).await;
    let wrong = service.receive(TestService::wrong_pin_order()).await;
    let bounced = service.receive(TestService::wrong_pin_order()).await;
    let strange = service.receive(TestService::strange_order()).await;
    let silent = service.receive(TestService::strange_order()).await;
    service.pass(SignedDuration::from_secs(5)).await;
    service.telnyx.bounce(&bounced).unwrap();
    service.person(&strange, Action::Reject).await.unwrap();
    service.telnyx.authorize_by_silence(&silent).unwrap();
    service.pass(SignedDuration::from_mins(2)).await;
    Busy {
        wrong,
        bounced,
        silent,
    }
}

#[sqlx::test]
async fn the_rules_that_judged_change_nothing(pool: PgPool) {
    let service = TestService::open(pool).await;
    busy_day(&service).await;
    let report = recorded(&service, RULES).await;
    assert_eq!(report.headline(), "6 orders evaluated, no decision changes");
    assert!(
        report.rules.iter().all(|rule| !rule.is_change()),
        "{:#?}",
        report.rules
    );
}

#[sqlx::test]
async fn a_changed_file_shows_exactly_the_orders_that_change(pool: PgPool) {
    let service = TestService::open(pool).await;
    let busy = busy_day(&service).await;
    let report = recorded(&service, &careful_rules()).await;
    let (newer, older) = (key(&service, &busy.bounced), key(&service, &busy.wrong));
    assert_eq!(
        changes(&report),
        [("reject → hold".to_owned(), 2, vec![newer.clone(), older])]
    );
    assert_eq!(in_bucket(&report, Bucket::Bounced), [newer]);
    assert_eq!(
        in_bucket(&report, Bucket::BySilence),
        [key(&service, &busy.silent)]
    );
}

#[sqlx::test]
async fn rules_on_pins_are_replayed_without_any_pin(pool: PgPool) {
    let service = TestService::open(pool).await;
    busy_day(&service).await;
    sqlx::query("delete from numbers")
        .execute(&service.pool)
        .await
        .unwrap();
    let calls = service.telnyx.requests().len();
    let report = recorded(&service, &careful_rules()).await;
    assert_eq!(changes(&report)[0].1, 2);
    assert_eq!(service.telnyx.requests().len(), calls, "nothing is asked");
}

#[sqlx::test]
async fn what_a_person_decided_otherwise_is_told_in_shadow_mode_too(pool: PgPool) {
    let shadow = TestConfig {
        mode: portoutd::domain::Mode::Shadow,
        ..TestConfig::default()
    };
    let service = TestService::with_config(pool, shadow).await;
    let wrong = service.receive(TestService::wrong_pin_order()).await;
    let other = service.receive(TestService::wrong_pin_order()).await;
    service.person(&wrong, Action::Authorize).await.unwrap();
    service.person(&other, Action::Reject).await.unwrap();
    service.pass(SignedDuration::from_secs(5)).await;
    let report = recorded(&service, RULES).await;
    assert_eq!((report.judged, report.changed), (2, 0));
    assert_eq!(in_bucket(&report, Bucket::Overridden), [key(&service, &wrong)]);
}

#[sqlx::test]
async fn a_fact_that_was_not_recorded_is_named(pool: PgPool) {
    let service = TestService::open(pool).await;
    let order = service.receive(TestService::clean_order()).await;
    let asks = RULES.replace(
        "match.numbers.ours = \"all\"",
        "match.numbers.ours = \"all\"\nmatch.own_port_in = false",
    );
    let report = recorded(&service, &asks).await;
    assert_eq!(in_bucket(&report, Bucket::NeedsFact), [key(&service, &order)]);
    let missing: Vec<String> = report.missing_facts.keys().map(ToString::to_string).collect();
    assert_eq!(missing, ["own_port_in"]);
}

#[sqlx::test]
async fn what_stayed_open_and_what_held_in_shadow_is_counted_from_real_traces(pool: PgPool) {
    let shadow =
        "[[rule]]\nid = \"trial\"\nmode = \"shadow\"\nmatch.numbers.count = \">= 1\"\naction = \"hold\"\n\n";
    let rules = RULES.replacen("[[rule]]", &format!("{shadow}[[rule]]"), 1);
    let config = TestConfig {
        rules,
        ..TestConfig::default()
    };
    let service = TestService::with_config(pool, config).await;
    service.receive(TestService::clean_order()).await;
    service
        .receive(TestService::clean_order().numbers(["{{phone_number}}"]))
        .await;
    let stats = reports::rule_stats(&service.pool, Timestamp::UNIX_EPOCH)
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
async fn unattended(pool: PgPool) -> TestService {
    let service = TestService::open(pool).await;
    service.close().await;
    service.telnyx.set_webhook_url(None);
    service
}

/// Lets the service's clock go on, so that whoever waits for a turn to call gets it.
async fn while_time_passes<T>(service: &TestService, work: impl Future<Output = T>) -> T {
    let passing = async {
        loop {
            service.clock.advance(SignedDuration::from_millis(20));
            short_pause().await;
        }
    };
    tokio::select! {
        done = work => done,
        () = passing => unreachable!("time goes on for ever"),
    }
}

async fn looked_back(service: &TestService, text: &str, since: Timestamp) -> Result<Report, BacktestFailed> {
    let key = PinKey::from_hex(PIN_KEY).unwrap();
    let history = History {
        pool: &service.pool,
        accounts: &service.engine.accounts,
        pin_key: Some(&key),
        since,
    };
    let backtest = Backtest::new(&candidate(text));
    while_time_passes(
        service,
        backtest::telnyx_history(&history, backtest, |_| (), |_, _| Ok(())),
    )
    .await
}

/// A person rejects in the portal.
async fn reject_by_hand(service: &TestService, order: &OrderId) {
    let client = service
        .engine
        .accounts
        .client(&AccountName::default_account())
        .unwrap();
    let answer = AnswerRequest {
        reason: "No.".to_owned(),
        rejection_code: Some(1001),
        host_messaging: false,
        send_by: std::time::Duration::MAX,
    };
    let answered = async {
        let turn = client.turn_to_answer(answer.send_by).await.unwrap();
        turn.update_status(order, Target::RejectedPending, &answer).await
    };
    while_time_passes(service, answered).await;
    assert_eq!(service.status(order), "rejected-pending");
}

/// An hour later an order comes.
fn comes(service: &TestService, order: NewOrder) -> OrderId {
    service.clock.advance(SignedDuration::from_hours(1));
    service.telnyx.open_order(order)
}

#[sqlx::test]
async fn a_history_at_telnyx_is_judged_before_the_service_ever_acted(pool: PgPool) {
    let service = unattended(pool).await;
    let early = comes(&service, TestService::wrong_pin_order());
    service.clock.advance(SignedDuration::from_hours(72));
    let since = service.clock.now();
    let clean = comes(&service, TestService::clean_order());
    let let_go = comes(&service, TestService::wrong_pin_order());
    service.telnyx.authorize_in_portal(&let_go).unwrap();
    let refused = comes(&service, TestService::wrong_pin_order());
    reject_by_hand(&service, &refused).await;
    let bounced = comes(
        &service,
        TestService::wrong_pin_order().review(Review::Bounces(1)),
    );
    reject_by_hand(&service, &bounced).await;
    let withdrawn = comes(&service, TestService::clean_order());
    service.telnyx.cancel(&withdrawn).unwrap();
    // Silence, review and FOC take their course.
    service.clock.advance(SignedDuration::from_hours(24 * 30));
    assert_eq!(
        [&early, &clean, &bounced].map(|order| service.status(order)),
        ["ported"; 3]
    );

    let report = looked_back(&service, RULES, since).await.unwrap();
    let moved: Vec<(String, Vec<String>)> = report
        .moves
        .iter()
        .map(|one| (one.arrow(), one.orders.orders.clone()))
        .collect();
    let keys = |orders: &[&OrderId]| {
        orders
            .iter()
            .map(|order| key(&service, order))
            .collect::<Vec<_>>()
    };
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
        .fetch_one(&service.pool)
        .await
        .unwrap();
    assert_eq!(kept, 0, "what was read, PINs above all, is not kept");
    assert_eq!(
        service.telnyx.requests_of(Call::GetOrder).len(),
        0,
        "the lists tell all that is needed"
    );
}

#[sqlx::test]
async fn facts_of_our_own_records_come_from_the_history_in_order_of_time(pool: PgPool) {
    let service = unattended(pool).await;
    let first = comes(&service, TestService::wrong_pin_order());
    let second = comes(&service, TestService::wrong_pin_order());
    let since = service.clock.now() + SignedDuration::from_mins(1);
    let third = comes(&service, TestService::clean_order());
    service.clock.advance(SignedDuration::from_hours(30));
    let late = comes(&service, TestService::clean_order());
    let stranger = comes(&service, TestService::strange_order());
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
    let report = looked_back(&service, rules, since).await.unwrap();
    let named: Vec<String> = [&third, &late, &stranger]
        .map(|order| key(&service, order))
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
    let service = unattended(pool).await;
    service
        .telnyx
        .faults()
        .always(Call::ListEvents, Fault::Status(500));
    let failed = looked_back(&service, RULES, service.clock.now())
        .await
        .unwrap_err();
    assert_eq!(failed.to_string(), "cannot read account `default` from Telnyx");
}
