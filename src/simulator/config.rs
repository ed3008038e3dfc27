//! How a simulator starts.

use std::net::SocketAddr;
use std::sync::Arc;

use super::assumptions::Assumptions;
use crate::clock::SharedClock;

/// How a simulator starts.
#[derive(Debug, Clone)]
pub struct SimulatorConfig {
    /// Where it listens; port 0 takes a free one. Its control surface asks for no key, so keep it on loopback.
    pub listen: SocketAddr,
    /// Its time: of orders, events, silence, reviews, retries.
    pub clock: SharedClock,
    /// The time that webhooks are signed and answers are dated with. Receivers refuse more than 300 s of skew, so a fast clock here needs
    /// a receiver that runs on the same one.
    pub signature_clock: SharedClock,
    /// Where webhooks go; `None` sends none.
    pub webhook_url: Option<String>,
    /// Keys, ids and scenes follow from it.
    pub seed: u64,
    /// What Telnyx does where nobody knows.
    pub assumptions: Assumptions,
}

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on `{listen}`")]
    Listen {
        /// The address asked for.
        listen: SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The client that posts webhooks cannot be built.
    #[error("cannot build the client for webhooks")]
    Client(#[source] reqwest::Error),
}

impl SimulatorConfig {
    /// A free port of the loopback, one clock for everything, no webhooks, seed 1.
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
