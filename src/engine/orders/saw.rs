//! The grounds of a decision, as recorded in the decision's trace and compared before each attempt.

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::domain::{Action, Change, DecidedBy, Grounds, Order, PhoneNumber, redact_facts};
use crate::rules::Verdict;
use crate::store::decisions::Decision;
use crate::store::history::{self, OtherOrder};
use crate::store::numbers::{self, RegisterRow};
use crate::store::{StoreError, orders};
use crate::telnyx::parse_order;

/// The trace key that contains the grounds.
const IN_TRACE: &str = "saw";

/// What a decision was based on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Saw {
    /// The order as it was read.
    pub(crate) order: Grounds,
    /// The register's rows and the other orders for its numbers.
    pub(crate) register: Grounds,
    /// The verdict of the rules: action, rule and cause. `None` if no rules were evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rules: Option<String>,
}

impl Saw {
    /// Returns the grounds of a recorded decision. Returns `None` if the decision predates the record of grounds or was
    /// made by the clock.
    pub(crate) fn of_decision(decision: &Decision) -> Option<Self> {
        Self::of_trace(&decision.trace)
    }

    /// Reads the grounds from a recorded trace.
    pub(crate) fn of_trace(trace: &str) -> Option<Self> {
        let mut trace: serde_json::Value = serde_json::from_str(trace).ok()?;
        let mut saw = trace.get_mut(IN_TRACE)?.take();
        // An earlier version stored PINs here. The fresh read has none and is compared with this.
        saw.get_mut("order").map(redact_facts);
        serde_json::from_value(saw).ok()
    }

    /// Writes the grounds into a trace.
    pub(crate) fn write_into(&self, trace: &mut serde_json::Value) {
        if let Some(trace) = trace.as_object_mut() {
            trace.insert(IN_TRACE.to_owned(), serde_json::json!(self));
        }
    }

    /// Returns what has changed in the order.
    pub(crate) fn order_changes(&self, now: &Self) -> Vec<Change> {
        self.order.changes(&now.order)
    }

    /// Returns what has changed in the order and in the register.
    pub(crate) fn all_changes(&self, now: &Self) -> Vec<Change> {
        let mut changes = self.order_changes(now);
        changes.extend(self.register.changes(&now.register));
        changes
    }

    /// Returns the objection of the rules if their action is now to reject what a person authorized.
    pub(crate) fn rules_object(&self, now: &Self, action: Action) -> Option<Change> {
        let told = |saw: &Self| saw.rules.iter().cloned().collect::<Vec<_>>();
        let is = action == Action::Reject;
        (is && self.rules != now.rules).then(|| Change::new("rules", &told(self), &told(now)))
    }
}

/// Builds the register's part: which numbers are locked or unknown, when one of their rows last changed, and which
/// other orders contain them.
pub(crate) fn register_grounds(
    asked: &[PhoneNumber],
    rows: &[RegisterRow],
    others: &[OtherOrder],
) -> Grounds {
    let locked = rows.iter().filter(|row| row.frozen);
    let unknown = asked
        .iter()
        .filter(|number| !rows.iter().any(|row| row.number == **number));
    let changed = rows.iter().map(|row| row.updated_at).max();
    [
        (
            "locked numbers",
            locked.map(|row| row.number.to_string()).collect(),
        ),
        (
            "numbers not in the register",
            unknown.map(ToString::to_string).collect(),
        ),
        (
            "last change of the register",
            changed.iter().map(ToString::to_string).collect(),
        ),
        (
            "other orders for the numbers",
            others
                .iter()
                .map(|other| format!("{} ({})", other.order_id, other.standing))
                .collect::<Vec<_>>(),
        ),
    ]
    .into_iter()
    .collect()
}

/// Describes the verdict of the rules in a few words.
pub(crate) fn rules_word(verdict: &Verdict) -> String {
    word(
        verdict.action.as_ref(),
        verdict.rule.as_deref(),
        verdict.cause.as_ref().map(AsRef::as_ref),
    )
}

fn word(action: &str, rule: Option<&str>, cause: Option<&str>) -> String {
    let rule = rule.map(|rule| format!(" by {rule}")).unwrap_or_default();
    let cause = cause.map(|cause| format!(" ({cause})")).unwrap_or_default();
    format!("{action}{rule}{cause}")
}

/// Returns the grounds of a person who answers now: the order as last read, the register, the other orders, and the
/// verdict of the rules. Returns `None` if the order was never read.
pub(crate) async fn before_a_person(
    tx: &mut PgConnection,
    episode: &crate::domain::Episode,
    superseded: Option<&Decision>,
) -> Result<Option<Saw>, StoreError> {
    let Some(order) = last_read(tx, episode).await? else {
        return Ok(None);
    };
    let asked = &order.numbers.readable;
    let rows = numbers::numbers_of(&mut *tx, &episode.account, asked).await?;
    let (account, id) = (&episode.account, &episode.order_id);
    let others = history::other_orders(&mut *tx, account, id, order.spid.as_ref(), asked).await?;
    let rules = superseded.and_then(|decision| match decision.by {
        DecidedBy::Rule => Some(word(
            decision.action.as_ref(),
            decision.rule.as_deref(),
            decision.cause.as_ref().map(AsRef::as_ref),
        )),
        _ => Saw::of_decision(decision).and_then(|saw| saw.rules),
    });
    Ok(Some(Saw {
        order: Grounds::of_order(&order),
        register: register_grounds(asked, &rows, &others),
        rules,
    }))
}

async fn last_read(
    tx: &mut PgConnection,
    episode: &crate::domain::Episode,
) -> Result<Option<Order>, StoreError> {
    let body = orders::last_read_body(&mut *tx, &episode.account, &episode.order_id).await?;
    Ok(body.and_then(|body| parse_order(&body).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grounds_that_an_earlier_version_kept_with_a_pin_equal_those_of_a_fresh_read() {
        let order = br#"{"id":"5f1e","status":"pending","end_user_name":"Ada, PIN 471193","spid":"073H"}"#;
        let now = Grounds::of_order(&parse_order(order).unwrap());
        let trace =
            r#"{"saw":{"order":{"end_user_name":["Ada, PIN 471193"],"spid":["073H"]},"register":{}}}"#;
        let saw = Saw::of_trace(trace).unwrap();
        assert_eq!(saw.order, now);
        assert!(!format!("{saw:?}").contains("471193"), "{saw:?}");
    }
}
