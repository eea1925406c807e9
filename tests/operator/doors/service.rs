//! What a Service and its endpoints do: connections are passed on to the replicas that stand behind it, in turn.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::RwLock;
use tokio::task::{AbortHandle, JoinSet};

use crate::process::{Operator, Start};

/// The replicas, and how they are called.
#[derive(Clone, Default)]
pub(super) struct Service {
    replicas: Arc<RwLock<Vec<SocketAddr>>>,
    connections: Arc<AtomicUsize>,
}

/// An address of the service.
pub(super) struct Port {
    pub(super) address: SocketAddr,
    passing: AbortHandle,
}

impl Port {
    /// Ends it with its connections.
    pub(super) fn close(self) {
        self.passing.abort();
    }
}

impl Service {
    /// A further replica, once it is ready.
    pub(super) async fn join(&self, start: &Start) -> Operator {
        let operator = start.ready().await;
        self.replicas.write().await.push(operator.admission);
        operator
    }

    /// Asks a replica to stop. As in a cluster, it is taken off the endpoints at the same time, not before.
    pub(super) async fn leave(&self, operator: Operator) {
        let address = operator.admission;
        let off = async { self.replicas.write().await.retain(|other| *other != address) };
        tokio::join!(operator.stop(), off);
    }

    /// How many connections came so far, to all addresses.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// A further address.
    pub(super) async fn open(&self) -> Port {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let passing = tokio::spawn(self.clone().pass(listener)).abort_handle();
        Port { address, passing }
    }

    async fn pass(self, listener: TcpListener) {
        let mut passed = JoinSet::new();
        loop {
            let (mut caller, _) = listener.accept().await.unwrap();
            let turn = self.connections.fetch_add(1, Ordering::Relaxed);
            let replicas = self.replicas.read().await.clone();
            passed.spawn(async move {
                let Some(address) = replicas.get(turn % replicas.len().max(1)) else { return };
                if let Ok(mut replica) = TcpStream::connect(address).await {
                    // Either side may close; that is all there is to it.
                    let _ = tokio::io::copy_bidirectional(&mut caller, &mut replica).await;
                }
            });
        }
    }
}
