//! Sessions in pods: they need a grant that lives at that instant, whatever RBAC says.

use kube::Client;
use serde_json::{Value, json};

use super::stage::guarded;
use crate::objects::{API, employee, foreign_binding, subject};
use crate::process::read;
use crate::stage::{Stage, seconds_from_now};
use crate::support::{SOON, apply, eventually, send};

/// Reading and sessions, in the role that may be granted.
const ROLE: &str = r#"
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: feedback-reader}
rules:
  - {apiGroups: [""], resources: [configmaps, pods], verbs: [get, list]}
  - {apiGroups: [""], resources: [pods/exec, pods/attach, pods/portforward], verbs: [create, get]}
"#;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn a_session_needs_a_grant() {
    let stage = Stage::new("doors-sessions", false).await;
    apply(&stage.admin, ROLE).await;
    let anna = stage.person("cx", "anna").await;
    let eve = stage.person_in("cx", "eve", &[]);
    for person in ["anna", "eve"] {
        stage.apply(employee(person)).await;
    }
    // Both may, by RBAC: these were here before.
    for person in ["anna", "eve"] {
        stage.apply(foreign_binding("cx", person, &subject("User", person))).await;
    }
    stage.apply(pod()).await;
    anna.until_allowed().await;
    eve.until_allowed().await;
    let operator = guarded(&stage).await;

    until(&anna.client, "pods/console/exec?command=id&stdout=true", Some("CX504")).await;
    let deadline = seconds_from_now(8);
    let grant = anna.grant("console", deadline);
    stage.apply(grant.clone()).await;
    stage.until_phase(&grant, "Active").await;
    for session in ["pods/console/exec?command=id&stdout=true", "pods/console/attach?stdout=true"] {
        until(&anna.client, session, None).await;
        assert!(refusal(&eve.client, session).await.is_some(), "{session} by somebody without a grant");
    }
    stage.until_phase(&grant, "Expired").await;
    // The binding by hand still stands: what refuses now is admission.
    assert_eq!(anna.code().await, 200);
    let refused = refusal(&anna.client, "pods/console/exec?command=id&stdout=true").await;
    assert!(refused.is_some(), "the grant is over");
    what_is_only_audited_is_on_record(&stage, &eve.client).await;
    operator.stop().await;
}

/// Where nobody is refused or warned, the API server's audit log knows.
async fn what_is_only_audited_is_on_record(stage: &Stage, eve: &Client) {
    let lenient = json!({
        "apiVersion": API, "kind": "CompliancePolicy", "metadata": {"name": "lenient"}, "spec": {"mode": "Audit"},
    });
    stage.apply(lenient).await;
    until(eve, "pods/console/exec?command=id&stdout=true", None).await;
    let noted = async || {
        let log = read(&stage.plane.audit_log());
        let events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut notes: Vec<String> = events
            .filter(|event| event["user"]["username"] == "eve" && event["objectRef"]["subresource"] == "exec")
            .map(|event| event["annotations"]["sessions.cxguard.dev/findings"].to_string())
            .collect();
        match notes.pop() {
            Some(note) if note.contains("CX504") && note.contains("Audit") => Ok(()),
            last => Err(format!("{last:?}")),
        }
    };
    eventually("a finding in the audit log", SOON, noted).await;
}

/// Why a session was refused; nothing if admission let it pass (there is no kubelet behind it).
async fn refusal(client: &Client, session: &str) -> Option<String> {
    let path = format!("/api/v1/namespaces/cx/{session}");
    let answer = send(client, "POST", &path, "application/json", &json!({})).await;
    (answer.code == 403).then(|| answer.body["message"].as_str().unwrap_or_default().to_owned())
}

async fn until(client: &Client, session: &str, wanted: Option<&str>) {
    let asked = async || match (refusal(client, session).await, wanted) {
        (None, None) => Ok(()),
        (Some(text), Some(wanted)) if text.contains(wanted) => Ok(()),
        (found, _) => Err(format!("{found:?}")),
    };
    eventually(&format!("{wanted:?} for {session}"), SOON, asked).await;
}

fn pod() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "console", "namespace": "cx"},
        "spec": {"containers": [{"name": "main", "image": "registry.example/cx/console"}]},
    })
}
