//! A model of the API server: objects, versions, preconditions, finalizers, owners.
//!
//! It models what the life of a grant rests on: optimistic locking, UIDs that differ between namesakes, deletion held
//! up by finalizers, collection of what a deleted object owned, and answers to access reviews from the bindings alone.
//! It does not model validation, admission, roles, field ownership or anything about time but the clock.

use std::collections::BTreeMap;

use cxguard::api::{SubjectKind, labels};
use cxguard::cluster::effect::{Answer, Effect, Issue, Known, Lease, Questions, Target};
use cxguard::cluster::index::change;
use cxguard::cluster::seen::{Change, Detail, Seen};
use cxguard::facts::{BindingSubject, Fact, GrantEnd, Kind, Name, ObjectRef};
use jiff::Timestamp;
use serde_json::{Value, json};

/// One version of one object, in the order of versions.
pub(crate) struct Step {
    pub(crate) at: Timestamp,
    pub(crate) id: ObjectRef,
    /// The UID of the object, also of one that is gone.
    pub(crate) uid: Name,
    pub(crate) object: Option<Value>,
}

impl Step {
    /// What a watch reports of it.
    pub(crate) fn change(&self) -> Change {
        let shown =
            self.object.as_ref().filter(|object| self.id.kind != Kind::ServiceAccount || is_ours(object));
        let now = shown.and_then(|object| change(self.id.kind, object));
        now.unwrap_or_else(|| Change::is_gone(self.id.clone(), self.uid.clone()))
    }
}

pub(crate) struct Server {
    pub(crate) now: Timestamp,
    pub(crate) objects: BTreeMap<ObjectRef, Value>,
    pub(crate) ends: BTreeMap<ObjectRef, GrantEnd>,
    /// Everything that ever happened: what a watch shows, sooner or later.
    pub(crate) history: Vec<Step>,
    /// The planted defect: deletes whatever has the name.
    pub(crate) ignores_preconditions: bool,
    /// How many writes failed on what they were decided upon.
    pub(crate) conflicts: usize,
    counter: u64,
}

impl Server {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            now,
            objects: BTreeMap::new(),
            ends: BTreeMap::new(),
            history: Vec::new(),
            ignores_preconditions: false,
            conflicts: 0,
            counter: 1000,
        }
    }

    fn next(&mut self) -> String {
        self.counter += 1;
        self.counter.to_string()
    }

    /// Creates an object, or changes the one of that name, as its user would.
    pub(crate) fn put(&mut self, mut object: Value) {
        let id = id_of(&object);
        let version = self.next();
        let metadata = &mut object["metadata"];
        metadata["resourceVersion"] = json!(version);
        if let Some(old) = self.objects.get(&id) {
            for kept in ["uid", "finalizers", "generation", "deletionTimestamp"] {
                if let Some(value) = old["metadata"].get(kept) {
                    metadata[kept] = value.clone();
                }
            }
            let generation = old["metadata"]["generation"].as_i64().unwrap_or(1);
            let edited = old.get("spec") != object.get("spec");
            object["metadata"]["generation"] = json!(if edited { generation + 1 } else { generation });
            if let Some(status) = old.get("status") {
                object["status"] = status.clone();
            }
        } else {
            metadata["uid"] = json!(format!("uid-{version}"));
            metadata["generation"] = json!(1);
        }
        self.store(id, Some(object));
    }

    /// Changes the spec of an object in place.
    pub(crate) fn edit(&mut self, id: &ObjectRef, edit: impl FnOnce(&mut Value)) {
        let mut object = self.objects[id].clone();
        edit(&mut object);
        self.put(object);
    }

    /// Deletes an object as its user would: at once, or when its finalizers are gone.
    pub(crate) fn delete(&mut self, id: &ObjectRef) {
        let Some(object) = self.objects.get(id) else { return };
        let held = object["metadata"]["finalizers"].as_array().is_some_and(|held| !held.is_empty());
        if held {
            let (mut object, version) = (object.clone(), self.next());
            object["metadata"]["deletionTimestamp"] = json!(self.now.to_string());
            object["metadata"]["resourceVersion"] = json!(version);
            self.store(id.clone(), Some(object));
        } else {
            self.remove(id);
        }
    }

    fn remove(&mut self, id: &ObjectRef) {
        let Some(gone) = self.objects.get(id).cloned() else { return };
        self.store(id.clone(), None);
        // The garbage collector, which goes by UID.
        let owned = self.objects.iter().filter(|(_, object)| {
            let owners = object["metadata"]["ownerReferences"].as_array();
            owners.into_iter().flatten().any(|owner| owner["uid"] == gone["metadata"]["uid"])
        });
        let owned: Vec<_> = owned.map(|(id, _)| id.clone()).collect();
        for id in owned {
            self.store(id, None);
        }
    }

    fn store(&mut self, id: ObjectRef, object: Option<Value>) {
        let uid = object.as_ref().or(self.objects.get(&id)).map_or_else(|| "".into(), uid_of);
        self.history.push(Step { at: self.now, id: id.clone(), uid, object: object.clone() });
        match object {
            Some(object) => self.objects.insert(id, object),
            None => self.objects.remove(&id),
        };
    }

    /// Whether a subject has access in a namespace, by any binding.
    pub(crate) fn allows(&self, namespace: &str, user: &str) -> bool {
        self.objects.iter().any(|(id, object)| {
            let subjects = object["subjects"].as_array();
            id.kind == Kind::RoleBinding
                && &*id.namespace == namespace
                && subjects.into_iter().flatten().any(|subject| subject["name"] == user)
        })
    }

    /// Carries out a task of the operator.
    pub(crate) fn run(&mut self, effect: &Effect) -> Answer {
        let answer = self.carry_out(effect);
        self.conflicts += usize::from(answer == Answer::Conflict);
        answer
    }

    fn carry_out(&mut self, effect: &Effect) -> Answer {
        match effect {
            Effect::Read(grant, binding) => {
                Answer::Done([grant, binding].into_iter().filter_map(|known| self.read(known)).collect())
            }
            Effect::AddFinalizer(target) => self.write(target, |object| {
                object["metadata"]["finalizers"] = json!([labels::REVOKE]);
            }),
            Effect::RemoveFinalizer(target) => {
                let answer = self.write(target, |object| object["metadata"]["finalizers"] = json!([]));
                if self.objects.get(&target.id).is_some_and(|object| {
                    object["metadata"].get("deletionTimestamp").is_some()
                        && object["metadata"]["finalizers"] == json!([])
                }) {
                    self.remove(&target.id);
                    return Answer::Done(vec![Change::is_gone(target.id.clone(), target.uid.clone())]);
                }
                answer
            }
            Effect::CreateBinding(lease) => {
                if !self.objects.contains_key(&lease.id) {
                    self.put(body(lease));
                }
                Answer::Done(vec![self.change(&lease.id)])
            }
            Effect::ReplaceBinding(target, lease) => self.write(target, |object| {
                let (uid, version) =
                    (object["metadata"]["uid"].clone(), object["metadata"]["resourceVersion"].clone());
                *object = body(lease);
                object["metadata"]["uid"] = uid;
                object["metadata"]["resourceVersion"] = version;
            }),
            Effect::DeleteBinding(target) => self.delete_if(target, |object| matches(object, target)),
            Effect::Issue(issue) => self.issue(issue),
            Effect::Withdraw(target) => {
                self.delete_if(target, |object| object["metadata"]["uid"] == *target.uid)
            }
            Effect::RecordEnd { grant, at, cause } => {
                let id = ObjectRef { kind: Kind::GrantEnd, ..grant.clone() };
                self.ends.insert(id.clone(), GrantEnd { at: *at, cause: *cause });
                Answer::Done(vec![self.change(&id)])
            }
            Effect::Verify(questions) => self.review(questions),
            Effect::WriteStatus(target, status) => {
                self.write(target, |object| object["status"] = status.clone())
            }
            Effect::Annotate(target, annotations) => self.write(target, |object| {
                for (key, value) in annotations {
                    object["metadata"]["annotations"][*key] = json!(value);
                }
            }),
            Effect::Event(_) => Answer::Done(Vec::new()),
        }
    }

    /// Creates what is issued. Of what has the name already, an account without our label is refused.
    fn issue(&mut self, issue: &Issue) -> Answer {
        match self.objects.get(&issue.id) {
            Some(there) if issue.id.kind == Kind::ServiceAccount && !is_ours(there) => {
                return Answer::Forbidden("it exists".to_owned());
            }
            Some(_) => {}
            None => self.put(issued(issue)),
        }
        Answer::Done(vec![self.change(&issue.id)])
    }

    fn delete_if(&mut self, target: &Target, is: impl Fn(&Value) -> bool) -> Answer {
        let Some(object) = self.objects.get(&target.id) else {
            return Answer::Done(vec![Change::is_gone(target.id.clone(), target.uid.clone())]);
        };
        if !self.ignores_preconditions && !is(object) {
            return Answer::Conflict;
        }
        self.remove(&target.id);
        Answer::Done(vec![Change::is_gone(target.id.clone(), target.uid.clone())])
    }

    fn write(&mut self, target: &Target, edit: impl FnOnce(&mut Value)) -> Answer {
        let Some(object) = self.objects.get(&target.id) else { return Answer::Conflict };
        if !matches(object, target) {
            return Answer::Conflict;
        }
        let mut new = object.clone();
        edit(&mut new);
        if new != *object {
            new["metadata"]["resourceVersion"] = json!(self.next());
            self.store(target.id.clone(), Some(new));
        }
        Answer::Done(vec![self.change(&target.id)])
    }

    fn review(&self, questions: &Questions) -> Answer {
        let who = questions.who.iter().flat_map(|who| who.groups.iter().chain([&who.user]));
        let allowed = who.into_iter().any(|name| {
            // A binding names a service account by its bare name.
            let name = name.rsplit(':').next().unwrap_or_default().to_owned();
            !name.is_empty() && self.allows(&questions.namespace, &name)
        });
        let rights = questions.rights.iter().filter(|_| allowed);
        Answer::Verified(rights.map(|right| (right.clone(), String::new())).collect())
    }

    fn read(&self, known: &Known) -> Option<Change> {
        let now = self.objects.get(&known.id).and_then(|object| change(known.id.kind, object));
        now.or_else(|| Some(Change::is_gone(known.id.clone(), known.uid.clone()?)))
    }

    /// What the server has of an object that exists.
    pub(crate) fn change(&self, id: &ObjectRef) -> Change {
        if id.kind == Kind::GrantEnd {
            let seen = |at: &GrantEnd| Seen {
                uid: id.to_string().into(),
                resource_version: at.at.as_second().to_string().into(),
                generation: 0,
                deleting: false,
                detail: Detail::None,
            };
            let now = self.ends.get(id).map(|end| (Fact::GrantEnd(*end), seen(end)));
            return Change { id: id.clone(), now, gone: None };
        }
        change(id.kind, &self.objects[id]).expect("an object of a known kind")
    }
}

/// Facts are read of every kind but service accounts, of which nobody judges anything.
fn id_of(object: &Value) -> ObjectRef {
    if object["kind"] == "ServiceAccount" {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        return ObjectRef::namespaced(
            Kind::ServiceAccount,
            text("/metadata/namespace"),
            text("/metadata/name"),
        );
    }
    cxguard::facts::read(object).expect("an object of a known kind").0
}

fn is_ours(object: &Value) -> bool {
    object["metadata"]["labels"][labels::MANAGED_BY] == labels::MANAGER
}

fn uid_of(object: &Value) -> Name {
    object["metadata"]["uid"].as_str().unwrap_or_default().into()
}

fn matches(object: &Value, target: &Target) -> bool {
    object["metadata"]["uid"] == *target.uid
        && object["metadata"]["resourceVersion"] == *target.resource_version
}

fn metadata(id: &ObjectRef, grant: &Name, grant_uid: &Name) -> Value {
    json!({
        "name": &*id.name,
        "namespace": &*id.namespace,
        "labels": {labels::MANAGED_BY: labels::MANAGER, labels::GRANT_UID: &**grant_uid},
        "ownerReferences": [{
            "apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant", "controller": true,
            "name": &**grant, "uid": &**grant_uid,
        }],
    })
}

fn issued(issue: &Issue) -> Value {
    let mut metadata = metadata(&issue.id, &issue.grant, &issue.grant_uid);
    let name = &*issue.id.name;
    match issue.id.kind {
        Kind::Role => json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata,
            "rules": [{"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"],
                "resourceNames": [&*issue.account]}],
        }),
        Kind::RoleBinding => json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata,
            "roleRef": {"kind": "Role", "name": name},
            "subjects": [{"kind": issue.holder.kind.as_str(), "name": &*issue.holder.name}],
        }),
        _ => {
            metadata["annotations"] = json!({"cxguard.dev/issued-at": issue.at.to_string()});
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
        }
    }
}

fn body(lease: &Lease) -> Value {
    let mut metadata = metadata(&lease.id, &lease.grant, &lease.grant_uid);
    if let Some(deadline) = lease.deadline {
        metadata["annotations"][labels::DEADLINE] = json!(deadline.to_string());
    }
    if let Some(approved) = lease.approved_at {
        metadata["annotations"]["cxguard.dev/approved-at"] = json!(approved.to_string());
    }
    if let Some(returned) = lease.returned_at {
        metadata["annotations"]["cxguard.dev/returned-at"] = json!(returned.to_string());
    }
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": lease.role.kind.as_str(), "name": &*lease.role.name},
        "subjects": lease.subjects.iter().map(subject).collect::<Vec<_>>(),
    })
}

fn subject(subject: &BindingSubject) -> Value {
    let name = &*subject.name;
    match subject.kind {
        SubjectKind::ServiceAccount | SubjectKind::IssuedServiceAccount => {
            json!({"kind": "ServiceAccount", "namespace": &*subject.namespace, "name": name})
        }
        kind => json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind.as_str(), "name": name}),
    }
}
