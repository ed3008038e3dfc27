//! Gathers the facts for the rules: from the order, the register, the database, and from Telnyx if the verdict depends
//! on it.

use jiff::Timestamp;

use super::error::ProcessError;
use super::saw::{self, Saw};
use super::snapshot::OrderSnapshot;
use crate::domain::{
    AccountName, AttemptedPin, Episode, ErrorChain, Event, Grounds, IdentityCheck, Order, PhoneNumber, PinKey,
};
use crate::engine::Engine;
use crate::register;
use crate::rules::{Fact, Facts, Ours, RuleSet, Verdict, facts_of_order};
use crate::store::history::{self, OtherOrder};
use crate::store::numbers::{self, PinOnFile, RegisterRow};
use crate::store::{StoreError, episodes, in_time};
use crate::telnyx::{Client, EventFilter, ListBounds};

/// The facts that cost a call to Telnyx. They are requested only if the verdict depends on them.
pub(crate) const COSTLY: [Fact; 2] = [Fact::Pin, Fact::OwnPortIn];

/// The verdict of the active rules for an order as just read, and everything it is based on.
#[derive(Debug)]
pub(crate) struct Weighed {
    pub(crate) rules: RuleSet,
    pub(crate) facts: Facts,
    pub(crate) verdict: Verdict,
    pub(crate) saw: Saw,
    pub(crate) basis: Basis,
}

/// What can change between the evaluation and the attempt without another read of the order. It is compared again in
/// the transaction that commits the attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Basis {
    /// The rule set that was evaluated.
    pub(crate) rule_set: [u8; 32],
    /// [`history::register_stamp`], taken before the register was read.
    pub(crate) register: String,
    /// The other orders for the numbers.
    pub(crate) others: Vec<OtherOrder>,
}

impl Engine {
    /// Gathers the facts and evaluates the rules. A fact that cannot be obtained stays unknown, which is never an error
    /// here.
    pub(crate) async fn evaluate_with_facts(
        &self,
        sight: &OrderSnapshot<'_>,
        episode: &Episode,
    ) -> Result<Weighed, ProcessError> {
        let (now, rules) = (self.clock.now(), self.rules.current());
        let (account, order) = (&sight.claim.account, sight.order);
        let numbers = &order.numbers.readable;
        let others = history::other_orders(&self.pool, account, &order.id, order.spid.as_ref(), numbers);
        let basis = Basis {
            rule_set: rules.hash(),
            register: in_time(history::register_stamp(&self.pool, account, &order.id, numbers)).await?,
            others: in_time(others).await?,
        };
        let rows = in_time(numbers::numbers_of(&self.pool, account, numbers)).await?;
        let mut facts = in_time(self.facts_on_record(sight, episode, &rows, now)).await?;
        facts.numbers_other_pending = other_pending(order, &basis.others);
        let verdict = self.evaluate(sight, &rules, &mut facts, now).await?;
        let saw = Saw {
            order: Grounds::of_order(order),
            register: saw::register_grounds(numbers, &rows, &basis.others),
            rules: Some(saw::rules_word(&verdict)),
        };
        Ok(Weighed {
            rules,
            facts,
            verdict,
            saw,
            basis,
        })
    }

    /// Evaluates the rules, and requests from Telnyx the facts that the verdict turns out to depend on.
    async fn evaluate(
        &self,
        sight: &OrderSnapshot<'_>,
        rules: &RuleSet,
        facts: &mut Facts,
        now: Timestamp,
    ) -> Result<Verdict, ProcessError> {
        let mut verdict = rules.evaluate(facts, now);
        for fact in COSTLY {
            if !verdict.unknown.contains(&fact) {
                continue;
            }
            let found = match fact {
                Fact::Pin => self.pin_from_events(sight).await.map(|pin| facts.pin = pin),
                _ => own_port_in(sight.client, sight.order)
                    .await
                    .map(|own| facts.own_port_in = own),
            };
            match found {
                Ok(()) => verdict = rules.evaluate(facts, now),
                Err(ProcessError::Read(error)) => {
                    tracing::warn!(%fact, error = %ErrorChain(&error), "Failed to read a fact from Telnyx");
                }
                Err(other) => return Err(other),
            }
        }
        Ok(verdict)
    }

    async fn facts_on_record(
        &self,
        sight: &OrderSnapshot<'_>,
        episode: &Episode,
        rows: &[RegisterRow],
        now: Timestamp,
    ) -> Result<Facts, ProcessError> {
        let (account, order) = (&sight.claim.account, sight.order);
        let mut facts = facts_of_order(order);
        facts.times_rejected = Some(
            episodes::count_bounced_rejections(&self.pool, account, &order.id, episode.number)
                .await?
                .into(),
        );
        if let Some(spid) = &order.spid {
            let carrier = history::carrier_history(&self.pool, account, spid, &order.id, now).await?;
            facts.carrier_requests_24h = Some(carrier.requests_24h.into());
            facts.carrier_seen = Some(carrier.seen);
        }
        let numbers = &order.numbers.readable;
        facts.numbers_wrong_pins_24h = Some(
            history::wrong_pins_24h(&self.pool, account, numbers, &order.id, now)
                .await?
                .into(),
        );
        if !numbers::register_is_empty(&self.pool, account).await? {
            compare(&mut facts, order, rows);
            facts.pin = self.pin_on_record(sight, rows).await?;
        }
        Ok(facts)
    }

    /// Returns the result of the comparison when the event arrived, unless the register has changed since. *Not given*
    /// is not reliable: a webhook may lack the PIN that the events API contains, so the events API is queried if the
    /// verdict depends on it.
    async fn pin_on_record(
        &self,
        sight: &OrderSnapshot<'_>,
        rows: &[RegisterRow],
    ) -> Result<Option<IdentityCheck>, StoreError> {
        let latest = history::latest_pin_check(&self.pool, &sight.claim.account, &sight.order.id).await?;
        let changed = rows.iter().map(|row| row.updated_at).max();
        Ok(latest
            .filter(|latest| latest.check != IdentityCheck::NotGiven)
            .filter(|latest| changed.is_none_or(|changed| changed <= latest.compared_at))
            .map(|latest| latest.check))
    }

    /// Reads the order's events from Telnyx and compares the PIN in memory. Only the events contain the PIN of an order
    /// whose webhook was missed.
    async fn pin_from_events(
        &self,
        sight: &OrderSnapshot<'_>,
    ) -> Result<Option<IdentityCheck>, ProcessError> {
        let (account, Some(key)) = (&sight.claim.account, &self.pin_key) else {
            return Ok(None);
        };
        let numbers = &sight.order.numbers;
        if !numbers.unreadable.is_empty() || in_time(numbers::register_is_empty(&self.pool, account)).await? {
            return Ok(None);
        }
        let filter = EventFilter {
            order_id: Some(sight.order.id.clone()),
            ..EventFilter::default()
        };
        let mut events = sight
            .client
            .list_events(&filter, ListBounds::fact())
            .await
            .whole()?;
        events.sort_by_key(|event| event.occurred_at);
        let Some(attempt) = attempt_told(&events) else {
            return Ok(None);
        };
        let rows = in_time(numbers::numbers_of(&self.pool, account, &numbers.readable)).await?;
        let standing = in_time(key.standing(&self.pool)).await?;
        let compared = compare_pin(key.key(), account, sight.order, attempt, &rows);
        in_time(key.note_match(&self.pool, standing, compared, self.clock.now())).await?;
        Ok(compared.and_then(|compared| standing.trusted(compared)))
    }
}

/// Returns whether another carrier's order contains one of the numbers. A number that cannot be read could be one of
/// them.
fn other_pending(order: &Order, others: &[OtherOrder]) -> Option<bool> {
    let readable = order.numbers.unreadable.is_empty() && !order.numbers.readable.is_empty();
    match others {
        [] => readable.then_some(false),
        _ => Some(true),
    }
}

/// Returns what the events, oldest first, say about the order's PIN: the last PIN that was given, or else the last
/// statement about it.
pub(crate) fn attempt_told(events: &[Event]) -> Option<&AttemptedPin> {
    let given = |pin: &&AttemptedPin| matches!(pin, AttemptedPin::Given(_));
    let told = |pin: &&AttemptedPin| !matches!(pin, AttemptedPin::NotTold);
    let attempts = || events.iter().rev().map(|event| &event.attempted_pin);
    attempts().find(given).or_else(|| attempts().find(told))
}

/// Compares the PIN with the register. Returns the worst result over all numbers.
pub(crate) fn compare_pin(
    key: &PinKey,
    account: &AccountName,
    order: &Order,
    attempt: &AttemptedPin,
    rows: &[RegisterRow],
) -> Option<IdentityCheck> {
    let on_file = |number: PhoneNumber| {
        rows.iter()
            .find(|row| row.number == number)
            .and_then(|row| row.pin.as_ref())
            .map(PinOnFile::as_bytes)
    };
    register::compare_pin(key, account, &order.numbers, attempt, on_file)
}

/// Compares the order's data with the register. Each fact is the worst result over all numbers.
pub(crate) fn compare(facts: &mut Facts, order: &Order, rows: &[RegisterRow]) {
    let numbers = &order.numbers.readable;
    let row_of = |number: &PhoneNumber| rows.iter().find(|row| row.number == *number);
    let known = numbers.iter().filter(|number| row_of(number).is_some()).count();
    let readable = order.numbers.unreadable.is_empty() && !numbers.is_empty();
    facts.numbers_ours = match known {
        0 if readable => Some(Ours::None),
        n if n == numbers.len() && readable => Some(Ours::All),
        0 => None,
        _ => Some(Ours::Some),
    };
    facts.numbers_frozen = Some(rows.iter().any(|row| row.frozen));
    let mut tags: Vec<String> = rows.iter().flat_map(|row| row.tags.iter().cloned()).collect();
    tags.sort();
    tags.dedup();
    facts.numbers_tags = Some(tags);
    if !readable {
        // A number that cannot be read could be frozen, tagged or wrong, so only facts that are certain anyway are
        // kept.
        facts.numbers_frozen = facts.numbers_frozen.filter(|frozen| *frozen);
        facts.numbers_tags = None;
        return;
    }
    let worst = |given: Option<&str>, on_file: fn(&RegisterRow) -> Option<&str>, how: Comparison| {
        let given = given?;
        numbers
            .iter()
            .map(|number| how(Some(given), row_of(number).and_then(on_file)))
            .max()
    };
    facts.zip = worst(
        order.zip.as_deref(),
        |row| row.zip.as_deref(),
        register::compare_zip,
    );
    facts.name = worst(
        order.end_user_name.as_deref(),
        |row| row.name.as_deref(),
        register::compare_name,
    );
    facts.address = worst(
        order.service_address.as_deref(),
        |row| row.address.as_deref(),
        register::compare_address,
    );
}

type Comparison = fn(Option<&str>, Option<&str>) -> IdentityCheck;

/// Returns whether all numbers are in port-in orders of the same account, or `None` if that is unknown.
async fn own_port_in(client: &Client, order: &Order) -> Result<Option<bool>, ProcessError> {
    let numbers = &order.numbers;
    if numbers.readable.is_empty() || !numbers.unreadable.is_empty() {
        return Ok(None);
    }
    let coming = client.numbers_being_ported_in().await?;
    Ok(Some(
        numbers
            .readable
            .iter()
            .all(|number| coming.iter().any(|one| one.number == *number)),
    ))
}
