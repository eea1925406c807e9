//! What a certificate says.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rcgen::{KeyPair, PublicKeyData};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

/// A certificate and its key, both PEM.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) certificate: String,
    pub(super) key: String,
}

/// What a certificate says.
pub(super) struct Parsed {
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    is_authority: bool,
    names: BTreeSet<String>,
    public_key: Vec<u8>,
    der: CertificateDer<'static>,
}

impl Parsed {
    /// Reads the first certificate of a text.
    pub(super) fn read(pem: &str) -> Option<Self> {
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        let (_, certificate) = X509Certificate::from_der(&der).ok()?;
        let validity = certificate.validity();
        let names = certificate.subject_alternative_name().ok()?;
        let names = names.iter().flat_map(|names| &names.value.general_names).filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        });
        Some(Self {
            not_before: Timestamp::from_second(validity.not_before.timestamp()).ok()?,
            not_after: Timestamp::from_second(validity.not_after.timestamp()).ok()?,
            is_authority: certificate.is_ca(),
            names: names.collect(),
            public_key: certificate.public_key().raw.to_vec(),
            der: der.clone(),
        })
    }

    /// Reads a certificate of an authority, if it can sign with this key at this instant.
    pub(super) fn authority(pair: &Pair, now: Timestamp) -> Option<Self> {
        Self::read(&pair.certificate)
            .filter(|read| read.is_authority && read.fits(&pair.key) && read.holds(now))
    }

    /// Whether the key is that of the certificate.
    pub(super) fn fits(&self, key: &str) -> bool {
        KeyPair::from_pem(key).is_ok_and(|key| key.subject_public_key_info() == self.public_key)
    }

    /// Whether it holds at this instant.
    pub(super) fn holds(&self, now: Timestamp) -> bool {
        self.not_before <= now && now < self.not_after
    }

    /// Whether more than this part of its life is over: so many of so many parts.
    pub(super) fn has_spent(&self, now: Timestamp, part: i32, of: i32) -> bool {
        let life: SignedDuration = self.not_after.duration_since(self.not_before);
        now.duration_since(self.not_before) >= life / of * part
    }

    /// Whether it is for all these names.
    pub(super) fn names(&self, names: &[String]) -> bool {
        names.iter().all(|name| self.names.contains(name))
    }

    /// Whether the other has signed it.
    pub(super) fn is_signed_by(&self, other: &Self) -> bool {
        let read = |der| X509Certificate::from_der(der).map(|(_, certificate)| certificate);
        let (Ok(this), Ok(other)) = (read(&self.der), read(&other.der)) else { return false };
        this.verify_signature(Some(other.public_key())).is_ok()
    }
}
