//! The certificate authority of one control plane, and what it signs.
use std::fs;
use std::path::Path;

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::files::{Directory, write_private};
use super::subject;

pub(super) const CA: &str = "ca.pem";
pub(super) const SERVING: &str = "serving.pem";
pub(super) const SERVING_KEY: &str = "serving-key.pem";
pub(super) const TOKENS: &str = "tokens-public.pem";
pub(super) const TOKENS_KEY: &str = "tokens-key.pem";
const CA_KEY: &str = "ca-key.pem";
const AUTHORITY: &str = "cxguard-controlplane";

/// The certificate authority.
#[derive(Debug)]
pub(super) struct Pki {
    ca_pem: String,
    ca_key: KeyPair,
}

/// A client's certificate and key, both PEM.
pub(super) struct Credentials {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Pki {
    /// Creates the authority, and the files that the API server reads: its certificate and the keys of the tokens.
    pub(super) fn create(directory: &Directory) -> anyhow::Result<Self> {
        let write =
            |name: &str, content: &str| write_private(&directory.path().join(name), content.as_bytes());
        let ca_key = key()?;
        let ca_pem = authority().self_signed(&ca_key)?.pem();
        write(CA, &ca_pem)?;
        write(CA_KEY, &ca_key.serialize_pem())?;

        let serving_key = key()?;
        let names = ["127.0.0.1", "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"];
        let mut serving = CertificateParams::new(names.map(str::to_owned))?;
        serving.distinguished_name = named("kube-apiserver");
        serving.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let serving = serving.signed_by(&serving_key, &Issuer::new(authority(), &ca_key))?;
        write(SERVING, &serving.pem())?;
        write(SERVING_KEY, &serving_key.serialize_pem())?;

        let tokens_key = key()?;
        write(TOKENS, &tokens_key.public_key_pem())?;
        write(TOKENS_KEY, &tokens_key.serialize_pem())?;
        Ok(Self { ca_pem, ca_key })
    }

    /// Reads the authority that [`Pki::create`] left in this directory.
    pub(super) fn load(directory: &Path) -> anyhow::Result<Self> {
        let read = |name: &str| {
            let path = directory.join(name);
            fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))
        };
        let ca_key = KeyPair::from_pem(&read(CA_KEY)?).context("failed to read the authority's key")?;
        Ok(Self { ca_pem: read(CA)?, ca_key })
    }

    pub(super) fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    pub(super) fn ca_der(&self) -> anyhow::Result<Vec<u8>> {
        let der = CertificateDer::from_pem_slice(self.ca_pem.as_bytes());
        Ok(der.context("failed to read the authority's certificate")?.to_vec())
    }

    /// Credentials of a user in these groups.
    pub(super) fn credentials(&self, user: &str, groups: &[&str]) -> anyhow::Result<Credentials> {
        let key = key()?;
        let der = subject::certificate(user, groups, &key, AUTHORITY, &self.ca_key)?;
        Ok(Credentials { certificate: pem(&der)?, key: key.serialize_pem() })
    }
}

fn key() -> anyhow::Result<KeyPair> {
    KeyPair::generate().context("failed to generate a key")
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(AUTHORITY);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params
}

fn pem(certificate: &[u8]) -> anyhow::Result<String> {
    let encoded = base64(certificate)?;
    let lines: Vec<_> = encoded.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    Ok(format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n")))
}

/// Base64, as Kubernetes' own types encode bytes.
pub(super) fn base64(bytes: &[u8]) -> anyhow::Result<String> {
    let encoded = serde_json::to_value(k8s_openapi::ByteString(bytes.to_vec()))?;
    encoded.as_str().map(str::to_owned).context("failed to encode bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_can_be_loaded_again() {
        let directory = Directory::temporary().unwrap();
        let created = Pki::create(&directory).unwrap();
        let loaded = Pki::load(directory.path()).unwrap();
        assert_eq!(created.ca_pem(), loaded.ca_pem());
        assert_eq!(created.ca_key.serialize_der(), loaded.ca_key.serialize_der());
        assert!(!loaded.ca_der().unwrap().is_empty());
    }

    #[test]
    fn credentials_are_pem() {
        let directory = Directory::temporary().unwrap();
        let pki = Pki::create(&directory).unwrap();
        let credentials = pki.credentials("anna", &["analysts", "support"]).unwrap();
        let der = CertificateDer::from_pem_slice(credentials.certificate.as_bytes()).unwrap();
        for text in ["anna", "analysts", "support"] {
            assert!(der.windows(text.len()).any(|window| window == text.as_bytes()), "{text}");
        }
    }
}
