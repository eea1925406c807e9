//! Reading roles and bindings.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::workload::labels as labels_of;
use super::{items, name, names, text};
use crate::api::{LabelSelector, SubjectKind, labels};
use crate::facts::{Binding, BindingSubject, Fact, Kind, ObjectRef, Parts, Role, RoleRule};
use crate::json::within;

pub(super) fn role(kind: Kind, object: &Value) -> Fact {
    let rules = items(object, "/rules").map(|rule| RoleRule {
        verbs: names(rule, "/verbs"),
        groups: names(rule, "/apiGroups"),
        resources: names(rule, "/resources"),
        names: names(rule, "/resourceNames"),
    });
    let selectors = items(object, "/aggregationRule/clusterRoleSelectors");
    let selectors = selectors.filter_map(|selector| LabelSelector::deserialize(selector).ok());
    let parts = if kind == Kind::ClusterRole {
        Parts { labels: labels_of(object), selectors: selectors.collect() }
    } else {
        Parts::default()
    };
    Fact::Role(Arc::new(Role { rules: rules.collect(), parts }))
}

/// A service account, with the grant that owns it where our label says that the operator made it.
pub(super) fn account(object: &Value) -> Fact {
    let managed =
        within(object, "/metadata/labels").and_then(|found| found.get(labels::MANAGED_BY)?.as_str());
    let grant = items(object, "/metadata/ownerReferences").find_map(|owner| {
        let kind = Kind::parse(text(owner, "/apiVersion")?, text(owner, "/kind")?)?;
        name(owner, "/name").filter(|_| kind == Kind::AccessGrant)
    });
    Fact::Account(grant.filter(|_| managed == Some(labels::MANAGER)))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_account_is_of_the_grant_that_owns_it_where_we_made_it() {
        let of = |manager: &str, kind: &str| {
            let owner =
                json!({"apiVersion": "cxguard.dev/v1alpha1", "kind": kind, "name": "churn", "uid": "u"});
            let labels = json!({"app.kubernetes.io/managed-by": manager});
            account(&json!({"metadata": {"name": "bot", "labels": labels, "ownerReferences": [owner]}}))
        };
        assert_eq!(of("cxguard", "AccessGrant"), Fact::Account(Some("churn".into())));
        for (manager, kind) in [("helm", "AccessGrant"), ("cxguard", "Vendor")] {
            assert_eq!(of(manager, kind), Fact::Account(None));
        }
        assert_eq!(account(&json!({"metadata": {"name": "bot"}})), Fact::Account(None));
    }
}
