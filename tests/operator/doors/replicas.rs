//! Two replicas, replaced one after the other under load: no answer is wrong, and none fails.

use std::sync::Arc;

use super::load::{Load, prepare};
use super::service::Service;
use super::stage::{answering, guard};
use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn replicas_are_replaced_under_load() {
    let stage = Arc::new(Stage::new("doors-replicas", false).await);
    prepare(&stage).await;
    let service = Service::default();
    let start = answering(&stage).stopping_after(2);
    let mut running = vec![service.join(&start).await, service.join(&start).await];
    guard(&stage, service.open().await.address).await;

    let load = Load::start(&stage);
    for _ in 0..2 {
        running.push(service.join(&start).await);
        service.leave(running.remove(0)).await;
    }
    assert!(load.answered() > 50, "there was load");
    load.end().await;
    for operator in running {
        operator.stop().await;
    }
}
