//! Our own objects, new or changed.

use std::collections::{BTreeMap, BTreeSet};

use super::removal::few;
use super::review::Review;
use super::said::Said;
use super::weigh::{Scale, is_enforced, weigh};
use super::{grants, removal};
use crate::api::FindingOutcome;
use crate::engine::{Finding, Query, Scope, Verdict};
use crate::facts::{Fact, Key, Kind, ObjectRef, selects};
use crate::rules::Code;

/// How many workloads are judged again for a flow or a survey. Who is asked has seconds, and a namespace may have thousands.
const LOOKED_AT: usize = 200;

/// An object of ours as it would be, and as it is.
pub(super) struct Change {
    pub(super) id: ObjectRef,
    pub(super) new: Fact,
    pub(super) old: Option<Fact>,
}

impl Change {
    /// What a request would write; nothing if that says nothing that is judged.
    pub(super) fn of(review: &Review<'_>, kind: Kind) -> Option<Self> {
        let (id, new) = review.object(kind)?;
        Some(Self { id, new, old: review.old_object(kind).map(|(_, fact)| fact) })
    }

    /// Whether it only takes access away, or is none to the judgement: a label, a finalizer.
    pub(super) fn is_free(&self) -> bool {
        match (&self.new, &self.old) {
            (new, Some(old)) if new == old => true,
            (Fact::Grant(new), Some(Fact::Grant(old))) => grants::only_takes_away(&new.spec, &old.spec),
            _ => false,
        }
    }

    /// The judgement of the object as it would be, and of it as it is.
    pub(super) fn judge(
        &self,
        review: &Review<'_>,
        judge: impl Fn(&Query<'_>, &ObjectRef) -> Verdict,
    ) -> (Verdict, Option<Verdict>) {
        let of = |fact: &Fact| {
            let over = review.over(&self.id, Some(fact.clone()));
            judge(&review.through(&over), &self.id)
        };
        (of(&self.new), self.old.as_ref().map(of))
    }
}

/// Judges the object with what it inherits.
pub(super) fn in_full(query: &Query<'_>, id: &ObjectRef) -> Verdict {
    (*query.judgement(id, &Scope::of(id))).clone()
}

/// Judges the object alone.
pub(super) fn itself(query: &Query<'_>, id: &ObjectRef) -> Verdict {
    query.judge_itself(id)
}

/// Judges an object of ours.
pub(super) fn answer(review: &Review<'_>, change: &Change, said: &mut Said) {
    let id = &change.id;
    match id.kind {
        Kind::AccessGrant => grants::answer(review, change, said),
        // What it inherits is all that is wrong in its namespaces: no reason to refuse it, and its status tells.
        Kind::CompliancePolicy => {
            let (now, before) = change.judge(review, itself);
            weigh(said, id, &now, before.as_ref(), Scale::CLOSED);
        }
        // They tell what happened, what is prepared and what is so. To refuse the record would mend nothing, and hide it.
        Kind::Incident | Kind::IncidentPlan => told(review, change, said),
        // A new one is for those to come who use it. What becomes of a known one, others rest on already: they are judged by
        // the truth. What cannot be read says nothing, and is judged as anything else.
        Kind::Vendor | Kind::Person if change.old.is_some() && !is_unreadable(&change.new) => {
            told(review, change, said);
        }
        _ => {
            let (now, before) = change.judge(review, in_full);
            let unknown = review.look().policy(&Scope::of(id)).admission.unknown;
            // Who sets a rule aside says of what, why, by whom and how long. It is said first: what is to be exempted is
            // refused until then.
            let ahead = (id.kind == Kind::Exemption).then_some("/spec/subject");
            let scale = Scale { unknown, ahead, ..Scale::CLOSED };
            weigh(said, id, &now, before.as_ref(), scale);
        }
    }
    match id.kind {
        Kind::DataFlow | Kind::Survey => burdened(review, change, said),
        Kind::Person | Kind::CompliancePolicy => removal::lessened(review, change, said),
        _ => {}
    }
}

/// Judges a record of what is so, and refuses nothing.
fn told(review: &Review<'_>, change: &Change, said: &mut Said) {
    let (now, before) = change.judge(review, in_full);
    weigh(said, &change.id, &now, before.as_ref(), Scale::OPEN);
}

fn is_unreadable(fact: &Fact) -> bool {
    matches!(fact, Fact::Unreadable(_))
}

/// Warns of what runs already and becomes wrong by the flow or survey that would cover it: its own findings, such as the
/// country in which it is.
fn burdened(review: &Review<'_>, change: &Change, said: &mut Said) {
    let workloads = match &change.new {
        Fact::Flow(flow) => &flow.workloads,
        Fact::Survey(survey) => &survey.workloads,
        _ => return,
    };
    let Some(selector) = workloads.as_ref().and_then(|workloads| workloads.selector.as_ref()) else { return };
    let over = review.over(&change.id, Some(change.new.clone()));
    let (now, then) = (review.look(), review.through(&over));
    let covered = now.members(Key::WorkloadsIn(change.id.namespace.clone())).into_iter();
    let covered =
        covered.filter(|id| now.workload(id).here().is_some_and(|found| selects(selector, &found.labels)));
    let mut wrong: BTreeMap<Code, BTreeSet<ObjectRef>> = BTreeMap::new();
    for id in covered.take(LOOKED_AT) {
        let before = violated(&now, &id);
        for rule in violated(&then, &id).difference(&before) {
            wrong.entry(*rule).or_default().insert(id.clone());
        }
    }
    for (rule, workloads) in wrong {
        let turn = if workloads.len() == 1 { "becomes" } else { "become" };
        said.warn(format!("{rule}: {} {turn} Violating by this; what runs is not stopped", few(&workloads)));
    }
}

/// The rules by which something is wrong itself.
fn violated(query: &Query<'_>, id: &ObjectRef) -> BTreeSet<Code> {
    let findings = query.judge_itself(id).findings.into_iter();
    let violating = |finding: &Finding| is_enforced(finding) && finding.outcome == FindingOutcome::Violating;
    findings.filter(violating).map(|finding| finding.rule).collect()
}
