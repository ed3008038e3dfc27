//! The spans that name the order or the account on every log line inside.
//!
//! They are spans of the error level, so that no filter lets a line pass without them.

use tracing::Span;
use tracing::field::Empty;

use crate::domain::{AccountName, OrderId};

const ORDER: &str = "order.id";
const ACCOUNT: &str = "account";
const EPISODE: &str = "episode";

/// A span for everything that is done with one order. The number of its episode is recorded once it is known.
pub(super) fn order_span(account: &AccountName, order: &OrderId) -> Span {
    tracing::error_span!("order", order.id = %order, account = %account, episode = Empty)
}

/// A span for one poll of an account.
pub(super) fn poll_span(account: &AccountName) -> Span {
    tracing::error_span!("poll", account = %account)
}

/// Records the number of the order's episode in the current span.
pub(super) fn record_episode(number: i32) {
    Span::current().record(EPISODE, number);
}

/// Logs in the span of an order: in the current one if it names an order already.
pub(super) fn in_order_span(account: &AccountName, order: &OrderId, log: impl FnOnce()) {
    if names(ORDER) {
        log();
    } else {
        order_span(account, order).in_scope(log);
    }
}

/// Logs in a span that names an account: in the current one if it names an account already.
pub(super) fn in_account_span(account: &AccountName, log: impl FnOnce()) {
    if names(ACCOUNT) {
        log();
    } else {
        tracing::error_span!("account", account = %account).in_scope(log);
    }
}

fn names(field: &str) -> bool {
    let current = Span::current();
    let metadata = current.metadata();
    metadata.is_some_and(|metadata| metadata.fields().field(field).is_some())
}
