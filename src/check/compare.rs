//! Two states of some files, held against each other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::baseline::Baseline;
use super::judge::Judged;
use super::report::{Asked, is_affected, report, subject};
use super::selection::Selection;
use crate::api::{Mode, Phase};
use crate::engine::Memos;
use crate::facts::{Fact, GrantFact, Kind, ObjectRef};
use crate::manifests::Estate;
use crate::render::{Change, Diagnostic, Difference, Edit, Report, Shift, State};

/// One of the states, judged.
pub struct Side {
    name: String,
    estate: Estate,
    judged: Vec<Judged>,
    memos: Memos,
}

impl Side {
    /// Judges files, and keeps what each judgement rests on. `name` is what people are told.
    pub fn judge(name: String, estate: Estate, now: Timestamp) -> Self {
        let mut memos = Memos::new();
        for id in estate.objects() {
            memos.want(id);
        }
        let mut side = Self { name, estate, judged: Vec::new(), memos };
        side.settle(now);
        side
    }

    fn settle(&mut self, now: Timestamp) {
        self.memos.settle(&self.estate.world, now);
        let judged = self.estate.objects().filter_map(|id| {
            let (verdict, until) = self.memos.verdict(id)?;
            Some(Judged { id: id.clone(), verdict, until })
        });
        self.judged = judged.collect();
    }

    /// The grants that give access.
    fn active(&self) -> Vec<ObjectRef> {
        let grants = self.estate.objects().filter(|id| id.kind == Kind::AccessGrant);
        let is_active =
            |id: &&ObjectRef| self.memos.access(id).is_some_and(|access| access.phase == Phase::Active);
        grants.filter(is_active).cloned().collect()
    }

    /// Says of grants that they gave access already.
    fn activate(&mut self, grants: &[ObjectRef], now: Timestamp) {
        for id in grants {
            if let Some(Fact::Grant(grant)) = self.estate.world.get(id) {
                let grant = GrantFact { activated_at: grant.activated_at.or(Some(now)), ..(**grant).clone() };
                let changed = self.estate.world.set(id, Some(Fact::Grant(Arc::new(grant))));
                self.memos.touch(&changed);
            }
        }
        self.settle(now);
    }

    fn states(&self, selection: &Selection) -> BTreeMap<&ObjectRef, State> {
        self.judged.iter().map(|one| (&one.id, self.state(one, selection))).collect()
    }

    /// What the rules say that somebody asked for.
    fn state(&self, one: &Judged, selection: &Selection) -> State {
        let access = self.memos.access(&one.id).filter(|_| one.id.kind == Kind::AccessGrant);
        let counting =
            one.verdict.findings.iter().filter(|finding| !finding.exempted && selection.wants(finding.rule));
        State {
            outcome: one.verdict.outcome_of(|rule| selection.wants(rule)),
            phase: access.as_ref().map(|access| access.phase),
            deadline: access.and_then(|access| access.deadline),
            rules: counting.map(|finding| finding.rule).collect(),
        }
    }
}

/// What is new, what is fixed, and whom the changes touch. What `asked` knows already counts on neither side.
///
/// Files do not say which grants are active in a cluster. Those that are by the old state are taken to be, so that what
/// stops one now is told as what it is: a suspension, not a wait.
pub fn compare(old: &mut Side, new: &mut Side, now: Timestamp, asked: &Asked) -> Difference {
    let active = old.active();
    old.activate(&active, now);
    new.activate(&active, now);
    let before = report(&old.estate, &old.judged, now, asked);
    let known = Baseline::of(&before).fingerprints();
    let asked = Asked { baseline: known.union(&asked.baseline).cloned().collect(), ..asked.clone() };
    let mut after = report(&new.estate, &new.judged, now, &asked);
    let fixed = fixed(&before, &after);
    let skipped: BTreeSet<_> = before.not_judged.iter().collect();
    after.not_judged.retain(|entry| !skipped.contains(entry));
    graver(&before, &mut after);
    for gap in &mut after.gaps {
        gap.rules.retain(|_, lack| !lack.baselined);
    }
    after.gaps.retain(|gap| !gap.rules.is_empty());
    Difference {
        old: old.name.clone(),
        new: new.name.clone(),
        report: after,
        fixed,
        changes: changes(old, new),
        shifts: shifts(old, new, &asked.selection),
    }
}

/// What counted before and is found no more, or is set aside now.
fn fixed(before: &Report, after: &Report) -> Vec<Diagnostic> {
    let now: BTreeMap<&str, &Diagnostic> =
        after.findings.iter().map(|finding| (finding.fingerprint.as_str(), finding)).collect();
    let gone = before.findings.iter().filter(|finding| finding.counts()).filter_map(|finding| {
        let exempted = match now.get(finding.fingerprint.as_str()) {
            None => false,
            Some(now) if now.exempted => true,
            Some(_) => return None,
        };
        Some(Diagnostic { exempted, ..finding.clone() })
    });
    gone.collect()
}

/// What was a warning and is enforced now is as good as new.
fn graver(before: &Report, after: &mut Report) {
    let modes: BTreeMap<&str, Mode> = before
        .findings
        .iter()
        .filter(|finding| finding.counts())
        .map(|finding| (finding.fingerprint.as_str(), finding.mode))
        .collect();
    for finding in &mut after.findings {
        if modes.get(finding.fingerprint.as_str()).is_some_and(|mode| finding.mode > *mode) {
            finding.baselined = false;
        }
    }
    let lacks = before.gaps.iter().flat_map(|gap| gap.rules.values());
    let modes: BTreeMap<&str, Mode> = lacks.map(|lack| (lack.fingerprint.as_str(), lack.mode)).collect();
    for lack in after.gaps.iter_mut().flat_map(|gap| gap.rules.values_mut()) {
        lack.baselined &= modes.get(lack.fingerprint.as_str()).is_none_or(|mode| lack.mode <= *mode);
    }
}

/// The objects of ours that were edited, and whose judgement rests on them.
fn changes(old: &Side, new: &Side) -> Vec<Change> {
    let ids: BTreeSet<&ObjectRef> = old.estate.objects().chain(new.estate.objects()).collect();
    let mut world = old.estate.world.clone();
    let mut changes = Vec::new();
    for id in ids {
        let facts = world.set(id, new.estate.world.get(id).cloned());
        if facts.is_empty() || !(id.kind.is_own() || id.kind == Kind::Namespace) {
            continue;
        }
        let touched = old.memos.touched(&facts).into_iter().chain(new.memos.touched(&facts));
        let touched: BTreeSet<ObjectRef> = touched
            .filter(|touched| touched != id)
            .filter(|touched| touched.kind.is_workload() || touched.kind == Kind::AccessGrant)
            .collect();
        let edit = match (old.estate.holds(id), new.estate.holds(id)) {
            (false, _) => Edit::Added,
            (true, false) => Edit::Removed,
            (true, true) => Edit::Edited,
        };
        changes.push(Change { subject: subject(id), edit, touches: touched.iter().map(subject).collect() });
    }
    changes
}

/// The objects of which the rules say something else, and the workloads and grants that came or went. Policies and
/// namespaces only hand on what their objects say.
fn shifts(old: &Side, new: &Side, selection: &Selection) -> Vec<Shift> {
    let (mut before, mut after) = (old.states(selection), new.states(selection));
    let ids: BTreeSet<&ObjectRef> = before.keys().chain(after.keys()).copied().collect();
    let mut shifts = Vec::new();
    for id in ids.into_iter().filter(|id| is_affected(id.kind)) {
        let (before, after) = (before.remove(id), after.remove(id));
        let in_both = before.is_some() && after.is_some();
        let is_listed = in_both || id.kind.is_workload() || id.kind == Kind::AccessGrant;
        if before != after && is_listed {
            shifts.push(Shift { subject: subject(id), before, after });
        }
    }
    shifts.sort_by(|one, other| one.subject.cmp(&other.subject));
    shifts
}
