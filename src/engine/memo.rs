//! What was derived before, what it rests on, and what must be derived again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::access::Access;
use super::derived::{Derivation, Derived};
use super::guarded::Guarded;
use super::incidents::Clock;
use super::query::Query;
use super::rbac::Left;
use super::scope::Scope;
use super::ungoverned::Ungoverned;
use super::verdict::Verdict;
use crate::facts::{Key, ObjectRef, World};

/// Something that a derivation read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Read {
    /// A fact or an index of facts.
    Fact(Key),
    /// Another derived fact.
    Derived(Derivation),
}

/// A derived fact with what it rests on and how long it holds.
#[derive(Clone, Debug)]
pub struct Memo {
    pub(super) value: Derived,
    pub(super) reads: BTreeSet<Read>,
    /// When it was computed: the clock may be set back.
    pub(super) from: Timestamp,
    /// The first instant at which the value could differ though nothing was edited.
    pub(super) until: Timestamp,
}

impl Memo {
    /// The value, and until when it holds.
    pub(super) fn answer(&self) -> (Derived, Timestamp) {
        (self.value.clone(), self.until)
    }
}

/// A part of settling that was derived and is not taken in yet.
#[derive(Debug)]
pub struct Step {
    derivation: Derivation,
    /// What was derived anew; nothing if nobody wants it any more.
    fresh: Option<BTreeMap<Derivation, Memo>>,
}

/// All derived facts that are known, and who reads what.
///
/// A change marks what read it as stale; [`Memos::settle`] derives the stale facts again and follows only those
/// whose value really changed. So an event costs what it changes, not what it touches.
#[derive(Debug, Default)]
pub struct Memos {
    known: BTreeMap<Derivation, Memo>,
    readers: BTreeMap<Read, BTreeSet<Derivation>>,
    timers: BTreeSet<(Timestamp, Derivation)>,
    /// What the caller wants to know. The rest is kept only while something reads it.
    roots: BTreeSet<Derivation>,
    stale: BTreeSet<Derivation>,
    /// The latest instant at which something was derived.
    latest: Timestamp,
    derived: u64,
    /// How much was read for it.
    reads: u64,
}

impl Memos {
    /// Nothing is known and nothing is wanted.
    pub fn new() -> Self {
        Self::default()
    }

    /// Wants the judgement of an object, from the next [`Memos::settle`] on. What is wanted already stays as it is.
    pub fn want(&mut self, subject: &ObjectRef) {
        for derivation in Derivation::of(subject) {
            if self.roots.insert(derivation.clone()) {
                self.stale.insert(derivation);
            }
        }
    }

    /// No longer wants the judgement of an object.
    pub fn drop(&mut self, subject: &ObjectRef) {
        for derivation in Derivation::of(subject) {
            self.roots.remove(&derivation);
            self.stale.insert(derivation);
        }
    }

    /// Marks what read these facts as stale.
    pub fn touch<'k>(&mut self, changed: impl IntoIterator<Item = &'k Key>) {
        for key in changed {
            if let Some(readers) = self.readers.get(&Read::Fact(key.clone())) {
                self.stale.extend(readers.iter().cloned());
            }
        }
    }

    /// Derives again what is stale or has passed its horizon, until nothing is, and returns the objects whose
    /// judgement changed.
    pub fn settle(&mut self, world: &World, now: Timestamp) -> BTreeSet<ObjectRef> {
        self.expire(now);
        let mut changed = BTreeSet::new();
        while let Some(step) = self.next(world, now) {
            changed.extend(self.take(step));
        }
        changed
    }

    /// The next step of settling, once [`Memos::expire`] has marked what is due; nothing if all is settled. It only
    /// looks, so others may look at the same time. It is of use only until a fact changes.
    pub fn next(&self, world: &World, now: Timestamp) -> Option<Step> {
        // In the order of `Derivation`, which is that of dependency: what others read comes first.
        let derivation = self.stale.first()?.clone();
        let wanted = self.roots.contains(&derivation) || self.is_read(&derivation);
        let fresh = wanted.then(|| {
            let query = Query::new(world, self, now);
            query.derive(&derivation);
            query.into_fresh()
        });
        Some(Step { derivation, fresh })
    }

    /// Takes a step of settling. Returns the objects whose judgement it changed.
    pub fn take(&mut self, step: Step) -> BTreeSet<ObjectRef> {
        let Step { derivation, fresh } = step;
        let mut changed = BTreeSet::new();
        let Some(fresh) = fresh else {
            self.forget(&derivation);
            return changed;
        };
        for derived in self.keep(fresh) {
            changed.extend(derived.subject().filter(|_| self.roots.contains(&derived)).cloned());
            let readers = self.readers.get(&Read::Derived(derived)).cloned().unwrap_or_default();
            self.stale.extend(readers);
        }
        self.stale.remove(&derivation);
        changed
    }

    /// The objects whose judgement rests on one of these facts, directly or through what is derived from it, whether or
    /// not it would come out different.
    pub fn touched<'k>(&self, facts: impl IntoIterator<Item = &'k Key>) -> BTreeSet<ObjectRef> {
        let mut open: Vec<Read> = facts.into_iter().cloned().map(Read::Fact).collect();
        let mut seen = BTreeSet::new();
        while let Some(read) = open.pop() {
            for reader in self.readers.get(&read).into_iter().flatten() {
                if seen.insert(reader) {
                    open.push(Read::Derived(reader.clone()));
                }
            }
        }
        seen.into_iter().filter_map(Derivation::subject).cloned().collect()
    }

    /// The next instant at which something could change by time alone.
    pub fn horizon(&self) -> Option<Timestamp> {
        self.timers.first().map(|(until, _)| *until).filter(|until| *until < Timestamp::MAX)
    }

    /// How many facts were derived so far: what incremental judgement saves can be counted.
    pub fn derived(&self) -> u64 {
        self.derived
    }

    /// How much was read for them: what they cost.
    pub fn reads(&self) -> u64 {
        self.reads
    }

    /// The settled judgement of an object, and until when it holds.
    pub fn verdict(&self, subject: &ObjectRef) -> Option<(Arc<Verdict>, Timestamp)> {
        let memo = self.known.get(&Derivation::Judgement(subject.clone(), Scope::of(subject)))?;
        match &memo.value {
            Derived::Verdict(verdict) => Some((Arc::clone(verdict), memo.until)),
            _ => None,
        }
    }

    /// All that is wanted, as it was last derived, with the objects that it is about.
    pub fn wanted(&self) -> impl Iterator<Item = (&ObjectRef, &Derived)> {
        // Both are in the same order.
        let mut roots = self.roots.iter().peekable();
        self.known.iter().filter_map(move |(derivation, memo)| {
            while roots.next_if(|root| *root < derivation).is_some() {}
            roots.next_if_eq(&derivation)?;
            Some((derivation.subject()?, &memo.value))
        })
    }

    /// The settled decision on a grant.
    pub fn access(&self, grant: &ObjectRef) -> Option<Arc<Access>> {
        match &self.known.get(&Derivation::Access(grant.clone()))?.value {
            Derived::Access(access) => Some(Arc::clone(access)),
            _ => None,
        }
    }

    /// By what else somebody still has access whose grant has ended.
    pub fn left(&self, grant: &ObjectRef) -> Arc<Left> {
        match self.known.get(&Derivation::Residual(grant.clone())).map(|memo| &memo.value) {
            Some(Derived::Left(left)) => Arc::clone(left),
            _ => Arc::default(),
        }
    }

    /// The bindings that a policy wants removed.
    pub fn ungoverned(&self, policy: &ObjectRef) -> Arc<[Ungoverned]> {
        match self.known.get(&Derivation::Ungoverned(policy.clone())).map(|memo| &memo.value) {
            Some(Derived::Ungoverned(bindings)) => Arc::clone(bindings),
            _ => Arc::new([]),
        }
    }

    /// Whether the webhooks are asked about the namespaces of a policy.
    pub fn guarded(&self, policy: &ObjectRef) -> Option<Arc<Guarded>> {
        match &self.known.get(&Derivation::Guarded(policy.clone()))?.value {
            Derived::Guarded(guarded) => Some(Arc::clone(guarded)),
            _ => None,
        }
    }

    /// The settled flows and surveys that cover a workload.
    pub fn covers(&self, workload: &ObjectRef) -> Arc<[ObjectRef]> {
        match self.known.get(&Derivation::Covers(workload.clone())).map(|memo| &memo.value) {
            Some(Derived::Objects(coverage)) => Arc::clone(coverage),
            _ => Arc::new([]),
        }
    }

    /// What the settled clock of an incident says.
    pub fn clock(&self, incident: &ObjectRef) -> Arc<Clock> {
        match self.known.get(&Derivation::Clock(incident.clone())).map(|memo| &memo.value) {
            Some(Derived::Clock(clock)) => Arc::clone(clock),
            _ => Arc::default(),
        }
    }

    /// How many workloads a flow or a survey covers.
    pub fn covered(&self, coverage: &ObjectRef) -> Option<usize> {
        match self.known.get(&Derivation::Covered(coverage.clone()))?.value {
            Derived::Count(count) => Some(count),
            _ => None,
        }
    }

    pub(super) fn valid(&self, derivation: &Derivation, now: Timestamp) -> Option<&Memo> {
        let memo = self.settled(derivation)?;
        (memo.from <= now && now < memo.until).then_some(memo)
    }

    /// What was derived, unless it is stale itself.
    pub(super) fn settled(&self, derivation: &Derivation) -> Option<&Memo> {
        self.known.get(derivation).filter(|_| !self.stale.contains(derivation))
    }

    /// Whether nothing is stale.
    pub(super) fn is_settled(&self) -> bool {
        self.stale.is_empty()
    }

    fn is_read(&self, derivation: &Derivation) -> bool {
        self.readers.contains_key(&Read::Derived(derivation.clone()))
    }

    /// Marks what time alone has made stale; also what was derived after `now`, if the clock was set back.
    pub fn expire(&mut self, now: Timestamp) {
        let due = self.timers.iter().take_while(|(until, _)| *until <= now);
        self.stale.extend(due.map(|(_, derivation)| derivation.clone()));
        if now < self.latest {
            let ahead = self.known.iter().filter(|(_, memo)| memo.from > now);
            self.stale.extend(ahead.map(|(derivation, _)| derivation.clone()));
        }
        self.latest = now;
    }

    /// Keeps what a query derived. Returns what differs from before.
    fn keep(&mut self, fresh: BTreeMap<Derivation, Memo>) -> Vec<Derivation> {
        let (mut differing, mut unread) = (Vec::new(), Vec::new());
        for (derivation, memo) in fresh {
            self.derived += 1;
            self.reads += u64::try_from(memo.reads.len()).unwrap_or_default();
            self.stale.remove(&derivation);
            let old = self.known.remove(&derivation);
            let nothing = BTreeSet::new();
            let before = old.as_ref().map_or(&nothing, |old| &old.reads);
            unread.extend(self.follow(&derivation, before, &memo.reads));
            if old.as_ref().is_none_or(|old| old.until != memo.until) {
                if let Some(old) = &old {
                    self.stop(old.until, &derivation);
                }
                self.timers.insert((memo.until, derivation.clone()));
            }
            if old.is_none_or(|old| old.value != memo.value || old.until != memo.until) {
                differing.push(derivation.clone());
            }
            self.known.insert(derivation, memo);
        }
        for read in unread {
            self.orphan(read);
        }
        differing
    }

    /// Marks a derived fact as stale if nobody reads it any more, so that it is forgotten.
    fn orphan(&mut self, read: Read) {
        if let Read::Derived(orphan) = read
            && !self.roots.contains(&orphan)
            && !self.is_read(&orphan)
        {
            self.stale.insert(orphan);
        }
    }

    /// Forgets a derived fact that nobody wants. What only it read is stale too, so that it goes the same way.
    fn forget(&mut self, derivation: &Derivation) {
        self.stale.remove(derivation);
        let Some(memo) = self.known.remove(derivation) else { return };
        self.stop(memo.until, derivation);
        for read in self.follow(derivation, &memo.reads, &BTreeSet::new()) {
            self.orphan(read);
        }
    }

    /// Takes note of what a derived fact reads now. Returns what it read before and reads no more. What reads very many
    /// others reads most of them again each time: of these nothing has to be looked up.
    fn follow(
        &mut self,
        derivation: &Derivation,
        before: &BTreeSet<Read>,
        now: &BTreeSet<Read>,
    ) -> Vec<Read> {
        for read in now.difference(before) {
            self.readers.entry(read.clone()).or_default().insert(derivation.clone());
        }
        let unread: Vec<Read> = before.difference(now).cloned().collect();
        for read in &unread {
            if let Some(readers) = self.readers.get_mut(read) {
                readers.remove(derivation);
                if readers.is_empty() {
                    self.readers.remove(read);
                }
            }
        }
        unread
    }

    fn stop(&mut self, until: Timestamp, derivation: &Derivation) {
        self.timers.remove(&(until, derivation.clone()));
    }
}
