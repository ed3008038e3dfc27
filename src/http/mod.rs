//! The public listener, for webhooks, and the admin listener, for health, metrics and reload.

pub mod admin;
mod answer;
pub mod api;
mod listener;
pub mod metrics;
pub mod problem;
pub mod public;
mod request_span;
mod startup;
#[cfg(test)]
mod testing;

pub use listener::Limits;
pub use listener::{BindError, Listener, Pages};
pub use startup::Startup;
