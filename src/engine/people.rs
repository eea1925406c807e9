//! The people behind the subject of a grant.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::query::{Found, Query};
use crate::api::{AccessGrantSpec, HolderKind, PersonSpec, PersonType, SubjectKind};
use crate::facts::{Key, ObjectRef};

/// The people who have access by a grant.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct People {
    /// Those on record.
    pub(crate) known: Vec<(ObjectRef, Arc<PersonSpec>)>,
    /// Names that no Person claims.
    pub(crate) missing: Vec<String>,
    /// Those on record whose papers cannot be read.
    pub(crate) unreadable: Vec<ObjectRef>,
}

impl People {
    /// The consultants on record.
    pub(crate) fn consultants(&self) -> impl Iterator<Item = &(ObjectRef, Arc<PersonSpec>)> {
        self.known.iter().filter(|(_, person)| person.type_ == PersonType::Consultant)
    }

    /// Whether everybody behind the grant is on record and can be read.
    pub(crate) fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.unreadable.is_empty()
    }

    /// Employee, consultant, or not known: each kind that is among them.
    pub(crate) fn types(&self) -> BTreeSet<Option<PersonType>> {
        let mut types: BTreeSet<_> = self.known.iter().map(|(_, person)| Some(person.type_)).collect();
        if types.is_empty() {
            types.insert(None);
        }
        types
    }
}

/// Who has access by a grant: the person with the username, or the people in the group. A service account is nobody.
pub(crate) fn people(query: &Query<'_>, grant: &AccessGrantSpec) -> People {
    // Of an issued account, and of nothing else, access is whose the account is issued to.
    let issued = grant.issued_to.as_ref().filter(|_| grant.subject.kind == SubjectKind::IssuedServiceAccount);
    let (name, is_group) = match (grant.subject.kind, issued) {
        (_, Some(to)) => match to.kind {
            HolderKind::User => (to.name.as_str(), false),
            HolderKind::Group => (to.name.as_str(), true),
            HolderKind::ServiceAccount => return People::default(),
        },
        (SubjectKind::User, None) => (grant.subject.name.as_str(), false),
        (SubjectKind::Group, None) => (grant.subject.name.as_str(), true),
        (SubjectKind::ServiceAccount | SubjectKind::IssuedServiceAccount, None) => return People::default(),
    };
    let key = if is_group { Key::Member(name.into()) } else { Key::Username(name.into()) };
    let mut people = People::default();
    let members = query.members(key);
    if members.is_empty() {
        people.missing.push(name.to_owned());
    }
    for id in members {
        match query.person(&id.name) {
            Found::Here(person) => people.known.push((id, person)),
            Found::Unreadable(_) => people.unreadable.push(id),
            Found::Missing => {}
        }
    }
    people
}
