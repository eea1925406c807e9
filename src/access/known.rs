//! What is known of the access to a namespace, and what could not be seen.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::api::{AccessGrant, AccessGrantSpec, SubjectKind};
use crate::engine::{Memos, Query, is_made_for, is_own};
use crate::facts::{Binding, BindingSubject, Key, Kind, ObjectRef, World, role_of};

/// What is known of one namespace.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Its name.
    pub namespace: String,
    /// Its roles and bindings, those of the cluster, and people.
    pub world: World,
    /// Its grants by name, with what the operator says of them.
    pub grants: BTreeMap<String, AccessGrant>,
    /// What could not be read.
    pub unseen: Vec<Unseen>,
}

/// Something that whoever asks may not read, or that cannot be read: a table without it is not whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unseen {
    /// A resource as roles name it, or an object.
    pub what: String,
    /// Why not.
    pub why: String,
}

impl Unseen {
    /// Whether it is a kind by which rights are given.
    pub fn is_about_roles(&self) -> bool {
        self.what.contains("rbac.authorization.k8s.io")
    }
}

impl Known {
    /// Asks something of what is known. Nothing that is asked here depends on the time.
    pub(super) fn ask<T>(&self, question: impl FnOnce(&Query<'_>) -> T) -> T {
        question(&Query::once(&self.world, &Memos::new(), Timestamp::UNIX_EPOCH))
    }

    /// The grant for which a binding was made and gives something to a subject. Anybody who may write bindings can copy
    /// our label: it counts only on the binding that has the grant's name, its role, and whom it is for.
    pub(super) fn grant_of(
        &self,
        query: &Query<'_>,
        id: &ObjectRef,
        binding: &Binding,
        subject: &BindingSubject,
    ) -> Option<(&str, &AccessGrant)> {
        let uid = binding.grant_uid.as_deref().filter(|_| *id.namespace == *self.namespace)?;
        let mut grants = self.grants.iter();
        let found = grants.find(|(name, grant)| {
            let of = ObjectRef::namespaced(Kind::AccessGrant, &self.namespace, name);
            grant.metadata.uid.as_deref() == Some(uid)
                && (is_made_for(id, binding, subject, &of, &grant.spec)
                    || is_for_a_member(query, (id, binding), subject, &of, &grant.spec))
        });
        found.map(|(name, grant)| (name.as_str(), grant))
    }
}

/// Whether it is the binding of a grant to a group whose members are in it by name, and the subject is one of them.
fn is_for_a_member(
    query: &Query<'_>,
    (id, binding): (&ObjectRef, &Binding),
    subject: &BindingSubject,
    grant: &ObjectRef,
    spec: &AccessGrantSpec,
) -> bool {
    let by_name = (spec.subject.kind, subject.kind) == (SubjectKind::Group, SubjectKind::User);
    let is_in_the_group = |id: &ObjectRef| {
        let person = query.person(&id.name).here();
        person.is_some_and(|person| person.groups.contains(&spec.subject.name))
    };
    by_name
        && is_own(id, binding, grant)
        && role_of(grant, spec) == binding.role
        && query.members(Key::Username(subject.name.clone())).iter().any(is_in_the_group)
}
