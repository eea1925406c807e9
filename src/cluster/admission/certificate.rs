//! The certificate that is shown to who connects. It can be exchanged while connections are open: they keep theirs.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

/// What is wrong with a certificate or its key. None of these holds any part of the key.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The certificate is no PEM.
    #[error("the certificate is no PEM: {0}")]
    Certificate(#[source] rustls::pki_types::pem::Error),
    /// The key is no PEM.
    #[error("the key is no PEM")]
    Key,
    /// They do not fit together, or are of a kind that is not supported.
    #[error("the certificate and the key do not fit: {0}")]
    Pair(#[source] rustls::Error),
}

/// The certificate in use, if there is one yet.
#[derive(Debug, Default)]
pub struct Certificates {
    current: RwLock<Option<Arc<CertifiedKey>>>,
}

impl Certificates {
    /// Uses a chain and its key from now on, both PEM. If they are no good, what was used before stays.
    pub fn set(&self, chain: &[u8], key: &[u8]) -> Result<(), CertificateError> {
        let chain = CertificateDer::pem_slice_iter(chain).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(CertificateError::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| CertificateError::Key)?;
        let pair = CertifiedKey::from_der(chain, key, &default_provider());
        let pair = Arc::new(pair.map_err(CertificateError::Pair)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(pair);
        Ok(())
    }

    /// When the chain in use ends, in seconds since 1970: with the first of its certificates that does.
    pub(in crate::cluster) fn expiry(&self) -> Option<i64> {
        let pair = self.current.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        let ends = pair.cert.iter().filter_map(|der| {
            let (_, read) = X509Certificate::from_der(der).ok()?;
            Some(read.validity().not_after.timestamp())
        });
        ends.min()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_good_replaces_nothing() {
        let made = |name: &str| rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let (a, b) = (made("a"), made("b"));
        let certificates = Certificates::default();
        let current = || certificates.current.read().unwrap().clone();
        let set = |chain: &str, key: &str| certificates.set(chain.as_bytes(), key.as_bytes());
        let (key_of_a, key_of_b) = (a.signing_key.serialize_pem(), b.signing_key.serialize_pem());
        assert!(set("", &key_of_a).is_err() && current().is_none());
        assert_eq!(certificates.expiry(), None);
        set(&a.cert.pem(), &key_of_a).unwrap();
        // The year 4096, the default of who made it.
        assert_eq!(certificates.expiry(), Some(67_090_118_400));
        for (chain, key) in [
            (b.cert.pem(), key_of_a),
            (b.cert.pem(), "no key".to_owned()),
            ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n".to_owned(), key_of_b.clone()),
        ] {
            assert!(set(&chain, &key).is_err());
            assert_eq!(current().unwrap().cert[0], *a.cert.der());
        }
        set(&b.cert.pem(), &key_of_b).unwrap();
        assert_eq!(current().unwrap().cert[0], *b.cert.der());
    }
}
