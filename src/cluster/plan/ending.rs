//! When access ended: the instant at which it was over, apart from that at which it should have been.

use jiff::Timestamp;

use super::grant::View;
use super::lease::Standing;
use crate::api::AccessGrantStatus;
use crate::facts::GrantEnd;
use crate::values::Instant;

/// The instants of an end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Instants {
    /// When access was over; absent while it is not, and where it was never given.
    pub(crate) at: Option<Timestamp>,
    /// When it should have been, if the cause has an instant.
    pub(crate) due: Option<Timestamp>,
}

/// When the access of a grant ended. What was told of an end is not told differently afterwards.
pub(crate) fn instants(view: &View<'_>, old: &AccessGrantStatus) -> Instants {
    let Some((_, cause)) = view.access.ended.filter(|_| was_given(view)) else {
        return Instants::default();
    };
    let renewed = |at: Timestamp| cause.phase().is_final() && approved_after(view, at);
    let told = old.revocation.as_ref().filter(|end| end.cause == Some(cause));
    let told = told.filter(|end| !end.at.is_some_and(|at| renewed(at.timestamp())));
    let told_at = told.and_then(|end| end.at).map(Instant::timestamp);
    let record = on_record(view).map(|end| end.at);
    let over = view.standing() != Standing::Ours;
    let deleted = view.memory.deleted.as_ref().map(|deleted| deleted.at);
    let at = over.then(|| told_at.max(deleted).or(record).unwrap_or(view.now));
    let due = told.and_then(|end| end.due_at).map(Instant::timestamp);
    Instants { at, due: due.or(view.access.due) }
}

/// Whether access was given, as far as is known.
pub(crate) fn was_given(view: &View<'_>) -> bool {
    view.fact.is_some_and(|fact| fact.activated_at.is_some())
        || view.memory.deleted.is_some()
        || view.standing() == Standing::Ours
}

/// Whether access was certainly never given: before that, the finalizer is added.
pub(crate) fn was_never_given(view: &View<'_>) -> bool {
    !was_given(view) && !view.has_finalizer()
}

/// The record apart from the grant, unless a later approval has renewed the grant since.
fn on_record(view: &View<'_>) -> Option<GrantEnd> {
    view.record.filter(|record| !approved_after(view, record.at))
}

fn approved_after(view: &View<'_>, at: Timestamp) -> bool {
    let approval = view.fact.and_then(|fact| fact.spec.approval.as_ref());
    approval.is_some_and(|approval| approval.at.timestamp() > at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{EndCause, Phase, Revocation};
    use crate::cluster::plan::grant::{Deleted, Memory};
    use crate::engine::{Access, Left, Verdict};
    use crate::facts::{Fact, GrantFact, Kind, ObjectRef, read_as};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// What is known of an end.
    #[derive(Default)]
    struct Known {
        due: Option<i64>,
        approved: i64,
        never: bool,
        deleted: Option<i64>,
        record: Option<i64>,
        /// The instants in the status: when it was over, and when it was due.
        told: Option<(i64, Option<i64>)>,
    }

    fn grant(known: &Known) -> GrantFact {
        let object = serde_json::json!({"metadata": {"name": "churn", "namespace": "cx"}, "spec": {
            "subject": {"kind": "User", "name": "anna"}, "role": {"kind": "Role", "name": "read"},
            "approval": {"by": "lead", "at": at(known.approved).to_string()},
        }});
        let Some((_, Fact::Grant(grant))) = read_as(Kind::AccessGrant, &object) else { panic!() };
        let ended = known.told.map(|(over, _)| GrantEnd { at: at(over), cause: EndCause::Expired });
        GrantFact { activated_at: (!known.never).then_some(at(1)), ended, ..(*grant).clone() }
    }

    /// Looked at in second 100.
    fn of(known: &Known) -> (Option<i64>, Option<i64>) {
        let ended = Some((known.due.map(at), EndCause::Expired));
        let access = Access { phase: Phase::Expired, ended, due: known.due.map(at), ..Access::default() };
        let fact = grant(known);
        let deleted = known.deleted.map(|second| Deleted { at: at(second), subjects: Vec::new() });
        let revocation = known.told.map(|(over, due)| Revocation {
            at: Some(at(over).into()),
            due_at: due.map(|due| at(due).into()),
            cause: Some(EndCause::Expired),
            ..Revocation::default()
        });
        let view = View {
            id: &ObjectRef::namespaced(Kind::AccessGrant, "cx", "churn"),
            now: at(100),
            observe: false,
            access: &access,
            judged: (&Verdict::default(), Timestamp::MAX),
            fact: Some(&fact),
            grant: None,
            binding: None,
            record: known.record.map(|second| GrantEnd { at: at(second), cause: EndCause::Expired }),
            memory: &Memory { deleted, ..Memory::default() },
            role: None,
            issued: None,
            left: &Left::default(),
            trouble: None,
        };
        let Instants { at, due } =
            instants(&view, &AccessGrantStatus { revocation, ..AccessGrantStatus::default() });
        (at.map(Timestamp::as_second), due.map(Timestamp::as_second))
    }

    #[test]
    fn when_it_was_over_is_told_apart_from_when_it_should_have_been() {
        let known = || Known { due: Some(50), approved: 10, ..Known::default() };
        for (known, expected, why) in [
            (Known { never: true, ..known() }, (None, None), "never given"),
            (known(), (Some(100), Some(50)), "seen to be gone"),
            (Known { deleted: Some(60), ..known() }, (Some(60), Some(50)), "deleted"),
            (Known { due: None, deleted: Some(60), ..known() }, (Some(60), None), "without an instant"),
            // An end that precedes the approval, as of somebody whose leaving was entered late.
            (Known { approved: 55, deleted: Some(60), ..known() }, (Some(60), Some(50)), "entered late"),
            (Known { record: Some(60), ..known() }, (Some(60), Some(50)), "on record apart"),
            (Known { due: None, record: Some(60), ..known() }, (Some(60), None), "on record alone"),
            (
                Known { due: None, record: Some(60), told: Some((60, Some(50))), ..known() },
                (Some(60), Some(50)),
                "told already",
            ),
            (
                Known { told: Some((20, Some(15))), record: Some(20), approved: 30, ..known() },
                (Some(100), Some(50)),
                "renewed since",
            ),
        ] {
            assert_eq!(of(&known), expected, "{why}");
        }
    }
}
