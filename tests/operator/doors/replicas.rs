//! Two replicas, replaced one after the other under load: no answer is wrong, and none fails.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::RwLock;
use tokio::task::JoinHandle;

use super::stage::{answering, guard, try_out};
use super::workloads::{deployment, flow};
use crate::objects::{firm, namespace};
use crate::process::Operator;
use crate::stage::Stage;

/// Who stands behind the address that the API server calls: what a Service and its endpoints do.
type Behind = Arc<RwLock<Vec<SocketAddr>>>;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn replicas_are_replaced_under_load() {
    let stage = Arc::new(Stage::new("doors-replicas", false).await);
    stage.apply(namespace("cx")).await;
    stage.apply(firm("good")).await;
    stage.apply(flow("good", "feedback")).await;
    let behind = Behind::default();
    let (service, balancer) = balance(Arc::clone(&behind)).await;
    let mut running = Vec::new();
    for _ in 0..2 {
        running.push(join(&stage, &behind).await);
    }
    guard(&stage, service).await;

    let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let load: Vec<JoinHandle<()>> = (0..4)
        .map(|_| tokio::spawn(ask(Arc::clone(&stage), Arc::clone(&stop), Arc::clone(&asked))))
        .collect();
    for _ in 0..2 {
        let (address, old) = running.remove(0);
        let new = join(&stage, &behind).await;
        leave(&behind, address, old).await;
        running.push(new);
    }
    stop.store(true, Ordering::Relaxed);
    for worker in load {
        worker.await.unwrap();
    }
    assert!(asked.load(Ordering::Relaxed) > 50, "there was load");
    for (_, operator) in running {
        operator.stop().await;
    }
    balancer.abort();
}

/// A further replica, once it is ready.
async fn join(stage: &Stage, behind: &Behind) -> (SocketAddr, Operator) {
    let operator = answering(stage).stopping_after(2).ready().await;
    let address = operator.admission;
    behind.write().await.push(address);
    (address, operator)
}

/// Asks a replica to stop. As in a cluster, it is taken off the endpoints at the same time, not before.
async fn leave(behind: &Behind, address: SocketAddr, operator: Operator) {
    let off = async { behind.write().await.retain(|other| *other != address) };
    tokio::join!(operator.stop(), off);
}

/// Asks for one thing that must pass and one that must not, again and again.
async fn ask(stage: Arc<Stage>, stop: Arc<AtomicBool>, asked: Arc<AtomicUsize>) {
    let (good, bad): (Value, Value) = (
        deployment("cx", "here", "eu-central-1", "feedback"),
        deployment("cx", "abroad", "us-east-1", "feedback"),
    );
    while !stop.load(Ordering::Relaxed) {
        try_out(&stage, &good).await.passes();
        try_out(&stage, &bad).await.refuses("CX101");
        asked.fetch_add(2, Ordering::Relaxed);
    }
}

/// Passes each connection on to one of those that stand behind it, in turn.
async fn balance(behind: Behind) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let balancer = tokio::spawn(async move {
        let mut turn = 0;
        loop {
            let (mut caller, _) = listener.accept().await.unwrap();
            let behind = behind.read().await.clone();
            turn += 1;
            tokio::spawn(async move {
                let Some(address) = behind.get(turn % behind.len().max(1)) else { return };
                if let Ok(mut replica) = TcpStream::connect(address).await {
                    // Either side may close; that is all there is to it.
                    let _ = tokio::io::copy_bidirectional(&mut caller, &mut replica).await;
                }
            });
        }
    });
    (address, balancer)
}
