//! Ways into what runs, past the objects: exec, attach, port-forward, the proxies and ephemeral containers.
//!
//! RBAC has let them in already, by whatever binding there is. Here it is asked, at this instant, whether a grant still
//! stands behind it: a binding may outlive its grant by moments, and a foreign one has none.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::review::{Ground, Review, unknown_namespace};
use super::said::Said;
use super::weigh::{alone, tell};
use crate::api::{Mode, Phase, SubjectKind};
use crate::engine::{Finding, Identity, Policy, Query, Right, Scope, allows, bindings_over, subject_of};
use crate::facts::{BindingSubject, Key, Kind, ObjectRef, Role, account_of, role_of};
use crate::rules::{Code, find};

/// The rule on access that no grant covers.
const UNGOVERNED: Code = Code(504);

/// Judges a session.
pub(super) fn answer(review: &Review<'_>, said: &mut Said) {
    let query = review.look();
    let request = review.request;
    let policy = if request.namespace.is_empty() {
        // A node's proxy reaches the pods of every namespace.
        let all = query.protected();
        let each = all.iter().map(|name| (*query.policy(&Scope::Namespace(name.clone()))).clone());
        each.reduce(Policy::strictest).map(Arc::new)
    } else {
        match review.ground(&query) {
            Ground::Open => None,
            Ground::Protected(policy) => Some(policy),
            Ground::Unknown => {
                return said.lack(true, unknown_namespace(&request.namespace));
            }
        }
    };
    let Some(policy) = policy else { return };
    let Some(mode) = find(UNGOVERNED).and_then(|rule| policy.mode(rule)) else { return };
    let who = Who::of(review);
    if who.is_trusted(&policy) || who.is_of_the_namespace() || who.has_grant(&query) {
        return;
    }
    let finding = Finding { exempted: who.is_set_aside(&query), ..who.finding(mode) };
    // Monitoring reads nodes through their proxy, by accounts that no policy can name.
    let monitors = review.request.namespace.is_empty() && who.subject.kind == SubjectKind::ServiceAccount;
    tell(said, finding, !monitors);
}

/// Who asks, and for what.
struct Who<'r> {
    review: &'r Review<'r>,
    /// As bindings name it: a user, or a service account.
    subject: BindingSubject,
    identity: Identity,
}

impl<'r> Who<'r> {
    fn of(review: &'r Review<'r>) -> Self {
        let user = &review.request.user_info;
        let (kind, namespace, name) = match account_of(&user.username) {
            Some((namespace, name)) => (SubjectKind::ServiceAccount, namespace, name),
            None => (SubjectKind::User, "", user.username.as_str()),
        };
        let subject = BindingSubject { kind, namespace: namespace.into(), name: name.into() };
        let groups: BTreeSet<String> = user.groups.iter().cloned().collect();
        let identity = Identity::of(&subject, Some(&groups));
        Self { review, subject, identity }
    }

    /// Whether the policy trusts the user, or a group of theirs.
    fn is_trusted(&self, policy: &Policy) -> bool {
        let group = |name: &String| BindingSubject {
            kind: SubjectKind::Group,
            namespace: "".into(),
            name: name.as_str().into(),
        };
        policy.access.trusts(&self.subject)
            || self.identity.groups().iter().any(|name| policy.access.trusts(&group(name)))
    }

    /// Whether this is a program of the namespace itself, which needs no grant there (see CX504).
    fn is_of_the_namespace(&self) -> bool {
        let namespace = &*self.review.request.namespace;
        !namespace.is_empty() && *self.subject.namespace == *namespace
    }

    /// Whether a role allows what is asked. By which verb, the API server does not say: any that it takes counts.
    fn is_allowed(&self, role: &Role) -> bool {
        let request = self.review.request;
        let verbs: &[&str] = match &*request.sub_resource {
            "ephemeralcontainers" => &["update", "patch"],
            "proxy" => &["get", "create", "update", "patch", "delete"],
            _ => &["create", "get"],
        };
        verbs.iter().any(|verb| {
            let right = Right {
                verb: (*verb).into(),
                group: "".into(),
                resource: request.resource.resource.as_str().into(),
                subresource: request.sub_resource.as_str().into(),
                name: request.name.as_str().into(),
            };
            allows(role, &right)
        })
    }

    fn has_role(&self, query: &Query<'_>, role: &ObjectRef) -> bool {
        query.role(role).here().is_some_and(|role| self.is_allowed(&role))
    }

    /// Whether a grant that is active now, in this namespace, gives it.
    fn has_grant(&self, query: &Query<'_>) -> bool {
        let groups = self.identity.groups().iter().map(|group| group.as_str().into());
        let names = std::iter::once(self.subject.name.clone()).chain(groups);
        let here = |name| Key::GrantsInTo(self.review.request.namespace.as_str().into(), name);
        names.flat_map(|name| query.members(here(name))).any(|id| {
            let Some(grant) = query.grant(&id.namespace, &id.name).here() else { return false };
            self.identity.is(&subject_of(&id, &grant.spec))
                && query.access(&id).is_some_and(|access| access.phase == Phase::Active)
                && self.has_role(query, &role_of(&id, &grant.spec))
        })
    }

    /// Whether a binding gives it for which the rule is set aside: somebody answers for that, until a day.
    fn is_set_aside(&self, query: &Query<'_>) -> bool {
        bindings_over(query, &self.review.request.namespace).any(|id| {
            let Some(binding) = query.binding(&id).here() else { return false };
            !self.identity.ways(&binding).is_empty()
                && query.sets_aside(&id, UNGOVERNED)
                && self.has_role(query, &binding.role)
        })
    }

    fn finding(&self, mode: Mode) -> Finding {
        let request = self.review.request;
        let user = &request.user_info.username;
        let resource = &request.resource.resource;
        let what = format!("{resource}/{}", request.sub_resource);
        let kind = match resource.as_str() {
            "services" => Kind::Service,
            "nodes" => Kind::Node,
            _ => Kind::Pod,
        };
        let into = ObjectRef::namespaced(kind, &request.namespace, &request.name);
        if request.namespace.is_empty() {
            let message = format!(
                "{user} asks for {what}, which reaches the pods of every namespace, and no grant can cover that"
            );
            let remedy = "have access.trustedSubjects name the user or a group of theirs, or exempt the binding from CX504";
            return alone(&into, UNGOVERNED, mode, message, remedy);
        }
        let namespace = &request.namespace;
        let message = format!("{user} has no grant in {namespace} that is active now and allows {what}");
        alone(&into, UNGOVERNED, mode, message, "ask for an AccessGrant (cxguard grant request)")
    }
}
