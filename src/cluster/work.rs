//! What is under way, and what must wait before it is tried again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::effect::{Answer, Effect, Lane};
use super::plan::Task;
use crate::facts::ObjectRef;
use crate::fingerprint::fingerprint;

/// Names a task that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// The tasks under way and the back-off of those that failed, per object and lane.
#[derive(Debug, Default)]
pub(super) struct Work {
    next: u64,
    under_way: BTreeMap<Ticket, (ObjectRef, Task)>,
    busy: BTreeSet<(ObjectRef, Lane)>,
    failures: BTreeMap<(ObjectRef, Lane), Failure>,
}

#[derive(Debug)]
struct Failure {
    /// What failed. Something else in the same lane need not wait for it.
    verb: &'static str,
    attempts: u32,
    /// When it failed: the clock may be set back.
    at: Timestamp,
    until: Timestamp,
    /// What the API server refuses, if it refuses.
    refused: Option<String>,
}

impl Work {
    /// Takes a task on, unless its lane is busy or backs off; then says when it may be tried.
    pub(super) fn start(
        &mut self,
        subject: &ObjectRef,
        task: Task,
        now: Timestamp,
    ) -> Result<Ticket, Option<Timestamp>> {
        let lane = (subject.clone(), task.effect.lane());
        if lane.1 != Lane::Event {
            if self.busy.contains(&lane) {
                return Err(None);
            }
            if let Some(failure) = self.failures.get(&lane).filter(|failure| failure.holds(&task.effect, now))
            {
                return Err(Some(failure.until));
            }
            self.busy.insert(lane);
        }
        let ticket = Ticket(self.next);
        self.next += 1;
        self.under_way.insert(ticket, (subject.clone(), task));
        Ok(ticket)
    }

    /// Takes note of what came of a task. Returns the object it was for.
    pub(super) fn finish(
        &mut self,
        ticket: Ticket,
        answer: &Answer,
        now: Timestamp,
    ) -> Option<(ObjectRef, Task)> {
        let (subject, task) = self.under_way.remove(&ticket)?;
        let lane = (subject.clone(), task.effect.lane());
        self.busy.remove(&lane);
        if lane.1 != Lane::Event {
            self.learn(lane, &task.effect, answer, now);
        }
        Some((subject, task))
    }

    fn learn(&mut self, lane: (ObjectRef, Lane), effect: &Effect, answer: &Answer, now: Timestamp) {
        // A look says nothing of whether the write that it was for will do now.
        if matches!((effect, answer), (Effect::Read(..), Answer::Done(_))) {
            return;
        }
        let (refused, asked) = match answer {
            Answer::Done(_) | Answer::Verified(_) => {
                self.failures.remove(&lane);
                return;
            }
            Answer::Conflict => (None, None),
            Answer::Forbidden(text) => (Some(text.clone()), None),
            Answer::Failed(_, seconds) => (None, *seconds),
        };
        let attempts = self.failures.get(&lane).map_or(1, |failure| failure.attempts.saturating_add(1));
        let least = asked.map_or(SignedDuration::ZERO, |seconds| SignedDuration::from_secs(seconds.into()));
        let least = if effect.is_urgent() { least.min(SignedDuration::from_secs(1)) } else { least };
        let pause = pause(&lane, attempts, effect, answer).max(least);
        let until = now.checked_add(pause).unwrap_or(Timestamp::MAX);
        let verb = effect.verb();
        self.failures.insert(lane, Failure { verb, attempts, at: now, until, refused });
    }

    /// What the API server refuses in a lane, if it does.
    pub(super) fn refused(&self, subject: &ObjectRef, lane: Lane) -> Option<&str> {
        self.failures.get(&(subject.clone(), lane))?.refused.as_deref()
    }

    /// Forgets the failures of an object that is gone.
    pub(super) fn forget(&mut self, subject: &ObjectRef) {
        self.failures.retain(|(object, _), _| object != subject);
    }

    /// Whether nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way.is_empty()
    }
}

impl Failure {
    /// Whether the effect must wait.
    fn holds(&self, effect: &Effect, now: Timestamp) -> bool {
        self.verb == effect.verb() && self.at <= now && now < self.until
    }
}

/// How long to wait after a failure: doubled each time, to a bound; spread, so that many objects that failed together
/// do not come back together. What takes access away is tried again within a second, whatever happens.
fn pause(lane: &(ObjectRef, Lane), attempts: u32, effect: &Effect, answer: &Answer) -> SignedDuration {
    let (first, most) = match answer {
        _ if effect.is_urgent() => (50, 1_000),
        Answer::Conflict => (50, 5_000),
        Answer::Forbidden(_) => (5_000, 300_000),
        _ => (250, 30_000),
    };
    let doubled = 1_i64.checked_shl(attempts.saturating_sub(1).min(20)).unwrap_or(1);
    let millis = doubled.saturating_mul(first).min(most);
    let spread = fingerprint(&[&lane.0.to_string(), &attempts.to_string()]) % 256;
    let spread = i64::try_from(spread).unwrap_or(0);
    SignedDuration::from_millis(millis - millis * spread / 1024)
}
