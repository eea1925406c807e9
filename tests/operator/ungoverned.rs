//! Access by hand in a namespace whose policy has it removed.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::life::condition;
use crate::objects::{API, employee, foreign_binding, namespace, subject};
use crate::stage::{Stage, now, seconds_from_now};
use crate::support::{SOON, eventually, send};

const GRACE: i64 = 3;

fn policy(action: &str, grace: &str) -> Value {
    json!({
        "apiVersion": API, "kind": "CompliancePolicy", "metadata": {"name": "strict"},
        "spec": {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "strict"}},
            "access": {"ungoverned": action, "ungovernedGrace": grace},
        },
    })
}

/// What the policy's status says of a binding.
fn entry<'s>(policy: &'s Value, binding: &str) -> Option<&'s Value> {
    policy["status"]["ungoverned"].as_array()?.iter().find(|entry| entry["name"] == binding)
}

fn phase_of(policy: &Value, binding: &str) -> Option<String> {
    entry(policy, binding)?["phase"].as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn access_by_hand_is_removed_after_its_grace() {
    let stage = Stage::new("ungoverned", false).await;
    for name in ["strict", "lenient"] {
        stage.apply(namespace(name)).await;
    }
    let strict = policy("Remove", &format!("{GRACE}s"));
    stage.apply(strict.clone()).await;
    let eve = subject("User", "eve");
    let by_hand = foreign_binding("strict", "eves", &eve);
    let survivors = survivors(&stage, &subject("User", "mallory")).await;
    stage.apply(by_hand.clone()).await;

    // An observer records nothing and deletes nothing.
    let observer = stage.start.with("--observe").ready().await;
    stage.until("a judged policy", &strict, |policy| policy["status"]["findingsTotal"].is_i64()).await;
    tokio::time::sleep(std::time::Duration::from_secs(GRACE.unsigned_abs() + 1)).await;
    observer.stop().await;
    let seen = stage.find(&strict).await.unwrap();
    assert!(seen["status"]["ungoverned"].is_null(), "{seen}");

    let operator = stage.start.ready().await;
    let recorded = stage.until("an entry", &strict, |policy| entry(policy, "eves").is_some()).await;
    let recorded = entry(&recorded, "eves").unwrap().clone();
    told_of(&stage, "UngovernedAccess").await;
    // Killed in the middle of the grace: the time runs on from what is on record. An event that it had yet to send would
    // be lost with it.
    operator.kill();
    let operator = stage.start.ready().await;
    let eve = stage.person_in("strict", "eve", &[]);
    let since: jiff::Timestamp = recorded["since"].as_str().unwrap().parse().unwrap();
    eve.keeps_access_until((since + SignedDuration::from_secs(GRACE)).max(now())).await;
    eve.until_denied().await;
    stage.until_gone(&by_hand).await;
    let told = stage
        .until("Removed", &strict, |policy| phase_of(policy, "eves").as_deref() == Some("Removed"))
        .await;
    let removed = entry(&told, "eves").unwrap();
    for field in ["uid", "since", "removeAt"] {
        assert_eq!(removed[field], recorded[field], "{field}");
    }
    assert!(removed["removedAt"].as_str() >= recorded["removeAt"].as_str(), "{removed}");
    for reason in ["UngovernedAccess", "UngovernedAccessRemoved"] {
        told_of(&stage, reason).await;
    }
    for survivor in &survivors {
        assert!(stage.find(survivor).await.is_some(), "{survivor}");
    }
    assert_eq!(told["status"]["ungoverned"].as_array().unwrap().len(), 1, "{told}");

    made_again_and_spared(&stage, &strict, &by_hand).await;
    a_removal_that_is_refused_is_told(&stage, &strict).await;
    operator.stop().await;
}

/// Waits for the one event with this reason about the binding by hand.
async fn told_of(stage: &Stage, reason: &str) {
    let sent = async || match stage.events("strict", reason).await.as_slice() {
        [text] if text.contains("eves") => Ok(()),
        texts => Err(format!("{texts:?}")),
    };
    eventually(reason, SOON, sent).await;
}

/// What must stay: trusted subjects, accounts of the namespace, alone or beside others; what a grant covers, and the
/// binding of a grant; what is exempted; what holds in the whole cluster; other namespaces.
async fn survivors(stage: &Stage, outsider: &Value) -> Vec<Value> {
    let account = json!({"kind": "ServiceAccount", "name": "sender", "namespace": "strict"});
    let mut mixed = foreign_binding("strict", "mixed", outsider);
    mixed["subjects"] = json!([outsider, account]);
    let mut everywhere = foreign_binding("strict", "everywhere", outsider);
    everywhere["kind"] = json!("ClusterRoleBinding");
    everywhere["metadata"] = json!({"name": "everywhere"});
    stage.apply(employee("anna")).await;
    let anna = stage.person_in("strict", "anna", &[]);
    stage.apply(anna.grant("reads", seconds_from_now(3600))).await;
    let exemption = json!({
        "apiVersion": API, "kind": "Exemption", "metadata": {"name": "known"},
        "spec": {
            "rules": ["CX504"], "subject": {"kind": "RoleBinding", "namespace": "strict", "name": "exempted"},
            "reason": "moves to a grant", "approvedBy": "ciso", "expiresAt": seconds_from_now(3600).to_string(),
        },
    });
    stage.apply(exemption).await;
    let bindings = [
        mixed,
        everywhere,
        foreign_binding("strict", "trusted", &subject("Group", "system:masters")),
        foreign_binding("strict", "account", &account),
        foreign_binding("strict", "covered", &subject("User", "anna")),
        foreign_binding("strict", "exempted", outsider),
        foreign_binding("lenient", "eves", outsider),
    ];
    for binding in &bindings {
        stage.apply(binding.clone()).await;
    }
    bindings.into_iter().chain([anna.binding("reads")]).collect()
}

/// Under the same name with another UID it has a grace of its own; back to Report in time, it stays.
async fn made_again_and_spared(stage: &Stage, strict: &Value, by_hand: &Value) {
    stage.apply(policy("Remove", "8s")).await;
    stage.apply(by_hand.clone()).await;
    stage.until("a new entry", strict, |policy| phase_of(policy, "eves").as_deref() == Some("Waiting")).await;
    stage.apply(policy("Report", "8s")).await;
    let off = |policy: &Value| phase_of(policy, "eves").as_deref() != Some("Waiting");
    stage.until("no entry", strict, off).await;
    tokio::time::sleep(std::time::Duration::from_secs(9)).await;
    assert!(stage.find(by_hand).await.is_some());
    stage.delete(by_hand).await;
}

/// A webhook of somebody else, here an admission policy, refuses the deletion: the policy says so, and it is tried again.
async fn a_removal_that_is_refused_is_told(stage: &Stage, strict: &Value) {
    let refusal = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "keep"},
        "spec": {
            "matchConstraints": {"resourceRules": [{
                "apiGroups": ["rbac.authorization.k8s.io"], "apiVersions": ["v1"], "operations": ["DELETE"],
                "resources": ["rolebindings"], "resourceNames": ["kept"],
            }]},
            "validations": [{"expression": "false", "message": "this one stays"}],
        },
    });
    let bound = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "keep"}, "spec": {"policyName": "keep", "validationActions": ["Deny"]},
    });
    stage.apply(refusal).await;
    stage.apply(bound.clone()).await;
    let kept = foreign_binding("strict", "kept", &subject("User", "eve"));
    stage.apply(kept.clone()).await;
    let path = "/apis/rbac.authorization.k8s.io/v1/namespaces/strict/rolebindings/kept?dryRun=All";
    let refused =
        async || match send(&stage.admin, "DELETE", path, "application/json", &Value::Null).await.code {
            200 => Err("it is not in force"),
            _ => Ok(()),
        };
    eventually("the refusal", SOON, refused).await;
    stage.apply(policy("Remove", "1s")).await;
    let told = stage
        .until("the refusal in the status", strict, |policy| {
            let conditions = policy["status"]["conditions"].as_array().into_iter().flatten();
            conditions.clone().any(|condition| condition["reason"] == "Forbidden")
        })
        .await;
    let message = condition(&told, "Ready")["message"].as_str().unwrap().to_owned();
    assert!(message.contains("RoleBinding/strict/kept") && message.contains("this one stays"), "{message}");
    assert_eq!(phase_of(&told, "kept").as_deref(), Some("Due"), "{told}");
    stage.delete(&bound).await;
    stage.until_gone(&kept).await;
    let ready = |policy: &Value| condition(policy, "Ready")["status"] == "True";
    stage.until("a policy that is ready again", strict, ready).await;
}
