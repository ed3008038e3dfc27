//! A port-out to open.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::assumptions::RejectionCode;
use super::order::{Details, Review};
use crate::domain::{OrderId, OrderStatus};

/// A port-out to open. The default is one that a plain rule file would have no quarrel with.
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

/// Whether anybody is told of a new order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Opening {
    #[default]
    Announced,
    Unannounced,
}

/// What Telnyx adds to an order when it comes.
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
    /// The numbers asked for, as the gaining carrier writes them; what is no number is kept as it is.
    #[must_use]
    pub fn numbers<T: Into<String>>(mut self, numbers: impl IntoIterator<Item = T>) -> Self {
        self.numbers = numbers.into_iter().map(Into::into).collect();
        self
    }

    /// The gaining carrier's SPID.
    #[must_use]
    pub fn spid(mut self, spid: &str) -> Self {
        self.spid = Some(spid.to_owned());
        self
    }

    /// The gaining carrier's name.
    #[must_use]
    pub fn carrier_name(mut self, name: &str) -> Self {
        self.carrier_name = Some(name.to_owned());
        self
    }

    /// No carrier at all: neither SPID nor name.
    #[must_use]
    pub fn without_carrier(mut self) -> Self {
        self.spid = None;
        self.carrier_name = None;
        self
    }

    /// Subscriber and signer, as the gaining carrier gives them.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.end_user_name = Some(name.to_owned());
        self.authorized_name = Some(name.to_owned());
        self
    }

    /// First line of the billing address.
    #[must_use]
    pub fn address(mut self, line: &str) -> Self {
        self.service_address = Some(line.to_owned());
        self
    }

    /// City and state of the billing address.
    #[must_use]
    pub fn place(mut self, city: &str, state: &str) -> Self {
        self.city = Some(city.to_owned());
        self.state = Some(state.to_owned());
        self
    }

    /// ZIP of the billing address.
    #[must_use]
    pub fn zip(mut self, zip: &str) -> Self {
        self.zip = Some(zip.to_owned());
        self
    }

    /// The gaining carrier's port order number.
    #[must_use]
    pub fn pon(mut self, pon: &str) -> Self {
        self.pon = Some(pon.to_owned());
        self
    }

    /// Telnyx's word for who carries the order.
    #[must_use]
    pub fn vendor(mut self, vendor: &str) -> Self {
        self.vendor = Some(vendor.to_owned());
        self
    }

    /// The PIN that the subscriber gave to the gaining carrier, if any. Events carry it, orders never do.
    #[must_use]
    pub fn pin(mut self, pin: Option<&str>) -> Self {
        self.pin = pin.map(SecretString::from);
        self
    }

    /// The status it starts in; with PIN protection on, an order can appear as rejected without having been pending.
    #[must_use]
    pub fn status(mut self, status: OrderStatus) -> Self {
        self.status = status;
        self
    }

    /// When it came to Telnyx, if not just now.
    #[must_use]
    pub fn inserted_at(mut self, instant: Timestamp) -> Self {
        self.inserted_at = Some(instant);
        self
    }

    /// The FOC asked for; by default midnight UTC five to nine days ahead.
    #[must_use]
    pub fn requested_foc(mut self, instant: Timestamp) -> Self {
        self.requested_foc_date = Some(instant);
        self
    }

    /// When silence authorizes this order, instead of a span drawn from the assumptions.
    #[must_use]
    pub fn silence_authorizes_after(mut self, span: Duration) -> Self {
        self.silence_authorizes_after = Some(span);
        self
    }

    /// The rejection codes this order offers, instead of the usual ones.
    #[must_use]
    pub fn rejection_codes(mut self, codes: Vec<RejectionCode>) -> Self {
        self.rejection_codes = Some(codes);
        self
    }

    /// What the porting team makes of its rejections.
    #[must_use]
    pub fn review(mut self, review: Review) -> Self {
        self.review = review;
        self
    }

    /// No webhook tells of its opening; the list and the events API still do.
    #[must_use]
    pub fn unannounced(mut self) -> Self {
        self.opening = Opening::Unannounced;
        self
    }

    /// A field as reads and lists show it, whatever it should be: a date that is none, an id in capitals, a text that
    /// no database takes.
    #[must_use]
    pub fn shown_as(mut self, field: &str, value: Value) -> Self {
        self.odd.insert(field.to_owned(), value);
        self
    }

    /// A field as only lists show it.
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
