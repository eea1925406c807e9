//! Where the API server keeps the objects of each kind.

use kube::core::{ApiResource, GroupVersionKind};

use crate::facts::{Kind, ObjectRef};

/// The group, version, kind and plural of the objects that hold what is known of a kind.
pub(super) fn api_resource(kind: Kind) -> ApiResource {
    let (group, version) = kind.api_version().split_once('/').unwrap_or(("", kind.api_version()));
    let name = if kind == Kind::GrantEnd { "ConfigMap" } else { kind.as_str() };
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, name), kind.plural())
}

/// The path of the collection: of one namespace, or of the whole cluster if the namespace is empty.
pub(super) fn collection(kind: Kind, namespace: &str) -> String {
    let of = api_resource(kind);
    let root = if of.group.is_empty() { "api" } else { "apis" };
    if namespace.is_empty() {
        format!("/{root}/{}/{}", of.api_version, of.plural)
    } else {
        format!("/{root}/{}/namespaces/{namespace}/{}", of.api_version, of.plural)
    }
}

/// The path of the collection that an object belongs to.
pub(super) fn collection_of(id: &ObjectRef) -> String {
    collection(id.kind, &id.namespace)
}

/// A resource as people and roles name it: `accessgrants.cxguard.dev`.
pub(super) fn plural(kind: Kind) -> String {
    let of = api_resource(kind);
    if of.group.is_empty() { of.plural } else { format!("{}.{}", of.plural, of.group) }
}

#[cfg(test)]
mod tests {
    use kube::CustomResourceExt;

    use super::*;
    use crate::api::{
        AccessGrant, CompliancePolicy, DataFlow, Exemption, Incident, IncidentPlan, Person, Survey, Vendor,
    };

    #[test]
    fn paths_are_those_of_the_api_server() {
        assert_eq!(collection(Kind::Pod, ""), "/api/v1/pods");
        assert_eq!(collection(Kind::GrantEnd, "cxguard"), "/api/v1/namespaces/cxguard/configmaps");
        assert_eq!(
            collection_of(&ObjectRef::namespaced(Kind::RoleBinding, "cx", "b")),
            "/apis/rbac.authorization.k8s.io/v1/namespaces/cx/rolebindings"
        );
        assert_eq!(plural(Kind::AccessGrant), "accessgrants.cxguard.dev");
        assert_eq!(plural(Kind::Node), "nodes");
    }

    #[test]
    fn our_own_kinds_are_named_as_their_definitions_name_them() {
        let defined = [
            (Kind::CompliancePolicy, CompliancePolicy::api_resource()),
            (Kind::Vendor, Vendor::api_resource()),
            (Kind::Person, Person::api_resource()),
            (Kind::DataFlow, DataFlow::api_resource()),
            (Kind::Survey, Survey::api_resource()),
            (Kind::AccessGrant, AccessGrant::api_resource()),
            (Kind::IncidentPlan, IncidentPlan::api_resource()),
            (Kind::Incident, Incident::api_resource()),
            (Kind::Exemption, Exemption::api_resource()),
        ];
        for (kind, resource) in defined {
            assert_eq!(api_resource(kind), resource);
        }
    }
}
