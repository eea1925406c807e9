//! How what is made for a grant is called, and what it gives to whom.

use std::fmt::Write as _;

use crate::api::{AccessGrantSpec, HolderKind, SubjectKind};
use crate::facts::{BindingSubject, Kind, Name, ObjectRef};
use crate::fingerprint::fingerprint;

/// What the name of a grant's binding begins with.
pub(crate) const BINDING_PREFIX: &str = "cxguard-";

/// What the names of the Role and the RoleBinding begin with by which the tokens of an issued account are fetched. No
/// grant has a colon in its name, so no binding of a grant is called so.
pub(crate) const TOKEN_PREFIX: &str = "cxguard:token:";

/// The longest name that the API server takes.
const LONGEST: usize = 253;

/// The binding of a grant. A name that would be too long is cut and made unique by a hash of the whole.
pub(crate) fn binding_of(grant: &ObjectRef) -> ObjectRef {
    made_for(grant, Kind::RoleBinding, BINDING_PREFIX)
}

/// The Role that allows to fetch the tokens of the account that is issued for a grant.
pub(crate) fn token_role_of(grant: &ObjectRef) -> ObjectRef {
    made_for(grant, Kind::Role, TOKEN_PREFIX)
}

/// The binding of that role.
pub(crate) fn token_binding_of(grant: &ObjectRef) -> ObjectRef {
    made_for(grant, Kind::RoleBinding, TOKEN_PREFIX)
}

fn made_for(grant: &ObjectRef, kind: Kind, prefix: &str) -> ObjectRef {
    let mut name = format!("{prefix}{}", grant.name);
    if name.len() > LONGEST {
        // Names of objects are ASCII, so any byte is a boundary.
        name.truncate(LONGEST - 17);
        let _ = write!(name, "-{:016x}", fingerprint(&[&grant.name]));
    }
    ObjectRef::namespaced(kind, &grant.namespace, &name)
}

/// Who may fetch the tokens of the account that is issued for a grant, as a binding names them. A service account is
/// one of the grant's namespace.
pub(crate) fn holder_of(grant: &ObjectRef, spec: &AccessGrantSpec) -> Option<BindingSubject> {
    let holder =
        spec.issued_to.as_ref().filter(|_| spec.subject.kind == SubjectKind::IssuedServiceAccount)?;
    let (kind, namespace) = match holder.kind {
        HolderKind::User => (SubjectKind::User, Name::from("")),
        HolderKind::Group => (SubjectKind::Group, Name::from("")),
        HolderKind::ServiceAccount => (SubjectKind::ServiceAccount, grant.namespace.clone()),
    };
    Some(BindingSubject { kind, namespace, name: holder.name.as_str().into() })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_where_they_would_be_too_long() {
        let grant = |name: &str| ObjectRef::namespaced(Kind::AccessGrant, "cx", name);
        assert_eq!(token_role_of(&grant("a")).to_string(), "Role/cx/cxguard:token:a");
        assert_eq!(token_binding_of(&grant("a")).to_string(), "RoleBinding/cx/cxguard:token:a");
        let (long, other) = ("a".repeat(253), format!("{}b", "a".repeat(252)));
        for of in [binding_of, token_role_of, token_binding_of] {
            let (name, another) = (of(&grant(&long)).name, of(&grant(&other)).name);
            assert_eq!(name.len(), LONGEST);
            assert_ne!(name, another);
        }
    }
}
