//! What a cluster knows, exported and looked ahead from: a check of a part of the files over it says what the operator
//! says.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use cxguard::facts::Kind;
use serde_json::{Value, json};

use crate::offline::{NOW, Offline, files, objects};
use crate::server::Server;
use crate::support::{apply, until_allowed};

/// Reads all that is exported but nodes.
const READER: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: all-but-nodes}
rules:
  - apiGroups: ['']
    resources: [namespaces, pods, services, configmaps, persistentvolumeclaims, persistentvolumes]
    verbs: [list]
  - {apiGroups: [apps], resources: [deployments, statefulsets, daemonsets, replicasets], verbs: [list]}
  - {apiGroups: [batch], resources: [jobs, cronjobs], verbs: [list]}
  - {apiGroups: [networking.k8s.io], resources: [ingresses, networkpolicies], verbs: [list]}
  - {apiGroups: [gateway.networking.k8s.io], resources: [httproutes], verbs: [list]}
  - {apiGroups: [storage.k8s.io], resources: [storageclasses], verbs: [list]}
  - apiGroups: [rbac.authorization.k8s.io]
    resources: [roles, clusterroles, rolebindings, clusterrolebindings]
    verbs: [list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: rita-all-but-nodes}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: all-but-nodes}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: rita}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: rita-viewer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cxguard-viewer}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: rita}]
";

/// How a command ended, and what it printed.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run(arguments: &[impl AsRef<OsStr>]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_cxguard")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn parsed(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}{}", ran.out, ran.err))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn what_is_exported_is_judged_as_the_operator_judges_it() {
    let mut server = Server::start().await;
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let story = examples.join("violating/vendor-without-papers.yaml");
    let all = [files(&examples.join("compliant")), vec![story.clone()]].concat();
    let mut everything = objects(&all);
    // What lies in a namespace needs the namespace.
    everything.sort_by_key(|object| object["kind"] != "Namespace");
    server.put_all(&everything).await;
    server.until_said(&everything, &Offline::new(&all).said()).await.unwrap();

    // The part that a pull request touches; vendors, people and policies are in the cluster alone.
    let part = [examples.join("compliant/cx-feedback.yaml"), story];
    let admin = server.plane.admin_kubeconfig().unwrap();
    let facts = export(&admin, "admin", &[]);
    let offline = Offline::over(&part, Some(&facts));
    server.until_said(&objects(&part), &offline.said()).await.unwrap();
    says_as_told(&part, &facts, &server.told(&objects(&part)).await);

    apply(&server.admin, READER).await;
    let rita = server.plane.client("rita", &[]).unwrap();
    for (group, resource) in [("rbac.authorization.k8s.io", "clusterroles"), ("cxguard.dev", "vendors")] {
        until_allowed(&rita, json!({"verb": "list", "group": group, "resource": resource})).await;
    }
    let facts = export(&server.plane.kubeconfig("rita", &[]).unwrap(), "rita", &["nodes"]);
    let checked = parsed(&run(&check(&part, &facts)));
    let reasons = checked["notJudged"].as_array().unwrap().iter().filter(|one| one["file"].is_string());
    let reasons: Vec<&str> = reasons.map(|one| one["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert!(reasons[0].contains("the cluster's nodes could not be listed"), "{reasons:?}");

    looks_ahead_as_files_do(&admin, &all);
    server.stop().await;
}

/// Exports what a user may list, and checks what is said to be missing.
fn export(kubeconfig: &Path, user: &str, missing: &[&str]) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("exported-{user}.json"));
    let (config, target) = (kubeconfig.to_str().unwrap(), file.to_str().unwrap());
    let ran = run(&["facts", "export", "--kubeconfig", config, "--output", target]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{}", ran.err);
    let warned: Vec<&str> = ran.err.lines().filter_map(|line| line.strip_prefix("warning: ")).collect();
    assert_eq!(warned.len(), missing.len(), "{}", ran.err);
    for resource in missing {
        assert!(warned.iter().any(|line| line.starts_with(&format!("{resource} not read: "))), "{warned:?}");
    }
    let written: Value = serde_json::from_str(&crate::offline::read(&file)).unwrap();
    assert_eq!(written["missing"], json!(missing));
    file
}

/// The arguments of a check of some files over what a cluster knows.
fn check(paths: &[PathBuf], facts: &Path) -> Vec<OsString> {
    let at = NOW.to_string();
    let asked = ["check", "--at", &at, "--format", "json", "--facts"].map(OsString::from);
    let files = std::iter::once(facts).chain(paths.iter().map(PathBuf::as_path));
    asked.into_iter().chain(files.map(OsString::from)).collect()
}

/// The command lists what statuses tell, and of kinds that have a status nothing else.
fn says_as_told(paths: &[PathBuf], facts: &Path, told: &BTreeSet<String>) {
    let ran = run(&check(paths, facts));
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    let checked = parsed(&ran);
    let mut listed = BTreeSet::new();
    for finding in checked["findings"].as_array().unwrap() {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let subject = &finding["subject"];
        let parts = ["kind", "namespace", "name"].map(|part| text(&subject[part]));
        let name = parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("/");
        if Kind::named(&parts[0]).is_some_and(Kind::is_own) {
            let [rule, path, message] = ["rule", "path", "message"].map(|field| text(&finding[field]));
            listed.insert(format!("{rule} {name} {path}: {message}"));
        }
    }
    assert!(listed.len() > 2, "{listed:?}");
    assert_eq!(listed, *told);
}

/// From a whole cluster, what is foreseen of the files is foreseen too, at the same instants.
fn looks_ahead_as_files_do(kubeconfig: &Path, paths: &[PathBuf]) {
    let at = NOW.to_string();
    let ahead = ["forecast", "--at", &at, "--until", "400d", "--format", "json"];
    let paths: Vec<&str> = paths.iter().map(|path| path.to_str().unwrap()).collect();
    let of_files = run(&[&ahead[..], &paths].concat());
    let cluster = ["--cluster", "--kubeconfig", kubeconfig.to_str().unwrap()];
    let of_cluster = run(&[&ahead[..], &cluster].concat());
    assert_eq!((of_files.code, of_cluster.code), (Some(0), Some(0)), "{}{}", of_files.err, of_cluster.err);
    let (files, cluster) = (changes(&parsed(&of_files)), changes(&parsed(&of_cluster)));
    assert!(
        files.iter().any(|line| line.ends_with("AccessGrant/analyst-7-churn becomes Expired")),
        "{files:#?}"
    );
    let unforeseen: Vec<&String> = files.difference(&cluster).collect();
    assert!(unforeseen.is_empty(), "only of files: {unforeseen:#?}, of the cluster: {cluster:#?}");
}

/// What appears, and which grants pass into another phase, each with its instant.
fn changes(forecast: &Value) -> BTreeSet<String> {
    let mut changes = BTreeSet::new();
    for entry in forecast["entries"].as_array().unwrap() {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let name = |of: &Value| format!("{}/{}", text(&of["subject"]["kind"]), text(&of["subject"]["name"]));
        let at = text(&entry["at"]);
        for told in entry["appears"].as_array().unwrap() {
            changes.insert(format!("{at} {} {}", text(&told["rule"]), name(told)));
        }
        for turn in entry["grants"].as_array().unwrap() {
            changes.insert(format!("{at} {} becomes {}", name(turn), text(&turn["to"])));
        }
    }
    changes
}
