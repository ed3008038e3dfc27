//! Reads orders and lists of orders.

use std::borrow::Cow;

use super::refusal::data;
use super::{Client, ListBounds, Listing, OrderFilter, Progress, ReadError, Unreadable};
use crate::domain::{Order, OrderId, redact_body};
use crate::telnyx::{WireError, parse_order};

/// An element of the list of orders.
#[derive(Debug)]
pub struct ListedOrder {
    /// The element's JSON as received, with secrets redacted.
    pub body: Vec<u8>,
    /// Its content, or why it cannot be read.
    pub order: Result<Order, WireError>,
}

/// An order as Telnyx shows it now.
#[derive(Debug)]
pub struct ReadOrder {
    /// Its content.
    pub order: Order,
    /// Its JSON as received, with secrets redacted.
    pub body: Vec<u8>,
}

impl Client {
    /// Lists orders as far as they can be read. All pages are read before anything is returned, because answering
    /// shrinks the list.
    pub async fn list_orders(
        &self,
        filter: &OrderFilter,
        bounds: ListBounds,
        on_progress: impl FnMut(Progress) + Send,
    ) -> Listing<ListedOrder> {
        self.read_list(&["portouts"], &filter.queries(), bounds, on_progress)
            .await
            .map(listed)
    }

    /// Lists orders for a person, to the end of the list.
    ///
    /// # Errors
    /// A page could not be read, or the list did not end. What was read before is discarded.
    pub async fn list_all_orders(
        &self,
        filter: &OrderFilter,
        on_progress: impl FnMut(Progress) + Send,
    ) -> Result<Vec<ListedOrder>, ReadError> {
        self.list_orders(filter, ListBounds::history(), on_progress)
            .await
            .to_the_end()
    }

    /// Reads one order.
    ///
    /// # Errors
    /// It could not be read, or Telnyx responded with something else than this order.
    pub async fn get_order(&self, id: &OrderId) -> Result<ReadOrder, ReadError> {
        let answered = self.send(self.get(&["portouts", id.as_str()])).await?;
        let body = answered.accept()?;
        let text = String::from_utf8_lossy(&body);
        let element = data(&text)?.get().as_bytes();
        let mut order = parse_order(element).map_err(Unreadable::NotAnOrder)?;
        if !is_same(&order.id, id) {
            return Err(Unreadable::OtherOrder.into());
        }
        // In the spelling that the caller uses, or the caller would not find its own row again.
        order.id = id.clone();
        Ok(ReadOrder {
            order,
            body: redact_body(element).into_owned(),
        })
    }
}

/// UUIDs are the same in either case.
pub(super) fn is_same(one: &OrderId, other: &OrderId) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}

fn listed(element: String) -> ListedOrder {
    let order = parse_order(element.as_bytes());
    let body = match redact_body(element.as_bytes()) {
        Cow::Owned(redacted) => redacted,
        Cow::Borrowed(_) => element.into_bytes(),
    };
    ListedOrder { body, order }
}
