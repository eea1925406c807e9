//! Our own objects, new or changed.

use super::grants;
use super::review::Review;
use super::said::Said;
use super::weigh::{Scale, weigh};
use crate::engine::{Query, Scope, Verdict};
use crate::facts::{Fact, Kind, ObjectRef};

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
        // They tell what happened and what is prepared. To refuse the record would mend nothing, and hide it.
        Kind::Incident | Kind::IncidentPlan => {
            let (now, before) = change.judge(review, in_full);
            weigh(said, id, &now, before.as_ref(), Scale::OPEN);
        }
        _ => {
            let (now, before) = change.judge(review, in_full);
            let unknown = review.look().policy(&Scope::of(id)).admission.unknown;
            let scale = Scale { unknown, ..Scale::CLOSED };
            weigh(said, id, &now, before.as_ref(), scale);
        }
    }
}
