//! The objects that the stories are about.

use serde_json::{Value, json};

use crate::stage::day;

pub(crate) const API: &str = "cxguard.dev/v1alpha1";

/// What every story needs: the role that is given.
pub(crate) const GENERAL: &str = r#"
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: feedback-reader}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, list]}]
"#;

/// A protected namespace.
pub(crate) fn namespace(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": name, "labels": {"cxguard.dev/protected": "true"}},
    })
}

/// Somebody employed.
pub(crate) fn employee(user: &str) -> Value {
    json!({
        "apiVersion": API, "kind": "Person", "metadata": {"name": user},
        "spec": {"usernames": [user], "type": "Employee", "country": "DE", "jobRole": "support"},
    })
}

/// Somebody engaged through [`firm`], with all papers.
pub(crate) fn consultant(user: &str, firm: &str) -> Value {
    json!({
        "apiVersion": API, "kind": "Person", "metadata": {"name": user},
        "spec": {
            "usernames": [user], "type": "Consultant", "vendor": firm, "country": "DE",
            "jobRole": "data-analyst",
            "confidentiality": {"signedOn": day(-60), "validUntil": day(60)},
            "engagement": {"from": day(-60), "until": day(60)},
        },
    })
}

/// A firm with an agreement in force.
pub(crate) fn firm(name: &str) -> Value {
    json!({
        "apiVersion": API, "kind": "Vendor", "metadata": {"name": name},
        "spec": {
            "country": "DE", "role": "Processor", "services": ["analysis"],
            "locations": [{"use": "Processing", "country": "DE"}],
            "agreement": {
                "reference": {"url": "https://contracts.example/firm"},
                "signedOn": day(-60), "validUntil": day(300), "reviewedOn": day(-60), "countries": ["DE"],
                "clauses": [
                    "Instructions", "Confidentiality", "Security", "SubProcessors", "DataSubjectRights",
                    "Assistance", "ReturnOrDeletion", "Audits",
                ],
                "measures": ["EncryptionAtRest", "EncryptionInTransit", "AccessControl", "RegularTesting"],
                "breachNotice": "24h", "aiTraining": "Forbidden",
            },
            "certifications": [{
                "standard": "ISO27001", "edition": "2022", "accredited": true, "scope": ["analysis"],
                "issuedOn": day(-60), "validUntil": day(900), "surveillanceOn": day(-60),
            }],
            "assessedOn": day(-60),
            "incidentResponse": {"planReviewedOn": day(-60)},
        },
    })
}

/// A binding of the granted role that cxguard knows nothing of.
pub(crate) fn foreign_binding(namespace: &str, name: &str, subject: &Value) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "feedback-reader"},
        "subjects": [subject],
    })
}

/// A subject of a binding.
pub(crate) fn subject(kind: &str, name: &str) -> Value {
    json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name})
}
