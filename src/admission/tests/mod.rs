//! Each door: what passes, what is warned of, what is refused.

mod common;
mod grants;
mod own;
mod pinned;
mod pods;
mod rbac;
mod removal;
mod sessions;
mod workloads;

use serde_json::{Value, json};

use super::{Answer, Freshness, Operation, Request, Resource, User, answer, pin};
use crate::engine::Knowledge;
use crate::facts::{Kind, ObjectRef, read};
use crate::rules::SOUND;
use crate::rules::testing::{GRANT, PEOPLE};

/// A workload that a flow covers in `cx`, and people who may read in `cx-feedback`, under one policy.
const POLICY: &str = r"
apiVersion: cxguard.dev/v1alpha1
kind: CompliancePolicy
metadata: {name: gdpr}
spec:
  residency: {provider: aws}
  access: {dataForms: {data-analyst: Pseudonymised, consultant: Pseudonymised}}
";

/// What is known, and an ear at the door.
struct Hall {
    known: Knowledge,
    freshness: Freshness,
    user: User,
}

impl Hall {
    fn new() -> Self {
        let known = Knowledge { complete: true, ..Knowledge::default() };
        let user =
            User { username: "ann@corp.example".to_owned(), groups: vec!["system:authenticated".to_owned()] };
        let hall = Self { known, freshness: Freshness::default(), user };
        hall.with(SOUND).with(PEOPLE).with(GRANT).with(POLICY)
    }

    /// The same with more objects, or with others in place of their namesakes.
    fn with(mut self, manifests: &str) -> Self {
        for object in objects(manifests) {
            if let Some((id, fact)) = read(&object) {
                let changed = self.known.world.set(&id, Some(fact));
                self.known.memos.touch(&changed);
                if id.kind.is_own() || id.kind.is_workload() {
                    self.known.memos.want(&id);
                }
            }
        }
        self.known.memos.settle(&self.known.world, now());
        self
    }

    /// The same under a policy with this spec, given in one line.
    fn under(self, spec: &str) -> Self {
        self.with(&ours("CompliancePolicy", "", "gdpr", spec))
    }

    /// The same without an object.
    fn without(mut self, id: &ObjectRef) -> Self {
        let changed = self.known.world.set(id, None);
        self.known.memos.touch(&changed);
        self.known.memos.settle(&self.known.world, now());
        self
    }

    /// The same, asked by somebody else.
    fn by(mut self, username: &str, groups: &[&str]) -> Self {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        self.user = User { username: username.to_owned(), groups };
        self
    }

    fn answer(&self, request: Request) -> Answer {
        let request = Request { user_info: self.user.clone(), ..request };
        answer(&request, &self.known, &self.freshness, now())
    }

    /// The answer in short: `deny CX101; warn CX102`, or nothing.
    fn told(&self, request: Request) -> String {
        told(&self.answer(request))
    }

    fn pinned(&self, request: Request) -> Answer {
        pin(&Request { user_info: self.user.clone(), ..request }, &self.known, now())
    }
}

fn now() -> jiff::Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn codes<'l>(lines: impl Iterator<Item = &'l str>) -> String {
    let mut codes: Vec<&str> = lines.filter_map(|line| line.split([':', ',']).next()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes.join(" ")
}

fn told(answer: &Answer) -> String {
    let denied = answer.denied.iter().map(|text| format!("deny {}", codes(text.lines())));
    let warned = codes(answer.warnings.iter().map(String::as_str));
    let warned = (!warned.is_empty()).then(|| format!("warn {warned}"));
    denied.chain(warned).collect::<Vec<_>>().join("; ")
}

fn objects(manifests: &str) -> Vec<Value> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(manifests).unwrap();
    documents.into_iter().filter(|document| !document.is_null()).collect()
}

/// An object of ours.
fn ours(kind: &str, namespace: &str, name: &str, spec: &str) -> String {
    format!(
        "apiVersion: cxguard.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: '{name}', namespace: '{namespace}'}}\n\
         spec: {spec}\n"
    )
}

fn resource(object: &Value) -> Resource {
    let group = object["apiVersion"].as_str().unwrap().rsplit_once('/').map_or("", |(group, _)| group);
    let kind = object["kind"].as_str().unwrap().to_lowercase();
    let plural = match kind.strip_suffix("cy") {
        Some(start) => format!("{start}cies"),
        None if kind == "person" => "people".to_owned(),
        None => format!("{kind}s"),
    };
    Resource { group: group.to_owned(), version: "v1".to_owned(), resource: plural }
}

fn text(object: &Value, pointer: &str) -> String {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn request(operation: Operation, old: Value, new: Value) -> Request {
    let object = if new.is_null() { &old } else { &new };
    Request {
        uid: "u".to_owned(),
        operation,
        resource: resource(object),
        sub_resource: String::new(),
        namespace: text(object, "/metadata/namespace"),
        name: text(object, "/metadata/name"),
        user_info: User::default(),
        object: new,
        old_object: old,
        dry_run: false,
    }
}

fn create(manifest: &str) -> Request {
    request(Operation::Create, Value::Null, objects(manifest).remove(0))
}

fn update(old: &str, new: &str) -> Request {
    request(Operation::Update, objects(old).remove(0), objects(new).remove(0))
}

fn delete(kind: &str, name: &str) -> Request {
    request(Operation::Delete, objects(&ours(kind, "", name, "{}")).remove(0), Value::Null)
}

/// Something that is asked of an object by way of a subresource.
fn through(operation: Operation, resource: &str, name: &str, namespace: &str, object: Value) -> Request {
    let (resource, sub_resource) = resource.split_once('/').unwrap();
    Request {
        resource: Resource { resource: resource.to_owned(), ..Resource::default() },
        sub_resource: sub_resource.to_owned(),
        ..request(
            operation,
            Value::Null,
            json!({"apiVersion": "v1", "kind": "X", "metadata": {"name": name, "namespace": namespace}}),
        )
    }
    .carrying(object)
}

impl Request {
    fn carrying(self, object: Value) -> Self {
        Self { object, ..self }
    }
}

/// An Exemption of a rule for an object.
fn exemption(rule: &str, subject: &str) -> String {
    ours(
        "Exemption",
        "",
        "known",
        &format!(
            "{{rules: [{rule}], reason: known, approvedBy: ciso@corp.example, expiresAt: 2027-01-01T00:00:00Z, \
             subject: {subject}}}"
        ),
    )
}

fn grant_id() -> ObjectRef {
    ObjectRef::namespaced(Kind::AccessGrant, "cx-feedback", "churn")
}
