//! Whether a grant gives what a binding gives.

use std::collections::BTreeSet;

use super::access::members::are_named;
use super::binding::{binding_of, holder_of, subject_of, token_binding_of, token_role_of};
use super::query::Query;
use super::scope::Scope;
use crate::api::{AccessGrantSpec, Phase, SubjectKind};
use crate::facts::{Binding, BindingSubject, Key, ObjectRef, role_of};

/// The grant that gives a subject of a binding the same role: the one that the operator made the binding for, else the
/// first that does now.
pub(crate) fn covering(
    query: &Query<'_>,
    id: &ObjectRef,
    binding: &Binding,
    subject: &BindingSubject,
) -> Option<ObjectRef> {
    let grants = query.members(Key::GrantsInTo(id.namespace.clone(), subject.name.clone()));
    let read = |grant: &ObjectRef| query.grant(&grant.namespace, &grant.name).here();
    // By name alone first: somebody may have very many grants.
    let named = |grant: &&ObjectRef| is_own(id, binding, grant) || is_for_tokens(id, binding, grant);
    let made_for = |grant: &&ObjectRef| {
        read(grant).is_some_and(|fact| is_made_for(id, binding, subject, grant, &fact.spec))
    };
    let active = |grant: &ObjectRef| query.access(grant).is_some_and(|access| access.phase == Phase::Active);
    let same = |grant: &&ObjectRef| {
        read(grant).is_some_and(|fact| gives(binding, subject, grant, &fact.spec)) && active(grant)
    };
    let own = grants.iter().filter(named).find(made_for);
    let direct = own.or_else(|| grants.iter().find(same)).cloned();
    direct.or_else(|| covering_a_member(query, id, binding, subject))
}

/// Whether the operator made the binding for a grant, and the subject is in it for what the grant says: our label and
/// the name alone are anybody's to write.
pub(crate) fn is_made_for(
    id: &ObjectRef,
    binding: &Binding,
    subject: &BindingSubject,
    grant: &ObjectRef,
    spec: &AccessGrantSpec,
) -> bool {
    (is_own(id, binding, grant) && gives(binding, subject, grant, spec))
        || (is_for_tokens(id, binding, grant) && holder_of(grant, spec).as_ref() == Some(subject))
}

/// Whether the binding gives the subject what the grant gives.
fn gives(binding: &Binding, subject: &BindingSubject, grant: &ObjectRef, spec: &AccessGrantSpec) -> bool {
    let given = subject_of(grant, spec);
    let account = |kind| matches!(kind, SubjectKind::ServiceAccount | SubjectKind::IssuedServiceAccount);
    (given.kind == subject.kind || (account(given.kind) && account(subject.kind)))
        && (&given.name, &given.namespace) == (&subject.name, &subject.namespace)
        && role_of(grant, spec) == binding.role
}

/// The first grant to a group of somebody that gives its members the same by name.
fn covering_a_member(
    query: &Query<'_>,
    id: &ObjectRef,
    binding: &Binding,
    subject: &BindingSubject,
) -> Option<ObjectRef> {
    if subject.kind != SubjectKind::User {
        return None;
    }
    let people = query.members(Key::Username(subject.name.clone()));
    let people: Vec<_> = people.iter().filter_map(|person| query.person(&person.name).here()).collect();
    let groups: BTreeSet<&String> = people.iter().flat_map(|person| &person.groups).collect();
    let to = |group: &String| query.members(Key::GrantsInTo(id.namespace.clone(), group.as_str().into()));
    let grants: BTreeSet<ObjectRef> = groups.into_iter().flat_map(to).collect();
    grants.into_iter().find(|grant| {
        let Some(fact) = query.grant(&grant.namespace, &grant.name).here() else { return false };
        let gives =
            || query.access(grant)?.members.as_ref().map(|members| members.bound.contains(&subject.name));
        // Of the binding that is the grant's own, also who is being taken out of it.
        are_named(&fact, &query.policy(&Scope::Namespace(id.namespace.clone())))
            && role_of(grant, &fact.spec) == binding.role
            && (is_own(id, binding, grant) || gives() == Some(true))
    })
}

/// Whether the operator made the binding for a grant. It goes with the grant's access; until then, and should it be
/// left, that is told of the grant.
pub(crate) fn is_own(id: &ObjectRef, binding: &Binding, grant: &ObjectRef) -> bool {
    binding.grant_uid.is_some() && binding_of(grant) == *id
}

/// Whether it is the binding by which the tokens of the account that is issued for a grant are fetched.
fn is_for_tokens(id: &ObjectRef, binding: &Binding, grant: &ObjectRef) -> bool {
    binding.grant_uid.is_some() && token_binding_of(grant) == *id && token_role_of(grant) == binding.role
}
