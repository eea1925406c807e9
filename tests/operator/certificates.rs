//! The certificates that the operator makes for its webhook, and what the API server is told to trust.

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::audit::{until_silent, writes};
use crate::process::Operator;
use crate::stage::Stage;
use crate::support::{SOON, eventually};

/// A Secret of the operator's.
pub(crate) fn secret(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "cxguard-system"}})
}

/// A configuration of two webhooks, which nothing ever calls.
fn configuration(kind: &str) -> Value {
    let webhook = |name: &str| {
        json!({
            "name": name, "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Ignore",
            "clientConfig": {"service": {"name": "cxguard-webhook", "namespace": "cxguard-system", "path": "/validate"}},
            "rules": [{"apiGroups": ["none.example"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["nones"]}],
        })
    };
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": "cxguard"},
        "webhooks": [webhook("one.cxguard.dev"), webhook("two.cxguard.dev")],
    })
}

pub(crate) fn data(secret: &Value, key: &str) -> String {
    let bytes = STANDARD.decode(secret["data"][key].as_str().unwrap()).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// The certificate that the operator shows, if it is one that these authorities have signed for its name.
pub(crate) async fn shown(address: SocketAddr, trusted: &str) -> std::io::Result<CertificateDer<'static>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(trusted.as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.unwrap().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("cxguard-webhook.cxguard-system.svc").unwrap();
    let stream = TcpStream::connect(address).await?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    Ok(stream.get_ref().1.peer_certificates().unwrap()[0].clone())
}

/// Loses the certificate. It is made anew by the same authority, and every replica shows it.
pub(crate) async fn exchanged(stage: &Stage, operators: &[Operator]) {
    let serving = stage.find(&secret("cxguard-webhook")).await.unwrap();
    let own = CertificateDer::from_pem_slice(data(&serving, "tls.crt").as_bytes()).unwrap();
    stage.delete(&secret("cxguard-webhook")).await;
    for operator in operators {
        let other = async || match shown(operator.admission, &data(&serving, "ca.crt")).await {
            Ok(shown) if shown != own => Ok(()),
            other => Err(format!("{other:?}")),
        };
        eventually("another certificate", SOON, other).await;
    }
}

async fn until_trusted(stage: &Stage, kind: &str) -> Value {
    let serving = stage.find(&secret("cxguard-webhook")).await.unwrap();
    let trusts = |configuration: &Value| {
        let webhooks = configuration["webhooks"].as_array().unwrap();
        webhooks.iter().all(|webhook| webhook["clientConfig"]["caBundle"] == serving["data"]["ca.crt"])
    };
    stage.until(&format!("a {kind} that trusts the operator"), &configuration(kind), trusts).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn the_webhook_is_trusted_and_stays_so() {
    let stage = Stage::new("certificates", false).await;
    stage.apply(configuration("ValidatingWebhookConfiguration")).await;
    let (first, second) = (stage.start.ready().await, stage.start.ready().await);
    let serving = stage.find(&secret("cxguard-webhook")).await.unwrap();
    let trusted = data(&serving, "ca.crt");
    let own = CertificateDer::from_pem_slice(data(&serving, "tls.crt").as_bytes()).unwrap();
    for operator in [&first, &second] {
        assert_eq!(shown(operator.admission, &trusted).await.unwrap(), own);
    }
    until_trusted(&stage, "ValidatingWebhookConfiguration").await;
    until_silent(&stage.plane).await;
    let written = writes(&stage.plane).len();

    // One that comes later, and one that somebody writes anew.
    stage.apply(configuration("MutatingWebhookConfiguration")).await;
    until_trusted(&stage, "MutatingWebhookConfiguration").await;
    let mut reset = configuration("ValidatingWebhookConfiguration");
    reset["webhooks"][1]["clientConfig"]["caBundle"] = json!("");
    stage.apply(reset).await;
    until_trusted(&stage, "ValidatingWebhookConfiguration").await;
    until_silent(&stage.plane).await;
    let patched = writes(&stage.plane).split_off(written);
    let patched: Vec<_> = patched.iter().map(|request| (&*request.verb, &*request.resource)).collect();
    let expected = [("patch", "mutatingwebhookconfigurations"), ("patch", "validatingwebhookconfigurations")];
    assert_eq!(patched, expected);

    let operators = [first, second];
    exchanged(&stage, &operators).await;
    for operator in operators {
        operator.stop().await;
    }
}
