//! The course of time: facts, what was derived from them, and what was last found.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::Span;
use crate::api::{FindingOutcome, Mode, Phase};
use crate::check::report::{granted, is_affected};
use crate::engine::{Access, Finding, Lacking, Memos, Outcome, Verdict};
use crate::facts::{Fact, GrantEnd, GrantFact, Key, Kind, ObjectRef, World};
use crate::rules::Code;

/// Facts at an instant, judged.
pub(super) struct Course<'o> {
    world: World,
    memos: Memos,
    objects: &'o BTreeSet<ObjectRef>,
    /// The roles that grants among them give.
    granted: BTreeSet<ObjectRef>,
    audited: bool,
    now: Timestamp,
    /// What was last said of each object.
    seen: BTreeMap<ObjectRef, Seen>,
    /// What is found, and of how many objects.
    found: BTreeMap<Name, (Finding, usize)>,
}

/// What makes a finding another one: rule, object, field and words.
type Name = (Code, ObjectRef, String, String);

#[derive(Clone, Default)]
struct Seen {
    verdict: Arc<Verdict>,
    access: Option<Arc<Access>>,
}

/// What differs from one instant to the next.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) appears: Vec<Finding>,
    pub(super) goes: Vec<Finding>,
    pub(super) workloads: Vec<(ObjectRef, Outcome, Outcome)>,
    pub(super) grants: Vec<Turn>,
}

/// A grant that passes into another phase.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) id: ObjectRef,
    pub(super) before: Arc<Access>,
    pub(super) after: Arc<Access>,
}

impl Step {
    pub(super) fn is_empty(&self) -> bool {
        self.appears.is_empty() && self.goes.is_empty() && self.workloads.is_empty() && self.grants.is_empty()
    }
}

impl<'o> Course<'o> {
    /// Judges objects at the beginning.
    pub(super) fn begin(world: World, objects: &'o BTreeSet<ObjectRef>, span: Span) -> Self {
        let mut course = Self {
            granted: granted(&world, objects.iter()),
            world,
            memos: Memos::new(),
            objects,
            audited: span.audited,
            now: span.from,
            seen: BTreeMap::new(),
            found: BTreeMap::new(),
        };
        for id in objects {
            course.memos.want(id);
        }
        // What is so from the beginning is no change.
        course.advance(span.from);
        course
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    pub(super) fn world(&self) -> &World {
        &self.world
    }

    /// The next instant at which something could differ: always later than now.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.memos.horizon().filter(|next| *next > self.now)
    }

    /// Moves to an instant, and says what differs.
    pub(super) fn advance(&mut self, now: Timestamp) -> Step {
        self.now = now;
        let mut changed = self.memos.settle(&self.world, now);
        // Once an end is on record, that it is there is all that is said of it.
        let told: BTreeMap<ObjectRef, Arc<Access>> =
            changed.iter().filter_map(|id| Some((id.clone(), self.memos.access(id)?))).collect();
        loop {
            let recorded = self.record(&changed);
            if recorded.is_empty() {
                break;
            }
            self.memos.touch(&recorded);
            changed.extend(self.memos.settle(&self.world, now));
        }
        let mut step = Step::default();
        let mut before: BTreeMap<Name, Option<Finding>> = BTreeMap::new();
        for id in changed {
            let access = self.memos.access(&id);
            let first =
                told.get(&id).filter(|first| access.as_ref().is_some_and(|now| now.phase == first.phase));
            let seen = Seen {
                verdict: self.memos.verdict(&id).map(|(verdict, _)| verdict).unwrap_or_default(),
                access: first.cloned().or(access),
            };
            let last = self.seen.insert(id.clone(), seen.clone());
            for finding in last.iter().flat_map(|last| self.listed(&id, &last.verdict)).collect::<Vec<_>>() {
                self.count(&finding, false, &mut before);
            }
            for finding in self.listed(&id, &seen.verdict).collect::<Vec<_>>() {
                self.count(&finding, true, &mut before);
            }
            if let Some(last) = last {
                step.turns(id, last, seen);
            }
        }
        for (name, then) in before {
            match (then, self.found.get(&name)) {
                (None, Some((finding, _))) => step.appears.push(finding.clone()),
                (Some(finding), None) => step.goes.push(finding),
                _ => {}
            }
        }
        step
    }

    /// What is listed of a verdict: an object says itself what is found of it, and what is found of an object that
    /// nobody asked for is told by those that inherit it. What cannot be judged for want of a fact counts as much.
    fn listed<'v>(&'v self, id: &'v ObjectRef, verdict: &'v Verdict) -> impl Iterator<Item = Finding> + 'v {
        let is_graver = |mode: Mode| self.audited || mode > Mode::Audit;
        let is_told = move |finding: &&Finding| {
            let is_told = is_affected(id.kind) || self.granted.contains(&finding.subject);
            finding.subject == *id || (is_told && !self.objects.contains(&finding.subject))
        };
        let findings = verdict.findings.iter().filter(|finding| !finding.exempted).filter(is_told).cloned();
        let lacks = verdict.lacking.iter().filter(|lack| !lack.exempted);
        let lacks = lacks.map(move |lack| {
            let is_asked_for = self.objects.contains(&lack.subject);
            missing(lack, if is_asked_for { &lack.subject } else { id })
        });
        findings.chain(lacks).filter(move |finding| is_graver(finding.mode.0))
    }

    /// Counts who has a finding; `before` keeps whether anybody had it.
    fn count(&mut self, finding: &Finding, more: bool, before: &mut BTreeMap<Name, Option<Finding>>) {
        let Finding { rule, subject, path, message, .. } = finding;
        let name = (*rule, subject.clone(), path.clone(), message.clone());
        let held = self.found.get(&name).cloned();
        before.entry(name.clone()).or_insert_with(|| held.as_ref().map(|(finding, _)| finding.clone()));
        let of = held.map_or(0, |(_, of)| of);
        let of = if more { of + 1 } else { of.saturating_sub(1) };
        if of == 0 {
            self.found.remove(&name);
        } else {
            self.found.insert(name, (finding.clone(), of));
        }
    }

    /// Puts on record of grants what the operator would by now: that access was given, and that it has ended for good.
    /// What comes later depends on it: papers that lapse suspend what was given, and nothing else.
    fn record(&mut self, changed: &BTreeSet<ObjectRef>) -> BTreeSet<Key> {
        let mut keys = BTreeSet::new();
        for id in changed.iter().filter(|id| id.kind == Kind::AccessGrant) {
            let Some(access) = self.memos.access(id) else { continue };
            let Some(Fact::Grant(grant)) = self.world.get(id) else { continue };
            let mut grant = GrantFact::clone(grant);
            match (access.phase, access.ended) {
                (Phase::Active, _) => drop(grant.activated_at.get_or_insert(self.now)),
                (phase, Some((_, cause))) if phase.is_final() => {
                    grant.ended = grant.ended.or(Some(GrantEnd { at: self.now, cause }));
                }
                _ => {}
            }
            keys.extend(self.world.set(id, Some(Fact::Grant(Arc::new(grant)))));
        }
        keys
    }
}

/// That a rule could not be judged, told as what is found.
fn missing(lack: &Lacking, subject: &ObjectRef) -> Finding {
    Finding {
        exempted: false,
        mode: Reverse(lack.mode),
        rule: lack.rule,
        subject: subject.clone(),
        path: String::new(),
        outcome: FindingOutcome::Unknown,
        message: format!("could not be judged: {}", lack.what),
        remedy: String::new(),
        cause: None,
    }
}

impl Step {
    /// Notes that a workload has another outcome, or a grant another phase.
    fn turns(&mut self, id: ObjectRef, last: Seen, now: Seen) {
        let (from, to) = (last.verdict.outcome(), now.verdict.outcome());
        if id.kind.runs() && from != to {
            self.workloads.push((id, from, to));
        } else if let (Some(before), Some(after)) = (last.access, now.access)
            && before.phase != after.phase
        {
            self.grants.push(Turn { id, before, after });
        }
    }
}
