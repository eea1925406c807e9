//! How much of what a client may use.

use std::time::Duration;

/// Bounds of time, size and number.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a TLS handshake, and the head of a request, may take.
    pub head: Duration,
    /// How long the body of a request may take.
    pub body: Duration,
    /// How large a body may be: an object and what it was before, 3 MiB each.
    pub body_bytes: usize,
    /// How large all bodies in memory may be together.
    pub all_bodies_bytes: usize,
    /// How many requests may be in work, once their bodies have arrived.
    pub requests: usize,
    /// How long one waits for its turn before it is refused.
    pub turn: Duration,
    /// How many connections there may be. Further ones are closed at once.
    pub connections: usize,
    /// How many of these may be of one address.
    pub peer_connections: usize,
    /// How many requests of one address may be in work, their bodies arrived or not. Further ones wait for their turn.
    pub peer_requests: usize,
    /// How large all bodies of one address in memory may be together.
    pub peer_bodies_bytes: usize,
    /// A connection on which nothing is asked for this long is closed.
    pub idle: Duration,
    /// How long a stop waits for requests in work.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(5),
            body: Duration::from_secs(5),
            body_bytes: 8 << 20,
            all_bodies_bytes: 128 << 20,
            requests: 512,
            turn: Duration::from_secs(1),
            connections: 1024,
            peer_connections: 128,
            peer_requests: 128,
            peer_bodies_bytes: 64 << 20,
            idle: Duration::from_secs(300),
            drain: Duration::from_secs(10),
        }
    }
}
