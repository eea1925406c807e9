//! A control plane whose API server asks an operator before it stores.

use std::net::SocketAddr;

use cxguard::facts::Kind;
use serde_json::{Value, json};
use xtask::webhooks::pointed_at;

use crate::objects::{foreign_binding, namespace, subject};
use crate::process::{Operator, Start};
use crate::stage::Stage;
use crate::support::{SOON, eventually, send, try_create};

/// What the API server answered.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: u16,
    /// Why not; empty if it was let in.
    pub(crate) message: String,
    /// The warnings, one after the other.
    pub(crate) warnings: String,
}

impl Said {
    /// That it was refused for this reason.
    #[track_caller]
    pub(crate) fn refuses(&self, why: &str) {
        assert!(self.code == 403 && self.message.contains(why), "{why} in {self:?}");
    }

    /// That it was let in without a word.
    #[track_caller]
    pub(crate) fn passes(&self) {
        assert!(self.code < 300 && self.warnings.is_empty(), "{self:?}");
    }

    /// That it was let in with this warning.
    #[track_caller]
    pub(crate) fn warns(&self, of: &str) {
        assert!(self.code < 300 && self.warnings.contains(of), "{of} in {self:?}");
    }
}

/// An operator whose certificate the API server trusts.
pub(crate) fn answering(stage: &Stage) -> Start {
    let (certificate, key) = stage.plane.serving();
    let start = stage.start.with("--tls-cert-file").with(certificate.display().to_string());
    start.with("--tls-key-file").with(key.display().to_string())
}

/// An operator, and the webhooks that ask it.
pub(crate) async fn guarded(stage: &Stage) -> Operator {
    let operator = answering(stage).ready().await;
    guard(stage, operator.admission).await;
    operator
}

/// Installs the webhooks, and returns when the API server asks them.
pub(crate) async fn guard(stage: &Stage, address: SocketAddr) {
    for configuration in pointed_at(address, &stage.plane).unwrap() {
        stage.apply(configuration).await;
    }
    until_asked(stage).await;
}

/// Waits until the API server asks the webhooks, and is answered.
pub(crate) async fn until_asked(stage: &Stage) {
    stage.apply(namespace("probe")).await;
    let binding = foreign_binding("probe", "probe", &subject("User", "nobody"));
    let asked = async || match try_create(&stage.admin, &binding, true).await {
        Err(error) if error.to_string().contains("CX504") => Ok(()),
        other => Err(format!("{other:?}")),
    };
    eventually("the webhooks are asked", SOON, asked).await;
}

/// Creates an object as the administrator.
pub(crate) async fn create(stage: &Stage, object: &Value) -> Said {
    said(stage, "POST", &collection(object), object).await
}

/// Only asks what would come of it.
pub(crate) async fn try_out(stage: &Stage, object: &Value) -> Said {
    said(stage, "POST", &format!("{}?dryRun=All", collection(object)), object).await
}

/// Merges a change into an object.
pub(crate) async fn change(stage: &Stage, object: &Value, change: &Value) -> Said {
    loop {
        let mut changed = stage.find(object).await.unwrap();
        merge(&mut changed, change);
        let said = said(stage, "PUT", &place(object), &changed).await;
        // The operator, or a controller, has written in between.
        if said.code != 409 {
            return said;
        }
    }
}

/// Deletes an object.
pub(crate) async fn delete(stage: &Stage, object: &Value) -> Said {
    said(stage, "DELETE", &place(object), &json!({})).await
}

async fn said(stage: &Stage, method: &str, path: &str, body: &Value) -> Said {
    let answer = send(&stage.admin, method, path, "application/json", body).await;
    let message = answer.body["message"].as_str().unwrap_or_default().to_owned();
    Said { code: answer.code, message, warnings: answer.warnings.join("\n") }
}

fn merge(into: &mut Value, change: &Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (key, value) in change {
                merge(into.entry(key.as_str()).or_insert(Value::Null), value);
            }
        }
        (into, change) => *into = change.clone(),
    }
}

fn place(object: &Value) -> String {
    format!("{}/{}", collection(object), object["metadata"]["name"].as_str().unwrap())
}

fn collection(object: &Value) -> String {
    let version = object["apiVersion"].as_str().unwrap();
    let root = if version.contains('/') { "apis" } else { "api" };
    let plural = Kind::parse(version, object["kind"].as_str().unwrap()).unwrap().plural();
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("/{root}/{version}/namespaces/{namespace}/{plural}"),
        None => format!("/{root}/{version}/{plural}"),
    }
}
