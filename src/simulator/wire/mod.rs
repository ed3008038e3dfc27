//! HTTP: connections, exchanges, responses and queries.

mod answer;
mod exchange;
mod listener;
mod query;
mod router;

pub(super) use answer::Answer;
pub(super) use listener::listen;
pub(super) use query::{Filters, Query};
