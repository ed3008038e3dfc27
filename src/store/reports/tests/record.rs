//! Records decisions and episodes for the tests of reports.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use Action::{Authorize, Hold, Reject};
use DecidedBy::{Deadline, Person, Rule};

use crate::clock::new_id;
use crate::domain::{Action, Cause, DecidedBy, Episode, Mode, Target};
use crate::store::decisions::{Decision, insert_decision};
use crate::store::episodes::{insert_episode, save_episode};

/// A recorded day. The time advances by one minute with every decision.
pub(super) struct Record {
    pub(super) pool: PgPool,
    pub(super) now: Timestamp,
    pub(super) rule_set: Option<[u8; 32]>,
}

/// A decision to record: decider, action, rule and trace.
pub(super) struct Said(DecidedBy, Action, Option<&'static str>, Value);

fn rule(action: Action, rule: &'static str) -> Said {
    Said(Rule, action, Some(rule), json!({"rules": [], "shadow": []}))
}

fn said(by: DecidedBy, action: Action) -> Said {
    Said(by, action, None, json!({}))
}

pub(super) fn traced(action: Action, rule: &'static str, trace: Value) -> Said {
    Said(Rule, action, Some(rule), trace)
}

impl Record {
    pub(super) fn of(pool: PgPool) -> Self {
        Self {
            pool,
            now: "2026-11-23T15:00:00Z".parse().unwrap(),
            rule_set: None,
        }
    }

    /// Records one episode of an order: its decisions, what was sent, and how it ended.
    pub(super) async fn stay(
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
            rule_set: self.rule_set,
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

    /// Records every possible end of an episode.
    pub(super) async fn every_kind_of_end(&mut self) {
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
