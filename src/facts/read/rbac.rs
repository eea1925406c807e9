//! Reading roles and bindings.

use std::sync::Arc;

use serde_json::Value;

use super::{items, name, names, text};
use crate::api::{SubjectKind, labels};
use crate::facts::{Binding, BindingSubject, Fact, Kind, ObjectRef, Role, RoleRule};
use crate::pointer::within;

pub(super) fn role(object: &Value) -> Fact {
    let rules = items(object, "/rules").map(|rule| RoleRule {
        verbs: names(rule, "/verbs"),
        groups: names(rule, "/apiGroups"),
        resources: names(rule, "/resources"),
        names: names(rule, "/resourceNames"),
    });
    Fact::Role(Arc::new(Role { rules: rules.collect() }))
}

pub(super) fn binding(id: &ObjectRef, object: &Value) -> Fact {
    let to = text(object, "/roleRef/name").unwrap_or_default();
    let role = match text(object, "/roleRef/kind") {
        Some("Role") => ObjectRef::namespaced(Kind::Role, &id.namespace, to),
        _ => ObjectRef::cluster(Kind::ClusterRole, to),
    };
    let subjects = items(object, "/subjects").filter_map(|subject| {
        Some(BindingSubject {
            kind: match text(subject, "/kind")? {
                "User" => SubjectKind::User,
                "Group" => SubjectKind::Group,
                "ServiceAccount" => SubjectKind::ServiceAccount,
                _ => return None,
            },
            namespace: name(subject, "/namespace").unwrap_or_default(),
            name: name(subject, "/name")?,
        })
    });
    let grant_uid =
        within(object, "/metadata/labels").and_then(|found| found.get(labels::GRANT_UID)?.as_str());
    Fact::Binding(Arc::new(Binding {
        role,
        subjects: subjects.collect(),
        grant_uid: grant_uid.map(Into::into),
    }))
}
