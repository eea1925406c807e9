//! Whether a grant gives what a binding gives.

use super::binding::{binding_of, holder_of, subject_of, token_binding_of, token_role_of};
use super::query::Query;
use crate::api::{Phase, SubjectKind};
use crate::facts::{Binding, BindingSubject, Key, ObjectRef, role_of};

/// The first grant that gives a subject of a binding the same role now, or that the operator made the binding for.
pub(crate) fn covering(
    query: &Query<'_>,
    id: &ObjectRef,
    binding: &Binding,
    subject: &BindingSubject,
) -> Option<ObjectRef> {
    let grants = query.members(Key::GrantsTo(subject.name.clone()));
    grants.into_iter().filter(|grant| grant.namespace == id.namespace).find(|grant| {
        let Some(fact) = query.grant(&grant.namespace, &grant.name).here() else { return false };
        if is_for_tokens(id, binding, grant) && holder_of(grant, &fact.spec).as_ref() == Some(subject) {
            return true;
        }
        let given = subject_of(grant, &fact.spec);
        let account = |kind| matches!(kind, SubjectKind::ServiceAccount | SubjectKind::IssuedServiceAccount);
        let same = (given.kind == subject.kind || (account(given.kind) && account(subject.kind)))
            && (&given.name, &given.namespace) == (&subject.name, &subject.namespace);
        let active = || query.access(grant).is_some_and(|access| access.phase == Phase::Active);
        same && role_of(grant, &fact.spec) == binding.role && (is_own(id, binding, grant) || active())
    })
}

/// Whether the operator made the binding for a grant. It goes with the grant's access; until then, and should it be
/// left, that is told of the grant.
fn is_own(id: &ObjectRef, binding: &Binding, grant: &ObjectRef) -> bool {
    binding.grant_uid.is_some() && binding_of(grant) == *id
}

/// Whether it is the binding by which the tokens of the account that is issued for a grant are fetched.
fn is_for_tokens(id: &ObjectRef, binding: &Binding, grant: &ObjectRef) -> bool {
    binding.grant_uid.is_some() && token_binding_of(grant) == *id && token_role_of(grant) == binding.role
}
