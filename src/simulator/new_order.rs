//! A port-out to open.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::assumptions::RejectionCode;
use super::order::{Details, Review};
use crate::domain::{OrderId, OrderStatus};

/// A port-out to open. A simple rule file would authorize the default one.
#[derive(Debug, Clone)]
pub struct NewOrder {
    pub(super) numbers: Vec<String>,
    pub(super) spid: Option<String>,
    pub(super) carrier_name: Option<String>,
    pub(super) authorized_name: Option<String>,
    pub(super) end_user_name: Option<String>,
    pub(super) service_address: Option<String>,
    pub(super) city: Option<String>,
    pub(super) state: Option<String>,
    pub(super) zip: Option<String>,
    pub(super) pon: Option<String>,
    pub(super) vendor: Option<String>,
    pub(super) pin: Option<SecretString>,
    pub(super) status: OrderStatus,
    pub(super) inserted_at: Option<Timestamp>,
    pub(super) requested_foc_date: Option<Timestamp>,
    pub(super) silence_authorizes_after: Option<Duration>,
    pub(super) rejection_codes: Option<Vec<RejectionCode>>,
    pub(super) review: Review,
    pub(super) opening: Opening,
    pub(super) odd: Map<String, Value>,
    pub(super) odd_in_list: Map<String, Value>,
}

/// Whether anybody is notified of a new order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Opening {
    #[default]
    Announced,
    Unannounced,
}

/// What Telnyx adds to an order when it arrives.
pub(super) struct Identity {
    pub(super) id: OrderId,
    pub(super) support_key: String,
    pub(super) user_id: Uuid,
    pub(super) inserted_at: Timestamp,
}

impl Default for NewOrder {
    fn default() -> Self {
        Self {
            numbers: vec!["+13125550100".to_owned()],
            spid: Some("073H".to_owned()),
            carrier_name: Some("Prairie Wireless".to_owned()),
            authorized_name: None,
            end_user_name: None,
            service_address: None,
            city: None,
            state: None,
            zip: None,
            pon: None,
            vendor: None,
            pin: None,
            status: OrderStatus::Pending,
            inserted_at: None,
            requested_foc_date: None,
            silence_authorizes_after: None,
            rejection_codes: None,
            review: Review::default(),
            opening: Opening::default(),
            odd: Map::new(),
            odd_in_list: Map::new(),
        }
    }
}

impl NewOrder {
    /// Sets the requested numbers, as the gaining carrier writes them. A text that is not a number is kept unchanged.
    #[must_use]
    pub fn numbers<T: Into<String>>(mut self, numbers: impl IntoIterator<Item = T>) -> Self {
        self.numbers = numbers.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the gaining carrier's SPID.
    #[must_use]
    pub fn spid(mut self, spid: &str) -> Self {
        self.spid = Some(spid.to_owned());
        self
    }

    /// Sets the gaining carrier's name.
    #[must_use]
    pub fn carrier_name(mut self, name: &str) -> Self {
        self.carrier_name = Some(name.to_owned());
        self
    }

    /// Removes the carrier: neither SPID nor name.
    #[must_use]
    pub fn without_carrier(mut self) -> Self {
        self.spid = None;
        self.carrier_name = None;
        self
    }

    /// Sets the subscriber and the signer, as the gaining carrier gives them.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.end_user_name = Some(name.to_owned());
        self.authorized_name = Some(name.to_owned());
        self
    }

    /// Sets the first line of the billing address.
    #[must_use]
    pub fn address(mut self, line: &str) -> Self {
        self.service_address = Some(line.to_owned());
        self
    }

    /// Sets the city and state of the billing address.
    #[must_use]
    pub fn place(mut self, city: &str, state: &str) -> Self {
        self.city = Some(city.to_owned());
        self.state = Some(state.to_owned());
        self
    }

    /// Sets the ZIP code of the billing address.
    #[must_use]
    pub fn zip(mut self, zip: &str) -> Self {
        self.zip = Some(zip.to_owned());
        self
    }

    /// Sets the gaining carrier's port order number.
    #[must_use]
    pub fn pon(mut self, pon: &str) -> Self {
        self.pon = Some(pon.to_owned());
        self
    }

    /// Sets Telnyx's name for the carrier that handles the order.
    #[must_use]
    pub fn vendor(mut self, vendor: &str) -> Self {
        self.vendor = Some(vendor.to_owned());
        self
    }

    /// Sets the PIN that the subscriber gave to the gaining carrier, if any. Events contain it, orders never do.
    #[must_use]
    pub fn pin(mut self, pin: Option<&str>) -> Self {
        self.pin = pin.map(SecretString::from);
        self
    }

    /// Sets the initial status. With PIN protection on, an order can appear as rejected without having been pending.
    #[must_use]
    pub fn status(mut self, status: OrderStatus) -> Self {
        self.status = status;
        self
    }

    /// Sets when it arrived at Telnyx; now by default.
    #[must_use]
    pub fn inserted_at(mut self, instant: Timestamp) -> Self {
        self.inserted_at = Some(instant);
        self
    }

    /// Sets the requested FOC; by default midnight UTC in five to nine days.
    #[must_use]
    pub fn requested_foc(mut self, instant: Timestamp) -> Self {
        self.requested_foc_date = Some(instant);
        self
    }

    /// Sets when silence authorizes this order, instead of a duration from the assumptions.
    #[must_use]
    pub fn silence_authorizes_after(mut self, span: Duration) -> Self {
        self.silence_authorizes_after = Some(span);
        self
    }

    /// Sets the rejection codes of this order, instead of the usual ones.
    #[must_use]
    pub fn rejection_codes(mut self, codes: Vec<RejectionCode>) -> Self {
        self.rejection_codes = Some(codes);
        self
    }

    /// Sets how the porting team reviews its rejections.
    #[must_use]
    pub fn review(mut self, review: Review) -> Self {
        self.review = review;
        self
    }

    /// Sends no webhook for its opening. The list and the events API still contain it.
    #[must_use]
    pub fn unannounced(mut self) -> Self {
        self.opening = Opening::Unannounced;
        self
    }

    /// Sets a field as reads and lists show it, whatever it should be: an invalid date, an ID in capitals, a text that
    /// no database accepts.
    #[must_use]
    pub fn shown_as(mut self, field: &str, value: Value) -> Self {
        self.odd.insert(field.to_owned(), value);
        self
    }

    /// Sets a field as only lists show it.
    #[must_use]
    pub fn listed_as(mut self, field: &str, value: Value) -> Self {
        self.odd_in_list.insert(field.to_owned(), value);
        self
    }

    pub(super) fn into_details(self, identity: Identity) -> Details {
        Details {
            id: identity.id,
            record_type: "portout",
            phone_numbers: self.numbers,
            authorized_name: self.authorized_name,
            carrier_name: self.carrier_name,
            current_carrier: None,
            end_user_name: self.end_user_name,
            city: self.city,
            state: self.state,
            zip: self.zip,
            lsr: Vec::new(),
            pon: self.pon,
            reason: None,
            rejection_code: None,
            service_address: self.service_address,
            foc_date: None,
            requested_foc_date: self.requested_foc_date,
            spid: self.spid,
            support_key: identity.support_key,
            status: self.status,
            already_ported: false,
            user_id: identity.user_id,
            vendor: self.vendor,
            created_at: identity.inserted_at,
            inserted_at: identity.inserted_at,
            updated_at: identity.inserted_at,
            host_messaging: false,
            odd: self.odd,
        }
    }
}
