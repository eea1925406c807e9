//! Facts about access: grants, roles and bindings.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{Kind, Name, ObjectRef};
use super::labels::Labels;
use super::selector::selects;
use crate::api::{AccessGrantSpec, EndCause, LabelSelector, Phase, RoleKind, SubjectKind};

/// A grant as it is judged: what was asked for, and what its status remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GrantFact {
    /// What was asked for.
    pub spec: AccessGrantSpec,
    /// Since when it is active; absent before its first activation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<Timestamp>,
    /// The last phase that was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// When and why its access last ended, as its status has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<GrantEnd>,
    /// What still gave the subject access after that end, as its status has it: named by the bindings, or by the API
    /// server when it was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub residual: Vec<String>,
    /// The Persons of the group who had no access when its status was last written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<String>,
}

/// The role that a grant gives.
pub(crate) fn role_of(grant: &ObjectRef, spec: &AccessGrantSpec) -> ObjectRef {
    match spec.role.kind {
        RoleKind::ClusterRole => ObjectRef::cluster(Kind::ClusterRole, &spec.role.name),
        RoleKind::Role => ObjectRef::namespaced(Kind::Role, &grant.namespace, &spec.role.name),
    }
}

/// When and why the access of a grant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantEnd {
    /// When access was over, not when it should have been: an approval later than this renews the grant.
    pub at: Timestamp,
    /// The cause.
    pub cause: EndCause,
}

/// What a Role or ClusterRole allows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its rules; those of an aggregated role as its controller has filled them in.
    pub rules: Vec<RoleRule>,
    /// Of a ClusterRole, by what it is a part of others, and which are parts of it: files have seen no controller.
    #[serde(default, skip_serializing_if = "Parts::is_empty")]
    pub parts: Parts,
}

/// How a ClusterRole is aggregated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parts {
    /// Its labels, by which others select it.
    pub labels: Labels,
    /// The selectors of those whose rules it takes over.
    pub selectors: Vec<LabelSelector>,
}

impl Parts {
    fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.selectors.is_empty()
    }

    /// Whether a ClusterRole with these labels is a part of this one.
    pub(super) fn include(&self, labels: &Labels) -> bool {
        self.selectors.iter().any(|selector| selects(selector, labels))
    }
}

/// One rule of a role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoleRule {
    /// Verbs, `*` for all.
    pub verbs: Vec<Name>,
    /// API groups, the core group as the empty string, `*` for all.
    pub groups: Vec<Name>,
    /// Resources and subresources as `pods/log`, `*` for all.
    pub resources: Vec<Name>,
    /// Names, none for all.
    pub names: Vec<Name>,
}

/// Who is bound to which role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Binding {
    /// The role; for a RoleBinding to a ClusterRole that role within the namespace.
    pub role: ObjectRef,
    /// Who is bound.
    pub subjects: Vec<BindingSubject>,
    /// The UID of the grant that the binding serves, from our label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_uid: Option<Name>,
}

/// One subject of a binding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BindingSubject {
    /// User, Group or ServiceAccount.
    pub kind: SubjectKind,
    /// The namespace of a service account; empty for others.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub namespace: Name,
    /// The name.
    pub name: Name,
}

/// In words: `User ann@corp.example`, `ServiceAccount cx/sender`.
impl fmt::Display for BindingSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.namespace {
            "" => write!(f, "{} {}", self.kind, self.name),
            namespace => write!(f, "{} {namespace}/{}", self.kind, self.name),
        }
    }
}
