//! Four eyes: whether who agreed to a grant, or reviewed it, is somebody else than who gets access or asked for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::ends::counted_from;
use super::people::people;
use super::policy::Policy;
use super::query::{Found, Query};
use super::scope::Scope;
use super::verdict::Cause;
use crate::api::{AccessGrantSpec, Approval, HolderKind, PersonSpec, SubjectKind};
use crate::facts::{GrantFact, Key, ObjectRef, account_username};
use crate::values::Date;

/// The field of a person with all the names.
const USERNAMES: &str = "/spec/usernames";

/// The human behind a username: all that is known to be the same person. Nobody need be on record.
pub(crate) struct Human {
    name: String,
    names: BTreeSet<String>,
    groups: BTreeSet<String>,
    people: BTreeSet<ObjectRef>,
    /// The Persons with the name that cannot be read.
    pub(crate) unreadable: Vec<ObjectRef>,
}

impl Human {
    pub(crate) fn of(query: &Query<'_>, name: &str) -> Self {
        let mut human = Self {
            name: name.to_owned(),
            names: BTreeSet::from([name.to_owned()]),
            groups: BTreeSet::new(),
            people: BTreeSet::new(),
            unreadable: Vec::new(),
        };
        for id in query.members(Key::Username(name.into())) {
            match query.person(&id.name) {
                Found::Here(person) => {
                    human.names.extend(person.usernames.iter().cloned());
                    human.groups.extend(person.groups.iter().cloned());
                }
                Found::Unreadable(_) => human.unreadable.push(id.clone()),
                Found::Missing => {}
            }
            human.people.insert(id);
        }
        human
    }

    /// Why a grant is the human's own by one of their names, and the person by whom names are the same if it is another
    /// than the one that was written.
    pub(crate) fn is_named(&self, id: &ObjectRef, spec: &AccessGrantSpec) -> Option<(String, Option<Cause>)> {
        let told = |name: &str, what: &str| {
            if name == self.name {
                (what.to_owned(), None)
            } else {
                let cause = self.people.first().map(|id| Cause::at(id, USERNAMES));
                (format!("{what} under the name {name}"), cause)
            }
        };
        let holder = holders(id, spec).into_iter().find(|name| self.names.contains(name));
        let requester = || spec.requested_by.as_ref().filter(|name| self.names.contains(*name));
        holder
            .map(|name| told(&name, "who gets the access"))
            .or_else(|| requester().map(|name| told(name, "who asked for the access")))
    }

    /// Why a grant is the human's own as one of the people behind it, such as those of a group.
    pub(crate) fn is_among(
        &self,
        people: &[(ObjectRef, Arc<PersonSpec>)],
    ) -> Option<(String, Option<Cause>)> {
        let (id, _) = people.iter().find(|(id, _)| self.people.contains(id))?;
        Some((format!("who is {id} and gets the access"), Some(Cause::at(id, USERNAMES))))
    }

    /// Whether the human may approve an own grant in an emergency: by a group that every policy names.
    pub(crate) fn may_in_an_emergency(&self, policy: &Policy) -> bool {
        let demands = &policy.access.emergency;
        demands.allowed && self.unreadable.is_empty() && !self.groups.is_disjoint(&demands.groups)
    }

    fn is(&self, other: &Self) -> bool {
        self.names.contains(&other.name) || !self.people.is_disjoint(&other.people)
    }

    /// Whether nothing makes a grant the human's own.
    fn is_somebody_else(&self, query: &Query<'_>, id: &ObjectRef, spec: &AccessGrantSpec) -> bool {
        let own = || self.is_named(id, spec).or_else(|| self.is_among(&people(query, spec).known));
        self.unreadable.is_empty() && own().is_none()
    }
}

/// The usernames that get access by name.
fn holders(id: &ObjectRef, spec: &AccessGrantSpec) -> BTreeSet<String> {
    let account = |name: &str| account_username(&id.namespace, name);
    let subject = match spec.subject.kind {
        SubjectKind::User => Some(spec.subject.name.clone()),
        SubjectKind::ServiceAccount | SubjectKind::IssuedServiceAccount => Some(account(&spec.subject.name)),
        SubjectKind::Group => None,
    };
    let issued = spec.issued_to.as_ref().and_then(|to| match to.kind {
        HolderKind::User => Some(to.name.clone()),
        HolderKind::ServiceAccount => Some(account(&to.name)),
        HolderKind::Group => None,
    });
    subject.into_iter().chain(issued).collect()
}

/// Access that was agreed to in an emergency, which somebody else is to look at afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emergency {
    /// Who agreed.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// By when somebody else is to review it.
    pub review_by: Timestamp,
    /// Who has, and on which day.
    pub reviewed: Option<(String, Date)>,
}

/// The emergency of a grant, if its approval counts. One that CX508 refuses gives no access, and needs no review.
pub(crate) fn emergency(query: &Query<'_>, id: &ObjectRef, grant: &GrantFact) -> Option<Emergency> {
    let spec = &grant.spec;
    let approval = spec.approval.as_ref().filter(|_| spec.emergency == Some(true))?;
    if !query.reached(approval.at.timestamp()) {
        return None;
    }
    let policy = query.policy(&Scope::Namespace(id.namespace.clone()));
    let approver = Human::of(query, &approval.by);
    if !approver.is_somebody_else(query, id, spec) && !approver.may_in_an_emergency(&policy) {
        return None;
    }
    Some(Emergency {
        by: approval.by.clone(),
        at: approval.at.timestamp(),
        review_by: policy.access.emergency.review_within.after(counted_from(grant)?),
        reviewed: review(query, id, spec, approval, &approver),
    })
}

/// The review by somebody else, since the approval.
fn review(
    query: &Query<'_>,
    id: &ObjectRef,
    spec: &AccessGrantSpec,
    approval: &Approval,
    approver: &Human,
) -> Option<(String, Date)> {
    let (name, day) = spec.reviewed_by.as_ref().zip(spec.reviewed_on)?;
    let counts = day.end() > approval.at.timestamp() && query.has_begun(day);
    let reviewer = Human::of(query, name);
    let other = counts && reviewer.is_somebody_else(query, id, spec) && !reviewer.is(approver);
    other.then(|| (name.clone(), day))
}

/// The emergencies by which the people behind a grant had access, by this grant or another, and that nobody else has
/// reviewed.
pub(crate) fn unreviewed(query: &Query<'_>, grant: &AccessGrantSpec) -> Vec<(ObjectRef, Emergency)> {
    let behind = people(query, grant);
    let holder = grant.issued_to.as_ref().map(|to| to.name.clone());
    let mut names: BTreeSet<String> = holder.into_iter().chain([grant.subject.name.clone()]).collect();
    names.extend(
        behind.known.iter().flat_map(|(_, person)| person.usernames.iter().chain(&person.groups).cloned()),
    );
    let grants: BTreeSet<ObjectRef> =
        names.into_iter().flat_map(|name| query.members(Key::GrantsTo(name.as_str().into()))).collect();
    let unreviewed = grants.into_iter().filter_map(|id| {
        let fact = query.grant(&id.namespace, &id.name).here()?;
        let others = people(query, &fact.spec).known;
        let same_person = others.iter().any(|(other, _)| behind.known.iter().any(|(id, _)| id == other));
        let unknown = fact.spec.subject == grant.subject && grant.subject.kind == SubjectKind::User;
        if !same_person && !unknown {
            return None;
        }
        let emergency = emergency(query, &id, &fact).filter(|emergency| emergency.reviewed.is_none())?;
        Some((id, emergency))
    });
    unreviewed.collect()
}
