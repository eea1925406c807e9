//! Who is on call approves their own access by a command, and somebody else reviews it by another.

use serde_json::{Value, json};

use crate::objects::{API, employee, foreign_binding, namespace, subject};
use crate::stage::Stage;
use crate::support::{SOON, eventually};

const NAME: &str = "ralf-feedback-reader";

const REQUEST: [&str; 11] = [
    "grant",
    "request",
    "--role",
    "ClusterRole/feedback-reader",
    "--data-form",
    "Aggregate",
    "--reason",
    "outage 17",
    "--emergency",
    "-n",
    "night",
];

/// Ralf is on call, and asks and approves; Anna approves; in the namespace there is a binding that nothing covers.
async fn prepare(stage: &Stage) {
    let mut ralf = employee("ralf");
    ralf["spec"]["groups"] = json!(["on-call"]);
    let policy = json!({
        "apiVersion": API, "kind": "CompliancePolicy", "metadata": {"name": "night"},
        "spec": {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "night"}},
            "access": {
                "grantableRoles": ["feedback-reader"],
                "emergency": {"allowed": true, "groups": ["on-call"], "maxDuration": "2h", "reviewWithin": "1d"},
            },
        },
    });
    let wide = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "test-wide"},
        "rules": [{"apiGroups": [""], "resources": ["*"], "verbs": ["*"]}],
    });
    let bound = |name: &str, role: &str, users: &[&str]| {
        let mut binding = foreign_binding("night", name, &Value::Null);
        binding["roleRef"]["name"] = json!(role);
        binding["subjects"] = users.iter().map(|user| subject("User", user)).collect();
        binding
    };
    stage
        .apply(&[
            namespace("night"),
            policy,
            ralf,
            wide,
            bound("wide", "test-wide", &["gus@corp.example"]),
            bound("requesters", "cxguard-grant-requester", &["ralf"]),
            bound("approvers", "cxguard-grant-approver", &["ralf", "anna"]),
        ])
        .await;
    for (user, verb) in [("ralf", "create"), ("ralf", "approve"), ("anna", "approve")] {
        stage.until_may(user, verb, "night").await;
    }
}

pub(crate) async fn who_is_on_call_helps_themselves(stage: &Stage) {
    prepare(stage).await;
    let asked = [&REQUEST[..], &["--duration", "1h"]].concat();
    // The API server knows nobody in the group who is not on call now.
    let refused = async || {
        let said = stage.run_in("ralf", &[], &[&asked[..], &["--dry-run"]].concat());
        let said = String::from_utf8(said.stderr).unwrap();
        if said.contains("does not let ralf approve an own grant") { Ok(said) } else { Err(said) }
    };
    let said = eventually("a refusal", SOON, refused).await;
    assert!(said.contains("\nwithout --emergency it waits until somebody else has approved it"), "{said}");
    let output = stage.run_in("ralf", &["on-call"], &asked);
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    let next = format!(
        "approved by ralf in an emergency; somebody else is to review it: cxguard grant review {NAME} -n night\n"
    );
    assert!(output.status.success() && said.contains(&next), "{output:?}");

    let show = ["grant", "show", NAME, "-n", "night"];
    let said = stage.until_said("anna", &show, "  phase        Active: ").await;
    for part in [
        "  emergency    approved in an emergency by ralf at ",
        "; somebody else is to review it by ",
        &format!("once you have looked at it: cxguard grant review {NAME} -n night --generation 1\n"),
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let review = ["grant", "review", NAME, "-n", "night", "--generation", "1"];
    let said = stage.refused("ralf", &review);
    assert!(said.contains("CX505: ralf gets access by this grant, asked for it or approved it"), "{said}");
    let said = stage.said("anna", &review);
    assert!(said.starts_with(&format!("AccessGrant night/{NAME} reviewed on ")), "{said}");
    assert!(said.ends_with(" by anna\n"), "{said}");
    let said = stage.until_said("anna", &show, "; reviewed by anna on ").await;
    assert!(!said.contains("once you have looked at it"), "{said}");
}
