//! From an object as the API server or a file has it to the fact about it.
//!
//! One reader for watches and files, so that both see the same. A malformed object of ours becomes a fact of its own
//! ([`Fact::Unreadable`]); of foreign kinds, which the API server has validated, what is absent is empty.

mod mentions;
mod own;
mod pin;
mod rbac;
mod template;
mod traffic;
mod volume;
mod webhook;
mod workload;

use serde_json::Value;

pub(super) use own::pointer;

use super::fact::{Fact, Problem};
use super::id::{Kind, Name, ObjectRef};
use crate::pointer::within;

/// The object's name and the fact about it; nothing for kinds that no rule reads, for objects that say nothing of what
/// rules read, and for what has no name.
pub fn read(object: &Value) -> Option<(ObjectRef, Fact)> {
    let kind = Kind::parse(text(object, "/apiVersion")?, text(object, "/kind")?)?;
    read_as(kind, object)
}

/// The same of an object whose kind is known, as the items of a list are.
pub fn read_as(kind: Kind, object: &Value) -> Option<(ObjectRef, Fact)> {
    let id = ObjectRef {
        kind,
        namespace: text(object, "/metadata/namespace").unwrap_or_default().into(),
        name: text(object, "/metadata/name")?.into(),
    };
    let fact = read_fact(&id, object)?;
    Some((id, fact))
}

/// The fact about an object whose name is known.
pub(crate) fn read_fact(id: &ObjectRef, object: &Value) -> Option<Fact> {
    let kind = id.kind;
    Some(match kind {
        Kind::CompliancePolicy => own::spec(object, Fact::Policy),
        Kind::Vendor => own::spec(object, Fact::Vendor),
        Kind::Person => own::spec(object, Fact::Person),
        Kind::DataFlow => own::spec(object, Fact::Flow),
        Kind::Survey => own::spec(object, Fact::Survey),
        Kind::AccessGrant => own::grant(object),
        Kind::IncidentPlan => own::spec(object, Fact::Plan),
        Kind::Incident => own::spec(object, Fact::Incident),
        Kind::Exemption => own::spec(object, Fact::Exemption),
        // Recorded by the operator itself, not read from an object of this kind.
        Kind::GrantEnd => return None,
        Kind::Namespace => workload::namespace(object),
        Kind::Node => workload::node(object),
        Kind::Pod => workload::pod(object)?,
        Kind::ReplicaSet => workload::replica_set(object)?,
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::Job | Kind::CronJob => {
            workload::workload(kind, object)
        }
        Kind::Role | Kind::ClusterRole => rbac::role(kind, object),
        Kind::RoleBinding | Kind::ClusterRoleBinding => rbac::binding(id, object),
        Kind::Service => traffic::service(object)?,
        Kind::ConfigMap => traffic::config_map(object)?,
        Kind::Ingress | Kind::HttpRoute => traffic::route(object)?,
        Kind::NetworkPolicy => traffic::network_policy(object)?,
        Kind::PersistentVolumeClaim => volume::claim(object),
        Kind::PersistentVolume => volume::volume(object),
        Kind::StorageClass => volume::class(object),
        Kind::ServiceAccount => rbac::account(object),
        Kind::ValidatingWebhookConfiguration | Kind::MutatingWebhookConfiguration => {
            webhook::configuration(object)
        }
    })
}

/// The fact about an object that is there and that the API server would refuse for these reasons. What can be read of it
/// is kept, as of one that cannot be parsed.
pub fn unreadable(object: &Value, problems: Vec<Problem>) -> Fact {
    Fact::Unreadable(own::remains(object, problems))
}

fn text<'o>(object: &'o Value, pointer: &str) -> Option<&'o str> {
    within(object, pointer).and_then(Value::as_str)
}

fn name(object: &Value, pointer: &str) -> Option<Name> {
    text(object, pointer).map(Name::from)
}

fn items<'o>(object: &'o Value, pointer: &str) -> impl Iterator<Item = &'o Value> {
    within(object, pointer).and_then(Value::as_array).into_iter().flatten()
}

fn names(object: &Value, pointer: &str) -> Vec<Name> {
    items(object, pointer).filter_map(Value::as_str).map(Name::from).collect()
}

/// What controls an object, if it is of a kind known here.
fn controller(object: &Value) -> Option<ObjectRef> {
    let owner = items(object, "/metadata/ownerReferences")
        .find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))?;
    let kind = Kind::parse(text(owner, "/apiVersion")?, text(owner, "/kind")?)?;
    let namespace = text(object, "/metadata/namespace").unwrap_or_default();
    Some(ObjectRef::namespaced(kind, namespace, text(owner, "/name")?))
}
