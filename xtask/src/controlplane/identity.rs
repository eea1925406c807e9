//! Clients and kubeconfigs of users.
use std::path::Path;

use anyhow::Context;
use kube::config::AuthInfo;
use serde_json::{Value, json};

use super::files::{create_private_dir, write_private};
use super::pki::{Pki, base64};
use crate::fingerprint::fingerprint;

/// A client of this user.
pub(super) fn client(url: &str, pki: &Pki, user: &str, groups: &[&str]) -> anyhow::Result<kube::Client> {
    // Not by way of a kubeconfig: reading one would pick up a proxy from the environment.
    let mut config = kube::Config::new(url.parse().with_context(|| format!("failed to read the URL {url}"))?);
    config.root_cert = Some(vec![pki.ca_der()?]);
    let credentials = pki.credentials(user, groups)?;
    config.auth_info = AuthInfo {
        client_certificate_data: Some(base64(credentials.certificate.as_bytes())?),
        client_key_data: Some(base64(credentials.key.as_bytes())?.into()),
        ..AuthInfo::default()
    };
    kube::Client::try_from(config).with_context(|| format!("failed to build a client for {user}"))
}

/// Writes a kubeconfig that needs no other file.
pub(super) fn write_kubeconfig(
    path: &Path,
    url: &str,
    pki: &Pki,
    user: &str,
    groups: &[&str],
) -> anyhow::Result<()> {
    let kubeconfig = kubeconfig(url, pki, user, groups)?;
    let text = serde_saphyr::to_string(&kubeconfig).context("failed to write a kubeconfig")?;
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_private_dir(parent)?;
    }
    write_private(path, text.as_bytes())
}

fn kubeconfig(url: &str, pki: &Pki, user: &str, groups: &[&str]) -> anyhow::Result<Value> {
    const NAME: &str = "cxguard-controlplane";
    let credentials = pki.credentials(user, groups)?;
    Ok(json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": NAME,
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": user}}],
        "clusters": [{"name": NAME, "cluster": {
            "server": url,
            "certificate-authority-data": base64(pki.ca_pem().as_bytes())?,
        }}],
        "users": [{"name": user, "user": {
            "client-certificate-data": base64(credentials.certificate.as_bytes())?,
            "client-key-data": base64(credentials.key.as_bytes())?,
        }}],
    }))
}

/// A file name for the kubeconfig of this user: readable, and another one for other groups.
pub(super) fn file_name(user: &str, groups: &[&str]) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '_' };
    let name: String = user.chars().map(plain).collect();
    if name == user && groups.is_empty() {
        return format!("{name}.kubeconfig");
    }
    let fingerprint = fingerprint([user].iter().chain(groups).map(|part| part.as_bytes()));
    format!("{name}.{fingerprint}.kubeconfig")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_differ_by_user_and_groups() {
        assert_eq!(file_name("anna", &[]), "anna.kubeconfig");
        assert_ne!(file_name("anna", &["a"]), file_name("anna", &["b"]));
        assert_ne!(file_name("a:b", &[]), file_name("a_b", &[]));
        assert!(!file_name("../x", &[]).contains('/'));
    }
}
