//! What a grant gives now, until when, and why: the life of a grant as a pure function of facts and time.
//!
//! Access begins when startsAt has come and no finding stands against it. It ends at the first of its ends. What may
//! be renewed suspends it; what may not, ends it for good (see [`End`]).

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::ends::{End, ends};
use super::people::{People, people};
use super::policy::Policy;
use super::query::{Found, Query};
use super::scope::Scope;
use crate::api::{DeadlineCause, EndCause, Mode, Notice, Phase, SubjectKind};
use crate::facts::{GrantEnd, GrantFact, ObjectRef};
use crate::rules::Code;

/// The decision on a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Where in its life the grant is.
    pub phase: Phase,
    /// When access ends by what is known now, and why. Only while it is active.
    pub deadline: Option<Deadline>,
    /// Why access ended: of a grant that is Suspended, Expired or Revoked. `None` as the instant: at once.
    pub ended: Option<(Option<Timestamp>, EndCause)>,
    /// What stands in the way, or what it waits for, each in a sentence.
    pub reasons: Vec<String>,
    /// Which warning is due: the end is that near.
    pub notice: Option<Notice>,
    /// Who is warned.
    pub owners: BTreeSet<String>,
    /// The groups of the people who have access, if the people are known.
    pub groups: Option<BTreeSet<String>>,
}

/// When access ends, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline {
    /// The first instant without access.
    pub at: Timestamp,
    /// The cause.
    pub cause: DeadlineCause,
}

/// The findings that keep a grant from being active while their mode is Enforce. CX507, CX602 and CX603 are not
/// among them: they cut the deadline.
const BLOCKING: [Code; 9] =
    [Code(1), Code(502), Code(506), Code(508), Code(514), Code(601), Code(604), Code(605), Code(607)];

/// The decision on a grant.
pub(super) fn of(query: &Query<'_>, id: &ObjectRef) -> Access {
    let grant = match query.grant(&id.namespace, &id.name) {
        Found::Here(grant) => grant,
        Found::Missing => return Access::without(Phase::Revoked, Some((None, EndCause::Deleted))),
        // Nothing new is given, and what was given runs out with its binding's deadline.
        Found::Unreadable(why) => {
            let mut access = Access::without(Phase::Pending, None);
            access.reasons.push(format!("{}: {}", why.path, why.problem));
            return access;
        }
    };
    let policy = query.policy(&Scope::Namespace(id.namespace.clone()));
    let people = people(query, &grant.spec);
    let mut access = decide(query, id, &grant, &policy, &people);
    access.owners = people.known.iter().filter_map(|(_, person)| person.owner.clone()).collect();
    let groups = || people.known.iter().flat_map(|(_, person)| person.groups.iter().cloned()).collect();
    access.groups = people.missing.is_empty().then(groups);
    access
}

impl Access {
    fn without(phase: Phase, ended: Option<(Option<Timestamp>, EndCause)>) -> Self {
        Self {
            phase,
            deadline: None,
            ended,
            reasons: Vec::new(),
            notice: None,
            owners: BTreeSet::new(),
            groups: None,
        }
    }
}

fn decide(query: &Query<'_>, id: &ObjectRef, grant: &GrantFact, policy: &Policy, people: &People) -> Access {
    if grant.spec.revoked.is_some() {
        return Access::without(Phase::Revoked, Some((None, EndCause::Revoked)));
    }
    if let Some(end) = final_record(query, id, grant) {
        let mut access = Access::without(end.cause.phase(), Some((Some(end.at), end.cause)));
        access.reasons.push(format!("ended at {}: only an approval later than that renews it", end.at));
        return access;
    }
    let ends = ends(grant, policy, people, query);
    let reached: Vec<&End> = ends.iter().filter(|end| query.reached(end.at)).collect();
    let first = |last: bool| {
        reached.iter().filter(|end| end.cause.ended().phase().is_final() == last).min_by_key(|end| end.at)
    };
    if let Some(end) = first(true) {
        let cause = end.cause.ended();
        return Access::without(cause.phase(), Some((Some(end.at), cause)));
    }
    let idle = if grant.activated_at.is_some() { Phase::Suspended } else { Phase::Pending };
    let blockers = blockers(query, id, policy, grant, people);
    if !blockers.is_empty() || first(false).is_some() {
        let ended = first(false).map(|end| (Some(end.at), end.cause.ended()));
        let mut access = Access::without(idle, ended.or(Some((None, EndCause::Violation))));
        access.ended = access.ended.filter(|_| idle == Phase::Suspended);
        access.reasons = blockers;
        if let (true, Some(end)) = (access.reasons.is_empty(), first(false)) {
            access.reasons.push(end.describe());
        }
        return access;
    }
    if let Some(start) = grant.spec.starts_at.filter(|start| !query.reached(start.timestamp())) {
        let mut access = Access::without(idle, None);
        access.reasons.push(format!("starts at {start}"));
        return access;
    }
    let mut access = Access::without(Phase::Active, None);
    access.deadline =
        ends.iter().min_by_key(|end| end.at).map(|end| Deadline { at: end.at, cause: end.cause });
    access.notice = access.deadline.and_then(|deadline| notice(query, grant, deadline.at));
    access
}

/// The final end on record, in the grant's own status or apart from it, unless a later approval renewed the grant.
fn final_record(query: &Query<'_>, id: &ObjectRef, grant: &GrantFact) -> Option<GrantEnd> {
    let apart = query.grant_end(&id.namespace, &id.name).here();
    let own = grant.ended.filter(|end| end.cause.phase().is_final());
    let end = own.into_iter().chain(apart).max_by_key(|end| end.at)?;
    let approved = grant.spec.approval.as_ref().map(|approval| approval.at.timestamp());
    approved.is_none_or(|at| at <= end.at).then_some(end)
}

/// What keeps the grant from being active, each in a sentence.
fn blockers(
    query: &Query<'_>,
    id: &ObjectRef,
    policy: &Policy,
    grant: &GrantFact,
    people: &People,
) -> Vec<String> {
    let verdict = query.judgement(id, &Scope::Namespace(id.namespace.clone()));
    let enforced = verdict.findings.iter().filter(|finding| finding.mode.0 == Mode::Enforce);
    let against = enforced.filter(|finding| BLOCKING.contains(&finding.rule));
    let mut blockers: Vec<String> =
        against.map(|finding| format!("{}: {}", finding.rule, finding.message)).collect();
    // Access fails closed: papers that cannot be read prove nothing.
    blockers.extend(people.unreadable.iter().map(|person| format!("{person} cannot be read")));
    let lacking =
        verdict.lacking.iter().filter(|lack| BLOCKING.contains(&lack.rule) && policy.enforces(lack.rule));
    // A person of whom nothing is known is reported by CX608, which a policy may enforce.
    let unknown =
        lacking.filter(|lack| !people.missing.iter().any(|person| lack.what.contains(person.as_str())));
    blockers.extend(unknown.map(|lack| format!("{}: {}", lack.rule, lack.what)));
    if grant.spec.subject.kind == SubjectKind::IssuedServiceAccount {
        blockers
            .push("subject.kind IssuedServiceAccount: no accounts are issued here; name a User".to_owned());
    }
    blockers.sort();
    blockers.dedup();
    blockers
}

/// The nearest warning that is due. None that was due before access began: who gets an hour knows it is an hour.
fn notice(query: &Query<'_>, grant: &GrantFact, deadline: Timestamp) -> Option<Notice> {
    let began = grant.activated_at?;
    [(Notice::Hour, 1), (Notice::Day, 24), (Notice::Week, 7 * 24)].into_iter().find_map(|(notice, hours)| {
        let due = deadline.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
        (query.reached(due) && due > began).then_some(notice)
    })
}

impl Query<'_> {
    /// What a grant gives now.
    pub fn access(&self, grant: &ObjectRef) -> Option<Arc<Access>> {
        match self.derive(&super::derived::Derivation::Access(grant.clone())) {
            super::derived::Derived::Access(access) => Some(access),
            _ => None,
        }
    }
}
