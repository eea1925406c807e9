//! What is to be done about the certificates, and when.
//!
//! An authority is followed by another at two thirds of its life. The next one is trusted before it signs anything: its
//! certificate is part of what clients trust for a day, and wherever that is published, before its key is used. The one
//! before it stays trusted until it ends, so that no connection fails whoever is late.

use jiff::{SignedDuration, Timestamp};
use rcgen::Error;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::make::{self, BACKDATED};
use super::parsed::{Pair, Parsed};

/// For how long an authority is trusted before it signs.
const TRUSTED_FIRST: SignedDuration = SignedDuration::from_hours(24);

/// How many earlier authorities are kept at most.
const KEPT: usize = 4;

/// What the Secrets hold.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Held {
    /// The authority that signs.
    pub(super) current: Option<Pair>,
    /// The one that will.
    pub(super) next: Option<Pair>,
    /// The certificates of those that did, PEM, one after the other.
    pub(super) previous: String,
    /// What the server shows.
    pub(super) serving: Option<Pair>,
    /// What clients are told to trust.
    pub(super) bundle: String,
}

/// The next thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// There is no authority that can sign: make one.
    NewAuthority,
    /// Make the one that will follow.
    NextAuthority,
    /// Let it follow.
    Promote,
    /// Sign a certificate for the server.
    Sign,
    /// Write down anew what is to be trusted.
    Bundle,
}

/// What to do, given whether what is to be trusted has been published; `None`: nothing.
pub(super) fn plan(held: &Held, names: &[String], published: bool, now: Timestamp) -> Option<Step> {
    let read = |pair: &Option<Pair>| pair.as_ref().and_then(|pair| Parsed::authority(pair, now));
    let (current, next) = (read(&held.current), read(&held.next));
    let Some(current) = current else {
        return Some(if next.is_some() { Step::Promote } else { Step::NewAuthority });
    };
    match next {
        None if current.has_spent(now, 2, 3) => return Some(Step::NextAuthority),
        Some(next) if published && now.duration_since(next.not_before) >= BACKDATED + TRUSTED_FIRST => {
            return Some(Step::Promote);
        }
        _ => {}
    }
    let serving = held.serving.as_ref().and_then(|pair| {
        Parsed::read(&pair.certificate)
            .filter(|read| read.fits(&pair.key) && read.names(names) && read.holds(now))
    });
    let Some(serving) = serving else { return Some(Step::Sign) };
    let fresh = serving.is_signed_by(&current) && !serving.has_spent(now, 1, 2);
    // What still holds is replaced only once its successor will be trusted.
    if published && !fresh {
        return Some(Step::Sign);
    }
    (held.bundle != bundle(held, now)).then_some(Step::Bundle)
}

/// What is held once a step is taken.
pub(super) fn take(step: Step, held: &Held, names: &[String], now: Timestamp) -> Result<Held, Error> {
    let mut held = held.clone();
    match step {
        Step::NewAuthority => {
            retire(&mut held, now);
            held.current = Some(make::authority(now)?);
            held.next = None;
        }
        Step::NextAuthority => held.next = Some(make::authority(now)?),
        Step::Promote => {
            retire(&mut held, now);
            held.current = held.next.take();
        }
        Step::Sign => {
            if let Some(current) = &held.current {
                held.serving = Some(make::serving(current, names, now)?);
            }
            held.bundle = bundle(&held, now);
        }
        Step::Bundle => held.bundle = bundle(&held, now),
    }
    Ok(held)
}

/// What clients must trust: every authority that has not ended, each once.
pub(super) fn bundle(held: &Held, now: Timestamp) -> String {
    let signing = [&held.current, &held.next].into_iter().flatten().map(|pair| &pair.certificate);
    let mut trusted: Vec<String> = Vec::new();
    for certificate in signing.chain([&held.previous]).flat_map(|pem| split(pem)) {
        // Of one whose life begins later by our clock, only our clock is wrong.
        let lives = Parsed::read(&certificate).is_some_and(|read| now < read.not_after);
        if lives && !trusted.contains(&certificate) {
            trusted.push(certificate);
        }
    }
    trusted.concat()
}

fn retire(held: &mut Held, now: Timestamp) {
    let retired = held.current.take().map(|pair| pair.certificate).unwrap_or_default();
    let lives = |pem: &String| Parsed::read(pem).is_some_and(|read| now < read.not_after);
    let all = split(&retired).into_iter().chain(split(&held.previous));
    held.previous = all.filter(lives).take(KEPT).collect();
}

/// The certificates of a text, each in the one way in which it is written here.
fn split(pem: &str) -> Vec<String> {
    let all = CertificateDer::pem_slice_iter(pem.as_bytes());
    all.filter_map(|der| Some(written(&der.ok()?))).collect()
}

fn written(der: &CertificateDer<'_>) -> String {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<_> = encoded.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests;
