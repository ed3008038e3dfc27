//! The spans that add the order or the account to every log line inside them.
//!
//! They have the error level, so that no filter removes them from a line that it lets through.

use tracing::Span;
use tracing::field::Empty;

use crate::domain::{AccountName, OrderId};

const ORDER: &str = "order.id";
const ACCOUNT: &str = "account";
const EPISODE: &str = "episode";

/// Creates a span for the processing of one order. The number of its episode is recorded when it is known.
pub(super) fn order_span(account: &AccountName, order: &OrderId) -> Span {
    tracing::error_span!("order", order.id = %order, account = %account, episode = Empty)
}

/// Creates a span for one poll of an account.
pub(super) fn poll_span(account: &AccountName) -> Span {
    tracing::error_span!("poll", account = %account)
}

/// Records the number of the order's episode in the current span.
pub(super) fn record_episode(number: i32) {
    Span::current().record(EPISODE, number);
}

/// Logs in the span of an order: in the current span if it contains an order already.
pub(super) fn in_order_span(account: &AccountName, order: &OrderId, log: impl FnOnce()) {
    if names(ORDER) {
        log();
    } else {
        order_span(account, order).in_scope(log);
    }
}

/// Logs in a span with an account: in the current span if it contains an account already.
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
