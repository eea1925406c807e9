//! Foreign kinds: the types of the fields that a rule reads.
//!
//! Where the API server would refuse an object for the type of such a field, a rule would see nothing there, and
//! nothing would be wrong with it. So that must be said. No other field is looked at: there are validators for that.

use super::found::Found;
use super::meta;
use super::outline::Outline::{self, AnyList, Both, Fields, List, Map, OneOf, Required, Text};
use crate::facts::Kind;
use crate::json::Json;

const TEXTS: Outline = List(&Text);
const NAMED: Outline = Fields(&[("name", Text)]);

const TERMS: Outline = List(&Fields(&[("matchExpressions", List(&EXPRESSION))]));
const EXPRESSION: Outline =
    Both(&Required(&[("key", Text), ("operator", OPERATOR)]), &Fields(&[("values", TEXTS)]));
const OPERATOR: Outline = OneOf(&["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]);

const CONTAINERS: Outline = List(&Fields(&[
    ("env", List(&Fields(&[("value", Text), ("valueFrom", Fields(&[("configMapKeyRef", NAMED)]))]))),
    ("envFrom", List(&Fields(&[("configMapRef", NAMED)]))),
    ("command", TEXTS),
    ("args", TEXTS),
]));

const VOLUMES: Outline = List(&Fields(&[
    ("name", Text),
    ("configMap", NAMED),
    ("projected", Fields(&[("sources", List(&Fields(&[("configMap", NAMED)])))])),
    ("persistentVolumeClaim", Fields(&[("claimName", Text)])),
    ("ephemeral", Fields(&[("volumeClaimTemplate", CLAIM)])),
]));

const POD: Outline = Fields(&[
    ("nodeName", Text),
    ("nodeSelector", Map(&Text)),
    (
        "affinity",
        Fields(&[(
            "nodeAffinity",
            Fields(&[(
                "requiredDuringSchedulingIgnoredDuringExecution",
                Fields(&[("nodeSelectorTerms", TERMS)]),
            )]),
        )]),
    ),
    ("initContainers", CONTAINERS),
    ("containers", CONTAINERS),
    ("volumes", VOLUMES),
]);

const TEMPLATE: Outline = Fields(&[("metadata", Fields(&[("labels", Map(&Text))])), ("spec", POD)]);
const CLAIM: Outline =
    Fields(&[("metadata", NAMED), ("spec", Fields(&[("storageClassName", Text), ("volumeName", Text)]))]);

const WORKLOAD: Outline =
    Fields(&[("spec", Fields(&[("template", TEMPLATE), ("volumeClaimTemplates", List(&CLAIM))]))]);
const CRON_JOB: Outline =
    Fields(&[("spec", Fields(&[("jobTemplate", Fields(&[("spec", Fields(&[("template", TEMPLATE)]))]))]))]);

const ROLE: Outline = Fields(&[(
    "rules",
    List(&Fields(&[("verbs", TEXTS), ("apiGroups", TEXTS), ("resources", TEXTS), ("resourceNames", TEXTS)])),
)]);
const CLUSTER_BINDING: Outline = Fields(&[
    ("roleRef", Required(&[("kind", OneOf(&["ClusterRole"])), ("name", Text)])),
    ("subjects", SUBJECTS),
]);
const BINDING: Outline = Fields(&[
    ("roleRef", Required(&[("kind", OneOf(&["ClusterRole", "Role"])), ("name", Text)])),
    ("subjects", SUBJECTS),
]);
const SUBJECTS: Outline = List(&Both(
    &Required(&[("kind", OneOf(&["User", "Group", "ServiceAccount"])), ("name", Text)]),
    &Fields(&[("namespace", Text)]),
));

const NETWORK_POLICY: Outline = Fields(&[(
    "spec",
    Fields(&[
        ("policyTypes", List(&OneOf(&["Ingress", "Egress"]))),
        ("podSelector", Fields(&[("matchLabels", Map(&Text)), ("matchExpressions", AnyList)])),
        ("egress", List(&Fields(&[("ports", AnyList), ("to", List(&Fields(&[("ipBlock", BLOCK)])))]))),
    ]),
)]);
const BLOCK: Outline = Fields(&[("cidr", Text), ("except", TEXTS)]);

const VOLUME: Outline = Fields(&[(
    "spec",
    Fields(&[
        ("csi", Fields(&[("driver", Text), ("volumeAttributes", Map(&Text))])),
        ("nodeAffinity", Fields(&[("required", Fields(&[("nodeSelectorTerms", TERMS)]))])),
        ("storageClassName", Text),
    ]),
)]);
const CLASS: Outline = Fields(&[
    ("provisioner", Text),
    ("parameters", Map(&Text)),
    (
        "allowedTopologies",
        List(&Fields(&[("matchLabelExpressions", List(&Fields(&[("key", Text), ("values", TEXTS)])))])),
    ),
]);

const INGRESS: Outline = Fields(&[(
    "spec",
    Fields(&[("rules", List(&Fields(&[("host", Text)]))), ("tls", List(&Fields(&[("hosts", TEXTS)])))]),
)]);

/// Which fields of a kind a rule reads; nothing beside the metadata for kinds of which no rule reads more.
pub(super) const fn outline(kind: Kind) -> Outline {
    match kind {
        Kind::Node => Fields(&[("spec", Fields(&[("providerID", Text)]))]),
        Kind::Pod => Fields(&[("spec", POD), ("status", Fields(&[("phase", Text)]))]),
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::Job | Kind::ReplicaSet => WORKLOAD,
        Kind::CronJob => CRON_JOB,
        Kind::Role | Kind::ClusterRole => ROLE,
        Kind::RoleBinding => BINDING,
        Kind::ClusterRoleBinding => CLUSTER_BINDING,
        Kind::Service => Fields(&[("spec", Fields(&[("type", Text), ("externalName", Text)]))]),
        Kind::ConfigMap => Fields(&[("data", Map(&Text))]),
        Kind::Ingress => INGRESS,
        Kind::HttpRoute => Fields(&[("spec", Fields(&[("hostnames", TEXTS)]))]),
        Kind::NetworkPolicy => NETWORK_POLICY,
        Kind::PersistentVolumeClaim => CLAIM,
        Kind::PersistentVolume => VOLUME,
        Kind::StorageClass => CLASS,
        _ => Fields(&[]),
    }
}

/// Reports the fields that are of another type than the API server admits.
pub(super) fn check<'o>(kind: Kind, object: impl Json<'o>, found: &mut Found) {
    meta::foreign(object, found);
    outline(kind).check(object, found);
}

#[cfg(test)]
mod tests {
    use crate::facts::Kind;
    use crate::manifests::schema::problems;

    fn said(manifest: &str) -> Vec<String> {
        let object: serde_json::Value = serde_saphyr::from_str(manifest).unwrap();
        let text = |field: &str| object[field].as_str().unwrap();
        let kind = Kind::parse(text("apiVersion"), text("kind")).unwrap();
        problems(kind, &object)
            .into_iter()
            .map(|found| format!("{}: {}", found.path, found.problem))
            .collect()
    }

    const SPEC: &str =
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: ";
    const BINDING: &str =
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b}\n";

    #[test]
    fn what_a_rule_would_not_see_is_said() {
        let namespace =
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: cx, labels: {cxguard.dev/protected: ";
        for (manifest, expected) in [
            (
                format!("{namespace}true}}}}"),
                vec![
                    "/metadata/labels/cxguard.dev~1protected: expected a string, found the boolean true: quote it",
                ],
            ),
            (format!("{namespace}'true'}}}}"), vec![]),
            (format!("{namespace}null}}}}"), vec![]),
            (
                format!("{SPEC}{{containers: {{name: a}}}}}}}}"),
                vec!["/spec/template/spec/containers: expected a list, found a map"],
            ),
            (
                format!("{SPEC}{{containers: [{{env: [{{name: A, value: 5}}], args: [-v, 2]}}]}}}}}}"),
                vec![
                    "/spec/template/spec/containers/0/args/1: expected a string, found the number 2: quote it",
                    "/spec/template/spec/containers/0/env/0/value: expected a string, found the number 5: quote it",
                ],
            ),
            (
                format!("{SPEC}{{nodeSelector: {{disk: true}}}}}}}}"),
                vec![
                    "/spec/template/spec/nodeSelector/disk: expected a string, found the boolean true: quote it",
                ],
            ),
            (
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: [template]".to_owned(),
                vec!["/spec: expected a map, found a list"],
            ),
            (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {port: 80, host: a.example}"
                    .to_owned(),
                vec!["/data/port: expected a string, found the number 80: quote it"],
            ),
            (
                format!("{BINDING}roleRef: {{kind: Role}}\nsubjects: [{{kind: user, name: anna}}]"),
                vec![
                    "/roleRef/name: the required field \"name\" is missing",
                    "/subjects/0/kind: \"user\" is not one of User, Group, ServiceAccount: did you mean \"User\"?",
                ],
            ),
            (
                format!("{BINDING}roleRef: {{kind: Role, name: r}}\nsubjects: {{}}"),
                vec!["/subjects: expected a list, found a map"],
            ),
            (format!("{BINDING}roleRef: {{kind: Role, name: r}}\nsubjects: null"), vec![]),
        ] {
            assert_eq!(said(&manifest), expected, "{manifest}");
        }
    }

    #[test]
    fn every_example_has_the_types_that_the_server_wants() {
        for text in [
            include_str!("../../../examples/compliant/cx-feedback.yaml"),
            include_str!("../../../examples/violating/outside-region.yaml"),
        ] {
            let documents: Vec<serde_json::Value> = serde_saphyr::from_multiple(text).unwrap();
            assert!(documents.len() > 1);
            for document in documents {
                assert_eq!(said(&document.to_string()), Vec::<String>::new());
            }
        }
    }
}
