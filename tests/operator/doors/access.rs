//! Bindings and roles at the door: access that no grant covers does not begin.

use serde_json::json;

use super::stage::{change, create, delete, guarded, try_out};
use crate::objects::{API, employee, foreign_binding, subject};
use crate::stage::{Stage, seconds_from_now};
use crate::support::{SOON, eventually};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn access_begins_by_a_grant_alone() {
    let stage = Stage::new("doors-access", false).await;
    let anna = stage.person("cx", "anna").await;
    stage.apply(employee("anna")).await;
    stage.apply(foreign_binding("cx", "before", &subject("User", "eve"))).await;
    let operator = guarded(&stage).await;

    create(&stage, &foreign_binding("cx", "by-hand", &subject("User", "anna"))).await.refuses("CX504");
    create(&stage, &foreign_binding("cx", "all", &subject("Group", "system:authenticated")))
        .await
        .refuses("CX503");
    create(&stage, &foreign_binding("default", "by-hand", &subject("User", "anna"))).await.passes();
    // Kubernetes' own are trusted.
    create(&stage, &foreign_binding("cx", "theirs", &subject("User", "system:kube-scheduler")))
        .await
        .passes();
    let grant = anna.grant("reads", seconds_from_now(600));
    let stored = create(&stage, &grant).await;
    assert_eq!(stored.code, 201, "{stored:?}");
    anna.until_allowed().await;
    let everything = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "all"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [subject("User", "anna")],
    });
    create(&stage, &everything).await.refuses("CX50");
    auditors_are_exempted(&stage).await;
    parts_in_a_decision_need_no_grant(&stage).await;
    approvals_in_the_future_are_refused(&stage).await;
    operator.stop().await;
}

/// The bindings of docs/grants.md and docs/gitops.md: who asks, who approves, who vouches. Where access that no grant covers
/// is removed, they stay.
async fn parts_in_a_decision_need_no_grant(stage: &Stage) {
    let strict = json!({
        "apiVersion": API, "kind": "CompliancePolicy", "metadata": {"name": "strict"},
        "spec": {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "cx"}},
            "access": {"ungoverned": "Remove", "ungovernedGrace": "1s"},
        },
    });
    let flux = json!({"kind": "ServiceAccount", "name": "kustomize-controller", "namespace": "flux-system"});
    let parts = [
        ("cx-ask", "cxguard-grant-requester", subject("User", "req")),
        ("cx-approve", "cxguard-grant-approver", subject("User", "lead")),
        ("flux-asks", "cxguard-grant-requester", flux.clone()),
        ("flux-vouches", "cxguard-grant-voucher", flux),
    ];
    let bound = parts.map(|(name, role, subject)| {
        let mut binding = foreign_binding("cx", name, &subject);
        binding["roleRef"]["name"] = json!(role);
        binding
    });
    for binding in &bound {
        create(stage, binding).await.passes();
    }
    create(stage, &strict).await.passes();
    // One by hand, which was here before, goes when its time has come; with it the others would have gone.
    stage.until_gone(&foreign_binding("cx", "before", &subject("User", "eve"))).await;
    for binding in &bound {
        assert!(stage.find(binding).await.is_some(), "{binding}");
    }
    let mut everywhere = bound[1].clone();
    everywhere["kind"] = json!("ClusterRoleBinding");
    everywhere["metadata"] = json!({"name": "approves-everywhere"});
    let refused = create(stage, &everywhere).await;
    refused.refuses("CX504");
    assert!(refused.message.contains("in the namespaces where it is needed"), "{refused:?}");
    // A grant is active under that policy, and under no other.
    delete(stage, &strict).await.refuses("AccessGrant/cx/reads");
}

/// What docs/grants.md says of those who look at the whole cluster.
async fn auditors_are_exempted(stage: &Stage) {
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "cx-audit"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cxguard-access-viewer",
        },
        "subjects": [subject("Group", "cx-auditors")],
    });
    let refused = create(stage, &binding).await;
    refused.refuses("CX504");
    assert!(refused.message.contains("by an Exemption"), "{refused:?}");
    let exemption = json!({
        "apiVersion": API, "kind": "Exemption", "metadata": {"name": "cx-audit"},
        "spec": {
            "subject": {"kind": "ClusterRoleBinding", "name": "cx-audit"}, "rules": ["CX504"],
            "reason": "auditors see who gets at what", "approvedBy": "ciso@corp.example",
            "expiresAt": seconds_from_now(3600).to_string(),
        },
    });
    // It speaks of what is not there yet.
    create(stage, &exemption).await.warns("CX001");
    let heard = async || match create(stage, &binding).await {
        said if said.code == 201 => Ok(()),
        said => Err(format!("{said:?}")),
    };
    eventually("the binding of auditors", SOON, heard).await;
    // For this one alone. One for nobody is free.
    let mut other = binding.clone();
    other["metadata"]["name"] = json!("cx-audit-2");
    create(stage, &other).await.refuses("CX504");
    other["subjects"] = json!([]);
    create(stage, &other).await.passes();
}

/// The API server knows no time; the operator does.
async fn approvals_in_the_future_are_refused(stage: &Stage) {
    let bea = stage.person("cx-2", "bea").await;
    stage.apply(employee("bea")).await;
    let mut early = bea.grant("early", seconds_from_now(7200));
    early["spec"]["approval"]["at"] = json!(seconds_from_now(3600).to_string());
    try_out(stage, &early).await.refuses("CX508");
    let mut waiting = bea.grant("waiting", seconds_from_now(7200));
    waiting["spec"].as_object_mut().unwrap().remove("approval");
    let stored = create(stage, &waiting).await;
    assert_eq!(stored.code, 201, "{stored:?}");
    let approval = json!({"spec": {"approval": {"by": "lead", "at": seconds_from_now(-1).to_string()}}});
    let approved = change(stage, &waiting, &approval).await;
    assert_eq!(approved.code, 200, "{approved:?}");
    bea.until_allowed().await;
}
