//! The binding of a grant: what it should be, and what the one that stands there is.

use std::fmt::Write as _;

use crate::api::{AccessGrantSpec, RoleKind, SubjectKind};
use crate::cluster::effect::Lease;
use crate::cluster::fingerprint;
use crate::cluster::seen::{Detail, Seen, SeenBinding};
use crate::facts::{BindingSubject, Kind, Name, ObjectRef};

const PREFIX: &str = "cxguard-";

/// The longest name that the API server takes.
const LONGEST: usize = 253;

/// The binding of a grant. A name that would be too long is cut and made unique by a hash of the whole.
pub(crate) fn binding_of(grant: &ObjectRef) -> ObjectRef {
    let mut name = format!("{PREFIX}{}", grant.name);
    if name.len() > LONGEST {
        // Names of objects are ASCII, so any byte is a boundary.
        name.truncate(LONGEST - 17);
        let _ = write!(name, "-{:016x}", fingerprint(&[&grant.name]));
    }
    ObjectRef::namespaced(Kind::RoleBinding, &grant.namespace, &name)
}

/// The grants that a binding may belong to: the one that owns it, and the one whose name it bears.
pub(crate) fn grants_of(binding: &ObjectRef, seen: Option<&Seen>) -> Vec<ObjectRef> {
    let owner = seen.and_then(|seen| match &seen.detail {
        Detail::Binding(binding) => binding.owner.as_ref().map(|(name, _)| name.clone()),
        _ => None,
    });
    let named = binding.name.strip_prefix(PREFIX).map(Name::from);
    let grants = owner.into_iter().chain(named);
    grants.map(|name| ObjectRef::namespaced(Kind::AccessGrant, &binding.namespace, &name)).collect()
}

/// The role that a grant gives.
pub(crate) fn role_of(grant: &ObjectRef, spec: &AccessGrantSpec) -> ObjectRef {
    match spec.role.kind {
        RoleKind::ClusterRole => ObjectRef::cluster(Kind::ClusterRole, &spec.role.name),
        RoleKind::Role => ObjectRef::namespaced(Kind::Role, &grant.namespace, &spec.role.name),
    }
}

/// The subject that a grant gives it to, as a binding names it. A service account is one of the grant's namespace.
pub(crate) fn subject_of(grant: &ObjectRef, spec: &AccessGrantSpec) -> BindingSubject {
    let account =
        matches!(spec.subject.kind, SubjectKind::ServiceAccount | SubjectKind::IssuedServiceAccount);
    BindingSubject {
        kind: spec.subject.kind,
        namespace: if account { grant.namespace.clone() } else { Name::from("") },
        name: spec.subject.name.as_str().into(),
    }
}

/// What a binding under the name of a grant's binding is to that grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// There is none.
    Absent,
    /// It was made for this grant.
    Ours,
    /// It was made for an earlier grant of the same name.
    Predecessor,
    /// Somebody else made it. It is never deleted.
    Foreign,
}

/// Whose a binding is. Any one trace suffices, so that stripping the labels does not free it from its deadline.
pub(crate) fn standing(binding: Option<&Seen>, grant_uid: &str, recorded_uid: Option<&str>) -> Standing {
    let Some(seen) = binding else { return Standing::Absent };
    let Detail::Binding(binding) = &seen.detail else { return Standing::Foreign };
    let label = binding.grant_uid.as_deref();
    let owner = binding.owner.as_ref().map(|(_, uid)| &**uid);
    if label == Some(grant_uid) || owner == Some(grant_uid) || recorded_uid == Some(&*seen.uid) {
        Standing::Ours
    } else if binding.managed && label.is_some() && owner.is_some() {
        Standing::Predecessor
    } else {
        Standing::Foreign
    }
}

/// How a binding of ours differs from what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Difference {
    /// Not at all.
    None,
    /// Only in the deadline, or in the approval that it rests on.
    Deadline,
    /// In what only somebody else can have changed.
    Tampered(&'static str),
    /// In the role, which cannot be changed in place.
    Role,
}

/// How a binding of ours differs from what it should be.
pub(crate) fn difference(binding: &SeenBinding, lease: &Lease) -> Difference {
    let owner = Some((lease.grant.clone(), lease.grant_uid.clone()));
    if binding.role != lease.role {
        Difference::Role
    } else if binding.subjects != [lease.subject.clone()] {
        Difference::Tampered("its subjects")
    } else if !binding.managed || binding.grant_uid.as_ref() != Some(&lease.grant_uid) {
        Difference::Tampered("its labels")
    } else if binding.owner != owner {
        Difference::Tampered("its owner reference")
    } else if binding.deadline != lease.deadline.map(Some) || binding.approved_at != lease.approved_at {
        Difference::Deadline
    } else {
        Difference::None
    }
}
