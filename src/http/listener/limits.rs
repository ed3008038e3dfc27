//! What one listener grants its clients.

use std::time::Duration;

/// What one listener grants its clients.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most sockets at once. When all are taken, a new client gets the place of the socket that has been sending its
    /// request for longest, or else of the one that has been idle for longest; only when every place is in use by a
    /// complete request do further clients wait in the kernel's queue.
    pub connections: u32,
    /// The most sockets of one address at once; above it, an address competes only with itself.
    pub connections_per_address: u32,
    /// How long a request's head may take from the opening of the socket or the head's first byte.
    pub head_timeout: Duration,
    /// How long a request's body may take, as a bound on pages that set none.
    pub body_timeout: Duration,
    /// How long a socket may stay open between two requests.
    pub idle_timeout: Duration,
    /// After how long a socket is closed although it is used, so that none is held for ever by a client that never reads.
    pub connection_age: Duration,
    /// How long requests in progress may take to end once the listener stops.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            connections_per_address: 512,
            // Telnyx waits two seconds for the whole exchange.
            head_timeout: Duration::from_secs(2),
            body_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(10),
            connection_age: Duration::from_mins(2),
            drain: Duration::from_secs(5),
        }
    }
}
