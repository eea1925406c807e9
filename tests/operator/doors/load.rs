//! Clients that ask the API server all the time, and to whom every answer must be right.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::stage::try_out;
use super::workloads::{deployment, flow};
use crate::objects::{firm, namespace};
use crate::stage::Stage;

/// How many clients there are.
const CLIENTS: usize = 4;

/// Clients at work.
pub(super) struct Load {
    asking: Arc<Asking>,
    clients: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Asking {
    stop: AtomicBool,
    answered: AtomicUsize,
}

/// What the clients ask about.
pub(super) async fn prepare(stage: &Stage) {
    stage.apply(namespace("cx")).await;
    stage.apply(firm("good")).await;
    stage.apply(flow("good", "feedback")).await;
}

impl Load {
    pub(super) fn start(stage: &Arc<Stage>) -> Self {
        let asking = Arc::new(Asking::default());
        let client = |_| tokio::spawn(ask(Arc::clone(stage), Arc::clone(&asking)));
        let clients = (0..CLIENTS).map(client).collect();
        Self { asking, clients }
    }

    /// How many answers there were so far.
    pub(super) fn answered(&self) -> usize {
        self.asking.answered.load(Ordering::Relaxed)
    }

    /// Ends it; one wrong or failed answer fails the test.
    pub(super) async fn end(self) {
        self.asking.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.await.unwrap();
        }
    }
}

/// Asks for what must pass and for what must not, again and again.
async fn ask(stage: Arc<Stage>, asking: Arc<Asking>) {
    let good = [deployment("cx", "here", "eu-central-1", "feedback"), firm("new"), pod()];
    let bad = deployment("cx", "abroad", "us-east-1", "feedback");
    while !asking.stop.load(Ordering::Relaxed) {
        for object in &good {
            try_out(&stage, object).await.passes();
        }
        try_out(&stage, &bad).await.refuses("CX101");
        asking.answered.fetch_add(good.len() + 1, Ordering::Relaxed);
    }
}

/// A pod, about which two webhooks are asked.
fn pod() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "website", "namespace": "cx"},
        "spec": {"containers": [{"name": "main", "image": "registry.example/cx/website"}]},
    })
}
