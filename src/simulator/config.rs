//! The configuration of a simulator.

use std::net::SocketAddr;
use std::sync::Arc;

use super::assumptions::Assumptions;
use crate::clock::SharedClock;

/// The configuration of a simulator.
#[derive(Debug, Clone)]
pub struct SimulatorConfig {
    /// The listen address. Port 0 selects a free one. The control API requires no key, so keep it on loopback.
    pub listen: SocketAddr,
    /// The clock of orders, events, silence, reviews and retries.
    pub clock: SharedClock,
    /// The clock of signatures and response dates. Receivers refuse more than 300 s of skew, so a fast clock here needs
    /// a receiver with the same one.
    pub signature_clock: SharedClock,
    /// Where webhooks are sent, or `None` to send none.
    pub webhook_url: Option<String>,
    /// The seed of keys, IDs and scenarios.
    pub seed: u64,
    /// The assumptions about undocumented behavior.
    pub assumptions: Assumptions,
}

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be bound.
    #[error("cannot listen on `{listen}`")]
    Listen {
        /// The requested address.
        listen: SocketAddr,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The client that posts webhooks cannot be built.
    #[error("cannot build the client for webhooks")]
    Client(#[source] reqwest::Error),
}

impl SimulatorConfig {
    /// A free port on loopback, one clock for everything, no webhooks, seed 1.
    #[must_use]
    pub fn new(clock: SharedClock) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            signature_clock: Arc::clone(&clock),
            clock,
            webhook_url: None,
            seed: 1,
            assumptions: Assumptions::default(),
        }
    }
}
