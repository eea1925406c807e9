//! The Secrets of the certificates are lost while the API server asks: no request fails.

use serde_json::Value;

use super::load::Load;
use super::rotation::{Asked, asked, keep_moving, until_used};
use crate::certificates::{data, secret, shown};
use crate::process::Operator;
use crate::stage::Stage;
use crate::support::{SOON, eventually};

const AUTHORITY: &str = "cxguard-webhook-ca";
const SERVING: &str = "cxguard-webhook";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn certificates_are_lost_under_load() {
    let Asked { stage, service, replicas, port } = asked("doors-lost").await;
    let load = Load::start(&stage);
    let lose = async {
        for names in [&[AUTHORITY][..], &[AUTHORITY, SERVING]] {
            lost(&stage, names, &replicas).await;
            until_used(&service, &load).await;
        }
    };
    tokio::select! {
        () = lose => {}
        () = keep_moving(&stage, &service, port, &load) => {}
    }
    load.end().await;
    for replica in replicas {
        replica.stop().await;
    }
}

/// Loses these Secrets. Another authority is made, and in the end every replica shows what that one has signed.
async fn lost(stage: &Stage, names: &[&str], replicas: &[Operator]) {
    let before = stage.find(&secret(AUTHORITY)).await.unwrap();
    for name in names {
        stage.delete(&secret(name)).await;
    }
    let is_other = |authority: &Value| authority["data"]["ca.crt"] != before["data"]["ca.crt"];
    let authority = stage.until("another authority", &secret(AUTHORITY), is_other).await;
    for replica in replicas {
        let follows = async || shown(replica.admission, &data(&authority, "ca.crt")).await.map(drop);
        eventually("a certificate by the new authority", SOON * 3, follows).await;
    }
}
