//! The decisions of one candidate.
//!
//! Instants are those of the candidate's own monotonic clock, as the time since it began. No clock of anybody else is
//! trusted: a lease is free once this candidate has seen it unchanged for its whole duration. Every write carries the
//! version that was read, so of two that take the same lease one is refused. Who leads counts its term from before the
//! request that won it was sent, others count from after: so a term is over before anybody else's begins.

use std::time::Duration;

use super::Pace;

/// The lease as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Its version: every write makes a new one.
    pub(super) version: String,
    /// Who holds it; empty if nobody does.
    pub(super) holder: String,
    /// For how long, in the holder's own words.
    pub(super) duration: Duration,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// There is no lease: create one.
    Create,
    /// Write our name to the lease of this version.
    Write(String),
    /// Somebody else holds it.
    Wait,
}

/// One candidate.
#[derive(Debug)]
pub(super) struct Candidate {
    name: String,
    pace: Pace,
    /// What was seen last, and since when it has not changed.
    seen: Option<(Seen, Duration)>,
    leads_until: Duration,
}

impl Candidate {
    /// A candidate with a name that no other has, and that no other process ever had.
    pub(super) fn new(name: String, pace: Pace) -> Self {
        Self { name, pace, seen: None, leads_until: Duration::ZERO }
    }

    /// Takes in what was read: the instant is that at which the answer came.
    pub(super) fn read(&mut self, lease: Option<Seen>, at: Duration) -> Step {
        let Some(lease) = lease else {
            self.seen = None;
            return Step::Create;
        };
        let since = match self.seen.take() {
            Some((known, since)) if known == lease => since,
            _ => at,
        };
        // A holder that was started with a longer lease counts on it.
        let free_at = since + self.pace.lease.max(lease.duration);
        let may = lease.holder.is_empty() || lease.holder == self.name || at >= free_at;
        let step = if may { Step::Write(lease.version.clone()) } else { Step::Wait };
        self.seen = Some((lease, since));
        step
    }

    /// Our name was written, by a request that was sent at this instant.
    pub(super) fn won(&mut self, sent: Duration) {
        self.leads_until = self.leads_until.max(sent + self.pace.give_up);
    }

    /// Until when this candidate leads, if nothing more is heard.
    pub(super) fn leads_until(&self) -> Duration {
        self.leads_until
    }

    /// Leads no more, whatever is heard of requests that are under way.
    pub(super) fn resign(&mut self) {
        self.leads_until = Duration::ZERO;
    }
}

#[cfg(test)]
mod tests;
