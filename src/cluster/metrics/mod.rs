//! What `/metrics` tells: what the operator counts of its own work, and how things stand.
//!
//! Counters are atomics, or behind a lock that is held for an addition. How things stand is asked of the main loop for
//! each scrape, so that no number outlives what it was counted from. Labels are kinds, codes and words of our own,
//! never names: docs/metrics.md lists them all.

mod sheet;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use self::sheet::Sheet;
use super::admission::{Certificates, Tally};
use super::effect::Answer;
use super::election::Term;
use super::index::Pulse;
use super::operator::Census;

/// How long a scrape waits for the main loop. It then tells what it can without.
const PATIENCE: Duration = Duration::from_secs(2);

/// Upper bounds of how late access ended, in seconds. Above a second something is in the way.
const LATENESS: [f64; 12] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 600.0, 3600.0];

/// Somebody who wants to know how things stand.
pub(super) type Asks = oneshot::Sender<Census>;

/// What is counted, and where the rest is asked.
#[derive(Debug)]
pub(super) struct Metrics {
    effects: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    emergencies: Counter,
    lateness: Histogram,
    pub(super) tally: Tally,
    certificates: OnceLock<Arc<Certificates>>,
    sources: OnceLock<Sources>,
    /// Scrapes take turns, so that many cost no more than one after the other.
    turn: tokio::sync::Mutex<()>,
}

/// Whom a scrape asks.
#[derive(Debug)]
pub(super) struct Sources {
    pub(super) pulse: Arc<Pulse>,
    pub(super) term: Term,
    pub(super) census: mpsc::Sender<Asks>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            effects: Mutex::default(),
            emergencies: Counter::default(),
            lateness: Histogram::new(LATENESS),
            tally: Tally::default(),
            certificates: OnceLock::new(),
            sources: OnceLock::new(),
            turn: tokio::sync::Mutex::default(),
        }
    }
}

impl Metrics {
    /// From now on the operator can be asked.
    pub(super) fn ask(&self, sources: Sources) {
        // One operator is run by one process; a second one would not be told of.
        let _ = self.sources.set(sources);
    }

    /// From now on the webhook shows these.
    pub(super) fn shows(&self, certificates: Arc<Certificates>) {
        // The same.
        let _ = self.certificates.set(certificates);
    }

    /// An effect was carried out, or not.
    pub(super) fn carried_out(&self, verb: &'static str, answer: &Answer) {
        let result = match answer {
            Answer::Done(_) | Answer::Verified(_) => "done",
            Answer::Conflict => "conflict",
            Answer::Forbidden(_) => "refused",
            Answer::Failed(..) => "failed",
        };
        let mut effects = self.effects.lock().unwrap_or_else(PoisonError::into_inner);
        *effects.entry((verb, result)).or_default() += 1;
    }

    /// Access in an emergency was announced.
    pub(super) fn announced(&self) {
        self.emergencies.inc();
    }

    /// A binding with this deadline is gone. One that went before its deadline was not late.
    pub(super) fn revoked(&self, deadline: Timestamp, now: Timestamp) {
        if deadline <= now {
            self.lateness.observe(now.duration_since(deadline).as_secs_f64());
        }
    }

    /// Everything, in the text format of `OpenMetrics`.
    pub(super) async fn text(&self) -> Result<String, std::fmt::Error> {
        let _turn = self.turn.lock().await;
        let census = timeout(PATIENCE, self.census()).await.ok().flatten();
        self.sheet(census).text()
    }

    async fn census(&self) -> Option<Census> {
        let (asks, told) = oneshot::channel();
        self.sources.get()?.census.send(asks).await.ok()?;
        told.await.ok()
    }

    fn sheet(&self, census: Option<Census>) -> Sheet {
        let mut sheet = Sheet::default();
        sheet.build();
        if let Some(sources) = self.sources.get() {
            sheet.leads(sources.term.leads());
            sheet.watches(sources.pulse.signs());
        }
        sheet.emergencies(self.emergencies.get());
        sheet.lateness(&self.lateness);
        sheet.effects(&self.effects.lock().unwrap_or_else(PoisonError::into_inner));
        sheet.reviews(&self.tally);
        if let Some(expiry) = self.certificates.get().and_then(|shown| shown.expiry()) {
            sheet.certificate(expiry);
        }
        if let Some(census) = census {
            sheet.census(&census);
        }
        sheet
    }
}

#[cfg(test)]
mod tests;
