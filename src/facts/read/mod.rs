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
use crate::json::{Json, Seen, within};

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
    Some(match id.kind {
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
        Kind::Pod
        | Kind::ReplicaSet
        | Kind::Deployment
        | Kind::StatefulSet
        | Kind::DaemonSet
        | Kind::Job
        | Kind::CronJob => read_running(id, object)?,
        Kind::Namespace => workload::namespace(object),
        Kind::Node => workload::node(object),
        Kind::Role | Kind::ClusterRole => rbac::role(id.kind, object),
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

/// The fact about an object that runs pods, wherever it lies: of these there are the most, and they are the largest.
pub(crate) fn read_running<'o>(id: &ObjectRef, object: impl Json<'o>) -> Option<Fact> {
    match id.kind {
        Kind::Pod => workload::pod(id, object),
        Kind::ReplicaSet => workload::replica_set(id, object),
        _ => Some(workload::workload(id, object)),
    }
}

/// The fact about an object that is there and that the API server would refuse for these reasons. What can be read of it
/// is kept, as of one that cannot be parsed.
pub fn unreadable(object: &Value, problems: Vec<Problem>) -> Fact {
    Fact::Unreadable(own::remains(object, problems))
}

fn text<'o>(object: impl Json<'o>, pointer: &str) -> Option<&'o str> {
    within(object, pointer)?.text()
}

fn name<'o>(object: impl Json<'o>, pointer: &str) -> Option<Name> {
    text(object, pointer).map(Name::from)
}

fn items<'o, J: Json<'o>>(object: J, pointer: &str) -> impl Iterator<Item = J> {
    within(object, pointer).into_iter().flat_map(J::items)
}

fn names<'o>(object: impl Json<'o>, pointer: &str) -> Vec<Name> {
    items(object, pointer).filter_map(Json::text).map(Name::from).collect()
}

/// What controls an object, if it is of a kind known here.
fn controller<'o>(id: &ObjectRef, object: impl Json<'o>) -> Option<ObjectRef> {
    let owner = items(object, "/metadata/ownerReferences")
        .find(|owner| owner.field("controller").is_some_and(|is_one| is_one.seen() == Seen::Truth(true)))?;
    let kind = Kind::parse(text(owner, "/apiVersion")?, text(owner, "/kind")?)?;
    Some(ObjectRef::namespaced(kind, &id.namespace, text(owner, "/name")?))
}
