//! A grant to a group that gives access to its members one by one, each by name: where the policy excludes those whose
//! papers are missing. Each is judged as if the grant were to them alone.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Access, blocks, decide, lacks};
use crate::api::{
    DeadlineCause, EndCause, GrantSubject, MembersWithoutPapers, Mode, PersonSpec, Phase, SubjectKind,
};
use crate::engine::ends::{Rules, ends, starts};
use crate::engine::judge::{self, Own};
use crate::engine::people::{People, people};
use crate::engine::policy::Policy;
use crate::engine::query::Query;
use crate::engine::scope::Scope;
use crate::engine::verdict::{Finding, Lacking, Verdict};
use crate::facts::{GrantFact, Name, ObjectRef};
use crate::values::Instant;

/// The members of a group as far as a grant concerns them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    /// The usernames that have access now, in order.
    pub bound: Vec<Name>,
    /// The usernames that are asked about once the grant has ended, each with the groups of the person.
    pub asked: Vec<(Name, BTreeSet<String>)>,
    /// Who gets no access now.
    pub excluded: Vec<Excluded>,
}

impl Members {
    /// The same once the grant is over.
    pub(super) fn without_access(self) -> Self {
        Self { bound: Vec::new(), excluded: Vec::new(), ..self }
    }
}

/// Somebody of a group who gets no access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excluded {
    /// The Person.
    pub person: ObjectRef,
    /// Why, each in a sentence.
    pub reasons: Vec<String>,
}

/// Whether the members of a grant's group get access one by one.
pub(in crate::engine) fn are_named(grant: &GrantFact, policy: &Policy) -> bool {
    grant.spec.subject.kind == SubjectKind::Group
        && policy.access.group_members_without_papers == MembersWithoutPapers::Exclude
}

/// The grant as it would be to one person alone. Somebody without a username cannot be named.
fn alone(grant: &GrantFact, person: &PersonSpec) -> Option<GrantFact> {
    let name = person.usernames.first()?.clone();
    let mut alone = grant.clone();
    alone.spec.subject = GrantSubject { kind: SubjectKind::User, name };
    Some(alone)
}

/// What the rules say of a grant as if it were to one person alone.
pub(in crate::engine) fn verdict(query: &Query<'_>, id: &ObjectRef, person: &ObjectRef) -> Verdict {
    let grant = query.grant(&id.namespace, &id.name).here();
    let spec = query.person(&person.name).here();
    let alone = grant.zip(spec).and_then(|(grant, spec)| alone(&grant, &spec));
    let own = alone.map(|alone| Own::Grant(Arc::new(alone)));
    let policy = || query.policy(&Scope::Namespace(id.namespace.clone()));
    own.map(|own| judge::own_verdict(query, id, &policy(), &own)).unwrap_or_default()
}

/// One member, and what the grant gives them.
struct Member<'p> {
    id: &'p ObjectRef,
    person: &'p PersonSpec,
    access: Access,
}

/// The decision on a grant to the members of its group that is not over.
pub(super) fn decided(
    query: &Query<'_>,
    id: &ObjectRef,
    grant: &GrantFact,
    policy: &Policy,
    group: &People,
) -> Access {
    let members = each(query, id, grant, policy, group);
    let mut access = together(query, id, grant, policy, group, &members);
    let active = access.phase == Phase::Active;
    let given = |member: &&Member<'_>| matches!(member.access.phase, Phase::Active | Phase::Expired);
    let out = members.iter().filter(|member| member.access.phase != Phase::Active);
    let mut excluded: Vec<Excluded> = out
        .map(|member| Excluded { person: member.id.clone(), reasons: member.access.reasons.clone() })
        .collect();
    let out = |person: &ObjectRef, why: &str| Excluded {
        person: person.clone(),
        reasons: vec![format!("{person} {why}")],
    };
    excluded.extend(group.unreadable.iter().map(|person| out(person, "cannot be read")));
    let nameless = group.known.iter().filter(|(_, person)| person.usernames.is_empty());
    excluded.extend(nameless.map(|(person, _)| out(person, "has no username")));
    if access.phase.is_final() {
        excluded.clear();
    }
    excluded.sort_by(|one, other| one.person.cmp(&other.person));
    let any = members.iter().any(|member| given(&member));
    let mut asked: Vec<(Name, BTreeSet<String>)> = members
        .iter()
        .filter(|member| !any || given(member))
        .flat_map(|member| {
            let groups: BTreeSet<String> = member.person.groups.iter().cloned().collect();
            member.person.usernames.iter().map(move |name| (name.as_str().into(), groups.clone()))
        })
        .collect();
    asked.sort();
    asked.dedup_by(|one, before| one.0 == before.0);
    let mut bound: Vec<Name> = members
        .iter()
        .filter(|member| active && member.access.phase == Phase::Active)
        .flat_map(|member| member.person.usernames.iter().map(|name| name.as_str().into()))
        .collect();
    bound.sort();
    bound.dedup();
    access.members = Some(Members { bound, asked, excluded });
    access
}

fn each<'p>(
    query: &Query<'_>,
    id: &ObjectRef,
    grant: &GrantFact,
    policy: &Policy,
    group: &'p People,
) -> Vec<Member<'p>> {
    let of = |(person_id, person): &'p (ObjectRef, Arc<PersonSpec>)| {
        let alone = alone(grant, person)?;
        let verdict = query.member_judgement(id, person_id);
        let access = decide(query, id, &alone, policy, &people(query, &alone.spec), &verdict);
        Some(Member { id: person_id, person, access })
    };
    group.known.iter().filter_map(of).collect()
}

/// What the grant gives as a whole: it is active as long as it is for anybody.
fn together(
    query: &Query<'_>,
    id: &ObjectRef,
    grant: &GrantFact,
    policy: &Policy,
    group: &People,
    members: &[Member<'_>],
) -> Access {
    let active =
        || members.iter().map(|member| &member.access).filter(|access| access.phase == Phase::Active);
    if active().next().is_some() {
        let deadlines: Option<Vec<_>> = active().map(|access| access.deadline).collect();
        let deadline = deadlines.and_then(|deadlines| deadlines.into_iter().max());
        let notice = deadline.and_then(|deadline| super::notice(query, grant, deadline.at));
        return Access { phase: Phase::Active, deadline, notice, ..Access::default() };
    }
    if members.is_empty() {
        let verdict = query.judgement(id, &Scope::Namespace(id.namespace.clone()));
        let mut access = decide(query, id, grant, policy, group, &verdict);
        if access.phase == Phase::Active {
            let name = &grant.spec.subject.name;
            let reason =
                format!("no Person with a username has {name} among its groups: members get access by name");
            access = to_nobody(grant, members, vec![reason]);
        }
        return access;
    }
    let ended: Vec<_> = members.iter().filter_map(|member| member.access.ended).collect();
    let told = |member: &Member<'_>| {
        let of = member.id;
        member.access.reasons.iter().map(|reason| format!("{of}: {reason}")).collect::<Vec<_>>()
    };
    let reasons: Vec<String> = members.iter().flat_map(told).collect();
    // What ends access for good ends each member's; somebody may have left before.
    let over = ended.len() == members.len() && ended.iter().all(|(_, cause)| cause.phase().is_final());
    let last = ended.iter().filter(|(_, cause)| *cause == EndCause::Expired).max().copied();
    let own = grant.spec.expires_at.map(Instant::timestamp).filter(|end| query.reached(*end));
    let own = own.map(|end| (Some(end), EndCause::Expired));
    if let Some(last) = last.filter(|_| over).or(own) {
        return Access { phase: Phase::Expired, ended: Some(last), reasons, ..Access::default() };
    }
    to_nobody(grant, members, reasons)
}

/// A grant by which nobody has access now. Somebody may come back or join, so nothing is final.
fn to_nobody(grant: &GrantFact, members: &[Member<'_>], reasons: Vec<String>) -> Access {
    if grant.activated_at.is_none() {
        return Access { reasons, ..Access::default() };
    }
    let ended = Some(paused(grant, members));
    Access { phase: Phase::Suspended, ended, reasons, ..Access::default() }
}

/// What took access from the last who had it. Who had none before is not the cause; and what is on record of it stays
/// as long as it is true of anybody.
fn paused(grant: &GrantFact, members: &[Member<'_>]) -> (Option<Timestamp>, EndCause) {
    let of = |member: &Member<'_>| member.access.ended.filter(|(_, cause)| !cause.phase().is_final());
    let otherwise = (None, EndCause::Violation);
    if let Some(told) = grant.ended.filter(|_| grant.phase == Some(Phase::Suspended)) {
        let still = members.iter().filter_map(of).filter(|(_, cause)| *cause == told.cause).max();
        let gone = told.cause == EndCause::Violation;
        if let Some(told) = still.or(gone.then_some(otherwise)) {
            return told;
        }
    }
    let active = grant.phase == Some(Phase::Active);
    let had = |member: &&Member<'_>| !active || !grant.excluded.iter().any(|name| **name == *member.id.name);
    members.iter().filter(had).filter_map(of).max().unwrap_or(otherwise)
}

/// Takes the edge off what stands against members alone who are left out, as long as somebody is not: it is told, and
/// counts against nobody else. What stands against all is the grant's own.
pub(in crate::engine) fn relieve(
    query: &Query<'_>,
    id: &ObjectRef,
    grant: &GrantFact,
    policy: &Policy,
    verdict: &mut Verdict,
) {
    let group = people(query, &grant.spec);
    let rules = Rules { query, id, policy };
    let each: Vec<(bool, Arc<Verdict>)> = group
        .known
        .iter()
        .filter_map(|(person, spec)| {
            let alone = alone(grant, spec)?;
            let waits = out_by_time(&alone, &people(query, &alone.spec), rules);
            Some((waits, query.member_judgement(id, person)))
        })
        .collect();
    let is_common = |finding: &Finding| each.iter().all(|(_, of)| holds(of, finding));
    let all_lack = |lack: &Lacking| each.iter().all(|(_, of)| of.lacking.contains(lack));
    let is_out = |(waits, of): &(bool, Arc<Verdict>)| {
        *waits
            || of.findings.iter().any(|finding| blocks(finding) && !is_common(finding))
            || of.lacking.iter().any(|lack| lacks(lack, policy) && !all_lack(lack))
    };
    let (out, within): (Vec<_>, Vec<_>) = each.iter().partition(|one| is_out(one));
    if within.is_empty() {
        return;
    }
    let nameless = group.known.iter().filter(|(_, person)| person.usernames.is_empty()).map(|(id, _)| id);
    let unnamed: BTreeSet<&ObjectRef> = nameless.chain(&group.unreadable).collect();
    for finding in verdict.findings.iter_mut().filter(|finding| finding.mode.0 == Mode::Enforce) {
        let by_cause = finding.cause.as_ref().is_some_and(|cause| unnamed.contains(&cause.object));
        let against = |(_, of): &&(bool, Arc<Verdict>)| holds(of, finding);
        if (by_cause || out.iter().any(against)) && !within.iter().any(against) {
            finding.mode = Reverse(Mode::Warn);
        }
    }
    for lack in verdict.lacking.iter_mut().filter(|lack| lack.mode == Mode::Enforce) {
        let unreadable =
            group.unreadable.iter().any(|person| lack.what == format!("{person} cannot be read"));
        let against = |(_, of): &&(bool, Arc<Verdict>)| of.lacking.contains(lack);
        if (unreadable || out.iter().any(against)) && !within.iter().any(against) {
            lack.mode = Mode::Warn;
        }
    }
}

fn holds(verdict: &Verdict, finding: &Finding) -> bool {
    verdict.findings.iter().any(|other| other.reads_like(finding))
}

/// Whether the time of one member is over, or has not come, while that of the grant may run.
fn out_by_time(alone: &GrantFact, person: &People, rules: Rules<'_>) -> bool {
    let own = alone.spec.starts_at.map(Instant::timestamp);
    let over = ends(alone, person, rules).into_iter().filter(|end| end.cause != DeadlineCause::ExpiresAt);
    let over = over.map(|end| end.at).any(|at| rules.query.reached(at));
    let waits = || starts(alone, person, rules).into_iter().filter(|(at, _)| Some(*at) != own);
    over || waits().any(|(at, _)| !rules.query.reached(at))
}
