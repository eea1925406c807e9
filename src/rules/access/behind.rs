//! What the rules on grants share: whether a grant still gives access, and the people behind it.

use std::sync::Arc;

use crate::api::{AccessGrantSpec, PersonSpec, PersonType, SubjectKind};
use crate::engine::{Query, people};
use crate::facts::{GrantFact, Key, ObjectRef};
use crate::rules::{Case, Report};

/// Whether a grant is over by its own words: what gives no access any more needs no papers.
///
/// What the operator has on record does not count here: a check of files, which has no record, would answer
/// otherwise than the cluster.
pub(in crate::rules) fn is_over(case: &Case<'_, GrantFact>) -> bool {
    grant_is_over(case.query, &case.subject.spec)
}

/// The same of any grant.
pub(in crate::rules) fn grant_is_over(query: &Query<'_>, grant: &AccessGrantSpec) -> bool {
    grant.revoked.is_some() || grant.expires_at.is_some_and(|end| query.reached(end.timestamp()))
}

/// The grants that are not over and reach a person, by a name or by a group; one by several, several times.
pub(in crate::rules) fn grants_to(query: &Query<'_>, person: &PersonSpec) -> impl Iterator<Item = ObjectRef> {
    let names = person.usernames.iter().chain(&person.groups);
    let grants = names.flat_map(|name| query.members(Key::GrantsTo(name.as_str().into())));
    grants.filter(|id| is_going_on(query, id))
}

/// Whether a grant that is not over reaches a person.
pub(in crate::rules) fn has_access(query: &Query<'_>, person: &PersonSpec) -> bool {
    grants_to(query, person).next().is_some()
}

/// Whether a grant can be read and is not over.
pub(in crate::rules) fn is_going_on(query: &Query<'_>, grant: &ObjectRef) -> bool {
    let grant = query.grant(&grant.namespace, &grant.name).here();
    grant.is_some_and(|grant| !grant_is_over(query, &grant.spec))
}

/// The people on record behind a grant. Whoever is unknown, or cannot be read, the rule lacks.
pub(in crate::rules) fn behind(
    case: &Case<'_, GrantFact>,
    report: &mut Report<'_>,
) -> Vec<(ObjectRef, Arc<PersonSpec>)> {
    let people = people(case.query, &case.subject.spec);
    for name in &people.missing {
        report.lacks_person(name);
    }
    for person in &people.unreadable {
        report.lacks(format!("{person} cannot be read"));
    }
    people.known
}

/// The consultants among them.
pub(in crate::rules) fn consultants(
    case: &Case<'_, GrantFact>,
    report: &mut Report<'_>,
) -> Vec<(ObjectRef, Arc<PersonSpec>)> {
    let mut people = behind(case, report);
    people.retain(|(_, person)| person.type_ == PersonType::Consultant);
    people
}

/// The field of a grant that names who has access.
pub(in crate::rules) fn subject_path(grant: &GrantFact) -> &'static str {
    if grant.spec.subject.kind == SubjectKind::IssuedServiceAccount {
        "/spec/issuedTo/name"
    } else {
        "/spec/subject/name"
    }
}
