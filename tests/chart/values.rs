//! Values that somebody might set, and what the chart gives for them.

use serde_json::Value;
use xtask::helm::{Helm, Version};

use crate::support::documents;

/// A way to install cxguard.
#[derive(Clone, Copy)]
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    pub(crate) namespace: &'static str,
    /// As after `--set`, or `--set-json` if it is a list or an object.
    pub(crate) values: &'static [&'static str],
}

const fn variant(name: &'static str, values: &'static [&'static str]) -> Variant {
    Variant { name, namespace: "cxguard-system", values }
}

pub(crate) const DEFAULT: Variant = variant("default", &[]);

pub(crate) const API_SERVERS: Variant = variant(
    "answering API servers alone",
    &[
        "webhooks.clientCASecret=callers",
        r#"networkPolicy.apiServerCIDRs=["10.0.0.0/28", "fd00::/64", "2001:db8:0:0:0:0:0:1/128"]"#,
    ],
);

pub(crate) const MONITORED: Variant = variant(
    "watched by the Prometheus operator",
    &[
        "metrics.podMonitor.enabled=true",
        "metrics.podMonitor.interval=15s",
        r#"metrics.podMonitor.labels={"release": "monitoring"}"#,
        "metrics.prometheusRule.enabled=true",
        r#"metrics.prometheusRule.labels={"release": "monitoring"}"#,
        r#"networkPolicy.scrapers=[{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]"#,
    ],
);

pub(crate) const VARIANTS: [Variant; 12] = [
    DEFAULT,
    variant("one replica that only observes", &["replicas=1", "observe=true"]),
    variant("certificates by cert-manager", &["certificates.source=certManager"]),
    variant(
        "certificates by an issuer that exists",
        &[
            "certificates.source=certManager",
            r#"certificates.issuerRef={"kind": "ClusterIssuer", "name": "company"}"#,
        ],
    ),
    variant(
        "certificates in files",
        &[
            "certificates.source=files",
            "certificates.secretName=webhook",
            "certificates.caBundle=-----BEGIN CERTIFICATE-----",
        ],
    ),
    API_SERVERS,
    MONITORED,
    variant("service accounts for grants", &["issueAccounts.enabled=true"]),
    variant(
        "other roles",
        &[r#"grantableRoles={"clusterRoles": ["view", "team:reader"], "roles": ["local-reader"]}"#],
    ),
    variant("no roles", &[r#"grantableRoles={"clusterRoles": [], "roles": []}"#]),
    Variant {
        name: "another namespace, and namespaces that a label of the company protects",
        namespace: "platform-cx",
        values: &[
            r#"protectedNamespaces={"matchExpressions": [{"key": "data", "operator": "In", "values": ["cx", "hr"]}]}"#,
            "webhooks.failurePolicy=Ignore",
        ],
    },
    variant(
        "all that can be added",
        &[
            "image.repository=example/cxguard",
            "image.digest=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            r#"imagePullSecrets=[{"name": "pull"}]"#,
            r#"extraArgs=["--health=[::]:8081", "--lease-duration=30"]"#,
            "shutdownDelaySeconds=30",
            r#"podLabels={"team": "cx"}"#,
            r#"podAnnotations={"note": "true"}"#,
            r#"serviceAccount.annotations={"note": "true"}"#,
            r#"tolerations=[{"key": "infra", "operator": "Exists"}]"#,
            r#"affinity={"nodeAffinity": {}}"#,
            "priorityClassName=system-cluster-critical",
            "podDisruptionBudget.enabled=false",
            "networkPolicy.enabled=false",
            "webhooks.enabled=false",
            "crds.keep=false",
        ],
    ),
];

impl Variant {
    /// As arguments of Helm.
    pub(crate) fn arguments(&self) -> Vec<&'static str> {
        let values = self.values.iter();
        let pairs =
            values.map(|value| [if value.contains(['[', '{']) { "--set-json" } else { "--set" }, *value]);
        pairs.flatten().collect()
    }

    pub(crate) async fn objects(&self, version: Version) -> Vec<Value> {
        let helm = Helm::build(version).await.unwrap();
        let given = helm.template(self.namespace, &self.arguments()).await;
        documents(&given.unwrap_or_else(|error| panic!("{}: {error}", self.name)))
    }
}

/// The first object of a kind.
pub(crate) fn find<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    objects.iter().find(|object| object["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"))
}
