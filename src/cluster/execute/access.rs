//! Giving access, taking it away, and putting its end on record.

use futures::future::try_join;
use jiff::Timestamp;
use kube::core::Request;
use kube::core::params::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::http::{DEADLINE, Lines};
use super::{changed, get, unsendable};
use crate::api::{EndCause, GROUP, SubjectKind, VERSION, labels};
use crate::cluster::effect::{Known, Lease, Target};
use crate::cluster::index::{ends, read};
use crate::cluster::resource::{api_resource, collection, collection_of};
use crate::cluster::seen::Change;
use crate::facts::{BindingSubject, GrantEnd, Kind, ObjectRef};

pub(super) const RBAC: &str = "rbac.authorization.k8s.io";

/// A grant and its binding, from the server itself.
pub(super) async fn read(lines: &Lines, grant: Known, binding: Known) -> Result<Vec<Change>, Refusal> {
    let (grant, binding) = try_join(read_one(lines, grant), read_one(lines, binding)).await?;
    Ok(grant.into_iter().chain(binding).collect())
}

/// What became of an object. That there is none is news only of one that was known: a namesake that a watch has told
/// of meanwhile is another.
async fn read_one(lines: &Lines, Known { id, uid }: Known) -> Result<Option<Change>, Refusal> {
    match get(lines, &id).await? {
        Some(object) => changed(&id, &object).map(Some),
        None => Ok(uid.map(|uid| Change::is_gone(id, uid))),
    }
}

/// Creates a binding. If there is one of that name already, it is returned as it is: it may be ours from a request whose
/// answer was lost, or somebody else's, and only the plan can tell.
pub(super) async fn create(lines: &Lines, lease: &Lease) -> Result<Vec<Change>, Refusal> {
    let body = binding(lease, None).to_string().into_bytes();
    let request = Request::new(collection_of(&lease.id)).create(&PostParams::default(), body);
    match lines.send(request.map_err(|error| unsendable(&error))?, DEADLINE).await {
        Err(Refusal::AlreadyExists) => {
            let found = read_one(lines, Known { id: lease.id.clone(), uid: None }).await?;
            Ok(found.into_iter().collect())
        }
        // Nothing that a second look at the grant and its binding would tell.
        Err(Refusal::NotFound) => Err(Refusal::Forbidden(format!(
            "{} or the namespace {} does not exist",
            lease.role, lease.id.namespace
        ))),
        answer => Ok(vec![changed(&lease.id, &answer?)?]),
    }
}

/// Puts a binding back to what it should be, and to nothing else: labels, annotations and finalizers of others go. Its
/// role cannot be replaced, the server refuses that.
pub(super) async fn replace(lines: &Lines, target: &Target, lease: &Lease) -> Result<Change, Refusal> {
    let body = binding(lease, Some(target)).to_string().into_bytes();
    let request =
        Request::new(collection_of(&target.id)).replace(&target.id.name, &PostParams::default(), body);
    let object = lines.send(request.map_err(|error| unsendable(&error))?, DEADLINE).await?;
    changed(&target.id, &object)
}

/// Deletes a binding. One that is not there is as good as deleted; one that a finalizer of somebody else keeps is
/// returned: it still gives access.
pub(super) async fn delete(lines: &Lines, target: &Target) -> Result<Change, Refusal> {
    let version = Some(target.resource_version.to_string());
    remove(lines, target, Preconditions { uid: Some(target.uid.to_string()), resource_version: version })
        .await
}

/// Deletes an object as far as the preconditions hold.
pub(super) async fn remove(
    lines: &Lines,
    target: &Target,
    preconditions: Preconditions,
) -> Result<Change, Refusal> {
    let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::background() };
    let request = Request::new(collection_of(&target.id)).delete(&target.id.name, &params);
    match lines.send(request.map_err(|error| unsendable(&error))?, DEADLINE).await {
        Err(Refusal::NotFound) => Ok(Change::is_gone(target.id.clone(), target.uid.clone())),
        answer => {
            let answer = answer?;
            if read::text(&answer, "/kind") == Some("Status") {
                Ok(Change::is_gone(target.id.clone(), target.uid.clone()))
            } else {
                changed(&target.id, &answer)
            }
        }
    }
}

/// Puts the end of a grant on record, and returns the record that it stands in.
pub(super) async fn record_end(
    lines: &Lines,
    own_namespace: &str,
    grant: &ObjectRef,
    at: Timestamp,
    cause: EndCause,
) -> Result<Vec<Change>, Refusal> {
    let name = ends::record_of(&grant.namespace, &grant.name);
    let data = Map::from_iter([(grant.name.to_string(), ends::entry(GrantEnd { at, cause }).into())]);
    let request = Request::new(collection(Kind::GrantEnd, own_namespace));
    let patch = Patch::Merge(json!({ "data": data }));
    let add = || request.patch(&name, &PatchParams::default(), &patch).map_err(|error| unsendable(&error));
    let recorded = match lines.send(add()?, DEADLINE).await {
        Err(Refusal::NotFound) => {
            let body = record(&name, own_namespace, &data).to_string().into_bytes();
            let create = request.create(&PostParams::default(), body).map_err(|error| unsendable(&error))?;
            match lines.send(create, DEADLINE).await {
                // Somebody was faster, or the answer to our own first try was lost.
                Err(Refusal::AlreadyExists) => lines.send(add()?, DEADLINE).await?,
                Err(Refusal::NotFound) => {
                    let words = format!("the operator's own namespace {own_namespace} does not exist");
                    return Err(Refusal::Forbidden(words));
                }
                answer => answer?,
            }
        }
        answer => answer?,
    };
    Ok(ends::changes(&recorded).into_iter().filter(|change| change.id.name == grant.name).collect())
}

fn record(name: &str, own_namespace: &str, data: &Map<String, Value>) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": own_namespace,
            "labels": {labels::MANAGED_BY: labels::MANAGER, ends::LABEL: "true"},
        },
        "data": data,
    })
}

/// The binding of a grant; with a target, in place of that version.
fn binding(lease: &Lease, target: Option<&Target>) -> Value {
    let mut annotations = Map::new();
    let instants = [
        (labels::DEADLINE, lease.deadline),
        (read::APPROVED_AT, lease.approved_at),
        (read::RETURNED_AT, lease.returned_at),
    ];
    for (key, at) in instants {
        annotations.extend(at.map(|at| (key.to_owned(), Value::from(at.to_string()))));
    }
    let mut metadata = metadata(&lease.id, (&lease.grant, &lease.grant_uid), &annotations);
    if let (Some(target), Some(metadata)) = (target, metadata.as_object_mut()) {
        metadata.insert("uid".to_owned(), Value::from(&*target.uid));
        metadata.insert("resourceVersion".to_owned(), Value::from(&*target.resource_version));
    }
    let of = api_resource(Kind::RoleBinding);
    json!({
        "apiVersion": of.api_version,
        "kind": of.kind,
        "metadata": metadata,
        "roleRef": {"apiGroup": RBAC, "kind": lease.role.kind.as_str(), "name": &*lease.role.name},
        "subjects": lease.subjects.iter().map(|one| subject(one, &lease.id.namespace)).collect::<Vec<_>>(),
    })
}

/// The metadata of what is made for a grant.
pub(super) fn metadata(
    id: &ObjectRef,
    (grant, grant_uid): (&str, &str),
    annotations: &Map<String, Value>,
) -> Value {
    json!({
        "name": &*id.name,
        "namespace": &*id.namespace,
        "labels": {labels::MANAGED_BY: labels::MANAGER, labels::GRANT_UID: grant_uid},
        "annotations": annotations,
        "ownerReferences": [{
            "apiVersion": format!("{GROUP}/{VERSION}"),
            "kind": Kind::AccessGrant.as_str(),
            "name": grant,
            "uid": grant_uid,
            "controller": true,
            // It would need rights on the finalizers of grants.
            "blockOwnerDeletion": false,
        }],
    })
}

/// A subject as a binding in a namespace names it.
pub(super) fn subject(subject: &BindingSubject, here: &str) -> Value {
    let name = &*subject.name;
    match subject.kind {
        kind @ (SubjectKind::User | SubjectKind::Group) => {
            json!({"apiGroup": RBAC, "kind": kind.as_str(), "name": name})
        }
        SubjectKind::ServiceAccount | SubjectKind::IssuedServiceAccount => {
            let given = &*subject.namespace;
            let namespace = if given.is_empty() { here } else { given };
            json!({"kind": "ServiceAccount", "name": name, "namespace": namespace})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(kind: SubjectKind) -> Lease {
        Lease {
            id: ObjectRef::namespaced(Kind::RoleBinding, "cx", "cxguard-anna"),
            grant: "anna".into(),
            grant_uid: "g-1".into(),
            role: ObjectRef::cluster(Kind::ClusterRole, "view"),
            subjects: vec![BindingSubject { kind, namespace: "".into(), name: "anna".into() }],
            deadline: None,
            approved_at: None,
            returned_at: None,
        }
    }

    #[test]
    fn a_binding_gives_one_subject_one_role_until_a_deadline() {
        let mut lease = lease(SubjectKind::User);
        lease.deadline = Some("2026-12-01T00:00:00Z".parse().unwrap());
        lease.approved_at = Some("2026-11-01T00:00:00Z".parse().unwrap());
        let expected = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {
                "name": "cxguard-anna",
                "namespace": "cx",
                "labels": {"app.kubernetes.io/managed-by": "cxguard", "cxguard.dev/grant-uid": "g-1"},
                "annotations": {
                    "cxguard.dev/deadline": "2026-12-01T00:00:00Z",
                    "cxguard.dev/approved-at": "2026-11-01T00:00:00Z",
                },
                "ownerReferences": [{
                    "apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant", "name": "anna", "uid": "g-1",
                    "controller": true, "blockOwnerDeletion": false,
                }],
            },
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "anna"}],
        });
        assert_eq!(binding(&lease, None), expected);
    }

    #[test]
    fn a_replacement_names_the_version_that_it_replaces() {
        let lease = lease(SubjectKind::Group);
        let target = Target { id: lease.id.clone(), uid: "b-1".into(), resource_version: "9".into() };
        let body = binding(&lease, Some(&target));
        assert_eq!(
            (&body["metadata"]["uid"], &body["metadata"]["resourceVersion"]),
            (&json!("b-1"), &json!("9"))
        );
        assert_eq!(body["metadata"]["annotations"], json!({}));
    }

    #[test]
    fn service_accounts_are_those_of_the_namespace() {
        for kind in [SubjectKind::ServiceAccount, SubjectKind::IssuedServiceAccount] {
            let expected = json!({"kind": "ServiceAccount", "name": "anna", "namespace": "cx"});
            assert_eq!(subject(&lease(kind).subjects[0], "cx"), expected);
        }
    }
}
