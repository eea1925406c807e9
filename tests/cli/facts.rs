//! `cxguard facts export` against a server that answers with lists, and `check --facts` with what it wrote.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::{Value, json};

use super::Folder;
use super::folder::AT;

const FLOW: &str = "\
apiVersion: cxguard.dev/v1alpha1
kind: DataFlow
metadata: {name: f, namespace: cx}
spec: {to: [{vendor: hub}]}
";

/// An API server that has two vendors, lets nobody list nodes, and has no surveys. What must not be asked for fails;
/// everything else is empty.
fn serve(stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut out = stream;
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request).unwrap_or(0) == 0 {
            return;
        }
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header).unwrap_or(0) < 3 {
                break;
            }
        }
        let target = request.split_whitespace().nth(1).unwrap_or_default();
        let (code, body) = answer(target);
        let body = body.to_string();
        let head = format!(
            "HTTP/1.1 {code} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if out.write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
    }
}

fn answer(target: &str) -> (u16, Value) {
    let refused = |code: u16, reason: &str| {
        let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code,
            "reason": reason, "message": format!("not {target}")});
        (code, status)
    };
    let list = |items: Value, next: &str| {
        (200, json!({"kind": "List", "apiVersion": "v1", "metadata": {"continue": next}, "items": items}))
    };
    let vendor = |name: &str| {
        json!({"metadata": {"name": name, "annotations": {"note": "erika"}},
            "spec": {"legalName": "erika", "contacts": {"privacy": "erika"}}})
    };
    let path = target.split('?').next().unwrap_or_default();
    match path {
        "/api/v1/nodes" => refused(403, "Forbidden"),
        "/apis/cxguard.dev/v1alpha1/surveys" => refused(404, "NotFound"),
        "/apis/cxguard.dev/v1alpha1/vendors" if target.contains("continue=more") => {
            list(json!([vendor("hub")]), "")
        }
        "/apis/cxguard.dev/v1alpha1/vendors" => list(json!([vendor("away")]), "more"),
        "/api/v1/namespaces/cxguard-system/configmaps" => {
            assert!(target.contains("labelSelector=cxguard.dev%2Fgrant-ends%3Dtrue"), "{target}");
            list(json!([]), "")
        }
        "/api/v1/pods" | "/apis/apps/v1/replicasets" | "/api/v1/secrets" => refused(500, "InternalError"),
        _ => list(json!([]), ""),
    }
}

/// A folder with a kubeconfig for such a server.
fn folder() -> Folder {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream));
        }
    });
    let kubeconfig = json!({"apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": format!("http://name:secret@{address}")}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": {}}]});
    Folder::new().with("kubeconfig", kubeconfig.to_string()).with("flow.yaml", FLOW)
}

#[test]
fn what_a_cluster_knows_is_exported_and_found_by_a_check() {
    let folder = folder();
    let ran = folder.run("facts export --kubeconfig kubeconfig --output facts.json");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    assert!(
        ran.err.contains("nodes not read") && ran.err.contains("surveys.cxguard.dev not read"),
        "{ran:?}"
    );
    let printed = folder.run("facts export --kubeconfig kubeconfig");
    let file: Value = serde_json::from_str(&printed.out).unwrap();
    assert_eq!(file["version"], 1);
    assert_eq!(file["missing"], json!(["surveys.cxguard.dev", "nodes"]));
    let names: Vec<&str> =
        file["facts"].as_array().unwrap().iter().filter_map(|fact| fact["name"].as_str()).collect();
    assert_eq!(names, ["away", "hub"]);
    assert!(!printed.out.contains("erika") && !printed.out.contains("secret"), "{}", printed.out);

    let without = folder.run(&format!("check --at {AT} --format json flow.yaml"));
    assert!(without.findings().iter().any(|finding| finding.starts_with("CX001")), "{without:?}");
    let with = folder.run(&format!("check --at {AT} --format json --facts facts.json flow.yaml"));
    assert!(!with.findings().iter().any(|finding| finding.starts_with("CX001")), "{with:?}");
    // What the flow inherits is told of the vendor; of the one that it does not use, nothing is.
    assert!(with.findings().iter().any(|finding| finding.starts_with("CX111 Vendor/hub")), "{with:?}");
    assert!(!with.out.contains("away"), "{with:?}");
    let report = with.json();
    let missing = report["notJudged"].as_array().unwrap().iter().filter(|one| one["file"] == "facts.json");
    assert_eq!(missing.count(), 2, "{report}");
    let rules: Vec<&Value> = report["notJudged"].as_array().unwrap().iter().map(|one| &one["rule"]).collect();
    assert!(!rules.contains(&&json!("CX513")) && rules.contains(&&json!("CX510")), "{rules:?}");

    let foreseen = folder.run(&format!("forecast --at {AT} --cluster --kubeconfig kubeconfig flow.yaml"));
    assert_eq!(foreseen.code, 0, "{foreseen:?}");
}

#[test]
fn the_operator_is_known_from_where_it_runs() {
    let binding = "\
apiVersion: v1
kind: Namespace
metadata: {name: cx, labels: {cxguard.dev/protected: 'true'}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: operator}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, namespace: guard, name: cxguard}]
";
    let folder = folder().with("binding.yaml", binding);
    let export = "facts export --kubeconfig kubeconfig --operator-namespace guard --output facts.json";
    assert_eq!(folder.run(export).code, 0);
    for (arguments, found) in [
        ("", true),
        ("--operator-namespace guard", false),
        ("--facts facts.json", false),
        ("--facts facts.json --operator-namespace cxguard-system", true),
    ] {
        let ran = folder.run(&format!("check --at {AT} --format json {arguments} binding.yaml"));
        let finds = ran.findings().iter().any(|finding| finding.starts_with("CX504"));
        assert_eq!(finds, found, "{arguments}: {ran:?}");
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder = folder().with("old.json", "{\"version\": 7}").with("text.json", "hello");
    for (arguments, part) in [
        ("check --facts none.json flow.yaml", "none.json: failed to read it"),
        ("check --facts old.json flow.yaml", "old.json: has version 7 of the format"),
        ("check --facts text.json flow.yaml", "text.json: is not what `cxguard facts export` writes"),
        ("facts export --kubeconfig none", "failed to read the kubeconfig none"),
        ("facts export --kubeconfig kubeconfig --output none/facts.json", "failed to write none/facts.json"),
        ("forecast --kubeconfig kubeconfig flow.yaml", "--kubeconfig and --context need --cluster"),
        ("facts", "Usage"),
    ] {
        let ran = folder.run(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(part), "{arguments}: {ran:?}");
    }
}
