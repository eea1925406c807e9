//! How objects are named inside cxguard.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A name as the API server has it; cheap to clone and shared between facts.
pub type Name = Arc<str>;

/// The kinds that a rule may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// What is demanded, of which namespaces.
    CompliancePolicy,
    /// A processor of customer data.
    Vendor,
    /// A human who may get access.
    Person,
    /// Which workloads move which data where.
    DataFlow,
    /// Links and respondent identifiers of a survey system.
    Survey,
    /// Who may do what in a namespace, until when.
    AccessGrant,
    /// What is prepared for incidents.
    IncidentPlan,
    /// A breach and its clock.
    Incident,
    /// Rules set aside for one object.
    Exemption,
    /// On record that a grant ended, kept apart from the grant so that it survives its deletion.
    GrantEnd,
    /// `v1` Namespace.
    Namespace,
    /// `v1` Node.
    Node,
    /// `v1` Pod.
    Pod,
    /// `apps/v1` ReplicaSet: only the hop from a pod to its Deployment, where there is one.
    ReplicaSet,
    /// `apps/v1` Deployment.
    Deployment,
    /// `apps/v1` StatefulSet.
    StatefulSet,
    /// `apps/v1` DaemonSet.
    DaemonSet,
    /// `batch/v1` Job.
    Job,
    /// `batch/v1` CronJob.
    CronJob,
    /// `rbac.authorization.k8s.io/v1` Role.
    Role,
    /// `rbac.authorization.k8s.io/v1` ClusterRole.
    ClusterRole,
    /// `rbac.authorization.k8s.io/v1` RoleBinding.
    RoleBinding,
    /// `rbac.authorization.k8s.io/v1` ClusterRoleBinding.
    ClusterRoleBinding,
    /// `v1` ServiceAccount: that it exists, and for which grant the operator made it.
    ServiceAccount,
    /// `v1` Service: only one that stands for a host elsewhere.
    Service,
    /// `v1` ConfigMap: only the hosts and links that it names.
    ConfigMap,
    /// `networking.k8s.io/v1` Ingress: only the hosts and links that it names.
    Ingress,
    /// `gateway.networking.k8s.io/v1` HTTPRoute: only the hosts and links that it names. Not every cluster has the kind.
    #[serde(rename = "HTTPRoute")]
    HttpRoute,
    /// `networking.k8s.io/v1` NetworkPolicy: only what it says of egress.
    NetworkPolicy,
    /// `v1` PersistentVolumeClaim.
    PersistentVolumeClaim,
    /// `v1` PersistentVolume.
    PersistentVolume,
    /// `storage.k8s.io/v1` StorageClass.
    StorageClass,
    /// What the API server asks a validating webhook: only the operator's own, and never from a file.
    ValidatingWebhookConfiguration,
    /// The same of a mutating webhook.
    MutatingWebhookConfiguration,
}

/// The group of an API version; empty for the core.
fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

impl Kind {
    /// The kind as manifests spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CompliancePolicy => "CompliancePolicy",
            Self::Vendor => "Vendor",
            Self::Person => "Person",
            Self::DataFlow => "DataFlow",
            Self::Survey => "Survey",
            Self::AccessGrant => "AccessGrant",
            Self::IncidentPlan => "IncidentPlan",
            Self::Incident => "Incident",
            Self::Exemption => "Exemption",
            Self::GrantEnd => "GrantEnd",
            Self::Namespace => "Namespace",
            Self::Node => "Node",
            Self::Pod => "Pod",
            Self::ReplicaSet => "ReplicaSet",
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::Role => "Role",
            Self::ClusterRole => "ClusterRole",
            Self::RoleBinding => "RoleBinding",
            Self::ClusterRoleBinding => "ClusterRoleBinding",
            Self::ServiceAccount => "ServiceAccount",
            Self::Service => "Service",
            Self::ConfigMap => "ConfigMap",
            Self::Ingress => "Ingress",
            Self::HttpRoute => "HTTPRoute",
            Self::NetworkPolicy => "NetworkPolicy",
            Self::PersistentVolumeClaim => "PersistentVolumeClaim",
            Self::PersistentVolume => "PersistentVolume",
            Self::StorageClass => "StorageClass",
            Self::ValidatingWebhookConfiguration => "ValidatingWebhookConfiguration",
            Self::MutatingWebhookConfiguration => "MutatingWebhookConfiguration",
        }
    }

    /// The API version as manifests spell it. What records the end of a grant is kept in a `ConfigMap`.
    pub const fn api_version(self) -> &'static str {
        match self {
            Self::CompliancePolicy
            | Self::Vendor
            | Self::Person
            | Self::DataFlow
            | Self::Survey
            | Self::AccessGrant
            | Self::IncidentPlan
            | Self::Incident
            | Self::Exemption => "cxguard.dev/v1alpha1",
            Self::GrantEnd
            | Self::Namespace
            | Self::Node
            | Self::Pod
            | Self::ServiceAccount
            | Self::Service
            | Self::ConfigMap
            | Self::PersistentVolumeClaim
            | Self::PersistentVolume => "v1",
            Self::ReplicaSet | Self::Deployment | Self::StatefulSet | Self::DaemonSet => "apps/v1",
            Self::Job | Self::CronJob => "batch/v1",
            Self::Role | Self::ClusterRole | Self::RoleBinding | Self::ClusterRoleBinding => {
                "rbac.authorization.k8s.io/v1"
            }
            Self::Ingress | Self::NetworkPolicy => "networking.k8s.io/v1",
            Self::HttpRoute => "gateway.networking.k8s.io/v1",
            Self::StorageClass => "storage.k8s.io/v1",
            Self::ValidatingWebhookConfiguration | Self::MutatingWebhookConfiguration => {
                "admissionregistration.k8s.io/v1"
            }
        }
    }

    /// The name of the resource, as paths and roles have it.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::CompliancePolicy => "compliancepolicies",
            Self::Vendor => "vendors",
            Self::Person => "people",
            Self::DataFlow => "dataflows",
            Self::Survey => "surveys",
            Self::AccessGrant => "accessgrants",
            Self::IncidentPlan => "incidentplans",
            Self::Incident => "incidents",
            Self::Exemption => "exemptions",
            Self::GrantEnd | Self::ConfigMap => "configmaps",
            Self::Namespace => "namespaces",
            Self::Node => "nodes",
            Self::Pod => "pods",
            Self::ReplicaSet => "replicasets",
            Self::Deployment => "deployments",
            Self::StatefulSet => "statefulsets",
            Self::DaemonSet => "daemonsets",
            Self::Job => "jobs",
            Self::CronJob => "cronjobs",
            Self::Role => "roles",
            Self::ClusterRole => "clusterroles",
            Self::RoleBinding => "rolebindings",
            Self::ClusterRoleBinding => "clusterrolebindings",
            Self::ServiceAccount => "serviceaccounts",
            Self::Service => "services",
            Self::PersistentVolumeClaim => "persistentvolumeclaims",
            Self::PersistentVolume => "persistentvolumes",
            Self::StorageClass => "storageclasses",
            Self::Ingress => "ingresses",
            Self::HttpRoute => "httproutes",
            Self::NetworkPolicy => "networkpolicies",
            Self::ValidatingWebhookConfiguration => "validatingwebhookconfigurations",
            Self::MutatingWebhookConfiguration => "mutatingwebhookconfigurations",
        }
    }

    /// The API group; empty for the core.
    pub fn group(self) -> &'static str {
        group(self.api_version())
    }

    /// Whether it says what the API server asks webhooks.
    pub(crate) const fn is_of_webhooks(self) -> bool {
        matches!(self, Self::ValidatingWebhookConfiguration | Self::MutatingWebhookConfiguration)
    }

    /// Whether objects of this kind live in a namespace.
    pub const fn is_namespaced(self) -> bool {
        !matches!(
            self,
            Self::CompliancePolicy
                | Self::Vendor
                | Self::Person
                | Self::IncidentPlan
                | Self::Incident
                | Self::Exemption
                | Self::Namespace
                | Self::Node
                | Self::ClusterRole
                | Self::ClusterRoleBinding
                | Self::PersistentVolume
                | Self::StorageClass
                | Self::ValidatingWebhookConfiguration
                | Self::MutatingWebhookConfiguration
        )
    }

    /// Whether objects of this kind are workloads, which carry the annotations.
    pub const fn is_workload(self) -> bool {
        matches!(self, Self::Deployment | Self::StatefulSet | Self::DaemonSet | Self::Job | Self::CronJob)
    }

    /// Whether objects of this kind run customer data: workloads, and the pods and ReplicaSets that none of them stands
    /// behind. These carry no annotations.
    pub const fn runs(self) -> bool {
        self.is_workload() || matches!(self, Self::Pod | Self::ReplicaSet)
    }

    /// Whether this is a kind of our own that has a status.
    pub const fn is_own(self) -> bool {
        matches!(
            self,
            Self::CompliancePolicy
                | Self::Vendor
                | Self::Person
                | Self::DataFlow
                | Self::Survey
                | Self::AccessGrant
                | Self::IncidentPlan
                | Self::Incident
                | Self::Exemption
        )
    }

    /// Whether objects of this kind select workloads, which then inherit what is found about them.
    pub const fn is_coverage(self) -> bool {
        matches!(self, Self::DataFlow | Self::Survey)
    }

    /// The kind that an owner reference or a manifest names, among those known here.
    pub fn parse(api_version: &str, kind: &str) -> Option<Self> {
        Some(match (group(api_version), kind) {
            ("cxguard.dev", "CompliancePolicy") => Self::CompliancePolicy,
            ("cxguard.dev", "Vendor") => Self::Vendor,
            ("cxguard.dev", "Person") => Self::Person,
            ("cxguard.dev", "DataFlow") => Self::DataFlow,
            ("cxguard.dev", "Survey") => Self::Survey,
            ("cxguard.dev", "AccessGrant") => Self::AccessGrant,
            ("cxguard.dev", "IncidentPlan") => Self::IncidentPlan,
            ("cxguard.dev", "Incident") => Self::Incident,
            ("cxguard.dev", "Exemption") => Self::Exemption,
            ("", "Namespace") => Self::Namespace,
            ("", "Node") => Self::Node,
            ("", "Pod") => Self::Pod,
            ("apps", "ReplicaSet") => Self::ReplicaSet,
            ("apps", "Deployment") => Self::Deployment,
            ("apps", "StatefulSet") => Self::StatefulSet,
            ("apps", "DaemonSet") => Self::DaemonSet,
            ("batch", "Job") => Self::Job,
            ("batch", "CronJob") => Self::CronJob,
            ("rbac.authorization.k8s.io", "Role") => Self::Role,
            ("rbac.authorization.k8s.io", "ClusterRole") => Self::ClusterRole,
            ("rbac.authorization.k8s.io", "RoleBinding") => Self::RoleBinding,
            ("rbac.authorization.k8s.io", "ClusterRoleBinding") => Self::ClusterRoleBinding,
            ("", "Service") => Self::Service,
            ("", "ConfigMap") => Self::ConfigMap,
            ("networking.k8s.io", "Ingress") => Self::Ingress,
            ("gateway.networking.k8s.io", "HTTPRoute") => Self::HttpRoute,
            ("networking.k8s.io", "NetworkPolicy") => Self::NetworkPolicy,
            ("", "PersistentVolumeClaim") => Self::PersistentVolumeClaim,
            ("", "PersistentVolume") => Self::PersistentVolume,
            ("storage.k8s.io", "StorageClass") => Self::StorageClass,
            _ => return None,
        })
    }

    /// The kind of that name in whichever group has it: the names of the kinds known here are all different.
    pub fn named(kind: &str) -> Option<Self> {
        let groups = [
            "cxguard.dev",
            "",
            "apps",
            "batch",
            "rbac.authorization.k8s.io",
            "networking.k8s.io",
            "gateway.networking.k8s.io",
            "storage.k8s.io",
        ];
        groups.iter().find_map(|group| Self::parse(&format!("{group}/"), kind))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One object: kind, namespace (empty for cluster-scoped kinds) and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectRef {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; empty for cluster-scoped kinds.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub namespace: Name,
    /// Its name.
    pub name: Name,
}

impl ObjectRef {
    /// A cluster-scoped object.
    pub fn cluster(kind: Kind, name: &str) -> Self {
        Self { kind, namespace: Name::from(""), name: Name::from(name) }
    }

    /// A namespaced object.
    pub fn namespaced(kind: Kind, namespace: &str, name: &str) -> Self {
        Self { kind, namespace: Name::from(namespace), name: Name::from(name) }
    }
}

/// `Vendor/feedbackhub`, `AccessGrant/cx-feedback/analyst-7-churn`.
impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            write!(f, "{}/{}", self.kind, self.name)
        } else {
            write!(f, "{}/{}/{}", self.kind, self.namespace, self.name)
        }
    }
}
