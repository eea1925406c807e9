//! An operator that answers only who shows a certificate, and an API server that is configured to show one, as
//! docs/install.md says.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use xtask::controlplane::{ControlPlane, Options};
use xtask::webhooks::pointed_at;

use super::stage::{answering, create, guard};
use crate::objects::firm;
use crate::stage::Stage;
use crate::support::{SOON, eventually};

fn authority() -> (Issuer<'static, KeyPair>, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap().pem();
    (Issuer::new(params, key), certificate)
}

#[expect(clippy::disallowed_methods, reason = "a test writes files for what it starts")]
fn written(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// What the API server is configured with, so that it shows this authority's certificate to every webhook.
fn configuration(authority: &Issuer<'static, KeyPair>) -> PathBuf {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = params.signed_by(&key, authority).unwrap().pem();
    let user = json!({
        "client-certificate-data": STANDARD.encode(certificate),
        "client-key-data": STANDARD.encode(key.serialize_pem()),
    });
    let users =
        json!({"apiVersion": "v1", "kind": "Config", "users": [{"name": "*", "user": user}]}).to_string();
    let users = written("callers-kubeconfig.json", &users);
    let plugin = |name: &str| {
        json!({
            "name": name,
            "configuration": {
                "apiVersion": "apiserver.config.k8s.io/v1", "kind": "WebhookAdmissionConfiguration",
                "kubeConfigFile": users,
            },
        })
    };
    let plugins = [plugin("ValidatingAdmissionWebhook"), plugin("MutatingAdmissionWebhook")];
    let configuration: Value = json!({
        "apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": plugins,
    });
    written("callers-admission.json", &configuration.to_string())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn an_api_server_with_a_certificate_is_answered() {
    let (ours, trusted) = authority();
    let (_, foreign) = authority();
    let flag = format!("--admission-control-config-file={}", configuration(&ours).display());
    let options = Options { scheduler: false, apiserver_flags: vec![flag], ..Options::default() };
    let stage = Stage::on(ControlPlane::start(options).await.unwrap(), "doors-callers").await;
    let asking_for = |name: &str, authority: &str| {
        let file = written(name, authority);
        answering(&stage).with("--client-ca-file").with(file.display().to_string())
    };
    let operator = asking_for("callers-ca.pem", &trusted).ready().await;
    guard(&stage, operator.admission).await;
    create(&stage, &firm("known")).await.passes();

    // The same API server, at an operator that trusts another authority.
    let other = asking_for("callers-foreign.pem", &foreign).ready().await;
    for configuration in pointed_at(other.admission, &stage.plane).unwrap() {
        stage.apply(configuration).await;
    }
    let refused = async || {
        let said = create(&stage, &firm("unknown")).await;
        let told = said.code >= 400 && said.message.contains("failed calling webhook");
        if told { Ok(()) } else { Err(format!("{said:?}")) }
    };
    eventually("no answer without a certificate", SOON, refused).await;
    operator.stop().await;
    other.stop().await;
}
