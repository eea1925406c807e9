//! The control plane that the other tests stand on.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test: clippy's own exceptions for tests do not reach its helper functions"
)]
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::api::{ListParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use xtask::controlplane::{ControlPlane, NodeSpec, Options};

const PATIENCE: Duration = Duration::from_secs(30);
/// Set for the process that the test kills.
const VICTIM: &str = "CONTROLPLANE_TEST_VICTIM";

/// Asks again and again until the answer is there.
async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("not in time: {what}"))
}

async fn create<K>(client: &Client, object: Value)
where
    K: kube::Resource<Scope = kube::core::NamespaceResourceScope> + serde::Serialize + DeserializeOwned,
    K: Clone + std::fmt::Debug,
    K::DynamicType: Default,
{
    let object: K = serde_json::from_value(object).unwrap();
    let api: Api<K> = Api::namespaced(client.clone(), "default");
    api.create(&PostParams::default(), &object).await.unwrap();
}

/// Gone, or waiting for its new parent to take note: not every container's first process does.
fn is_gone(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z "))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn users_have_their_own_rights_and_pods_are_bound_and_nothing_is_left() {
    let plane = ControlPlane::start(Options::default()).await.unwrap();
    let admin = plane.admin().unwrap();

    groups_count(&plane, &admin).await;
    pods_are_bound_to_the_node_they_fit(&plane, &admin).await;
    kubeconfigs_are_usable(&plane).await;
    requests_are_logged_once(&plane);

    let pids = plane.process_ids();
    assert_eq!(pids.len(), 4);
    let directory = plane.audit_log().parent().unwrap().to_owned();
    drop(plane);
    assert!(pids.into_iter().all(is_gone));
    assert!(!directory.exists());
}

async fn groups_count(plane: &ControlPlane, admin: &Client) {
    let anna = plane.client("anna", &["support", "analysts"]).unwrap();
    let maps: Api<ConfigMap> = Api::namespaced(anna, "default");
    let refused = maps.list(&ListParams::default()).await.unwrap_err();
    assert!(matches!(&refused, kube::Error::Api(status) if status.code == 403), "{refused}");

    let role = json!({
        "metadata": {"name": "read"},
        "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}],
    });
    create::<Role>(admin, role).await;
    let binding = json!({
        "metadata": {"name": "read"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "read"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "analysts"}],
    });
    create::<RoleBinding>(admin, binding).await;
    eventually("the binding", async || maps.list(&ListParams::default()).await.ok()).await;

    let outsider = plane.client("anna", &["support"]).unwrap();
    let maps: Api<ConfigMap> = Api::namespaced(outsider, "default");
    assert!(maps.list(&ListParams::default()).await.is_err());
}

async fn pods_are_bound_to_the_node_they_fit(plane: &ControlPlane, admin: &Client) {
    let mut node = NodeSpec::new("frankfurt").located("eu-central-1", "eu-central-1a");
    node.provider_id = Some("aws:///eu-central-1a/i-0".to_owned());
    plane.create_node(&node).await.unwrap();
    plane.create_node(&NodeSpec::new("ohio").located("us-east-2", "us-east-2a")).await.unwrap();
    // Again: the same state, no error.
    plane.create_node(&node).await.unwrap();
    let pod = json!({
        "metadata": {"name": "survey"},
        "spec": {
            "nodeSelector": {"topology.kubernetes.io/region": "eu-central-1"},
            "containers": [{"name": "main", "image": "survey", "resources": {"requests": {"cpu": "100m"}}}],
        },
    });
    create::<Pod>(admin, pod).await;
    let pods: Api<Pod> = Api::namespaced(admin.clone(), "default");
    let bound = async || pods.get("survey").await.ok()?.spec?.node_name;
    assert_eq!(eventually("a node for the pod", bound).await, "frankfurt");
}

async fn kubeconfigs_are_usable(plane: &ControlPlane) {
    let path = plane.admin_kubeconfig().unwrap();
    let kubeconfig = Kubeconfig::read_from(path).unwrap();
    let config =
        kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap().apiserver_version().await.unwrap();
}

fn requests_are_logged_once(plane: &ControlPlane) {
    let log = std::fs::read_to_string(plane.audit_log()).unwrap();
    let entries = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let created = entries.filter(|entry| {
        entry["verb"] == "create"
            && entry["objectRef"]["resource"] == "pods"
            && entry["objectRef"]["subresource"].is_null()
    });
    let created: Vec<Value> = created.collect();
    assert_eq!(created.len(), 1, "{created:?}");
    assert_eq!(created[0]["user"]["username"], "admin");
    assert_eq!(created[0]["stage"], "ResponseComplete");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn servers_end_when_the_process_that_started_them_is_killed() {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "victim", "--ignored", "--nocapture"])
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines().map_while(Result::ok);
    let pids = lines.find_map(|line| line.split_once("pids ").map(|(_, pids)| pids.to_owned())).unwrap();
    let pids: Vec<u32> = pids.split(' ').map(|pid| pid.parse().unwrap()).collect();
    assert!(pids.len() == 4 && !pids.iter().any(|pid| is_gone(*pid)));
    victim.kill().unwrap();
    victim.wait().unwrap();
    let all_gone = async || pids.iter().all(|pid| is_gone(*pid)).then_some(());
    eventually("the end of the servers", all_gone).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that the test above kills"]
async fn victim() {
    if std::env::var_os(VICTIM).is_none() {
        return;
    }
    let plane = ControlPlane::start(Options::default()).await.unwrap();
    let pids: Vec<String> = plane.process_ids().iter().map(ToString::to_string).collect();
    println!("pids {}", pids.join(" "));
    tokio::time::sleep(Duration::from_secs(600)).await;
}
