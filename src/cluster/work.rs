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

/// Why a task is not taken on now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// Its lane is busy with the same object: the answer marks that again.
    Busy,
    /// It failed, and is tried again then.
    Until(Timestamp),
    /// So much is under way in its lane that it would only queue: it is planned anew when there is a place.
    Full,
}

/// How many tasks may be under way in a lane, what is urgent apart: no more than are sent at the same time, so that what
/// is planned is carried out as it was planned, and with connections left for what takes access away.
fn places(lane: Lane) -> usize {
    match lane {
        Lane::Access => 24,
        Lane::Verify | Lane::Report => 16,
        Lane::Event => usize::MAX,
    }
}

/// The tasks under way and the back-off of those that failed, per object and lane.
#[derive(Debug, Default)]
pub(super) struct Work {
    next: u64,
    under_way: BTreeMap<Ticket, (ObjectRef, Task)>,
    busy: BTreeSet<(ObjectRef, Lane)>,
    /// How many of the tasks under way take a place in a lane.
    taken: BTreeMap<Lane, usize>,
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
    /// Takes a task on, unless it must wait.
    pub(super) fn start(&mut self, subject: &ObjectRef, task: Task, now: Timestamp) -> Result<Ticket, Wait> {
        let lane = (subject.clone(), task.effect.lane());
        if lane.1 != Lane::Event {
            if self.busy.contains(&lane) {
                return Err(Wait::Busy);
            }
            if let Some(failure) = self.failures.get(&lane).filter(|failure| failure.holds(&task.effect, now))
            {
                return Err(Wait::Until(failure.until));
            }
            if !task.effect.is_urgent() {
                if !self.has_place(lane.1) {
                    return Err(Wait::Full);
                }
                *self.taken.entry(lane.1).or_default() += 1;
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
            if let (false, Some(taken)) = (task.effect.is_urgent(), self.taken.get_mut(&lane.1)) {
                *taken -= 1;
            }
            self.learn(lane, &task.effect, answer, now);
        }
        Some((subject, task))
    }

    /// Whether one more task that is not urgent may be under way in a lane.
    pub(super) fn has_place(&self, lane: Lane) -> bool {
        self.taken.get(&lane).is_none_or(|taken| *taken < places(lane))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::effect::Target;
    use crate::facts::Kind;

    #[test]
    fn what_is_urgent_takes_no_place_and_needs_none() {
        let now = Timestamp::UNIX_EPOCH;
        let target = |nth: usize| Target {
            id: ObjectRef::namespaced(Kind::AccessGrant, "cx", &format!("g{nth}")),
            uid: "u".into(),
            resource_version: "1".into(),
        };
        let mut work = Work::default();
        let mut start = |nth: usize, effect: fn(Target) -> Effect| {
            let target = target(nth);
            work.start(&target.id.clone(), Task::quiet(effect(target)), now)
        };
        for nth in 0..places(Lane::Access) {
            start(nth, Effect::DeleteBinding).unwrap();
        }
        let tickets: Vec<_> =
            (100..100 + places(Lane::Access)).map(|nth| start(nth, Effect::AddFinalizer)).collect();
        assert!(tickets.iter().all(Result::is_ok));
        assert_eq!(start(200, Effect::AddFinalizer), Err(Wait::Full));
        assert!(start(201, Effect::DeleteBinding).is_ok());
        assert!(work.finish(tickets[0].unwrap(), &Answer::Conflict, now).is_some());
        let again = target(200);
        assert!(work.start(&again.id.clone(), Task::quiet(Effect::AddFinalizer(again)), now).is_ok());
    }
}
