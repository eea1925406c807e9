//! What a judgement takes over from the judgements of other objects.

use std::sync::Arc;

use super::applied::selected;
use super::judge::Own;
use super::query::Query;
use super::scope::Scope;
use super::verdict::Verdict;
use crate::facts::{Key, Kind, Name, ObjectRef, vendors_of};

/// The judgements that a subject inherits: a flow and a survey those of their vendors, a workload those of its
/// flows and surveys. What has no
/// status of its own is inherited until it comes to something that has: a binding inherits its role, a namespace what
/// it holds, and a policy the namespaces that it selects.
///
/// Each is made under the policies of the namespace that it concerns.
pub(super) fn inherited(query: &Query<'_>, subject: &ObjectRef, own: &Own) -> Vec<Arc<Verdict>> {
    let here = || Scope::Namespace(subject.namespace.clone());
    let causes: Vec<(ObjectRef, Scope)> = match own {
        Own::Flow(flow) => {
            let vendors = vendors_of(flow).map(|name| ObjectRef::cluster(Kind::Vendor, name));
            // What does not exist or cannot be read is CX001's and CX003's, on the object that names it.
            vendors.filter(|vendor| query.exists(vendor)).map(|vendor| (vendor, here())).collect()
        }
        Own::Survey(survey) => {
            let vendor = survey.vendor.iter().map(|name| ObjectRef::cluster(Kind::Vendor, name));
            vendor.filter(|vendor| query.exists(vendor)).map(|vendor| (vendor, here())).collect()
        }
        Own::Workload(_) => query.covers(subject).iter().map(|flow| (flow.clone(), here())).collect(),
        Own::Binding(binding) if subject.namespace.is_empty() => {
            vec![(binding.role.clone(), Scope::of(&binding.role))]
        }
        Own::Binding(binding) => vec![(binding.role.clone(), here())],
        Own::Namespace(_) => {
            let within = Scope::Namespace(subject.name.clone());
            let held = held_by(query, &subject.name).into_iter();
            held.map(|held| (held, within.clone())).collect()
        }
        Own::Policy(spec) => under_policy(query, &selected(query, spec)),
        _ => Vec::new(),
    };
    causes.into_iter().map(|(cause, scope)| query.judgement(&cause, &scope)).collect()
}

/// What a namespace holds that is judged and says nothing of it itself: also workloads that no flow covers.
fn held_by(query: &Query<'_>, namespace: &Name) -> Vec<ObjectRef> {
    let mut workloads = query.members(Key::WorkloadsIn(namespace.clone()));
    workloads.retain(|workload| query.covers(workload).is_empty());
    let bindings = query.members(Key::BindingsIn(namespace.clone()));
    let claims = query.members(Key::ClaimsIn(namespace.clone()));
    let routes = query.members(Key::RoutesIn(namespace.clone()));
    workloads.into_iter().chain(bindings).chain(claims).chain(routes).collect()
}

/// The namespaces that a policy selects, and what gives access in each of them.
fn under_policy(query: &Query<'_>, namespaces: &[Name]) -> Vec<(ObjectRef, Scope)> {
    let everywhere =
        if namespaces.is_empty() { Vec::new() } else { query.members(Key::BindingsIn("".into())) };
    let selected = namespaces.iter().map(|name| ObjectRef::cluster(Kind::Namespace, name));
    selected.chain(everywhere).map(|subject| (subject.clone(), Scope::of(&subject))).collect()
}
