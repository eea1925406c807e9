//! From an object as the API server has it to what became of it.

use jiff::Timestamp;
use serde_json::Value;

use crate::api::labels;
use crate::cluster::seen::{Change, Detail, Made, Seen, SeenBinding};
use crate::facts::{Fact, Kind, Name, read_as};

/// On a binding: the approval that its deadline rests on.
pub(crate) const APPROVED_AT: &str = "cxguard.dev/approved-at";

/// When access returned after an end.
pub(crate) const RETURNED_AT: &str = "cxguard.dev/returned-at";

/// On a service account: when it was issued.
pub(crate) const ISSUED_AT: &str = "cxguard.dev/issued-at";

/// What became of an object; nothing where it has no fact (a pod that has ended).
pub fn change(kind: Kind, object: &Value) -> Option<Change> {
    let (id, fact) = read_as(kind, object)?;
    let detail = match kind {
        Kind::RoleBinding => binding(object, &fact),
        Kind::Role | Kind::ServiceAccount => made(object).map_or(Detail::None, Detail::Made),
        kind if kind.is_workload() => Detail::Workload(
            [labels::COMPLIANCE, labels::FINDINGS, labels::DATA_FLOWS]
                .map(|key| annotation(object, key).map(Name::from)),
        ),
        kind if kind.is_own() => Detail::Own {
            status: object.get("status").cloned().unwrap_or_default(),
            finalizer: finalizers(object).any(|found| found == labels::REVOKE),
        },
        _ => Detail::None,
    };
    Some(Change::exists(id, fact, seen(object, detail)))
}

/// The version of an object.
pub(crate) fn seen(object: &Value, detail: Detail) -> Seen {
    Seen {
        uid: text(object, "/metadata/uid").unwrap_or_default().into(),
        resource_version: text(object, "/metadata/resourceVersion").unwrap_or_default().into(),
        generation: object.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default(),
        deleting: text(object, "/metadata/deletionTimestamp").is_some(),
        detail,
    }
}

fn binding(object: &Value, fact: &Fact) -> Detail {
    let Fact::Binding(binding) = fact else { return Detail::None };
    Detail::Binding(SeenBinding {
        managed: is_managed(object),
        grant_uid: binding.grant_uid.clone(),
        owner: owner(object),
        deadline: annotation(object, labels::DEADLINE).map(|text| text.parse::<Timestamp>().ok()),
        approved_at: annotation(object, APPROVED_AT).and_then(|text| text.parse().ok()),
        returned_at: annotation(object, RETURNED_AT).and_then(|text| text.parse().ok()),
        role: binding.role.clone(),
        subjects: binding.subjects.clone(),
    })
}

/// The traces of a grant on an object, if there are any.
fn made(object: &Value) -> Option<Made> {
    let made = Made {
        managed: is_managed(object),
        grant_uid: label(object, labels::GRANT_UID).map(Name::from),
        owner: owner(object),
        issued_at: annotation(object, ISSUED_AT).and_then(|text| text.parse().ok()),
    };
    (made.grant_uid.is_some() || made.owner.is_some()).then_some(made)
}

/// Whether our label says that we manage an object.
fn is_managed(object: &Value) -> bool {
    label(object, labels::MANAGED_BY) == Some(labels::MANAGER)
}

/// The grant that owns an object, by name and UID.
fn owner(object: &Value) -> Option<(Name, Name)> {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    owners.into_iter().flatten().find_map(|owner| {
        let kind = Kind::parse(text(owner, "/apiVersion")?, text(owner, "/kind")?)?;
        let owner = (text(owner, "/name")?.into(), text(owner, "/uid")?.into());
        (kind == Kind::AccessGrant).then_some(owner)
    })
}

/// The finalizers of an object, in order.
pub(crate) fn finalizers(object: &Value) -> impl Iterator<Item = &str> {
    let found = object.pointer("/metadata/finalizers").and_then(Value::as_array);
    found.into_iter().flatten().filter_map(Value::as_str)
}

/// An annotation of an object.
pub(crate) fn annotation<'o>(object: &'o Value, key: &str) -> Option<&'o str> {
    object.pointer("/metadata/annotations")?.get(key)?.as_str()
}

/// A label of an object.
fn label<'o>(object: &'o Value, key: &str) -> Option<&'o str> {
    object.pointer("/metadata/labels")?.get(key)?.as_str()
}

/// A text in an object.
pub(crate) fn text<'o>(object: &'o Value, pointer: &str) -> Option<&'o str> {
    object.pointer(pointer)?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::SubjectKind;
    use crate::facts::{BindingSubject, ObjectRef};

    fn detail(kind: Kind, object: &Value) -> Detail {
        change(kind, object).unwrap().now.unwrap().1.detail
    }

    #[test]
    fn a_version_is_read() {
        let object = json!({"metadata": {
            "name": "eu", "uid": "u-1", "resourceVersion": "7", "generation": 3,
            "deletionTimestamp": "2026-11-23T10:00:00Z", "finalizers": ["other.dev/x", "cxguard.dev/revoke"],
        }, "spec": {}, "status": {"phase": "Active"}});
        let Change { id, now: Some((fact, seen)), gone: None } = change(Kind::AccessGrant, &object).unwrap()
        else {
            panic!("it exists");
        };
        assert_eq!(id, ObjectRef::cluster(Kind::AccessGrant, "eu"));
        assert!(matches!(fact, Fact::Unreadable(_)));
        assert_eq!(
            (&*seen.uid, &*seen.resource_version, seen.generation, seen.deleting),
            ("u-1", "7", 3, true)
        );
        assert_eq!(seen.detail, Detail::Own { status: json!({"phase": "Active"}), finalizer: true });
    }

    #[test]
    fn workloads_show_our_annotations() {
        let object = json!({"metadata": {"name": "w", "namespace": "cx", "annotations": {
            "cxguard.dev/compliance": "Unknown", "cxguard.dev/data-flows": "a,b", "other": "x",
        }}});
        let expected = [Some(Name::from("Unknown")), None, Some(Name::from("a,b"))];
        assert_eq!(detail(Kind::CronJob, &object), Detail::Workload(expected));
    }

    #[test]
    fn bindings_show_whose_they_are() {
        let mut object = json!({
            "metadata": {
                "name": "b", "namespace": "cx",
                "labels": {"app.kubernetes.io/managed-by": "cxguard", "cxguard.dev/grant-uid": "g-1"},
                "annotations": {"cxguard.dev/deadline": "2026-12-01T00:00:00Z"},
                "ownerReferences": [
                    {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "x-1"},
                    {"apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant", "name": "g", "uid": "g-1"},
                ],
            },
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "anna"}],
        });
        let mut expected = SeenBinding {
            managed: true,
            grant_uid: Some("g-1".into()),
            owner: Some(("g".into(), "g-1".into())),
            deadline: Some(Some("2026-12-01T00:00:00Z".parse().unwrap())),
            approved_at: None,
            returned_at: None,
            role: ObjectRef::cluster(Kind::ClusterRole, "view"),
            subjects: vec![BindingSubject {
                kind: SubjectKind::User,
                namespace: "".into(),
                name: "anna".into(),
            }],
        };
        assert_eq!(detail(Kind::RoleBinding, &object), Detail::Binding(expected.clone()));
        object["metadata"]["annotations"]["cxguard.dev/deadline"] = json!("tomorrow");
        expected.deadline = Some(None);
        assert_eq!(detail(Kind::RoleBinding, &object), Detail::Binding(expected));
    }
}
