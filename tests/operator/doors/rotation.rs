//! The operator's own certificates are exchanged while the API server asks: no request fails.
//!
//! Everything is as shipped but for the Service, which is an alias of this machine, and for its port. The API server
//! keeps a connection for long, and an open one is shown no certificate again; so the port by which it calls changes all
//! the time, and each time it connects anew and looks at the certificate.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd};
use serde_json::{Value, json};

use super::load::{Load, prepare};
use super::service::{Port, Service};
use super::stage::until_asked;
use crate::certificates::{exchanged, secret, shown};
use crate::process::Operator;
use crate::stage::{Stage, seconds_from_now};
use crate::support::{SOON, documents, eventually};

/// How many addresses stay open once there are later ones: an answer may still be on its way.
const OPEN: usize = 32;

/// How many answers come before there is another address. So when one is closed, thousands came by later ones.
const ANSWERS: usize = 100;

/// How often each authority signs anew.
const TIMES: usize = 2;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn certificates_are_exchanged_under_load() {
    let Asked { stage, service, replicas, port } = asked("doors-rotation").await;
    let load = Load::start(&stage);
    tokio::select! {
        () = rotate(&stage, &service, &replicas, &load) => {}
        () = keep_moving(&stage, &service, port, &load) => {}
    }
    load.end().await;
    for replica in replicas {
        replica.stop().await;
    }
}

/// Two replicas that a control plane asks by way of a Service.
pub(super) struct Asked {
    pub(super) stage: Arc<Stage>,
    pub(super) service: Service,
    pub(super) replicas: [Operator; 2],
    pub(super) port: Port,
}

/// Starts them on a control plane of this name.
pub(super) async fn asked(name: &str) -> Asked {
    let stage = Arc::new(Stage::new(name, false).await);
    prepare(&stage).await;
    let service = Service::default();
    let replicas = [service.join(&stage.start).await, service.join(&stage.start).await];
    let port = service.open().await;
    for object in called_at(&port) {
        stage.apply(object).await;
    }
    until_asked(&stage).await;
    Asked { stage, service, replicas, port }
}

/// Exchanges what is shown, then who has signed it, then again what is shown.
async fn rotate(stage: &Stage, service: &Service, replicas: &[Operator], load: &Load) {
    for _ in 0..TIMES {
        exchanged(stage, replicas).await;
        until_used(service, load).await;
    }
    let next = next_authority(stage).await;
    for replica in replicas {
        let follows = async || shown(replica.admission, &next).await.map(drop);
        eventually("a certificate by the next authority", SOON * 2, follows).await;
    }
    until_used(service, load).await;
    for _ in 0..TIMES {
        exchanged(stage, replicas).await;
        until_used(service, load).await;
    }
}

/// The webhooks as they are shipped, and the Service that they call; both at this address.
fn called_at(port: &Port) -> Vec<Value> {
    let mut objects = documents(include_str!("../../../deploy/webhooks.yaml"));
    for object in &mut objects {
        if object["kind"] == "Service" {
            object["spec"] = json!({"type": "ExternalName", "externalName": port.address.ip().to_string()});
        }
        for webhook in object.get_mut("webhooks").and_then(Value::as_array_mut).into_iter().flatten() {
            webhook["clientConfig"]["service"]["port"] = json!(port.address.port());
        }
    }
    objects
}

/// Lets the API server call another port, again and again, once it has made some use of the last one.
pub(super) async fn keep_moving(stage: &Stage, service: &Service, port: Port, load: &Load) {
    let mut open = VecDeque::from([port]);
    loop {
        let (port, before) = (service.open().await, service.connections());
        for webhooks in called_at(&port).into_iter().filter(|object| object["webhooks"].is_array()) {
            stage.apply(webhooks).await;
        }
        until(service, load, before + 1, load.answered() + ANSWERS).await;
        open.push_back(port);
        if open.len() > OPEN
            && let Some(old) = open.pop_front()
        {
            old.close();
        }
    }
}

/// Waits until the API server has connected to each replica several times more, and as many requests were answered.
pub(super) async fn until_used(service: &Service, load: &Load) {
    until(service, load, service.connections() + 10, load.answered() + 50).await;
}

/// Waits until there were so many connections and answers.
async fn until(service: &Service, load: &Load, connections: usize, answered: usize) {
    let used = async || match (service.connections(), load.answered()) {
        now if now.0 >= connections && now.1 >= answered => Ok(()),
        now => Err(format!("{now:?} of {connections} connections and {answered} answers")),
    };
    eventually("requests over new connections", SOON * 2, used).await;
}

/// Puts an authority beside the present one that has been there for a day, less a moment: time enough for the API server
/// to be told of it before it signs. Returns its certificate.
async fn next_authority(stage: &Stage) -> String {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params.distinguished_name.push(DnType::CommonName, "next");
    // Such a certificate holds from an hour before it was made.
    let from = u64::try_from(seconds_from_now(15 - 25 * 3600).as_second()).unwrap();
    params.not_before = date_time_ymd(1970, 1, 1) + Duration::from_secs(from);
    let certificate = params.self_signed(&key).unwrap().pem();
    let encoded = |text: &str| STANDARD.encode(text);
    let data = json!({"next.crt": encoded(&certificate), "next.key": encoded(&key.serialize_pem())});
    stage.merge(&secret("cxguard-webhook-ca"), json!({"data": data})).await.unwrap();
    certificate
}
