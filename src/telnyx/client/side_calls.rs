//! Calls to Telnyx apart from those for the orders themselves.

use super::refusal::data_list;
use super::{Client, EventFilter, ListBounds, Listing, ReadError};
use crate::domain::{Event, OrderId, PhoneNumber, redact_body};
use crate::telnyx::json::Object;
use crate::telnyx::parse_listed_event;

/// The statuses of a port-in that is in progress. A draft was never sent to a carrier, and a number that was ported in
/// years ago is in a ported order forever: neither explains a port-out of today.
const UNDER_WAY: [&str; 4] = ["in-process", "submitted", "exception", "foc-date-confirmed"];

/// A code that Telnyx accepts for the rejection of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectionCode {
    /// The code, such as 1002.
    pub code: i64,
    /// Telnyx's description.
    pub description: String,
    /// Whether the code requires a reason; true if Telnyx does not say.
    pub reason_required: bool,
}

/// A number that is being ported in to this account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortInNumber {
    /// The number.
    pub number: PhoneNumber,
    /// The port-in that contains it.
    pub porting_order_id: Option<String>,
    /// The port-in's key for Telnyx's support desk, `sr_…`.
    pub support_key: Option<String>,
    /// The status of the port-in.
    pub status: String,
}

impl Client {
    /// Returns the codes that Telnyx accepts for a rejection of this order.
    ///
    /// # Errors
    /// They could not be read.
    pub async fn list_rejections(&self, id: &OrderId) -> Result<Vec<RejectionCode>, ReadError> {
        let path = ["portouts", "rejections", id.as_str()];
        let body = self.send(self.get(&path)).await?.accept()?;
        let body = redact_body(&body);
        let text = String::from_utf8_lossy(&body);
        let elements = data_list(&text)?;
        Ok(elements
            .into_iter()
            .filter_map(|element| rejection(element.get()))
            .collect())
    }

    /// Returns the events of `GET /portouts/events`, as far as they can be read.
    pub async fn list_events(&self, filter: &EventFilter, bounds: ListBounds) -> Listing<Event> {
        self.read_list(&["portouts", "events"], &[filter.query()], bounds, |_| ())
            .await
            .map(|element| parse_listed_event(element.as_bytes()))
    }

    /// Returns every number of this account that is being ported in now. Telnyx's call has no filter for numbers, only
    /// for the status of the port-in, so there is one query per status. The result serves any number of port-outs.
    ///
    /// # Errors
    /// A part of the list could not be read.
    pub async fn numbers_being_ported_in(&self) -> Result<Vec<PortInNumber>, ReadError> {
        let queries = UNDER_WAY.map(|status| vec![("filter[porting_order_status]", status.to_owned())]);
        let elements = self
            .read_list(&["porting_phone_numbers"], &queries, ListBounds::fact(), |_| ())
            .await
            .whole()?;
        Ok(elements
            .iter()
            .filter_map(|element| port_in_number(element))
            .collect())
    }
}

fn rejection(text: &str) -> Option<RejectionCode> {
    let fields = Object::parse(text)?;
    Some(RejectionCode {
        code: fields.word("code")?,
        description: fields.string("description").unwrap_or_default(),
        reason_required: fields.word("reason_required").unwrap_or(true),
    })
}

/// The status is checked again: many APIs ignore a filter that they do not understand instead of rejecting it.
fn port_in_number(text: &str) -> Option<PortInNumber> {
    let fields = Object::parse(text)?;
    let status = fields.string("porting_order_status")?;
    let under_way = UNDER_WAY.contains(&status.as_str());
    under_way.then_some(PortInNumber {
        number: fields.word("phone_number")?,
        porting_order_id: fields.string("porting_order_id"),
        support_key: fields.string("support_key"),
        status,
    })
}
