//! Access with an end.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::{DataForm, HolderKind};
use super::grant_words::{DeadlineCause, EndCause, Notice, Verified};
use super::status::Status;
use super::words::words;
use crate::values::{Date, Instant};

/// Who may do what in this namespace, until when.
#[derive(CustomResource, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "cxguard.dev",
    version = "v1alpha1",
    kind = "AccessGrant",
    namespaced,
    shortname = "grant",
    category = "cx",
    status = "AccessGrantStatus",
    derive = "PartialEq",
    doc = "Who may do what in this namespace, until when.",
    selectable = ".spec.subject.name",
    selectable = ".status.phase",
    printcolumn = r#"{"name": "Phase", "type": "string", "jsonPath": ".status.phase"}"#,
    printcolumn = r#"{"name": "Reason", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Ready')].reason"}"#,
    printcolumn = r#"{"name": "Until", "type": "string", "jsonPath": ".status.deadline"}"#,
    printcolumn = r#"{"name": "Because", "type": "string", "jsonPath": ".status.deadlineCause"}"#,
    printcolumn = r#"{"name": "Subject", "type": "string", "jsonPath": ".spec.subject.name"}"#,
    printcolumn = r#"{"name": "Role", "type": "string", "jsonPath": ".spec.role.name"}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name": "Compliant", "type": "string", "priority": 1, "jsonPath": ".status.conditions[?(@.type=='Compliant')].status"}"#,
    printcolumn = r#"{"name": "Message", "type": "string", "priority": 1, "jsonPath": ".status.conditions[?(@.type=='Ready')].message"}"#
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("self.subject == oldSelf.subject && self.role == oldSelf.role")
        .message("subject and role are immutable"),
    validation = Rule::new(
        "has(self.issuedTo) == has(oldSelf.issuedTo) && (!has(self.issuedTo) || self.issuedTo == oldSelf.issuedTo)"
    )
    .message("issuedTo is immutable"),
    validation = Rule::new(
        "has(self.requestedBy) == has(oldSelf.requestedBy) \
        && (!has(self.requestedBy) || self.requestedBy == oldSelf.requestedBy)"
    )
    .message("requestedBy is immutable"),
    validation = Rule::new(
        "!has(oldSelf.revoked) || (has(self.revoked) && self.revoked == oldSelf.revoked)"
    )
    .message("revoked is final"),
    validation = Rule::new(
        "!has(oldSelf.approval) || (has(self.approval) \
        && (self.approval == oldSelf.approval || self.approval.at > oldSelf.approval.at))"
    )
    .message("approval stays: only a later one replaces it"),
    validation = Rule::new(
        "!has(oldSelf.expiresAt) || (has(self.expiresAt) && self.expiresAt <= oldSelf.expiresAt) \
        || (has(self.approval) && (!has(oldSelf.approval) || self.approval.at > oldSelf.approval.at))"
    )
    .message("expiresAt moves later only with a later approval"),
    validation = Rule::new(
        "!has(oldSelf.approval) || (has(self.approval) && self.approval.at > oldSelf.approval.at) \
        || (has(self.startsAt) == has(oldSelf.startsAt) \
        && (!has(self.startsAt) || self.startsAt == oldSelf.startsAt) \
        && has(self.dataForm) == has(oldSelf.dataForm) \
        && (!has(self.dataForm) || self.dataForm == oldSelf.dataForm) \
        && has(self.emergency) == has(oldSelf.emergency) \
        && (!has(self.emergency) || self.emergency == oldSelf.emergency))"
    )
    .message("startsAt, dataForm and emergency are approved: they change only with a later approval"),
    validation = Rule::new("!has(self.startsAt) || !has(self.expiresAt) || self.startsAt < self.expiresAt")
        .message("startsAt must be before expiresAt")
        .field_path(".startsAt"),
    validation = Rule::new(
        "!has(self.expiresAt) || self.expiresAt < timestamp('2200-01-01T00:00:00Z')"
    )
    .message("expiresAt must be before 2200-01-01: to grant access without end, leave it out")
    .field_path(".expiresAt"),
    validation = Rule::new("self.subject.kind != 'IssuedServiceAccount' || has(self.issuedTo)")
        .message("subject.kind IssuedServiceAccount needs issuedTo: who may fetch its tokens"),
    validation = Rule::new(
        "!(self.subject.kind in ['ServiceAccount', 'IssuedServiceAccount']) \
        || self.subject.name.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')"
    )
    .message("the name of a service account is lower case letters, digits, - and .")
    .field_path(".subject.name"),
    validation = Rule::new("self.subject.kind != 'IssuedServiceAccount' || self.subject.name != 'default'")
        .message("every namespace has a service account named default: name another, which is made for the grant")
        .field_path(".subject.name")
)]
pub struct AccessGrantSpec {
    /// Who is warned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Who gets access. Immutable.
    pub subject: GrantSubject,
    /// With subject.kind IssuedServiceAccount: who may fetch its token. Of other subjects it means nothing. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_to: Option<Holder>,
    /// What the subject may do. Immutable.
    pub role: RoleRef,
    /// The most that the access shows of a person: Aggregate, Anonymised, Pseudonymised or Identifiable. Once approved,
    /// it changes only with a later approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_form: Option<DataForm>,
    /// True: who gets the access may approve it, where the policy allows that in an emergency; at once, never for long,
    /// and to be reviewed by somebody else. Default: false. Once approved, it changes only with a later approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<bool>,
    /// Why access is needed. Printed in reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub reason: Option<String>,
    /// When access begins, an RFC 3339 instant. Absent: at once. Once approved, it changes only with a later approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Instant>,
    /// When access ends, an RFC 3339 instant before 2200-01-01. Absent: at the policy's maximum, with a finding. Moves
    /// later, or goes away, only with a later approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
    /// User name of who asks for access. Immutable; the creator's own name, unless the creator holds the verb vouch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<String>,
    /// Who agreed, and when. Never removed; replaced only by a later one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// The day somebody last checked that the access is still needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed_on: Option<Date>,
    /// User name of who checked it: the own name, unless the writer holds the verb vouch. An emergency is to be reviewed
    /// by somebody who holds the verb approve and neither has the access nor asked for it nor approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub reviewed_by: Option<String>,
    /// Set: access ends now, for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revoked>,
}

/// Who gets access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new(
    "!(self.kind in ['User', 'Group']) || !self.name.matches('^system:') \
    || (self.kind == 'User' && self.name.matches('^system:serviceaccount:[^:]+:[^:]+$'))"
)
.message("names that begin with system: are Kubernetes' own: name a person, a group of yours or a service account")
.field_path(".name"))]
pub struct GrantSubject {
    /// User, Group, ServiceAccount (of this namespace) or IssuedServiceAccount (made for the grant, dies with it).
    pub kind: SubjectKind,
    /// Name of the subject as the API server sees it; of a service account, its bare name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// Who may fetch a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new(
    "!(self.kind in ['User', 'Group']) || !self.name.matches('^system:') \
    || (self.kind == 'User' && self.name.matches('^system:serviceaccount:[^:]+:[^:]+$'))"
)
.message("names that begin with system: are Kubernetes' own: name a person, a group of yours or a service account")
.field_path(".name"))]
pub struct Holder {
    /// User, Group or ServiceAccount (of this namespace).
    pub kind: HolderKind,
    /// Name as the API server sees it; of a service account, its bare name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// What the subject may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleRef {
    /// ClusterRole or Role (of this namespace). Either way it is bound in this namespace only.
    pub kind: RoleKind,
    /// Name of the role.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// Who agreed, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approval {
    /// User name of the approver: the own name, unless the writer holds the verb vouch.
    #[schemars(length(min = 1, max = 253))]
    pub by: String,
    /// When, an RFC 3339 instant.
    pub at: Instant,
    /// The metadata.generation of the grant that was read. If given, the API server refuses to approve another, such as
    /// what the requester has changed meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_i64))]
    pub generation: Option<i64>,
}

/// That access ends before its time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Revoked {
    /// Why. Printed in reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub reason: Option<String>,
}

/// What the operator says about a grant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessGrantStatus {
    /// What every kind has.
    #[serde(flatten)]
    pub common: Status,
    /// Pending, Active, Suspended, Expired or Revoked. The last two are final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// The next instant at which access ends: expiresAt, the policy's maximum, or the end of a paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Instant>,
    /// What sets the deadline: ExpiresAt, PolicyMaximum, Engagement, Confidentiality, Agreement, VendorEnded, Review,
    /// Left or JobRoleChanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_cause: Option<DeadlineCause>,
    /// The RoleBinding that gives access. Absent: there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding: Option<BindingRef>,
    /// When access was first given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<Instant>,
    /// How access last ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation: Option<Revocation>,
    /// The last notice that was sent before the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warned: Option<Warned>,
    /// The people of the group who get no access by this grant, where the policy excludes those without papers; at most
    /// 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub excluded: Vec<ExcludedPerson>,
}

/// Somebody of the group who gets no access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExcludedPerson {
    /// Name of the Person.
    #[schemars(length(max = 253))]
    pub person: String,
    /// Why, each in a sentence; at most 10.
    #[schemars(length(max = 10), inner(length(max = 1024)))]
    pub reasons: Vec<String>,
}

/// A binding, exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BindingRef {
    /// Name of the RoleBinding in the grant's namespace.
    pub name: String,
    /// UID of the RoleBinding.
    #[schemars(length(max = 128))]
    pub uid: String,
}

/// How access ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Revocation {
    /// When access really ended: when the binding was deleted. Absent while the binding stands, and of a grant that
    /// never gave access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
    /// When access should have ended: the instant of the cause. Absent where the cause has none of its own, such as
    /// spec.revoked, and of a grant that never gave access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Instant>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<EndCause>,
    /// Whether the API server denies the subject now what nothing retains: True, False, or Partial (not all groups of it
    /// are known).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Verified>,
    /// What still gives the subject access, or keeps the operator from ending it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), inner(length(max = 1024)))]
    pub residual: Vec<String>,
    /// What gives the subject the same for a reason of its own, and the reason: another grant, or a subject that the
    /// policy trusts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), inner(length(max = 1024)))]
    pub retained: Vec<String>,
}

/// A notice before the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Warned {
    /// How long before the end: Week, Day or Hour.
    pub notice: Notice,
    /// The deadline that the notice was about.
    pub deadline: Instant,
}

words! {
    /// What a grant's subject is.
    SubjectKind {
        /// A user.
        User = "User",
        /// A group.
        Group = "Group",
        /// A service account of the namespace.
        ServiceAccount = "ServiceAccount",
        /// A service account made for the grant; every token of it dies with it.
        IssuedServiceAccount = "IssuedServiceAccount",
    }
}

words! {
    /// What a grant's role is.
    RoleKind {
        /// A role of the cluster, bound in the namespace.
        ClusterRole = "ClusterRole",
        /// A role of the namespace.
        Role = "Role",
    }
}

words! {
    /// Where a grant stands.
    Phase {
        /// It waits for its start, an approval or a missing fact.
        Pending = "Pending",
        /// The subject has access.
        Active = "Active",
        /// No access until the cause is gone.
        Suspended = "Suspended",
        /// Its time is over; final.
        Expired = "Expired",
        /// Ended before its time; final.
        Revoked = "Revoked",
    }
}

impl Phase {
    /// Whether nothing but a later approval leads out of it.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Expired | Self::Revoked)
    }
}
