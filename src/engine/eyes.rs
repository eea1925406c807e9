//! Four eyes: whether who agreed to a grant, or reviewed it, is somebody else than who gets access or asked for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::people::people;
use super::query::{Found, Query};
use super::verdict::Cause;
use crate::api::{AccessGrantSpec, HolderKind, PersonSpec, SubjectKind};
use crate::facts::{Key, ObjectRef, account_username};

/// The field of a person with all the names.
const USERNAMES: &str = "/spec/usernames";

/// The human behind a username: all that is known to be the same person. Nobody need be on record.
pub(crate) struct Human {
    name: String,
    pub(super) names: BTreeSet<String>,
    pub(super) groups: BTreeSet<String>,
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

    /// Whether both are the same person, as far as is known.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.names.contains(&other.name) || !self.people.is_disjoint(&other.people)
    }

    /// Whether nothing makes a grant the human's own.
    pub(super) fn is_somebody_else(&self, query: &Query<'_>, id: &ObjectRef, spec: &AccessGrantSpec) -> bool {
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
