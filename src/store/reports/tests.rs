use futures_util::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use super::rule_stats::{RuleOutcomes, first_decision_by_rule, rule_hits, rule_outcomes};
use super::*;
use crate::clock::new_id;
use crate::domain::{Action, Cause, DecidedBy, Episode, Mode, Target};
use crate::store::decisions::{Decision, insert_decision};
use crate::store::episodes::{insert_episode, save_episode};

use Action::{Authorize, Hold, Reject};
use DecidedBy::{Deadline, Person, Rule};

/// A day on record: one minute passes with every decision.
struct Record {
    pool: PgPool,
    now: Timestamp,
}

/// A decision to put on record: by whom, what, by which rule, with which trace.
struct Said(DecidedBy, Action, Option<&'static str>, Value);

fn rule(action: Action, rule: &'static str) -> Said {
    Said(Rule, action, Some(rule), json!({"rules": [], "shadow": []}))
}

fn said(by: DecidedBy, action: Action) -> Said {
    Said(by, action, None, json!({}))
}

fn traced(action: Action, rule: &'static str, trace: Value) -> Said {
    Said(Rule, action, Some(rule), trace)
}

impl Record {
    fn of(pool: PgPool) -> Self {
        Self {
            pool,
            now: "2026-11-23T15:00:00Z".parse().unwrap(),
        }
    }

    /// Puts one stay of an order on record: what was said of it, what was sent, how it ended.
    async fn stay(
        &mut self,
        order: &str,
        number: i32,
        all: Vec<Said>,
        sent: Option<Target>,
        ended: Option<&str>,
    ) {
        let insert = "insert into orders (account, order_id, support_key, first_seen_at) \
            values ('default', $1, 'PO_' || $1, now()) on conflict do nothing";
        sqlx::query(insert).bind(order).execute(&self.pool).await.unwrap();
        let (account, order) = ("default".parse().unwrap(), order.parse().unwrap());
        let mut episode = Episode::open(new_id(), account, order, number, self.now, self.now);
        insert_episode(&self.pool, &episode).await.unwrap();
        for one in all {
            episode.decision_id = Some(self.decide(&episode, one).await);
        }
        episode.sent_target = sent;
        episode.ended_as = ended.map(str::to_owned);
        episode.closed_at = ended.map(|_| self.now);
        save_episode(&self.pool, &episode).await.unwrap();
    }

    async fn decide(&mut self, episode: &Episode, Said(by, action, rule, trace): Said) -> Uuid {
        self.now += SignedDuration::from_mins(1);
        let decision = Decision {
            id: new_id(),
            account: episode.account.clone(),
            order_id: episode.order_id.clone(),
            episode: episode.number,
            action,
            by,
            person: (by == Person).then(|| "ann".to_owned()),
            rule: rule.map(str::to_owned),
            rule_set: None,
            cause: (action == Reject).then_some(Cause::PinInvalid),
            reason: None,
            host_messaging: false,
            mode: Mode::Enforce,
            facts: json!({"pin": "wrong"}).to_string(),
            trace: trace.to_string(),
            supersedes: episode.decision_id,
            decided_at: self.now,
        };
        let mut tx = self.pool.begin().await.unwrap();
        insert_decision(&mut tx, &decision).await.unwrap();
        tx.commit().await.unwrap();
        decision.id
    }

    /// Every kind of end that a stay can come to.
    async fn every_kind_of_end(&mut self) {
        let (let_go, refused) = (Some(Target::Authorized), Some(Target::RejectedPending));
        let stays = [
            ("went", vec![rule(Authorize, "clean")], let_go, Some("ported")),
            ("stands", vec![rule(Reject, "pin")], refused, Some("rejected")),
            ("open", vec![rule(Reject, "pin")], None, None),
            (
                "overridden",
                vec![rule(Reject, "pin"), said(Person, Authorize)],
                let_go,
                Some("authorized"),
            ),
            (
                "confirmed",
                vec![rule(Reject, "pin"), said(Person, Reject)],
                refused,
                Some("rejected"),
            ),
            (
                "answered",
                vec![rule(Hold, "look"), said(Person, Reject)],
                refused,
                Some("rejected"),
            ),
            ("silence", vec![rule(Hold, "look")], None, Some("authorized")),
            ("withdrawn", vec![rule(Hold, "look")], None, Some("canceled")),
            (
                "clock",
                vec![rule(Hold, "look"), said(Deadline, Authorize)],
                let_go,
                Some("ported"),
            ),
            (
                "twice",
                vec![rule(Hold, "look"), rule(Authorize, "clean")],
                let_go,
                Some("ported"),
            ),
            ("nobody", vec![said(Person, Authorize)], let_go, Some("ported")),
        ];
        for (order, all, sent, ended) in stays {
            self.stay(order, 1, all, sent, ended).await;
        }
        self.stay("bounced", 1, vec![rule(Reject, "pin")], refused, Some("pending"))
            .await;
        self.stay("bounced", 2, vec![said(Rule, Hold)], None, None).await;
    }
}

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
    record.stay("old", 1, vec![rule(Hold, "look")], None, None).await;
    let since = record.now + SignedDuration::from_secs(1);
    record.stay("new", 1, vec![rule(Hold, "look")], None, None).await;
    let found: Vec<Judged> = judged(&record.pool, since).try_collect().await.unwrap();
    assert_eq!(
        found.iter().map(|one| one.order_id.as_str()).collect::<Vec<_>>(),
        ["new"]
    );
    assert_eq!(rule_hits(&record.pool, since).await.unwrap()[0].hits, 1);
    let first = first_decision_by_rule(&record.pool).await.unwrap();
    assert!(first.unwrap() < since);
}

#[sqlx::test]
async fn hits_are_counted_by_the_same_words(pool: PgPool) {
    let mut record = Record::of(pool);
    assert_eq!(first_decision_by_rule(&record.pool).await.unwrap(), None);
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
    let pin = pin.find(|one| one.rule.as_deref() == Some("pin"))
        .unwrap();
    assert_eq!((pin.hits, pin.overridden, pin.bounced), (5, 1, 1));
}

/// What a shadow rule said.
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
        record
            .stay(
                order,
                1,
                vec![traced(action, "clean", trace(shadow))],
                None,
                Some("ported"),
            )
            .await;
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
    let expected = [
        RuleOutcomes {
            rule: "burst".to_owned(),
            undecided: 0,
            shadow_held: 4,
            shadow_decided: 3,
            shadow_last: Some(last),
            shadow_differs: 1,
        },
        RuleOutcomes {
            rule: "clean".to_owned(),
            undecided: 1,
            ..RuleOutcomes::default()
        },
    ];
    assert_eq!(
        found, expected,
        "a return is held whatever rules say; what was decided later is what counts"
    );
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
