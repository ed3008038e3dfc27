//! What our database would have contained at each moment of a history read from Telnyx.

use std::collections::{HashMap, HashSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::domain::{IdentityCheck, Order, OrderStatus, PhoneNumber, Spid};
use crate::rules::Facts;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What our database would have contained if the service had been running. Orders are added in the order of their
/// arrival.
#[derive(Debug)]
pub(super) struct RollingHistory {
    /// Without the key or the register, no PIN is ever right or wrong.
    pins_are_compared: bool,
    requests: HashMap<Spid, VecDeque<Timestamp>>,
    carriers: HashSet<Spid>,
    wrong_pins: HashMap<PhoneNumber, VecDeque<Timestamp>>,
    asked: HashMap<PhoneNumber, Vec<Asked>>,
}

impl RollingHistory {
    pub(super) fn new(pins_are_compared: bool) -> Self {
        Self {
            pins_are_compared,
            requests: HashMap::new(),
            carriers: HashSet::new(),
            wrong_pins: HashMap::new(),
            asked: HashMap::new(),
        }
    }

    /// Sets the facts that our database would have provided for an order that has just arrived.
    ///
    /// Whether a carrier was seen before the start of the history is unknown, so the fact is never `false`.
    pub(super) fn tell(&mut self, facts: &mut Facts, order: &Order, now: Timestamp) {
        facts.times_rejected = Some(0);
        facts.numbers_other_pending = self.other_pending(order);
        if let Some(spid) = &order.spid {
            let requests = self
                .requests
                .get_mut(spid)
                .map_or(0, |times| of_the_day(times, now));
            facts.carrier_requests_24h = Some(requests);
            facts.carrier_seen = self.carriers.contains(spid).then_some(true);
        }
        if self.pins_are_compared {
            let numbers = order.numbers.readable.iter();
            let wrong = numbers.map(|number| {
                self.wrong_pins
                    .get_mut(number)
                    .map_or(0, |times| of_the_day(times, now))
            });
            facts.numbers_wrong_pins_24h = Some(wrong.max().unwrap_or(0));
        }
    }

    /// Returns whether an earlier order of another carrier contained one of the numbers. Returns `None` if such an
    /// order has ended since, because Telnyx's list does not say when.
    fn other_pending(&self, order: &Order) -> Option<bool> {
        let numbers = &order.numbers;
        let asked = numbers
            .readable
            .iter()
            .filter_map(|number| self.asked.get(number));
        let others = asked
            .flatten()
            .filter(|asked| asked.by.is_none() || order.spid.is_none() || asked.by != order.spid);
        let ended: Vec<bool> = others.map(|asked| asked.has_ended).collect();
        let readable = numbers.unreadable.is_empty() && !numbers.readable.is_empty();
        match ended.iter().all(|ended| *ended) {
            false => Some(true),
            true if ended.is_empty() && readable => Some(false),
            true => None,
        }
    }

    /// Adds an order that has arrived.
    pub(super) fn add(&mut self, order: &Order, pin: Option<IdentityCheck>, now: Timestamp) {
        if let Some(spid) = &order.spid {
            self.requests.entry(spid.clone()).or_default().push_back(now);
            self.carriers.insert(spid.clone());
        }
        for number in &order.numbers.readable {
            self.asked.entry(*number).or_default().push(Asked {
                by: order.spid.clone(),
                has_ended: has_ended(&order.status),
            });
        }
        if pin == Some(IdentityCheck::Wrong) {
            for number in &order.numbers.readable {
                self.wrong_pins.entry(*number).or_default().push_back(now);
            }
        }
    }
}

/// An order for a number.
#[derive(Debug)]
struct Asked {
    by: Option<Spid>,
    has_ended: bool,
}

/// Returns whether an order with this status can no longer take its numbers. Matches `store::history::other_orders`.
fn has_ended(status: &OrderStatus) -> bool {
    match status {
        OrderStatus::Ported | OrderStatus::Rejected | OrderStatus::Canceled => true,
        OrderStatus::Other(word) => word == "completed",
        OrderStatus::Pending | OrderStatus::Authorized | OrderStatus::RejectedPending => false,
    }
}

/// Counts the times within the last 24 hours and discards older ones.
fn of_the_day(times: &mut VecDeque<Timestamp>, now: Timestamp) -> u64 {
    let day_ago = now.saturating_sub(DAY).unwrap_or(Timestamp::MIN);
    while times.front().is_some_and(|at| *at <= day_ago) {
        times.pop_front();
    }
    times.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telnyx::parse_order;

    fn order(spid: &str, number: &str) -> Order {
        let text = format!(r#"{{"id": "1", "spid": "{spid}", "phone_numbers": ["{number}"]}}"#);
        parse_order(text.as_bytes()).unwrap()
    }

    fn hour(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
    }

    fn told(past: &mut RollingHistory, order: &Order, at: i64) -> Facts {
        let mut facts = Facts::default();
        past.tell(&mut facts, order, hour(at));
        facts
    }

    #[test]
    fn requests_and_wrong_pins_are_those_of_the_day_before() {
        let mut past = RollingHistory::new(true);
        let one = order("073H", "+13125550100");
        for at in [0, 10, 20] {
            past.add(&one, Some(IdentityCheck::Wrong), hour(at));
        }
        past.add(&one, Some(IdentityCheck::Right), hour(21));
        for (at, requests, wrong) in [(22, 4, 3), (24, 3, 2), (44, 1, 0), (45, 0, 0)] {
            let facts = told(&mut past, &one, at);
            assert_eq!(facts.carrier_requests_24h, Some(requests), "{at}");
            assert_eq!(facts.numbers_wrong_pins_24h, Some(wrong), "{at}");
            assert_eq!(facts.carrier_seen, Some(true), "{at}");
            assert_eq!(facts.times_rejected, Some(0), "it has just come");
        }
        let other = told(&mut past, &order("6529", "+13125550101"), 22);
        assert_eq!(
            (other.carrier_requests_24h, other.numbers_wrong_pins_24h),
            (Some(0), Some(0))
        );
    }

    #[test]
    fn another_carriers_earlier_order_for_a_number_counts_while_it_is_open() {
        let of = |spid: &str, status: &str| {
            let text = format!(
                r#"{{"id": "1", "spid": "{spid}", "status": "{status}", "phone_numbers": ["+13125550100"]}}"#
            );
            parse_order(text.as_bytes()).unwrap()
        };
        for (status, told_then) in [
            ("pending", Some(true)),
            ("authorized", Some(true)),
            ("rejected-pending", Some(true)),
            ("ported", None),
            ("canceled", None),
        ] {
            let mut past = RollingHistory::new(false);
            let first = told(&mut past, &of("073H", status), 0);
            assert_eq!(first.numbers_other_pending, Some(false));
            past.add(&of("073H", status), None, hour(0));
            let same = told(&mut past, &of("073H", "pending"), 1);
            assert_eq!(same.numbers_other_pending, Some(false), "the same carrier");
            let other = told(&mut past, &of("6529", "pending"), 1);
            assert_eq!(other.numbers_other_pending, told_then, "{status}");
        }
    }

    #[test]
    fn what_lies_before_the_history_is_not_known() {
        let mut past = RollingHistory::new(false);
        let facts = told(&mut past, &order("073H", "+13125550100"), 1);
        assert_eq!((facts.carrier_seen, facts.numbers_wrong_pins_24h), (None, None));
    }
}
