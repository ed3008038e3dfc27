//! The facts that an order alone gives.

use super::known::Facts;
use crate::domain::Order;

/// The facts that can be read from the order alone. Those of the register, the order history and events stay unknown.
#[must_use]
pub fn facts_of_order(order: &Order) -> Facts {
    let mut facts = Facts {
        carrier_spid: order.spid.clone(),
        carrier_name: order.carrier_name.clone(),
        country: order.country.clone(),
        state: order.state.clone(),
        city: order.city.clone(),
        end_user: order.end_user_name.clone(),
        pon: order.pon.clone(),
        vendor: order.vendor.clone(),
        requested_foc: order.requested_foc_date,
        ..Facts::default()
    };
    // An order that lists no number at all is one whose numbers we do not know.
    if order.numbers.count() > 0 {
        facts.set_phone_numbers(order.numbers.clone());
    }
    facts
}
