//! The limits of one listener.

use std::time::Duration;

/// The limits of one listener.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The maximum number of open sockets. When it is reached, a new client replaces the socket that has been sending
    /// its request for longest, or else the one that has been idle for longest. Further clients wait in the kernel's
    /// queue only while every place is in use by a complete request.
    pub connections: u32,
    /// The maximum number of open sockets per address. Above it, an address competes only with itself.
    pub connections_per_address: u32,
    /// How long a request head may take, from the opening of the socket or the first byte of the head.
    pub head_timeout: Duration,
    /// How long a request body may take, for pages that set no limit.
    pub body_timeout: Duration,
    /// How long a socket may stay open between two requests.
    pub idle_timeout: Duration,
    /// The age at which a socket is closed even if it is in use, so that a client that never reads cannot hold it
    /// forever.
    pub connection_age: Duration,
    /// How long requests in progress may take to complete after the listener stops.
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
