//! The binding of a grant: what it should be, and what the one that stands there is.

use crate::cluster::effect::Lease;
use crate::cluster::seen::{Detail, Seen, SeenBinding};
use crate::engine::BINDING_PREFIX;
use crate::facts::{Kind, Name, ObjectRef};

/// The grants that a binding may belong to: the one that owns it, and the one whose name it bears.
pub(crate) fn grants_of(binding: &ObjectRef, seen: Option<&Seen>) -> Vec<ObjectRef> {
    let owner = seen.and_then(|seen| match &seen.detail {
        Detail::Binding(binding) => binding.owner.as_ref().map(|(name, _)| name.clone()),
        _ => None,
    });
    let named = binding.name.strip_prefix(BINDING_PREFIX).map(Name::from);
    let grants = owner.into_iter().chain(named);
    grants.map(|name| ObjectRef::namespaced(Kind::AccessGrant, &binding.namespace, &name)).collect()
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
