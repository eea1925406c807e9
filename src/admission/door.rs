//! Which requests are judged, and as what.

use super::request::{Operation, Request};
use crate::facts::{Kind, World};

/// What a request is judged as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// One of our own objects, new or changed.
    Own(Kind),
    /// The end of an object that others may rest on.
    Removal(Kind),
    /// What makes pods, new or changed.
    Workload(Kind),
    /// A pod, new or changed.
    Pod,
    /// The node that the scheduler chose for a pod.
    Placement,
    /// A role or a binding, new or changed.
    Rbac(Kind),
    /// A way into what runs, past the objects.
    Session,
}

impl Door {
    /// The door that a request comes to; nothing if it concerns nothing that is judged.
    pub(super) fn of(request: &Request) -> Option<Self> {
        use Operation::{Connect, Create, Delete, Update};
        let resource = &request.resource;
        let written = matches!(request.operation, Create | Update);
        match (&*resource.group, &*resource.resource, &*request.sub_resource) {
            // The older resource for the same, which is still served.
            ("", "pods", "binding") | ("", "bindings", "") => {
                (request.operation == Create).then_some(Self::Placement)
            }
            ("", "pods", "ephemeralcontainers") => (request.operation == Update).then_some(Self::Session),
            ("", "pods", "exec" | "attach" | "portforward" | "proxy")
            | ("", "services" | "nodes", "proxy") => (request.operation == Connect).then_some(Self::Session),
            ("", "pods", "") => written.then_some(Self::Pod),
            (group, plural, "") if written => match kind(group, plural)? {
                kind if kind.is_own() => Some(Self::Own(kind)),
                kind if kind.runs() => Some(Self::Workload(kind)),
                kind => Some(Self::Rbac(kind)),
            },
            (group, plural, "") if request.operation == Delete => kind(group, plural)
                .filter(|kind| matches!(kind, Kind::Vendor | Kind::Person | Kind::CompliancePolicy))
                .map(Self::Removal),
            _ => None,
        }
    }

    /// Whether the answer decides about somebody's access, and is no when in doubt.
    pub(super) fn is_about_access(self) -> bool {
        matches!(self, Self::Own(Kind::AccessGrant) | Self::Rbac(_) | Self::Session)
    }
}

/// The kinds that are judged when they are written.
const WRITTEN: [Kind; 19] = [
    Kind::CompliancePolicy,
    Kind::Vendor,
    Kind::Person,
    Kind::DataFlow,
    Kind::Survey,
    Kind::AccessGrant,
    Kind::IncidentPlan,
    Kind::Incident,
    Kind::Exemption,
    Kind::Deployment,
    Kind::StatefulSet,
    Kind::DaemonSet,
    Kind::ReplicaSet,
    Kind::Job,
    Kind::CronJob,
    Kind::Role,
    Kind::ClusterRole,
    Kind::RoleBinding,
    Kind::ClusterRoleBinding,
];

/// The kind that a resource holds, among those that are judged when they are written.
fn kind(group: &str, plural: &str) -> Option<Kind> {
    WRITTEN.into_iter().find(|kind| (kind.group(), kind.plural()) == (group, plural))
}

/// Whether a request passes whatever it asks: the operator's own, and those by which Kubernetes clears up or adds up what
/// others wrote into roles. A revocation and the end of a namespace wait for no judgement.
pub(super) fn is_exempt(request: &Request, world: &World) -> bool {
    const OF_KUBERNETES: [(&str, &str); 3] = [
        ("kube-system", "namespace-controller"),
        ("kube-system", "generic-garbage-collector"),
        ("kube-system", "clusterrole-aggregation-controller"),
    ];
    let account = request.user_info.username.strip_prefix("system:serviceaccount:");
    let account = account.and_then(|account| account.split_once(':'));
    account.is_some_and(|account| world.is_operator(account) || OF_KUBERNETES.contains(&account))
}
