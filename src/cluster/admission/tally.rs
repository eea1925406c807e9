//! How many reviews were answered, what with, and how long they took.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;

use super::Purpose;

/// Upper bounds, in seconds. An answer takes well below a millisecond; the API server waits for three seconds.
const SECONDS: [f64; 10] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 3.0];

/// What came of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// The request passes.
    Allowed,
    /// It is refused.
    Denied,
    /// It could not be judged.
    Error,
}

/// What was counted since the start. Its clones count together.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    validate: Answered,
    mutate: Answered,
}

/// What was counted for one purpose.
#[derive(Clone, Debug)]
pub(in crate::cluster) struct Answered {
    allowed: Counter,
    denied: Counter,
    error: Counter,
    pub(in crate::cluster) took: Histogram,
}

impl Default for Answered {
    fn default() -> Self {
        let [allowed, denied, error] = [(); 3].map(|()| Counter::default());
        Self { allowed, denied, error, took: Histogram::new(SECONDS) }
    }
}

impl Answered {
    /// How many there were of what.
    pub(in crate::cluster) fn results(&self) -> [(&'static str, u64); 3] {
        [("allowed", self.allowed.get()), ("denied", self.denied.get()), ("error", self.error.get())]
    }
}

impl Tally {
    /// By purpose, as the paths are called.
    pub(in crate::cluster) fn purposes(&self) -> [(&'static str, &Answered); 2] {
        [("mutate", &self.mutate), ("validate", &self.validate)]
    }

    pub(super) fn count(&self, purpose: Purpose, came: Came, took: Duration) {
        let answered = match purpose {
            Purpose::Validate => &self.validate,
            Purpose::Mutate => &self.mutate,
        };
        let counter = match came {
            Came::Allowed => &answered.allowed,
            Came::Denied => &answered.denied,
            Came::Error => &answered.error,
        };
        counter.inc();
        answered.took.observe(took.as_secs_f64());
    }
}
