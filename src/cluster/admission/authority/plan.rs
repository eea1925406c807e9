//! What is to be done about the certificates, and when.
//!
//! An authority is followed by another at two thirds of its life. The next one is trusted before it signs anything: its
//! certificate is part of what clients trust for a day, and wherever that is published, before its key is used. The one
//! before it stays trusted until it ends, so that no connection fails whoever is late. An authority that was lost cannot
//! be followed in that order: what it signed is then shown until the new one has been trusted for a moment.

use jiff::{SignedDuration, Timestamp};
use rcgen::Error;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::make::{self, BACKDATED};
use super::parsed::{Pair, Parsed};

/// For how long an authority is trusted before it signs.
const TRUSTED_FIRST: SignedDuration = SignedDuration::from_hours(24);

/// For how long one that stands in for a lost one is trusted before it signs: until every API server has heard of it.
const HEARD_OF: SignedDuration = SignedDuration::from_secs(30);

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

/// What this replica saw in the Secrets last, whatever became of them.
#[derive(Clone, Default)]
pub(super) struct Seen {
    /// What the server shows.
    pub(super) shown: Option<Pair>,
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

/// Makes up for what was lost. Without an authority, all that was trusted stays so. What is shown is shown on until the
/// authority that follows a lost one may sign.
pub(super) fn recall(held: &mut Held, seen: &Seen, names: &[String], now: Timestamp) {
    let current = held.current.as_ref().and_then(|pair| Parsed::authority(pair, now));
    if current.is_none() {
        let known = if split(&held.bundle).is_empty() { &seen.bundle } else { &held.bundle };
        held.previous = living([held.previous.as_str(), known.as_str()], now).concat();
    }
    let shown = seen.shown.as_ref().and_then(|pair| Parsed::read(&pair.certificate));
    let may_sign = current
        .zip(shown)
        .is_some_and(|(current, shown)| current.is_heard_of(now) || shown.is_signed_by(&current));
    if !may_sign && usable(held.serving.as_ref(), names, now).is_none() {
        held.serving.clone_from(&seen.shown);
    }
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
    let Some(serving) = usable(held.serving.as_ref(), names, now) else { return Some(Step::Sign) };
    let fresh = serving.is_signed_by(&current) && !serving.has_spent(now, 1, 2);
    let trusted = bundle(held, now);
    let is_trusted = || split(&trusted).iter().any(|pem| signs(pem, &serving));
    // What still holds is replaced only once its successor will be trusted.
    if published && !fresh && (current.is_heard_of(now) || !is_trusted()) {
        return Some(Step::Sign);
    }
    (held.bundle != trusted).then_some(Step::Bundle)
}

impl Parsed {
    /// Whether every API server has had the time to hear of this authority.
    fn is_heard_of(&self, now: Timestamp) -> bool {
        now.duration_since(self.not_before) >= BACKDATED + HEARD_OF
    }
}

/// What a server with these names can show.
fn usable(serving: Option<&Pair>, names: &[String], now: Timestamp) -> Option<Parsed> {
    let pair = serving?;
    Parsed::read(&pair.certificate)
        .filter(|read| read.fits(&pair.key) && read.names(names) && read.holds(now))
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
    let signing = [&held.current, &held.next].into_iter().flatten().map(|pair| &*pair.certificate);
    living(signing.chain([&*held.previous]), now).concat()
}

/// The authority that signs becomes an earlier one. Of too many, that of what is shown is kept first.
fn retire(held: &mut Held, now: Timestamp) {
    let retired = held.current.take().map(|pair| pair.certificate).unwrap_or_default();
    let mut kept = living([&*retired, &*held.previous], now);
    if let Some(serving) = held.serving.as_ref().and_then(|pair| Parsed::read(&pair.certificate)) {
        kept.sort_by_key(|pem| !signs(pem, &serving));
    }
    kept.truncate(KEPT);
    held.previous = kept.concat();
}

/// The certificates of these texts that have not ended, each once. Of one whose life begins later by our clock, only our
/// clock is wrong.
fn living<'a>(texts: impl IntoIterator<Item = &'a str>, now: Timestamp) -> Vec<String> {
    let mut living = Vec::new();
    for certificate in texts.into_iter().flat_map(split) {
        let lives = Parsed::read(&certificate).is_some_and(|read| now < read.not_after);
        if lives && !living.contains(&certificate) {
            living.push(certificate);
        }
    }
    living
}

/// Whether it is this authority that has signed what is shown.
fn signs(authority: &str, shown: &Parsed) -> bool {
    Parsed::read(authority).is_some_and(|authority| shown.is_signed_by(&authority))
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
