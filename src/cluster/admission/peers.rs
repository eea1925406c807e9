//! Who calls, by address, and how much each may use: so that nobody takes the server from others.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Limits;
use super::handler::UNIT;

/// Everybody who is connected.
pub(super) struct Peers {
    limits: Limits,
    connections: Arc<Semaphore>,
    known: Mutex<BTreeMap<IpAddr, Weak<Peer>>>,
}

/// What one address may use.
pub(super) struct Peer {
    connections: Arc<Semaphore>,
    /// A permit for each request, from before its body has arrived.
    pub(super) requests: Semaphore,
    /// A permit for each unit of memory.
    pub(super) memory: Semaphore,
}

/// A connection that may stay, until it is dropped.
pub(super) struct Guest {
    pub(super) peer: Arc<Peer>,
    _places: [OwnedSemaphorePermit; 2],
}

impl Peers {
    pub(super) fn new(limits: Limits) -> Self {
        let connections = Arc::new(Semaphore::new(limits.connections));
        Self { limits, connections, known: Mutex::default() }
    }

    /// Lets a connection from this address stay, unless there are too many.
    pub(super) fn admit(&self, address: IpAddr) -> Option<Guest> {
        let place = Arc::clone(&self.connections).try_acquire_owned().ok()?;
        let peer = self.peer(address.to_canonical());
        let its_place = Arc::clone(&peer.connections).try_acquire_owned().ok()?;
        Some(Guest { peer, _places: [place, its_place] })
    }

    fn peer(&self, address: IpAddr) -> Arc<Peer> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = known.get(&address).and_then(Weak::upgrade) {
            return peer;
        }
        // Who is gone is forgotten: no more are known than are connected or were since the last newcomer.
        known.retain(|_, peer| peer.strong_count() > 0);
        let peer = Arc::new(Peer {
            connections: Arc::new(Semaphore::new(self.limits.peer_connections)),
            requests: Semaphore::new(self.limits.peer_requests),
            memory: Semaphore::new(self.limits.peer_bodies_bytes / UNIT),
        });
        known.insert(address, Arc::downgrade(&peer));
        peer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_leaves_places_to_others_and_is_forgotten() {
        let peers = Peers::new(Limits { connections: 3, peer_connections: 2, ..Limits::default() });
        let admit = |address: &str| peers.admit(address.parse().unwrap());
        // The same address, however it is written.
        let guests = [admit("10.0.0.1"), admit("::ffff:10.0.0.1")];
        assert!(guests.iter().all(Option::is_some) && admit("10.0.0.1").is_none());
        let other = admit("10.0.0.2");
        assert!(other.is_some() && admit("10.0.0.3").is_none());
        drop(guests);
        let again = [admit("10.0.0.3"), admit("10.0.0.1")];
        assert!(again.iter().all(Option::is_some));
        drop((other, again));
        assert!(admit("10.0.0.4").is_some() && peers.known.lock().unwrap().len() == 1);
    }
}
