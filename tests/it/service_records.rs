//! Reads what a test service has recorded and sent, and answers orders as a person.

use jiff::{SignedDuration, Timestamp};
use portoutd::clock::Clock as _;
use portoutd::domain::{AccountName, Action, Cause, Episode, GroundsDigest, OrderId};
use portoutd::engine::orders::person;
use portoutd::engine::orders::person::{AnswerRefused, PersonsAnswer};
use portoutd::simulator::{Call, RecordedRequest};
use portoutd::store::attempts::{self, Attempt};
use portoutd::store::decisions::Decision;
use portoutd::store::reports::{self, DecisionFilter, DecisionReport, Waiting};

use crate::test_service::TestService;

impl TestService {
    /// The decisions of an order, first to last.
    pub async fn decisions(&self, id: &OrderId) -> Vec<DecisionReport> {
        let filter = DecisionFilter {
            order: Some(id.to_string()),
            ..DecisionFilter::default()
        };
        let mut found = reports::list_decisions(&self.pool, &filter, 1_000).await.unwrap();
        found.reverse();
        found
    }

    pub async fn last_decision(&self, id: &OrderId) -> DecisionReport {
        self.decisions(id).await.pop().expect("a decision")
    }

    pub async fn attempts(&self, decision: &Decision) -> Vec<Attempt> {
        attempts::attempts_of(&self.pool, decision.id).await.unwrap()
    }

    pub async fn episodes(&self, id: &OrderId) -> Vec<Episode> {
        reports::episodes_of(&self.pool, &AccountName::default_account(), id)
            .await
            .unwrap()
    }

    pub async fn waiting(&self, id: &OrderId) -> Option<Waiting> {
        let waiting = reports::list_waiting(&self.pool).await.unwrap();
        waiting.into_iter().find(|one| one.order_id == *id)
    }

    /// What was sent to Telnyx about an order: the targets, in order.
    pub fn sent(&self, id: &OrderId) -> Vec<String> {
        let target =
            |request: &RecordedRequest| request.path.rsplit('/').next().unwrap_or_default().to_owned();
        let of_order = |request: &&RecordedRequest| request.path.contains(id.as_str());
        self.telnyx
            .requests_of(Call::UpdateStatus)
            .iter()
            .filter(of_order)
            .map(target)
            .collect()
    }

    pub fn status(&self, id: &OrderId) -> String {
        self.telnyx.order(id).unwrap().status.to_string()
    }

    /// The order as a person who looks at it now sees it.
    pub async fn seen(&self, id: &OrderId) -> GroundsDigest {
        let found = reports::find_orders(&self.pool, id.as_str()).await.unwrap();
        let body = found[0].body.as_deref().expect("it was read");
        person::grounds_shown(body).unwrap().digest()
    }

    /// A person looks at the order and answers.
    pub async fn person(&self, id: &OrderId, action: Action) -> Result<Decision, AnswerRefused> {
        let saw = self.seen(id).await;
        self.person_who_saw(id, action, saw).await
    }

    /// A person answers who looked at the order earlier.
    pub async fn person_who_saw(
        &self,
        id: &OrderId,
        action: Action,
        saw: GroundsDigest,
    ) -> Result<Decision, AnswerRefused> {
        let answer = PersonsAnswer {
            account: AccountName::default_account(),
            order_id: id.clone(),
            action,
            person: "ann".to_owned(),
            reason: "I called the owner.".to_owned(),
            cause: (action == Action::Reject).then_some(Cause::UnauthorizedByOwner),
            host_messaging: false,
            saw,
        };
        let decision = person::answer(&self.pool, &answer, self.clock.now()).await?;
        self.engine.wake.notify_one();
        self.rest().await;
        Ok(decision)
    }
}

/// When the alarm of an order was recorded, whether or not the order still waits.
pub async fn passed_at(service: &TestService, order: &OrderId) -> Option<Timestamp> {
    let found: Option<jiff_sqlx::Timestamp> =
        sqlx::query_scalar("select deadline_passed_at from orders where order_id = $1")
            .bind(order.as_str())
            .fetch_one(&service.pool)
            .await
            .unwrap();
    found.map(jiff_sqlx::Timestamp::to_jiff)
}

pub async fn until_alarmed(service: &TestService, order: &OrderId) {
    service
        .until("the alarm is recorded", || async {
            // The watch runs every ten seconds of the service's time.
            service.clock.advance(SignedDuration::from_secs(1));
            passed_at(service, order).await.is_some()
        })
        .await;
}
