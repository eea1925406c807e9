//! A request with what is known when it comes.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::request::Request;
use crate::engine::{Knowledge, Policy, Query, Scope};
use crate::facts::{Fact, Kind, ObjectRef, Over, View, read_as};
use crate::json::within;

/// Where an object says who owns it.
const OWNERS: &str = "/metadata/ownerReferences";

/// A request, what is known, and when.
#[derive(Clone, Copy)]
pub(super) struct Review<'r> {
    pub(super) request: &'r Request,
    pub(super) known: &'r Knowledge,
    pub(super) now: Timestamp,
}

/// What a namespace is to the judgement.
pub(super) enum Ground {
    /// It holds no customer data.
    Open,
    /// Nothing is known of it, though the API server has it: it was made just now.
    Unknown,
    /// It holds customer data: what is demanded there.
    Protected(Arc<Policy>),
}

impl<'r> Review<'r> {
    /// A look at what is known.
    pub(super) fn look(&self) -> Query<'r> {
        Query::once(&self.known.world, &self.known.memos, self.now)
    }

    /// An object as it would be, to be looked through.
    pub(super) fn over(&self, id: &ObjectRef, fact: Option<Fact>) -> Over {
        Over::new(&self.known.world, id, fact)
    }

    /// A look at what would be known.
    pub(super) fn through<'q>(&self, over: &'q Over) -> Query<'q>
    where
        'r: 'q,
    {
        Query::once(View::with(&self.known.world, over), &self.known.memos, self.now)
    }

    /// The object of the request as it would be; nothing if it says nothing that is judged.
    ///
    /// Who owns it counts if that was so before, or if the controller writes it that makes such objects: anybody can
    /// write an owner, and what an owner stands for is not judged itself.
    pub(super) fn object(&self, kind: Kind) -> Option<(ObjectRef, Fact)> {
        let Request { object, old_object, .. } = self.request;
        let was_owned = !old_object.is_null() && within(old_object, OWNERS) == within(object, OWNERS);
        if within(object, OWNERS).is_none() || was_owned || is_maker(kind, &self.request.user_info.username) {
            return self.read(kind, object);
        }
        self.alone(kind)
    }

    /// The object of the request as if nothing owned it.
    pub(super) fn alone(&self, kind: Kind) -> Option<(ObjectRef, Fact)> {
        let mut alone = self.request.object.clone();
        if let Some(Value::Object(metadata)) = alone.get_mut("metadata") {
            metadata.remove("ownerReferences");
        }
        self.read(kind, &alone)
    }

    /// The object as it is.
    pub(super) fn old_object(&self, kind: Kind) -> Option<(ObjectRef, Fact)> {
        self.read(kind, &self.request.old_object)
    }

    fn read(&self, kind: Kind, object: &Value) -> Option<(ObjectRef, Fact)> {
        if object.is_null() {
            return None;
        }
        let request = self.request;
        let has =
            |field: &str| within(object, field).and_then(Value::as_str).is_some_and(|name| !name.is_empty());
        let mut object = Cow::Borrowed(object);
        if !has("/metadata/name") {
            // The API server makes the name up later. No object has a name with a star.
            let start =
                within(&*object, "/metadata/generateName").and_then(Value::as_str).unwrap_or_default();
            let name = if request.name.is_empty() { format!("{start}*") } else { request.name.clone() };
            put(object.to_mut(), "name", name);
        }
        if kind.is_namespaced() && !has("/metadata/namespace") {
            put(object.to_mut(), "namespace", request.namespace.clone());
        }
        // What it will run counts, and scaling it is not asked about.
        if kind == Kind::ReplicaSet
            && let Some(replicas) = object.to_mut().pointer_mut("/spec/replicas")
        {
            *replicas = Value::from(1);
        }
        read_as(kind, &object)
    }

    /// The name of an object of the request. Where many are asked about at once, or by an older resource, the request
    /// itself names none.
    pub(super) fn name(&self, object: &'r Value) -> &'r str {
        within(object, "/metadata/name").and_then(Value::as_str).unwrap_or(&self.request.name)
    }

    /// What the namespace of the request is.
    pub(super) fn ground(&self, query: &Query<'_>) -> Ground {
        let namespace = &*self.request.namespace;
        if query.namespace(namespace).is_missing() {
            return Ground::Unknown;
        }
        let policy = query.policy(&Scope::Namespace(namespace.into()));
        if policy.protected { Ground::Protected(policy) } else { Ground::Open }
    }
}

/// Why nothing can be said of access in a namespace that the watch has not shown yet.
pub(super) fn unknown_namespace(name: &str) -> String {
    format!("cxguard: Namespace/{name} is not known here yet, so access in it cannot be judged; try again")
}

/// Whether this is the part of Kubernetes that makes objects of a kind for others: a controller, or all of them under one
/// name.
fn is_maker(kind: Kind, user: &str) -> bool {
    let makers: &[&str] = match kind {
        Kind::Pod => &[
            "daemon-set-controller",
            "job-controller",
            "replicaset-controller",
            "replication-controller",
            "statefulset-controller",
        ],
        Kind::ReplicaSet => &["deployment-controller"],
        Kind::Job => &["cronjob-controller"],
        // Nothing stands for others.
        _ => return true,
    };
    let account = user.strip_prefix("system:serviceaccount:kube-system:");
    user == "system:kube-controller-manager" || account.is_some_and(|account| makers.contains(&account))
}

fn put(object: &mut Value, field: &str, text: String) {
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.insert(field.to_owned(), Value::String(text));
    }
}
