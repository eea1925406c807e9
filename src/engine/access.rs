//! What a grant gives now, until when, and why: the life of a grant as a pure function of facts and time.
//!
//! Access begins when startsAt has come and no finding stands against it. It ends at the first of its ends. What may
//! be renewed suspends it; what may not, ends it for good (see [`End`]).

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::binding::{binding_of, subject_of, user};
use super::emergencies::{Emergency, emergency};
use super::ends::{End, Rules, counted_from, ends, starts};
use super::people::{People, people};
use super::policy::Policy;
use super::query::{Found, Query};
use super::rbac::{self, Left};
use super::scope::Scope;
use super::verdict::{Finding, Lacking, Verdict};
use crate::api::{DeadlineCause, EndCause, HolderKind, Mode, Notice, Phase, SubjectKind};
use crate::facts::{
    BindingSubject, Contains, GrantEnd, GrantFact, Key, Name, ObjectRef, account_of, role_of,
};
use crate::rules::Code;

pub(super) mod members;

pub use members::{Excluded, Members};

/// The decision on a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Where in its life the grant is.
    pub phase: Phase,
    /// When access ends by what is known now, and why. Only while it is active.
    pub deadline: Option<Deadline>,
    /// Why access ended: of a grant that is Suspended, Expired or Revoked. `None` as the instant: at once.
    pub ended: Option<(Option<Timestamp>, EndCause)>,
    /// When access should have ended: the instant of that cause, if it has one.
    pub due: Option<Timestamp>,
    /// What stands in the way, or what it waits for, each in a sentence.
    pub reasons: Vec<String>,
    /// Which warning is due: the end is that near.
    pub notice: Option<Notice>,
    /// Who is warned.
    pub owners: BTreeSet<String>,
    /// The groups of the people who have access, if the people are known.
    pub groups: Option<BTreeSet<String>>,
    /// Of a grant to a group whose members get access by name: those members.
    pub members: Option<Members>,
    /// What an approval in an emergency still asks for.
    pub emergency: Option<Emergency>,
}

/// Nothing is given, and nothing was.
impl Default for Access {
    fn default() -> Self {
        Self {
            phase: Phase::Pending,
            deadline: None,
            ended: None,
            due: None,
            reasons: Vec::new(),
            notice: None,
            owners: BTreeSet::new(),
            groups: None,
            members: None,
            emergency: None,
        }
    }
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
/// among them: they cut the deadline. CX608 is, where a policy enforces it: by default it warns.
const BLOCKING: [Code; 10] = [
    Code(1),
    Code(502),
    Code(506),
    Code(508),
    Code(514),
    Code(601),
    Code(604),
    Code(605),
    Code(607),
    Code(608),
];

/// The decision on a grant.
pub(super) fn of(query: &Query<'_>, id: &ObjectRef) -> Access {
    let grant = match query.grant(&id.namespace, &id.name) {
        Found::Here(grant) => grant,
        Found::Missing => return Access::without(Phase::Revoked, Some((None, EndCause::Deleted))),
        // Nothing new is given, and what was given runs out with its binding's deadline.
        Found::Unreadable(why) => {
            let mut access = Access::without(Phase::Pending, None);
            access.reasons.extend(why.problems.iter().map(ToString::to_string));
            return access;
        }
    };
    let scope = Scope::Namespace(id.namespace.clone());
    let policy = query.policy(&scope);
    let people = people(query, &grant.spec);
    // What is on record or said counts before all: an end, once told, is not told differently because of later edits.
    let over = over(query, id, &grant);
    let on_record = over.as_ref().is_some_and(|over| over.ended.is_some_and(|(at, _)| at.is_some()));
    let mut access = match over {
        over if members::are_named(&grant, &policy) => {
            let decided = members::decided(query, id, &grant, &policy, &people);
            let ended =
                |over| Access { members: decided.members.clone().map(Members::without_access), ..over };
            over.map(ended).unwrap_or(decided)
        }
        Some(over) => over,
        None => decide(query, id, &grant, &policy, &people, &query.judgement(id, &scope)),
    };
    access.due = access.ended.and_then(|(at, cause)| {
        if !on_record {
            return at;
        }
        // What is on record is when access was over.
        let ends = ends(&grant, &people, Rules { query, id, policy: &policy }).into_iter();
        ends.filter(|end| end.cause.ended() == cause && query.reached(end.at)).map(|end| end.at).min()
    });
    access.emergency = emergency(query, id, &grant);
    access.owners = people.known.iter().filter_map(|(_, person)| person.owner.clone()).collect();
    let groups = || people.known.iter().flat_map(|(_, person)| person.groups.iter().cloned()).collect();
    access.groups = people.is_complete().then(groups);
    access
}

impl Access {
    fn without(phase: Phase, ended: Option<(Option<Timestamp>, EndCause)>) -> Self {
        Self { phase, ended, ..Self::default() }
    }
}

/// The end that is on record, or that `revoked` makes.
fn over(query: &Query<'_>, id: &ObjectRef, grant: &GrantFact) -> Option<Access> {
    if let Some(end) = final_record(query, id, grant) {
        let mut access = Access::without(end.cause.phase(), Some((Some(end.at), end.cause)));
        access.reasons.push(format!("ended at {}: only an approval later than that renews it", end.at));
        return Some(access);
    }
    grant.spec.revoked.as_ref()?;
    let mut access = Access::without(Phase::Revoked, Some((None, EndCause::Revoked)));
    access.reasons.push("spec.revoked is set".to_owned());
    Some(access)
}

/// What a grant that is not over gives these people, judged so.
fn decide(
    query: &Query<'_>,
    id: &ObjectRef,
    grant: &GrantFact,
    policy: &Policy,
    people: &People,
    verdict: &Verdict,
) -> Access {
    let rules = Rules { query, id, policy };
    let ends = ends(grant, people, rules);
    let reached: Vec<&End> = ends.iter().filter(|end| query.reached(end.at)).collect();
    let first = |last: bool| reached.iter().filter(|end| end.is_final() == last).min_by_key(|end| end.rank());
    if let Some(end) = first(true) {
        let cause = end.cause.ended();
        let mut access = Access::without(cause.phase(), Some((Some(end.at), cause)));
        access.reasons.push(end.describe());
        return access;
    }
    let blockers = blockers(query, id, policy, grant, people, verdict);
    if !blockers.is_empty() || first(false).is_some() {
        return halted(grant, first(false).copied(), blockers);
    }
    let waits: Vec<String> = starts(grant, people, rules)
        .into_iter()
        .filter_map(|(at, waits)| (!query.reached(at)).then_some(waits))
        .collect();
    if !waits.is_empty() {
        let mut access = Access::without(Phase::Pending, None);
        access.reasons = waits;
        return access;
    }
    let mut access = Access::without(Phase::Active, None);
    let nearest = ends.iter().min_by_key(|end| end.rank());
    access.deadline = nearest.map(|end| Deadline { at: end.at, cause: end.cause });
    access.notice = access.deadline.and_then(|deadline| notice(query, grant, deadline.at));
    access
}

/// No access until a cause is gone: Suspended once access was given, Pending before.
fn halted(grant: &GrantFact, end: Option<&End>, blockers: Vec<Blocker>) -> Access {
    let first = blockers.first().map(|blocker| (None, blocker.cause));
    let ended = end.map(|end| (Some(end.at), end.cause.ended())).or(first);
    let mut access = match grant.activated_at {
        Some(_) => Access::without(Phase::Suspended, ended),
        None => Access::without(Phase::Pending, None),
    };
    access.reasons = blockers.into_iter().map(|blocker| blocker.reason).collect();
    if let (true, Some(end)) = (access.reasons.is_empty(), end) {
        access.reasons.push(end.describe());
    }
    access
}

/// The final end on record, in the grant's own status or apart from it, unless a later approval renewed the grant.
/// An approval that is dated ahead renews nothing before its time.
fn final_record(query: &Query<'_>, id: &ObjectRef, grant: &GrantFact) -> Option<GrantEnd> {
    let apart = query.grant_end(&id.namespace, &id.name).here();
    let ends = grant.ended.into_iter().chain(apart);
    let end = ends.filter(|end| end.cause.phase().is_final()).max_by_key(|end| end.at)?;
    let approved = grant.spec.approval.as_ref().map(|approval| approval.at.timestamp());
    let renewed = approved.is_some_and(|at| at > end.at && query.reached(at));
    (!renewed).then_some(end)
}

/// Something that keeps the grant from being active.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Blocker {
    /// In a sentence.
    reason: String,
    /// As what it ends access that was given.
    cause: EndCause,
}

impl Blocker {
    fn of(rule: Code, what: &str) -> Self {
        let cause = match rule {
            Code(508) => EndCause::Unapproved,
            Code(601) => EndCause::Confidentiality,
            Code(605) => EndCause::Agreement,
            _ => EndCause::Violation,
        };
        Self { reason: format!("{rule}: {what}"), cause }
    }

    fn other(reason: String) -> Self {
        Self { reason, cause: EndCause::Violation }
    }
}

/// What keeps the grant from being active, in order.
fn blockers(
    query: &Query<'_>,
    id: &ObjectRef,
    policy: &Policy,
    grant: &GrantFact,
    people: &People,
    verdict: &Verdict,
) -> Vec<Blocker> {
    let against = verdict.findings.iter().filter(|finding| blocks(finding));
    let mut blockers: Vec<Blocker> =
        against.map(|finding| Blocker::of(finding.rule, &finding.message)).collect();
    // Access fails closed: papers that cannot be read prove nothing.
    let unreadable = people.unreadable.iter().map(|person| format!("{person} cannot be read"));
    blockers.extend(unreadable.map(Blocker::other));
    let lacking = verdict.lacking.iter().filter(|lack| lacks(lack, policy));
    blockers.extend(lacking.map(|lack| Blocker::of(lack.rule, &lack.what)));
    // Nor does a record that cannot be read prove that the grant never ended.
    if let Found::Unreadable(why) = query.grant_end(&id.namespace, &id.name) {
        let reasons =
            why.problems.iter().map(|why| format!("the record of its end cannot be read: {}", why.problem));
        blockers.extend(reasons.map(Blocker::other));
    }
    blockers.extend(containing(query, &id.namespace));
    blockers.extend(reserved(grant).map(|name| {
        Blocker::other(format!(
            "{name} is Kubernetes' own name: name a person, a group of yours or a service account"
        ))
    }));
    blockers.sort();
    blockers.dedup();
    blockers
}

/// Whether a finding keeps a grant from being active.
fn blocks(finding: &Finding) -> bool {
    finding.mode.0 == Mode::Enforce && !finding.exempted && BLOCKING.contains(&finding.rule)
}

/// Whether what is not known does. Of a person of whom nothing is known, the finding of CX608 decides: it is among
/// those above if enforced.
fn lacks(lack: &Lacking, policy: &Policy) -> bool {
    let counts = !lack.unknown_person && !lack.exempted;
    counts && BLOCKING.contains(&lack.rule) && policy.enforces(lack.rule)
}

/// The name of a subject that Kubernetes keeps for itself, such as the group of its administrators. The definition
/// refuses it too; a grant may be older. Accounts of other namespaces come as users.
fn reserved(grant: &GrantFact) -> Option<&str> {
    let issued = grant.spec.issued_to.as_ref();
    let named = issued.map(|to| (to.kind == HolderKind::Group, to.kind == HolderKind::User, &to.name));
    let subject = &grant.spec.subject;
    let subject = (subject.kind == SubjectKind::Group, subject.kind == SubjectKind::User, &subject.name);
    [Some(subject), named].into_iter().flatten().find_map(|(is_group, is_user, name)| {
        let reserved = name.starts_with("system:") && (is_group || (is_user && account_of(name).is_none()));
        reserved.then_some(name.as_str())
    })
}

/// The open incidents that suspend every grant of a namespace.
fn containing(query: &Query<'_>, namespace: &Name) -> Vec<Blocker> {
    let mut blockers = Vec::new();
    for id in query.members(Key::IncidentsIn(namespace.clone())) {
        let contains = match query.incident(&id.name) {
            Found::Here(incident) => Contains::of(&incident),
            Found::Unreadable(why) => why.contains.clone(),
            Found::Missing => None,
        };
        if contains.is_some_and(|contains| !contains.until.is_some_and(|until| query.reached(until))) {
            let reason = format!("{id} suspends every grant of the namespace until it is closed");
            blockers.push(Blocker { reason, cause: EndCause::Incident });
        }
    }
    blockers
}

/// The nearest warning that is due. None that was due before access began or was agreed upon again: who gets an hour
/// knows it is an hour.
fn notice(query: &Query<'_>, grant: &GrantFact, deadline: Timestamp) -> Option<Notice> {
    let began = grant.activated_at.max(grant.activated_at.and(counted_from(grant)))?;
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

/// By what else the subject of a grant still has what the grant gave, once that has ended. While it is active, the
/// grant itself is the reason.
pub(super) fn left(query: &Query<'_>, id: &ObjectRef) -> Left {
    let ended = query.access(id).is_some_and(|access| access.ended.is_some());
    let Some(grant) = query.grant(&id.namespace, &id.name).here().filter(|_| ended) else {
        return Left::default();
    };
    let Some(access) = query.access(id) else { return Left::default() };
    let (role, own) = (role_of(id, &grant.spec), binding_of(id));
    let left =
        |subject: &BindingSubject, groups| rbac::left(query, &id.namespace, subject, groups, &role, &own);
    let Some(members) = &access.members else {
        return left(&subject_of(id, &grant.spec), access.groups.as_ref());
    };
    let each = members.asked.iter().map(|(name, groups)| left(&user(name), Some(groups)));
    each.fold(Left::default(), Left::and)
}

#[cfg(test)]
mod tests;
