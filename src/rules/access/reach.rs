//! Whom a binding gives access to what it protects: what the rules on bindings and roles share.

use crate::api::{GROUP, SubjectKind};
use crate::engine::{Policy, Query};
use crate::facts::{Binding, BindingSubject, Kind, ObjectRef, Role, RoleRule, account_of, accounts_in};

/// Where Kubernetes runs its own controllers.
const KUBERNETES: &str = "kube-system";

/// Whether a binding lets its subjects at the objects of a protected namespace. A RoleBinding there does. What is bound
/// in the whole cluster does unless its role allows nothing but non-resource URLs and questions about one's own rights:
/// every API server binds such roles to everybody. Of a role that is not known, the worst is assumed.
pub(crate) fn reaches_objects(query: &Query<'_>, id: &ObjectRef, binding: &Binding) -> bool {
    let harmless = |role: &Role| {
        // Files may hold an aggregated role without its parts.
        let is_known = !role.rules.is_empty() || role.parts.selectors.is_empty();
        is_known
            && role.rules.iter().all(|rule| {
                let asks = |group: &str| matches!(group, "authentication.k8s.io" | "authorization.k8s.io");
                rule.resources.is_empty() || rule.groups.iter().all(|group| asks(group))
            })
    };
    id.kind == Kind::RoleBinding || !query.role(&binding.role).here().is_some_and(|role| harmless(&role))
}

/// Whether a role allows something, and nothing but on objects of cxguard's own kinds.
pub(crate) fn is_ours_alone(role: &Role) -> bool {
    let ours = |rule: &RoleRule| rule.groups.iter().all(|group| &**group == GROUP);
    !role.rules.is_empty() && role.rules.iter().all(|rule| rule.resources.is_empty() || ours(rule))
}

/// Whether a subject needs no grant, whatever it is bound to: the policy trusts it; or it is the operator itself; or it
/// is a part of Kubernetes, an account of kube-system, with a role that the API server made for it. Who can use one of
/// these accounts, or change such a role, controls the cluster or all grants already.
pub(super) fn is_trusted(
    query: &Query<'_>,
    policy: &Policy,
    (id, binding): (&ObjectRef, &Binding),
    subject: &BindingSubject,
) -> bool {
    let is_account = subject.kind == SubjectKind::ServiceAccount;
    let operator = is_account && query.is_operator((&subject.namespace, &subject.name));
    operator || is_part_of_kubernetes(id, binding, subject) || policy.access.trusts(subject)
}

/// Whether a subject is an account of kube-system with a role that the API server made for it.
pub(crate) fn is_part_of_kubernetes(id: &ObjectRef, binding: &Binding, subject: &BindingSubject) -> bool {
    id.kind == Kind::ClusterRoleBinding
        && subject.kind == SubjectKind::ServiceAccount
        && &*subject.namespace == KUBERNETES
        && binding.role.name.starts_with("system:")
}

/// The namespace of a service account, also of one that is named as the user that it is to the API server.
pub(super) fn account_namespace(subject: &BindingSubject) -> Option<&str> {
    match subject.kind {
        SubjectKind::ServiceAccount | SubjectKind::IssuedServiceAccount => Some(&subject.namespace),
        SubjectKind::User => account_of(&subject.name).map(|(namespace, _)| namespace),
        SubjectKind::Group => accounts_in(&subject.name),
    }
}
