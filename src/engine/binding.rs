//! How the binding of a grant is called, and what it gives to whom.

use std::fmt::Write as _;

use crate::api::{AccessGrantSpec, SubjectKind};
use crate::facts::{BindingSubject, Kind, Name, ObjectRef};
use crate::fingerprint::fingerprint;

/// What the name of a grant's binding begins with.
pub(crate) const BINDING_PREFIX: &str = "cxguard-";

/// The longest name that the API server takes.
const LONGEST: usize = 253;

/// The binding of a grant. A name that would be too long is cut and made unique by a hash of the whole.
pub(crate) fn binding_of(grant: &ObjectRef) -> ObjectRef {
    let mut name = format!("{BINDING_PREFIX}{}", grant.name);
    if name.len() > LONGEST {
        // Names of objects are ASCII, so any byte is a boundary.
        name.truncate(LONGEST - 17);
        let _ = write!(name, "-{:016x}", fingerprint(&[&grant.name]));
    }
    ObjectRef::namespaced(Kind::RoleBinding, &grant.namespace, &name)
}

/// A user, as a binding names one.
pub(crate) fn user(name: &Name) -> BindingSubject {
    BindingSubject { kind: SubjectKind::User, namespace: "".into(), name: name.clone() }
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
