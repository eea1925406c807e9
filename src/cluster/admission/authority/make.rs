//! Certificates are made.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, Error, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};

use super::parsed::Pair;

/// How long an authority holds.
pub(super) const AUTHORITY: SignedDuration = SignedDuration::from_hours(365 * 24);

/// How long what it signs holds.
pub(super) const SERVING: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Certificates hold from a little earlier on, for whose clock is behind.
pub(super) const BACKDATED: SignedDuration = SignedDuration::from_hours(1);

/// A new authority.
pub(super) fn authority(now: Timestamp) -> Result<Pair, Error> {
    let key = KeyPair::generate()?;
    // Authorities that follow each other have different names: who verifies looks them up by name.
    let mut params = validity(CertificateParams::default(), now, AUTHORITY);
    params.distinguished_name = named(&format!("cxguard-webhook-ca {}", now.strftime("%Y-%m-%dT%H:%M:%SZ")));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let certificate = params.self_signed(&key)?.pem();
    Ok(Pair { certificate, key: key.serialize_pem() })
}

/// A certificate for a server with these names.
pub(super) fn serving(authority: &Pair, names: &[String], now: Timestamp) -> Result<Pair, Error> {
    let key = KeyPair::generate()?;
    let mut params = validity(CertificateParams::new(names)?, now, SERVING);
    params.distinguished_name = named("cxguard-webhook");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let issuer = Issuer::from_ca_cert_pem(&authority.certificate, KeyPair::from_pem(&authority.key)?)?;
    let certificate = params.signed_by(&key, &issuer)?.pem();
    Ok(Pair { certificate, key: key.serialize_pem() })
}

fn validity(mut params: CertificateParams, now: Timestamp, life: SignedDuration) -> CertificateParams {
    let from = now.saturating_sub(BACKDATED).unwrap_or(now);
    let until = now.saturating_add(life).unwrap_or(now);
    let [from, until] = [from, until].map(|at| Duration::from_secs(at.as_second().try_into().unwrap_or(0)));
    params.not_before = date_time_ymd(1970, 1, 1) + from;
    params.not_after = date_time_ymd(1970, 1, 1) + until;
    params
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}
