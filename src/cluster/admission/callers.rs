//! Who is answered: everybody, or those with a certificate that an authority has signed.

use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;

/// Who is answered.
#[derive(Clone, Debug)]
pub struct Callers(pub(super) Arc<dyn ClientCertVerifier>);

/// What is wrong with the authority of callers.
#[derive(Debug, thiserror::Error)]
pub enum CallersError {
    /// The file cannot be read.
    #[error("failed to read it: {0}")]
    File(#[from] std::io::Error),
    /// It is no PEM.
    #[error("it is no PEM: {0}")]
    Pem(#[from] rustls::pki_types::pem::Error),
    /// A certificate in it is none that can be trusted.
    #[error("a certificate in it is unusable: {0}")]
    Certificate(#[from] rustls::Error),
    /// There is none in it.
    #[error("there is no usable certificate in it: {0}")]
    Empty(#[from] rustls::server::VerifierBuilderError),
}

impl Callers {
    /// Everybody who gets through to the port.
    pub fn anybody() -> Self {
        Self(WebPkiClientVerifier::no_client_auth())
    }

    /// Those with a certificate for clients that one of these authorities, PEM, has signed.
    pub fn signed_by(authorities: &[u8]) -> Result<Self, CallersError> {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_slice_iter(authorities) {
            roots.add(authority?)?;
        }
        let provider = Arc::new(default_provider());
        Ok(Self(WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build()?))
    }

    /// As the file says now.
    #[expect(clippy::disallowed_methods, reason = "one small file, read at the start")]
    pub fn signed_by_file(file: &Path) -> Result<Self, CallersError> {
        Self::signed_by(&std::fs::read(file)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_an_authority_lets_nobody_start() {
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for text in ["", "no certificate", broken] {
            assert!(Callers::signed_by(text.as_bytes()).is_err(), "{text:?}");
        }
        let made = rcgen::generate_simple_self_signed(["a".to_owned()]).unwrap();
        assert!(Callers::signed_by(made.cert.pem().as_bytes()).is_ok());
    }
}
