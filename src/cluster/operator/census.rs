//! How things stand, in numbers. Counted anew from what is known each time, so that what is gone leaves nothing behind.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::Operator;
use crate::api::Phase;
use crate::cluster::index::read::text;
use crate::cluster::plan::grant_status::standing_phase;
use crate::cluster::plan::lease::{Standing, grants_of, standing_to};
use crate::cluster::seen::{Change, Detail, Seen, SeenBinding};
use crate::engine::{Access, Derived, Finding, Knowledge, Outcome, Protected, Query, Verdict, binding_of};
use crate::facts::{Kind, ObjectRef};
use crate::rules::Code;

/// The mode of what an exemption sets aside.
const EXEMPTED: &str = "Exempted";

/// How many there are. No name of an object or a person is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Objects that have a judgement of their own, by kind and outcome.
    pub objects: BTreeMap<(Kind, Outcome), u64>,
    /// Findings by rule and mode, each once: where its cause is, not where it is inherited.
    pub findings: BTreeMap<(Code, &'static str), u64>,
    /// Grants by the phase that is true.
    pub grants: BTreeMap<Phase, u64>,
    /// Grants by which somebody has access in an emergency.
    pub emergencies: u64,
    /// Grants by which somebody had, and that nobody else has reviewed.
    pub unreviewed: u64,
    /// Namespaces that hold customer data.
    pub protected: Protected,
    /// Bindings of ours that stand though access has ended.
    pub overdue: u64,
    /// For how long the oldest of them does.
    pub overdue_for: SignedDuration,
}

impl Operator {
    /// How things stand; nothing before everything was listed and judged.
    pub fn census(&self, now: Timestamp) -> Option<Census> {
        let known = self.knowledge.read();
        known.complete.then(|| {
            let protected = Query::once(&known.world, &known.memos, now).count_protected();
            let mut census = Census { protected, ..Census::default() };
            let mut elsewhere = BTreeMap::new();
            for (subject, derived) in known.memos.wanted() {
                match derived {
                    Derived::Verdict(verdict) => census.count(subject, verdict, &mut elsewhere),
                    Derived::Access(access) => self.count_grant(subject, access, &mut census),
                    _ => {}
                }
            }
            for (finding, mode) in elsewhere {
                *census.findings.entry((finding.0, mode)).or_default() += 1;
            }
            for (id, seen, binding) in self.bindings() {
                if let Some(late) = self.overdue(&known, (id, seen, binding), now) {
                    census.overdue += 1;
                    census.overdue_for = census.overdue_for.max(late);
                }
            }
            census
        })
    }

    /// Whether a binding of ours stands though its deadline has passed.
    pub fn is_any_overdue(&self, now: Timestamp) -> bool {
        let mut deadlines = self.bindings().filter_map(|(_, _, binding)| binding.deadline.flatten());
        deadlines.any(|deadline| deadline <= now)
    }

    /// When the access of a binding of ours ends by what the binding itself says.
    pub(in crate::cluster) fn deadline_of(&self, id: &ObjectRef) -> Option<Timestamp> {
        ours(self.seen.get(id)?)?.deadline.flatten()
    }

    /// The same of a binding that somebody's finalizer kept when it was deleted, if a change tells that it has gone.
    pub(in crate::cluster) fn deadline_of_released(&self, change: &Change) -> Option<Timestamp> {
        let uid = change.gone.as_ref()?;
        let seen = self.seen.get(&change.id).filter(|seen| seen.deleting && seen.uid == *uid)?;
        ours(seen)?.deadline.flatten()
    }

    /// The bindings of ours that stand.
    fn bindings(&self) -> impl Iterator<Item = (&ObjectRef, &Seen, &SeenBinding)> {
        let first = ObjectRef::cluster(Kind::RoleBinding, "");
        let bindings = self.seen.range(first..).take_while(|(id, _)| id.kind == Kind::RoleBinding);
        bindings.filter_map(|(id, seen)| Some((id, seen, ours(seen)?)))
    }

    fn count_grant(&self, id: &ObjectRef, access: &Arc<Access>, census: &mut Census) {
        let seen = self.seen.get(id);
        let Some(Seen { detail: Detail::Own { status, .. }, .. }) = seen else { return };
        let stands = standing_to(self.seen.get(&binding_of(id)), (id, seen)) == Standing::Ours;
        let phase = standing_phase(access.phase, stands);
        *census.grants.entry(phase).or_default() += 1;
        let Some(emergency) = &access.emergency else { return };
        let active = phase == Phase::Active;
        census.emergencies += u64::from(active);
        let given = active || text(status, "/activatedAt").is_some();
        census.unreviewed += u64::from(given && emergency.reviewed.is_none());
    }

    /// For how long a binding of ours stands though access has ended, if it has: none where there is no instant.
    fn overdue(
        &self,
        known: &Knowledge,
        (id, seen, binding): (&ObjectRef, &Seen, &SeenBinding),
        now: Timestamp,
    ) -> Option<SignedDuration> {
        let lapsed = binding.deadline.flatten().filter(|at| *at <= now);
        let grants = grants_of(id, Some(seen));
        let ended = grants.iter().find_map(|id| {
            let grant = self.seen.get(id).filter(|grant| binding.grant_uid.as_ref() == Some(&grant.uid))?;
            let ended = known.memos.access(id)?.ended.map(|(at, _)| at);
            ended.or_else(|| grant.deleting.then_some(None))
        });
        let late = || {
            let since = lapsed.into_iter().chain(ended.flatten()).min();
            since.map(|since| now.duration_since(since)).unwrap_or_default()
        };
        (lapsed.is_some() || ended.is_some()).then(late)
    }
}

/// A binding, if it is one of ours.
fn ours(seen: &Seen) -> Option<&SeenBinding> {
    match &seen.detail {
        Detail::Binding(binding) if binding.is_ours() => Some(binding),
        _ => None,
    }
}

/// What makes a finding one: its rule, object, field and words.
type Place<'v> = (Code, &'v ObjectRef, &'v str, &'v str);

impl Census {
    /// Counts an object and its own findings. Those of objects that have no judgement of their own, such as bindings,
    /// are put aside: several policies may tell of one.
    fn count<'v>(
        &mut self,
        subject: &ObjectRef,
        verdict: &'v Verdict,
        elsewhere: &mut BTreeMap<Place<'v>, &'static str>,
    ) {
        *self.objects.entry((subject.kind, verdict.outcome())).or_default() += 1;
        for finding in &verdict.findings {
            let kind = finding.subject.kind;
            if finding.subject == *subject {
                *self.findings.entry((finding.rule, mode(finding))).or_default() += 1;
            } else if !kind.is_own() && !kind.is_workload() {
                let place = (finding.rule, &finding.subject, &*finding.path, &*finding.message);
                elsewhere.entry(place).or_insert_with(|| mode(finding));
            }
        }
    }
}

fn mode(finding: &Finding) -> &'static str {
    if finding.exempted { EXEMPTED } else { finding.mode.0.as_str() }
}

#[cfg(test)]
mod tests;
