//! The operator without its hands: watch events and answers go in, tasks come out.
//!
//! All state is here, and none of it is needed to be right: it can be lost at any moment and is read again from the
//! server. Time is passed in. So a model of the server can drive it in virtual time, crash by crash.

mod census;
mod planning;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub use census::Census;

use super::agenda::Agenda;
use super::effect::{Answer, Effect, Lane, Lease};
use super::plan::grant::{Deleted, Memory};
use super::plan::lease::grants_of;
use super::plan::verification::Verification;
use super::plan::{Plan, Task};
use super::seen::{Change, Detail, Seen};
use super::work::{Ticket, Wait, Work};
use crate::engine::{Knowledge, Shared};
use crate::facts::{Fact, Key, Kind, ObjectRef};

/// How the operator acts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// Judge and write status, act on nothing else.
    pub observe: bool,
    /// Make the accounts that grants ask for.
    pub issue_accounts: bool,
}

/// The operator's mind.
#[derive(Debug, Default)]
pub struct Operator {
    settings: Settings,
    /// What is known and derived. Others read it; nobody else writes.
    knowledge: Shared,
    seen: BTreeMap<ObjectRef, Seen>,
    memory: BTreeMap<ObjectRef, Memory>,
    work: Work,
    /// What must be planned anew.
    dirty: BTreeSet<ObjectRef>,
    /// What must be planned anew once there is a place in a lane.
    waiting: BTreeMap<Lane, BTreeSet<ObjectRef>>,
    /// When to plan anew though nothing happened.
    agenda: Agenda,
    /// The instant of the last step: the clock may be set back.
    last: Timestamp,
    /// Nothing is planned before everything was listed: what is not seen yet must not look missing.
    complete: bool,
    /// Only who leads plans. The others judge, so that what they answer is as true.
    leading: bool,
}

impl Operator {
    /// An operator that knows nothing yet, and does not lead.
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// What it knows, for those who only read.
    pub fn knowledge(&self) -> Shared {
        self.knowledge.clone()
    }

    /// Everything has been listed: from now on what is not known does not exist.
    pub fn complete(&mut self) {
        self.complete = true;
        self.dirty.extend(self.seen.keys().cloned());
    }

    /// Whether what it knows is an answer to others: everything was listed, and judged once.
    pub fn is_ready(&self) -> bool {
        self.knowledge.read().complete
    }

    /// From now on it leads, or no more. Who begins to lead knows nothing of what another did meanwhile, and plans
    /// everything anew; who ends it starts nothing more.
    pub fn lead(&mut self, leading: bool) {
        if self.leading == leading {
            return;
        }
        self.leading = leading;
        self.agenda = Agenda::default();
        self.waiting.clear();
        self.memory.clear();
        if leading {
            self.dirty.extend(self.seen.keys().cloned());
        }
    }

    /// Takes in what became of an object. What is older than what is known is passed over.
    pub fn apply(&mut self, change: Change) {
        let Change { id, now, gone: gone_uid } = change;
        let (fact, seen) = now.unzip();
        if let Some(known) = self.seen.get(&id) {
            let older = seen.as_ref().is_some_and(|new| new.is_older_than(known));
            // What is gone is an earlier namesake.
            if older || gone_uid.is_some_and(|uid| uid != known.uid) {
                return;
            }
        }
        let same = self.seen.get(&id) == seen.as_ref();
        let gone = seen.is_none();
        let shared = self.knowledge();
        let mut known = shared.write();
        let changed = known.world.set(&id, fact);
        if same && changed.is_empty() {
            return;
        }
        known.memos.touch(&changed);
        // A record holds the ends of many grants; it is of no matter to those whose end did not change.
        if id.kind != Kind::GrantEnd || !changed.is_empty() {
            self.mark(&known, &id, seen.as_ref());
        }
        match seen {
            Some(seen) => drop(self.seen.insert(id.clone(), seen)),
            None => drop(self.seen.remove(&id)),
        }
        if id.kind.is_own() || id.kind.is_workload() {
            if gone { known.memos.drop(&id) } else { known.memos.want(&id) }
        }
        if gone {
            self.work.forget(&id);
        }
    }

    /// Marks whose plan an object matters to.
    fn mark(&mut self, known: &Knowledge, id: &ObjectRef, seen: Option<&Seen>) {
        if id.kind == Kind::RoleBinding {
            self.dirty.extend(grants_of(id, self.seen.get(id)));
            self.dirty.extend(grants_of(id, seen));
            self.mark_ungoverned(known, id);
        } else if matches!(id.kind, Kind::Role | Kind::ServiceAccount) {
            self.dirty.extend(grants_of(id, self.seen.get(id)));
            self.dirty.extend(grants_of(id, seen));
            // A grant may wait for an account of that name to go.
            let of_the_name = Key::GrantsInTo(id.namespace.clone(), id.name.clone());
            let waiting = known.world.members(&of_the_name);
            self.dirty.extend(waiting.filter(|_| id.kind == Kind::ServiceAccount).cloned());
        } else if id.kind == Kind::GrantEnd {
            self.dirty.insert(ObjectRef::namespaced(Kind::AccessGrant, &id.namespace, &id.name));
        } else if id.kind.is_own() || id.kind.is_workload() {
            self.dirty.insert(id.clone());
            // The record in a policy's status decides on their deletion.
            self.dirty.extend(known.memos.ungoverned(id).iter().map(|found| found.binding.clone()));
        }
    }

    /// Marks a binding that a policy wants removed, and the policy that tells of it.
    fn mark_ungoverned(&mut self, known: &Knowledge, binding: &ObjectRef) {
        let removing = planning::removing(known, binding).map(|(policy, _)| policy);
        self.dirty.extend(removing.into_iter().flat_map(|policy| [policy, binding.clone()]));
    }

    /// Takes in what came of a task.
    pub fn answer(&mut self, ticket: Ticket, answer: Answer, now: Timestamp) -> Vec<(Ticket, Effect)> {
        let Some((subject, task)) = self.work.finish(ticket, &answer, now) else { return Vec::new() };
        self.dirty.insert(subject.clone());
        if let (Effect::DeleteBinding(_), Some(memory)) = (&task.effect, self.memory.get_mut(&subject)) {
            // Also one that failed may still be under way.
            memory.returned_at = None;
        }
        if subject.kind == Kind::RoleBinding {
            let shared = self.knowledge();
            self.mark_ungoverned(&shared.read(), &subject);
        }
        let mut events = Vec::new();
        match answer {
            Answer::Done(changes) => {
                self.remember(&subject, &task.effect, &changes, now);
                for change in changes {
                    self.apply(change);
                }
                for note in task.notes {
                    if let Ok(ticket) =
                        self.work.start(&subject, Task::quiet(Effect::Event(note.clone())), now)
                    {
                        events.push((ticket, Effect::Event(note)));
                    }
                }
            }
            Answer::Verified(allowed) => {
                let left = self.knowledge.read().memos.left(&subject);
                let memory = self.memory.entry(subject).or_default();
                let before = memory.verification.take().filter(|known| known.left == left);
                let since = before.map_or(now, |known| known.since);
                memory.verification = Some(Verification { since, answered: now, allowed, left });
            }
            // What was believed is wrong: the server is asked before anything else is tried.
            Answer::Conflict if task.effect.lane() == Lane::Access && !is_read(&task.effect) => {
                self.memory.entry(subject).or_default().look = true;
            }
            Answer::Conflict | Answer::Forbidden(_) | Answer::Failed(..) => {
                if is_read(&task.effect) {
                    self.remember(&subject, &task.effect, &[], now);
                }
            }
        }
        events
    }

    fn remember(&mut self, subject: &ObjectRef, effect: &Effect, changes: &[Change], now: Timestamp) {
        if effect.lane() != Lane::Access {
            return;
        }
        let memory = self.memory.entry(subject.clone()).or_default();
        match effect {
            Effect::Read(..) => {
                memory.read_at = Some(now);
                memory.look = false;
            }
            Effect::CreateBinding(lease) | Effect::ReplaceBinding(_, lease) => {
                memory.returned_at = lease.returned_at;
                memory.deleted = None;
                memory.leased = Some(Lease { returned_at: None, ..lease.clone() });
                memory.verification = None;
            }
            Effect::DeleteBinding(target) => {
                // Neither that of an earlier namesake, nor one that a finalizer holds.
                let own = self.seen.get(subject).map(|grant| &grant.uid);
                let gone = changes.iter().any(|change| change.id == target.id && change.now.is_none());
                let named = match self.seen.get(&target.id).map(|seen| &seen.detail) {
                    Some(Detail::Binding(binding)) => Some((binding.grant_uid.as_ref(), &binding.subjects)),
                    // A watch was faster than the answer.
                    _ => memory.leased.as_ref().map(|lease| (Some(&lease.grant_uid), &lease.subjects)),
                };
                if let Some((of, subjects)) = named
                    && gone
                    && of == own
                {
                    memory.deleted = Some(Deleted { at: now, subjects: subjects.clone() });
                }
                memory.leased = None;
                memory.verification = None;
            }
            Effect::Issue(issue) if issue.id.kind == Kind::ServiceAccount => {
                memory.issued_at = Some(issue.at);
            }
            _ => {}
        }
    }

    /// What is to be done now.
    pub fn step(&mut self, now: Timestamp) -> Vec<(Ticket, Effect)> {
        if !self.complete {
            return Vec::new();
        }
        let shared = self.knowledge();
        self.dirty.extend(shared.settle(now));
        let known = shared.read();
        self.dirty.extend(self.agenda.due(now));
        if now < self.last {
            // What was put off to an instant was put off by another clock.
            self.dirty.extend(self.seen.keys().cloned());
        }
        self.last = now;
        if !self.leading {
            self.dirty.clear();
        }
        let mut started = Vec::new();
        for subject in std::mem::take(&mut self.dirty) {
            self.begin(&known, subject, now, &mut started);
        }
        while let Some(subject) = self.next_waiting() {
            self.begin(&known, subject, now, &mut started);
        }
        // What takes access away goes out first, with what is on record of it.
        started.sort_by_key(|(is_urgent, ..)| !is_urgent);
        started.into_iter().map(|(_, ticket, effect)| (ticket, effect)).collect()
    }

    /// Plans one object anew and takes on what is to be done about it now.
    fn begin(
        &mut self,
        known: &Knowledge,
        subject: ObjectRef,
        now: Timestamp,
        started: &mut Vec<(bool, Ticket, Effect)>,
    ) {
        let plan = self.plan(known, &subject, now);
        if plan == Plan::default() && !self.seen.contains_key(&subject) {
            self.memory.remove(&subject);
        }
        let mut wake = plan.wake;
        let is_urgent = plan.tasks.iter().any(|task| task.effect.is_urgent());
        for task in plan.tasks {
            let effect = task.effect.clone();
            match self.work.start(&subject, task, now) {
                Ok(ticket) => started.push((is_urgent, ticket, effect)),
                Err(Wait::Busy) => {}
                Err(Wait::Until(until)) => wake = wake.into_iter().chain([until]).min(),
                Err(Wait::Full) => {
                    self.waiting.entry(effect.lane()).or_default().insert(subject.clone());
                }
            }
        }
        self.agenda.put(subject, wake);
    }

    /// An object that waits for a place that there is now.
    fn next_waiting(&mut self) -> Option<ObjectRef> {
        let work = &self.work;
        self.waiting
            .iter_mut()
            .find_map(|(lane, waiting)| if work.has_place(*lane) { waiting.pop_first() } else { None })
    }

    /// The next instant at which there may be something to do though nothing happens.
    pub fn wake(&self) -> Option<Timestamp> {
        if !self.dirty.is_empty() {
            return Some(Timestamp::MIN);
        }
        self.agenda.next().into_iter().chain(self.knowledge.read().memos.horizon()).min()
    }

    /// Whether nothing is under way and nothing is to be done before [`Operator::wake`].
    pub fn is_idle(&self) -> bool {
        self.dirty.is_empty() && self.work.is_idle()
    }

    /// Whether nothing is under way.
    pub fn is_quiet(&self) -> bool {
        self.work.is_idle()
    }

    /// How many facts were derived so far.
    pub fn derived(&self) -> u64 {
        self.knowledge.read().memos.derived()
    }

    /// How much was read to derive them.
    pub fn reads(&self) -> u64 {
        self.knowledge.read().memos.reads()
    }

    /// The fact that is known of an object.
    pub fn fact(&self, id: &ObjectRef) -> Option<Fact> {
        self.knowledge.read().world.get(id).cloned()
    }
}

fn is_read(effect: &Effect) -> bool {
    matches!(effect, Effect::Read(..))
}

#[cfg(test)]
mod tests;
