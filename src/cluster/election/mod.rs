//! Who writes: of several replicas one, by a Lease.
//!
//! `candidate` decides, without I/O and without a clock. `campaign` reads and writes the Lease for it.

mod campaign;
mod candidate;

use std::time::Duration;

pub(super) use campaign::{Campaign, Term};

/// The name of the Lease, in the operator's own namespace.
const NAME: &str = "cxguard";

/// How often what is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// A lease that has not changed for this long is free.
    pub lease: Duration,
    /// Who could not renew for this long leads no more. Shorter than `lease`, by what a request may take.
    pub give_up: Duration,
    /// How often the leader renews, and how often the others look.
    pub renew: Duration,
}

impl Pace {
    /// A lease of this many seconds, given up after two thirds, renewed after one.
    pub fn of_seconds(seconds: u32) -> Self {
        let lease = Duration::from_secs(seconds.into());
        Self { lease, give_up: lease * 2 / 3, renew: lease / 3 }
    }
}
