//! HTTP: connections, one exchange, what an answer and a query look like.

mod answer;
mod exchange;
mod listener;
mod query;
mod router;

pub(super) use answer::Answer;
pub(super) use listener::listen;
pub(super) use query::{Filters, Query};
