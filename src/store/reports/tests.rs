//! Tests of the reports from the database.

mod record;

use futures_util::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::rule_stats::{RuleOutcomes, rule_hits, rule_outcomes};
use super::*;
use crate::domain::{Action, Cause};
use crate::store::offered_codes::note_offered_code;
use record::{Record, traced};

use Action::{Authorize, Hold, Reject};

#[sqlx::test]
async fn each_stay_is_told_once_with_what_became_of_it(pool: PgPool) {
    let mut record = Record::of(pool);
    record.every_kind_of_end().await;
    let found: Vec<Judged> = judged(&record.pool, Timestamp::UNIX_EPOCH)
        .try_collect()
        .await
        .unwrap();
    let told: Vec<String> = found
        .iter()
        .map(|one| {
            let words = [
                (": bounced", one.bounced),
                (": overridden", one.overridden),
                (": by silence", one.by_silence),
            ];
            let became: String = words
                .iter()
                .filter(|(_, is)| *is)
                .map(|(word, _)| *word)
                .collect();
            let rule = one.rule.as_deref().unwrap_or("-");
            format!(
                "{} {} {} by {rule}{became}",
                one.order_id, one.episode, one.action
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    bounced 2 hold by -
    bounced 1 reject by pin: bounced
    twice 1 authorize by clean
    clock 1 hold by look
    withdrawn 1 hold by look
    silence 1 hold by look: by silence
    answered 1 hold by look
    confirmed 1 reject by pin
    overridden 1 reject by pin: overridden
    open 1 reject by pin
    stands 1 reject by pin
    went 1 authorize by clean
    ");
    let newest = &found[0];
    assert_eq!(newest.support_key.as_deref(), Some("PO_bounced"));
    assert_eq!(
        (newest.decided_at, newest.facts.as_str()),
        (record.now, r#"{"pin":"wrong"}"#)
    );
    assert_eq!(found[1].cause, Some(Cause::PinInvalid));
    assert!(count_judged(&record.pool, Timestamp::UNIX_EPOCH).await.unwrap() >= found.len() as u64);
}

#[sqlx::test]
async fn what_was_decided_before_is_left_out(pool: PgPool) {
    let mut record = Record::of(pool);
    record
        .stay("old", 1, vec![traced(Hold, "look", json!({}))], None, None)
        .await;
    let since = record.now + SignedDuration::from_secs(1);
    record
        .stay("new", 1, vec![traced(Hold, "look", json!({}))], None, None)
        .await;
    let found: Vec<Judged> = judged(&record.pool, since).try_collect().await.unwrap();
    assert_eq!(
        found.iter().map(|one| one.order_id.as_str()).collect::<Vec<_>>(),
        ["new"]
    );
    assert_eq!(rule_hits(&record.pool, since).await.unwrap()[0].hits, 1);
}

#[sqlx::test]
async fn hits_are_counted_by_the_same_words(pool: PgPool) {
    let mut record = Record::of(pool);
    record.every_kind_of_end().await;
    let found: Vec<Judged> = judged(&record.pool, Timestamp::UNIX_EPOCH)
        .try_collect()
        .await
        .unwrap();
    for hits in rule_hits(&record.pool, Timestamp::UNIX_EPOCH).await.unwrap() {
        let of_rule: Vec<&Judged> = found.iter().filter(|one| one.rule == hits.rule).collect();
        let count = |so: fn(&&&Judged) -> bool| of_rule.iter().filter(so).count() as u64;
        assert_eq!(hits.hits, of_rule.len() as u64, "{:?}", hits.rule);
        assert_eq!(hits.overridden, count(|one| one.overridden), "{:?}", hits.rule);
        assert_eq!(hits.bounced, count(|one| one.bounced), "{:?}", hits.rule);
        assert_eq!(hits.last_hit, of_rule.iter().map(|one| one.decided_at).max());
    }
    let mut pin = rule_hits(&record.pool, Timestamp::UNIX_EPOCH)
        .await
        .unwrap()
        .into_iter();
    let pin = pin.find(|one| one.rule.as_deref() == Some("pin")).unwrap();
    assert_eq!((pin.hits, pin.overridden, pin.bounced), (5, 1, 1));
}

/// The outcome of a rule in shadow mode.
fn in_shadow(rule: &str, action: Action, outcome: &str, reached: bool) -> Value {
    json!({"rule": rule, "action": action, "cause": null, "outcome": outcome, "reached": reached})
}

#[sqlx::test]
async fn what_a_rule_would_have_done_in_shadow_is_read_from_the_traces(pool: PgPool) {
    let mut record = Record::of(pool);
    let trace = |shadow: Value| json!({"rules": [], "shadow": [shadow]});
    for (order, action, shadow) in [
        ("same", Hold, in_shadow("burst", Hold, "shadow-yes", true)),
        ("other", Authorize, in_shadow("burst", Hold, "shadow-yes", true)),
        ("late", Authorize, in_shadow("burst", Hold, "shadow-yes", false)),
        (
            "open",
            Authorize,
            in_shadow("burst", Hold, "shadow-unknown", true),
        ),
    ] {
        let decisions = vec![traced(action, "clean", trace(shadow))];
        record.stay(order, 1, decisions, None, Some("ported")).await;
    }
    let returned = in_shadow("burst", Authorize, "shadow-yes", true);
    record
        .stay("same", 2, vec![traced(Hold, "look", trace(returned))], None, None)
        .await;
    let last = record.now;
    let open = |outcome: &str| json!({"rules": [{"rule": "clean", "outcome": outcome}], "shadow": []});
    record
        .stay(
            "a",
            1,
            vec![
                traced(Hold, "look", open("unknown")),
                traced(Hold, "clean", open("yes")),
            ],
            None,
            None,
        )
        .await;
    record
        .stay("b", 1, vec![traced(Hold, "look", open("unknown"))], None, None)
        .await;

    let found = rule_outcomes(&record.pool, Timestamp::UNIX_EPOCH).await.unwrap();
    let burst = RuleOutcomes {
        rule: "burst".to_owned(),
        undecided: 0,
        shadow_held: 4,
        shadow_decided: 3,
        shadow_last: Some(last),
        shadow_differs: 1,
    };
    let clean = RuleOutcomes {
        rule: "clean".to_owned(),
        undecided: 1,
        ..RuleOutcomes::default()
    };
    let why = "a bounced order is held whatever the rules say, and only the last decision counts";
    assert_eq!(found, [burst, clean], "{why}");
}

#[sqlx::test]
async fn a_candidate_in_shadow_is_counted_by_both_rules(pool: PgPool) {
    let mut record = Record::of(pool);
    let beside = |action: Action, rule: Option<&str>, cause: Option<&str>| json!({"rules": [], "shadow": [], "candidate": {"rule_set": "abcd", "action": action, "rule": rule, "cause": cause}});
    for (order, number, action, trace) in [
        ("a", 1, Authorize, beside(Authorize, Some("clean"), None)),
        ("b", 1, Authorize, beside(Hold, None, None)),
        ("c", 1, Authorize, beside(Hold, None, None)),
        (
            "d",
            1,
            Reject,
            beside(Reject, Some("pin"), Some("account-invalid")),
        ),
        ("e", 1, Reject, beside(Reject, Some("pin"), Some("pin-invalid"))),
        ("e", 2, Hold, beside(Reject, Some("pin"), Some("pin-invalid"))),
        ("f", 1, Hold, json!({"rules": [], "shadow": []})),
    ] {
        record
            .stay(
                order,
                number,
                vec![traced(action, "live", trace)],
                None,
                Some("ported"),
            )
            .await;
    }
    let found = rule_stats(&record.pool, Timestamp::UNIX_EPOCH)
        .await
        .unwrap()
        .candidates;
    let told: Vec<String> = found
        .iter()
        .map(|one| {
            let rule = one.candidate_rule.as_deref().unwrap_or("-");
            format!(
                "{} {} -> {} by {rule}: {}, {} differ",
                one.rule_set, one.action, one.candidate_action, one.count, one.differs
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    abcd authorize -> authorize by clean: 1, 0 differ
    abcd authorize -> hold by -: 2, 2 differ
    abcd hold -> reject by pin: 1, 0 differ
    abcd reject -> reject by pin: 2, 1 differ
    ");
}

async fn insert_rule_sets(pool: &PgPool, hashes: [[u8; 32]; 2]) {
    let insert = "insert into rule_sets (hash, path, source, loaded_at, loaded_by, in_force_at) \
        values ($1, '', '', now(), '', now())";
    for hash in hashes {
        sqlx::query(insert).bind(hash).execute(pool).await.unwrap();
    }
}

#[sqlx::test]
async fn the_history_of_rules_says_how_far_the_database_reaches(pool: PgPool) {
    let mut record = Record::of(pool);
    let since = record.now + SignedDuration::from_secs(90);
    let empty = rules_on_record(&record.pool, since).await.unwrap();
    assert_eq!((empty.first_decision, empty.rules.len()), (None, 0));

    insert_rule_sets(&record.pool, [[1; 32], [2; 32]]).await;
    let trace = |rules: &[&str], shadow: Value| {
        let rules: Vec<Value> = rules
            .iter()
            .map(|rule| json!({"rule": rule, "outcome": "no"}))
            .collect();
        json!({"rules": rules, "shadow": shadow})
    };
    let burst = json!([in_shadow("burst", Hold, "shadow-yes", true)]);
    record.rule_set = Some([1; 32]);
    let before = traced(Hold, "old", trace(&["old", "kept"], json!([])));
    record.stay("a", 1, vec![before], None, None).await;
    let first = record.now;
    record.rule_set = Some([2; 32]);
    let after = traced(Hold, "kept", trace(&["kept", "burst"], burst));
    record.stay("b", 1, vec![after], None, None).await;

    let account = "default".parse().unwrap();
    for code in [1002, 1001, 1002] {
        note_offered_code(&record.pool, &account, code, "Invalid PIN", record.now)
            .await
            .unwrap();
    }

    let history = rules_on_record(&record.pool, since).await.unwrap();
    assert_eq!(history.offered_codes, [1001, 1002].into());
    assert_eq!(history.first_decision, Some(first));
    let told: Vec<(&str, u64, Option<Timestamp>, Option<Timestamp>)> = history
        .rules
        .iter()
        .map(|(rule, one)| {
            (
                rule.as_str(),
                one.stat.hits + one.stat.shadow_decided,
                one.stat.last_hit.max(one.stat.shadow_last),
                one.first_judged,
            )
        })
        .collect();
    let last = Some(record.now);
    assert_eq!(
        told,
        [
            ("burst", 1, last, last),
            ("kept", 1, last, Some(first)),
            ("old", 0, None, Some(first)),
        ],
        "one in shadow is met where it would have decided"
    );
}
