//! Which policies apply to what.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::policy::Policy;
use super::query::{Found, Query};
use super::scope::Scope;
use crate::api::{CompliancePolicySpec, labels};
use crate::facts::{Key, Kind, Labels, Name, ObjectRef, selects};

/// The namespaces that use an object without namespace, in order.
pub(super) fn users(query: &Query<'_>, object: &ObjectRef) -> Vec<Name> {
    let mut namespaces = BTreeSet::new();
    match object.kind {
        Kind::Vendor => {
            let flows = query.members(Key::FlowsTo(object.name.clone()));
            namespaces.extend(flows.into_iter().map(|flow| flow.namespace));
            let surveys = query.members(Key::SurveysOf(object.name.clone()));
            namespaces.extend(surveys.into_iter().map(|survey| survey.namespace));
            for person in query.members(Key::PeopleOf(object.name.clone())) {
                namespaces.extend(query.users(&person).iter().cloned());
            }
        }
        Kind::Person => {
            if let Found::Here(person) = query.person(&object.name) {
                for name in person.usernames.iter().chain(&person.groups) {
                    let grants = query.members(Key::GrantsTo(name.as_str().into()));
                    namespaces.extend(grants.into_iter().map(|grant| grant.namespace));
                }
            }
        }
        Kind::Incident => {
            if let Found::Here(incident) = query.incident(&object.name) {
                namespaces.extend(incident.flows.iter().map(|flow| Name::from(flow.namespace.as_str())));
            }
        }
        Kind::ClusterRole => {
            let protected = query.protected();
            if !query.members(Key::ClusterBindingsOf(object.clone())).is_empty() {
                return protected.to_vec();
            }
            let bound =
                query.members(Key::BindingsOf(object.clone())).into_iter().map(|binding| binding.namespace);
            let granted =
                query.members(Key::GrantsOf(object.clone())).into_iter().map(|grant| grant.namespace);
            namespaces.extend(bound.chain(granted).filter(|name| protected.binary_search(name).is_ok()));
        }
        Kind::ClusterRoleBinding => return query.protected().to_vec(),
        _ => {}
    }
    namespaces.into_iter().collect()
}

/// The namespaces that hold customer data, in order.
pub(super) fn protected(query: &Query<'_>) -> Vec<Name> {
    let namespaces = query.members(Key::Namespaces).into_iter().map(|namespace| namespace.name);
    namespaces.filter(|name| query.policy(&Scope::Namespace(name.clone())).protected).collect()
}

/// The namespaces that a policy selects, in order.
pub(super) fn selected(query: &Query<'_>, spec: &CompliancePolicySpec) -> Vec<Name> {
    let mut names = query.protected().to_vec();
    names.retain(|name| selects_namespace(spec, &labels_of(query, name)));
    names
}

impl Query<'_> {
    /// The namespaces that a policy selects, in order.
    pub(crate) fn selected(&self, spec: &CompliancePolicySpec) -> Vec<Name> {
        selected(self, spec)
    }
}

/// What is demanded in a scope.
pub(super) fn policy(query: &Query<'_>, scope: &Scope) -> Policy {
    let policies: Vec<(ObjectRef, Found<Arc<CompliancePolicySpec>>)> = query
        .members(Key::Policies)
        .into_iter()
        .map(|id| {
            let found = query.policy_object(&id.name);
            (id, found)
        })
        .collect();
    let specs = || policies.iter().filter_map(|(_, found)| found.clone().here());
    let mut demands = match scope {
        Scope::Namespace(name) => {
            let labels = labels_of(query, name);
            let selecting: Vec<_> = specs().filter(|spec| selects_namespace(spec, &labels)).collect();
            let mut demands = Policy::compose(selecting.iter().map(Arc::as_ref));
            demands.protected = !selecting.is_empty() || is_labelled(&labels);
            demands
        }
        Scope::Users(object) => {
            let users = query.users(object);
            let of_users = users.iter().map(|name| (*query.policy(&Scope::Namespace(name.clone()))).clone());
            let all = || Policy::compose(specs().collect::<Vec<_>>().iter().map(Arc::as_ref));
            of_users.reduce(Policy::strictest).unwrap_or_else(all)
        }
    };
    let unreadable = policies.iter().filter(|(_, found)| matches!(found, Found::Unreadable(_)));
    demands.unreadable.extend(unreadable.map(|(id, _)| id.name.to_string()));
    demands
}

/// The labels of a namespace. Of one that nothing is known of, its name is.
pub(super) fn labels_of(query: &Query<'_>, namespace: &str) -> Labels {
    let named = || Labels::from([(labels::NAMESPACE.into(), namespace.into())]);
    query.namespace(namespace).here().map_or_else(named, |namespace| namespace.labels.clone())
}

fn is_labelled(found: &Labels) -> bool {
    found.get(labels::PROTECTED) == Some(labels::TRUE)
}

/// Without a selector, a policy holds for the namespaces that carry the label.
pub(super) fn selects_namespace(spec: &CompliancePolicySpec, labels: &Labels) -> bool {
    spec.namespace_selector.as_ref().map_or_else(|| is_labelled(labels), |selector| selects(selector, labels))
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::Bench;

    #[test]
    fn a_namespace_is_selected_by_its_name_without_its_writing_it() {
        let flow = "apiVersion: cxguard.dev/v1alpha1\nkind: DataFlow\nmetadata: {name: answers, namespace: cx}\n\
                    spec: {encryption: {inTransit: None}}\n";
        let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: cx}\n";
        for (name, found) in [("cx", 0), ("shop", 1)] {
            let policy = format!(
                "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {{name: one}}\n\
                 spec: {{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {name}}}}}, \
                 rules: [{{code: CX117, mode: Disabled}}]}}\n"
            );
            let unknown = || Bench::new(flow).with(&policy);
            assert_eq!(unknown().findings(117, "DataFlow/cx/answers").len(), found, "{name}, not known");
            let known = unknown().with(namespace);
            assert_eq!(known.findings(117, "DataFlow/cx/answers").len(), found, "{name}");
        }
    }
}
