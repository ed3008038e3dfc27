//! The arrival time of an order at Telnyx, from which its deadline counts.

use jiff::{SignedDuration, Timestamp};

use super::Order;

/// How far in the future a time may be and still count as valid, because clocks differ.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// The maximum age of a pending order. An older time is an error.
const OLDEST: SignedDuration = SignedDuration::from_hours(60 * 24);

/// Whether the arrival time of an order is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// Telnyx provides the time.
    Certain,
    /// Telnyx provides no time or an impossible one. The order may be older than it seems.
    Uncertain,
}

/// Returns when the order arrived at Telnyx: `inserted_at`, or else `created_at`, or else when it was first seen. A
/// time in the future or more than sixty days ago counts as missing. The result is never later than `first_seen`.
#[must_use]
pub fn arrival(order: &Order, first_seen: Timestamp, now: Timestamp) -> (Timestamp, Certainty) {
    let possible = |at: &Timestamp| at.duration_until(now) >= -AHEAD && at.duration_until(now) <= OLDEST;
    let told = [order.inserted_at, order.created_at];
    match told.into_iter().flatten().find(possible) {
        Some(at) => (at.min(first_seen), Certainty::Certain),
        None => (first_seen, Certainty::Uncertain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{OrderNumbers, OrderStatus};

    const NOW: &str = "2026-11-23T15:00:00Z";
    const SEEN: &str = "2026-11-23T14:30:00Z";

    fn order(inserted_at: Option<&str>, created_at: Option<&str>) -> Order {
        let time = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        Order {
            id: "0ccc7b54-4df3-4bca-a65a-3da1ecc777f0".parse().unwrap(),
            status: OrderStatus::Pending,
            numbers: OrderNumbers::default(),
            support_key: None,
            spid: None,
            carrier_name: None,
            current_carrier: None,
            authorized_name: None,
            end_user_name: None,
            service_address: None,
            city: None,
            state: None,
            zip: None,
            country: None,
            pon: None,
            vendor: None,
            reason: None,
            rejection_code: None,
            foc_date: None,
            requested_foc_date: None,
            inserted_at: time(inserted_at),
            created_at: time(created_at),
            updated_at: None,
            host_messaging: None,
        }
    }

    #[test]
    fn the_best_source_that_can_be_true_counts() {
        const HOURS_19: &str = "2026-11-22T20:00:00Z";
        const HOURS_2: &str = "2026-11-23T13:00:00Z";
        for (inserted_at, created_at, expected, certainty) in [
            (Some(HOURS_2), Some(HOURS_19), HOURS_2, Certainty::Certain),
            (None, Some(HOURS_19), HOURS_19, Certainty::Certain),
            (None, None, SEEN, Certainty::Uncertain),
            (
                Some("9999-12-30T22:00:00Z"),
                Some(HOURS_19),
                HOURS_19,
                Certainty::Certain,
            ),
            (Some("9999-12-30T22:00:00Z"), None, SEEN, Certainty::Uncertain),
            (Some("2026-11-23T15:06:00Z"), None, SEEN, Certainty::Uncertain),
            (Some("1970-01-01T00:00:00Z"), None, SEEN, Certainty::Uncertain),
            (Some("2026-09-20T00:00:00Z"), None, SEEN, Certainty::Uncertain),
            (Some("2026-11-23T15:04:00Z"), None, SEEN, Certainty::Certain),
        ] {
            let order = order(inserted_at, created_at);
            let found = arrival(&order, SEEN.parse().unwrap(), NOW.parse().unwrap());
            assert_eq!(
                found,
                (expected.parse().unwrap(), certainty),
                "{inserted_at:?} {created_at:?}"
            );
        }
    }
}
