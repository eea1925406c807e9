//! What needs no API server.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use xtask::helm::{Helm, Version, chart};

use crate::support::documents;
use crate::values::{API_SERVERS, DEFAULT, MONITORED, VARIANTS, find};

#[test]
fn the_chart_has_the_version_of_the_program() {
    let text = std::fs::read_to_string(chart().join("Chart.yaml")).unwrap();
    let read: Value = serde_saphyr::from_str(&text).unwrap();
    for field in ["version", "appVersion"] {
        assert_eq!(read[field], env!("CARGO_PKG_VERSION"), "{field}");
    }
}

/// Where a value is documented, its name stands at the right depth in values.yaml; Helm itself refuses others.
#[test]
fn every_value_of_the_schema_has_a_default() {
    let schema = std::fs::read_to_string(chart().join("values.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let values = std::fs::read_to_string(chart().join("values.yaml")).unwrap();
    let values: Value = serde_saphyr::from_str(&values).unwrap();
    let names = schema["properties"].as_object().unwrap().keys();
    let undocumented: Vec<_> = names.filter(|name| *name != "global" && values.get(name).is_none()).collect();
    assert!(undocumented.is_empty(), "{undocumented:?}");
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/install.md")).unwrap();
    for name in values.as_object().unwrap().keys() {
        assert!(page.contains(&format!("`{name}")), "docs/install.md does not name {name}");
    }
}

#[tokio::test]
#[ignore = "builds Helm: run by cargo xtask test"]
async fn both_versions_of_helm_agree_and_find_nothing_wrong() {
    for version in [Version::Three, Version::Four] {
        let helm = Helm::build(version).await.unwrap();
        let arguments =
            ["lint", "--strict", "--namespace", "cxguard-system", "--kube-version", "1.30.0", "CHART"];
        let said = helm.run(&arguments).await.unwrap();
        assert!(said.status.success(), "{version:?}: {}", String::from_utf8_lossy(&said.stdout));
    }
    for variant in VARIANTS {
        let [three, four] = [Version::Three, Version::Four].map(|version| variant.objects(version));
        let (three, four) = (by_name(three.await), by_name(four.await));
        assert!(three == four, "{}", variant.name);
    }
}

/// The versions differ in the order of objects that do not depend on each other.
fn by_name(objects: Vec<Value>) -> BTreeMap<String, Value> {
    let count = objects.len();
    let named = objects
        .into_iter()
        .map(|object| (format!("{} {}", object["kind"], object["metadata"]["name"]), object));
    let named: BTreeMap<String, Value> = named.collect();
    assert_eq!(named.len(), count, "two objects of one kind and name");
    named
}

#[tokio::test]
#[ignore = "builds Helm: run by cargo xtask test"]
async fn values_that_make_no_sense_are_refused() {
    let helm = Helm::build(Version::Four).await.unwrap();
    for (wrong, place) in [
        ("replicas=0", "/replicas"),
        ("replica=2", "additional properties 'replica'"),
        ("image.name=x", "additional properties 'name'"),
        ("image.digest=latest", "/image/digest"),
        ("webhooks.failurePolicy=fail", "/webhooks/failurePolicy"),
        ("certificates.source=self", "/certificates/source"),
        ("certificates.source=files", "/certificates/secretName"),
        ("grantableRoles.clusterRoles={cluster-admin}", "/grantableRoles/clusterRoles/0"),
        ("grantableRoles.clusterRoles={cxguard-grant-approver}", "/grantableRoles/clusterRoles/0"),
        ("grantableRoles.clusterRoles={edit}", "/grantableRoles/clusterRoles/0"),
        ("grantableRoles.clusterRoles={admin}", "/grantableRoles/clusterRoles/0"),
        ("grantableRoles.roles={admin}", "/grantableRoles/roles/0"),
        ("extraArgs={run}", "/extraArgs/0"),
        // Values say these, and what is rendered beside the arguments depends on them.
        ("extraArgs={--admission=off}", "/extraArgs/0"),
        ("extraArgs={--namespace=other}", "/extraArgs/0"),
        // Where neither probes nor the API server look.
        ("extraArgs={--health=127.0.0.1:8081}", "/extraArgs/0"),
        ("extraArgs={--health=0.0.0.0:1}", "/extraArgs/0"),
        ("extraArgs={--admission=[::1]:9443}", "/extraArgs/0"),
        ("shutdownDelaySeconds=301", "/shutdownDelaySeconds"),
        ("networkPolicy.apiServerPorts={}", "/networkPolicy/apiServerPorts"),
        ("networkPolicy.apiServerCIDRs={10.0.0.1}", "/networkPolicy/apiServerCIDRs/0"),
        ("networkPolicy.apiServerCIDRs={10.0.0.300/28}", "/networkPolicy/apiServerCIDRs/0"),
        ("networkPolicy.apiServerCIDRs={10.0.0.0/33}", "/networkPolicy/apiServerCIDRs/0"),
        ("networkPolicy.apiServerCIDRs={fd00::1::2/64}", "/networkPolicy/apiServerCIDRs/0"),
        // What is rendered has these already, and selects by the one.
        (r"podLabels.app\.kubernetes\.io/name=other", "/podLabels/app.kubernetes.io~1name"),
        (r"podLabels.app\.kubernetes\.io/part-of=other", "/podLabels/app.kubernetes.io~1part-of"),
        ("certificates.issuerRef.kind=ClusterIssuer", "/certificates/issuerRef"),
        ("certificates.issuerRef.name=Company", "/certificates/issuerRef/name"),
        ("webhooks.clientCASecret=Callers", "/webhooks/clientCASecret"),
        ("networkPolicy.scrapers={monitoring}", "/networkPolicy/scrapers/0"),
        ("metrics.podMonitor.interval=often", "/metrics/podMonitor/interval"),
        ("metrics.serviceMonitor.enabled=true", "additional properties 'serviceMonitor'"),
    ] {
        let refused = helm.template("cxguard-system", &["--set", wrong]).await;
        let said = refused.expect_err(wrong).to_string();
        assert!(said.contains(place), "{wrong}: {said}");
    }
}

#[tokio::test]
#[ignore = "builds Helm: run by cargo xtask test"]
async fn the_program_knows_the_arguments_of_the_deployment() {
    for variant in VARIANTS {
        let objects = variant.objects(Version::Four).await;
        let container = &find(&objects, "Deployment")["spec"]["template"]["spec"]["containers"][0];
        let arguments =
            container["args"].as_array().unwrap().iter().map(|argument| argument.as_str().unwrap());
        // The help is printed only if everything before it was understood.
        let run = Command::new(env!("CARGO_BIN_EXE_cxguard")).args(arguments).arg("--help").output().unwrap();
        assert!(run.status.success(), "{}: {}", variant.name, String::from_utf8_lossy(&run.stderr));
    }
}

/// A pod has as much more time to stop as it goes on answering.
#[tokio::test]
#[ignore = "builds Helm: run by cargo xtask test"]
async fn a_pod_is_given_the_time_that_it_takes_to_stop() {
    let helm = Helm::build(Version::Four).await.unwrap();
    for (seconds, grace) in [(5, 30), (30, 55), (300, 325)] {
        let value = format!("shutdownDelaySeconds={seconds}");
        let objects = documents(&helm.template("cxguard-system", &["--set", &value]).await.unwrap());
        let pod = &find(&objects, "Deployment")["spec"]["template"]["spec"];
        assert_eq!(pod["terminationGracePeriodSeconds"], grace);
        let arguments = pod["containers"][0]["args"].as_array().unwrap();
        assert!(arguments.contains(&format!("--shutdown-delay={seconds}").into()), "{arguments:?}");
    }
}

/// Who may call: by certificate, and by address.
#[tokio::test]
#[ignore = "builds Helm: run by cargo xtask test"]
async fn callers_can_be_limited_to_api_servers() {
    let objects = API_SERVERS.objects(Version::Four).await;
    let pod = &find(&objects, "Deployment")["spec"]["template"]["spec"];
    let items = serde_json::json!([{"key": "ca.crt", "path": "ca.crt"}]);
    assert_eq!(pod["volumes"][0]["secret"]["items"], items);
    assert_eq!(pod["containers"][0]["volumeMounts"][0]["mountPath"], "/etc/cxguard/callers");
    let ingress = &find(&objects, "NetworkPolicy")["spec"]["ingress"];
    assert_eq!(ingress[0]["ports"][0]["port"], "webhook");
    assert_eq!(ingress[0]["from"][1]["ipBlock"]["cidr"], "fd00::/64");
    // Probes come from any node.
    assert_eq!((&ingress[1]["ports"][0]["port"], &ingress[1]["from"]), (&"health".into(), &Value::Null));
    let default = DEFAULT.objects(Version::Four).await;
    assert_eq!(find(&default, "NetworkPolicy")["spec"]["ingress"][0]["from"], Value::Null);
}

/// What Prometheus is told to look at is there: the pods, their port, and every metric of an alert.
#[tokio::test]
#[ignore = "builds Helm: run by cargo xtask test"]
async fn what_prometheus_is_told_to_look_at_is_there() {
    let default = DEFAULT.objects(Version::Four).await;
    assert!(!default.iter().any(|object| object["apiVersion"] == "monitoring.coreos.com/v1"));
    let objects = MONITORED.objects(Version::Four).await;
    let (monitor, pod) = (find(&objects, "PodMonitor"), &find(&objects, "Deployment")["spec"]["template"]);
    for (label, value) in monitor["spec"]["selector"]["matchLabels"].as_object().unwrap() {
        assert_eq!(&pod["metadata"]["labels"][label], value);
    }
    let endpoint = &monitor["spec"]["podMetricsEndpoints"][0];
    let ports = pod["spec"]["containers"][0]["ports"].as_array().unwrap();
    assert!(ports.iter().any(|port| port["name"] == endpoint["port"]), "{endpoint}");
    let scrapers = &find(&objects, "NetworkPolicy")["spec"]["ingress"][1]["from"][0];
    assert!(scrapers["namespaceSelector"].is_object(), "{scrapers}");

    assert_eq!(
        (&monitor["metadata"]["labels"]["release"], &endpoint["interval"]),
        (&"monitoring".into(), &"15s".into())
    );

    let rule = find(&objects, "PrometheusRule");
    assert_eq!(rule["metadata"]["labels"]["release"], "monitoring");
    // A test of the program holds that page to what it tells.
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/metrics.md");
    let page = std::fs::read_to_string(page).unwrap();
    let alerts = rule["spec"]["groups"][0]["rules"].as_array().unwrap();
    for alert in alerts {
        let (name, expression) = (alert["alert"].as_str().unwrap(), alert["expr"].as_str().unwrap());
        assert!(page.contains(&format!("| `{name}` |")), "{name} is not documented");
        assert!(alert["annotations"]["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        let words =
            expression.split(|character: char| !(character.is_ascii_alphanumeric() || character == '_'));
        let metrics: Vec<&str> = words.filter(|word| word.starts_with("cxguard_")).collect();
        assert!(!metrics.is_empty(), "{name}");
        for metric in metrics {
            let of_histogram = ["_bucket", "_count"].iter().find_map(|suffix| metric.strip_suffix(suffix));
            let family = of_histogram.unwrap_or(metric);
            assert!(page.contains(&format!("| `{family}` |")), "{name}: {metric} is not documented");
        }
    }
    assert_eq!(page.matches("| `Cxguard").count(), alerts.len(), "an alert that is not there");
}

/// FACTS of the API server that this rests on are tested in `outage`; here, that no webhook was forgotten.
#[tokio::test]
#[ignore = "builds Helm: run by cargo xtask test"]
async fn no_webhook_can_stop_the_cluster() {
    for variant in VARIANTS {
        let objects = variant.objects(Version::Four).await;
        let account = format!("system:serviceaccount:{}:cxguard", variant.namespace);
        let webhooks = objects.iter().flat_map(|object| object["webhooks"].as_array().into_iter().flatten());
        for webhook in webhooks {
            let (name, policy) = (&webhook["name"], &webhook["failurePolicy"]);
            let exempt = webhook["matchConditions"][0]["expression"].as_str().unwrap();
            for user in [&*account, "namespace-controller", "generic-garbage-collector"] {
                assert!(exempt.contains(user), "{name} exempts {user}");
            }
            assert_eq!(
                (&webhook["timeoutSeconds"], &webhook["sideEffects"]),
                (&3.into(), &"None".into()),
                "{name}"
            );
            for rule in webhook["rules"].as_array().unwrap() {
                let ours = rule["apiGroups"][0] == "cxguard.dev";
                let deletes = rule["operations"].as_array().unwrap().contains(&"DELETE".into());
                assert!(
                    !deletes || (ours && rule["scope"] == "Cluster"),
                    "{name} stands in the way of a deletion"
                );
                let whole_cluster = !ours && rule["scope"] == "Cluster";
                assert!(!whole_cluster || policy == "Ignore", "{name} fails closed for the whole cluster");
                let selector = webhook["namespaceSelector"].to_string();
                let spares = selector.contains("kube-system") && selector.contains(variant.namespace);
                assert!(
                    rule["scope"] == "Cluster" || spares,
                    "{name} sees kube-system or {}",
                    variant.namespace
                );
            }
        }
    }
}
