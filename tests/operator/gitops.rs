//! Grants that a `GitOps` controller applies from a branch again and again, while people decide in the cluster: neither
//! undoes the other. `docs/gitops.md` shows the manifests.

use std::process::{Command, Output};

use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};

use crate::objects::{employee, namespace};
use crate::stage::{Person, Stage, seconds_from_now};
use crate::support::{SOON, eventually, located, send};

/// The account of a controller that applies on the server's side, and of one that merges on its own.
const FLUX: &str = "system:serviceaccount:flux-system:kustomize-controller";
const ARGO: &str = "system:serviceaccount:argocd:argocd-application-controller";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn what_git_holds_and_what_people_decide_live_together() {
    let (stage, operator) = Stage::with_operator("gitops").await;
    tokio::join!(
        applied_on_the_servers_side(&stage),
        merged_by_the_client(&stage),
        approved_on_a_branch(&stage),
    );
    operator.stop().await;
}

/// What the branch holds: a request, without a decision.
fn in_git(sam: &Person, controller: &str) -> Value {
    let mut grant = sam.grant("reads", seconds_from_now(3600));
    grant["spec"].as_object_mut().unwrap().remove("approval");
    grant["spec"]["requestedBy"] = json!(controller);
    grant
}

/// A controller with a role in a namespace of its own, Olga who approves there, and Sam.
async fn team(stage: &Stage, name: &str, controller: &str, role: &str) -> [Person; 2] {
    stage.apply(namespace(name)).await;
    stage.apply(employee("sam")).await;
    stage.may(name, "olga", "cxguard-grant-approver").await;
    stage.may(name, controller, role).await;
    [stage.person_in(name, controller, &["system:serviceaccounts"]), stage.person_in(name, "sam", &[])]
}

/// As `kubectl apply --server-side --force-conflicts` does.
async fn sync(controller: &Person, manager: &str, object: &Value) -> kube::Result<DynamicObject> {
    let (api, object) = located(&controller.client, object).await;
    let how = PatchParams::apply(manager).force();
    api.patch(object.metadata.name.as_ref().unwrap(), &how, &Patch::Apply(&object)).await
}

/// A command of Olga.
fn olga(stage: &Stage, arguments: &[&str]) -> Output {
    let kubeconfig = stage.plane.kubeconfig("olga", &[]).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cxguard"));
    let output = command.args(arguments).arg("--kubeconfig").arg(kubeconfig).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
    output
}

async fn applied_on_the_servers_side(stage: &Stage) {
    let [flux, sam] = team(stage, "flux", FLUX, "cxguard-grant-requester").await;
    let grant = in_git(&sam, FLUX);
    let sync = async |object: &Value| sync(&flux, "kustomize-controller", object).await;
    eventually("a first sync", SOON, async || sync(&grant).await).await;
    olga(stage, &["grant", "approve", "reads", "-n", "flux", "--yes"]);
    sam.until_allowed().await;
    // The same again, and again, as the controller does.
    for _ in 0..3 {
        let stored = sync(&grant).await.unwrap();
        assert_eq!(stored.data["spec"]["approval"]["by"], "olga", "{:?}", stored.data);
        assert_eq!(sam.code().await, 200);
    }
    a_longer_end_is_agreed_upon(stage, &grant, &sync).await;
    olga(stage, &["grant", "revoke", "reads", "-n", "flux", "--reason", "done"]);
    sam.until_denied().await;
    let stored = sync(&grant).await.unwrap();
    assert_eq!(stored.data["spec"]["revoked"]["reason"], "done", "{:?}", stored.data);
    sam.stays_without_access(1).await;
    stage.until_phase(&grant, "Revoked").await;
}

/// Git comes first, and is refused; once somebody has agreed, both say the same.
async fn a_longer_end_is_agreed_upon(
    stage: &Stage,
    grant: &Value,
    sync: &impl AsyncFn(&Value) -> kube::Result<DynamicObject>,
) {
    let until = seconds_from_now(7200).to_string();
    let mut longer = grant.clone();
    longer["spec"]["expiresAt"] = json!(until);
    let refused = sync(&longer).await.unwrap_err().to_string();
    assert!(refused.contains("expiresAt moves later only with a later approval"), "{refused}");
    olga(stage, &["grant", "extend", "reads", "-n", "flux", "--until", &until, "--yes"]);
    let stored = sync(&longer).await.unwrap();
    assert_eq!(stored.data["spec"]["expiresAt"], json!(until));
    let extended = |grant: &Value| grant["status"]["deadline"] == json!(until);
    stage.until("the later deadline", grant, extended).await;
    // A branch that does not know of it takes it back: what it holds is shorter, and needs nobody's consent.
    let stored = sync(grant).await.unwrap();
    assert_eq!(stored.data["spec"]["expiresAt"], grant["spec"]["expiresAt"]);
}

async fn merged_by_the_client(stage: &Stage) {
    let [argo, sam] = team(stage, "argo", ARGO, "cxguard-grant-requester").await;
    let grant = in_git(&sam, ARGO);
    eventually("a first sync", SOON, async || crate::support::try_create(&argo.client, &grant, false).await)
        .await;
    olga(stage, &["grant", "approve", "reads", "-n", "argo", "--yes"]);
    sam.until_allowed().await;
    // A merge of what is applied with what was applied before names no field that the branch never had.
    argo.merge(&grant, json!({"spec": grant["spec"]})).await.unwrap();
    let stored = stage.find(&grant).await.unwrap();
    assert_eq!(stored["spec"]["approval"]["by"], "olga", "{stored}");
    // To replace the whole is to take the decision away, and is refused.
    let mut whole = grant.clone();
    whole["metadata"]["resourceVersion"] = stored["metadata"]["resourceVersion"].clone();
    let path = "/apis/cxguard.dev/v1alpha1/namespaces/argo/accessgrants/reads";
    let answer = send(&argo.client, "PUT", path, "application/json", &whole).await;
    assert!(answer.body["message"].to_string().contains("approval stays"), "{answer:?}");
    assert_eq!(sam.code().await, 200);
    olga(stage, &["grant", "revoke", "reads", "-n", "argo", "--reason", "done"]);
    sam.until_denied().await;
    argo.merge(&grant, json!({"spec": grant["spec"]})).await.unwrap();
    stage.until_phase(&grant, "Revoked").await;
    sam.stays_without_access(1).await;
}

/// The review has happened on the branch, whose controller vouches for both names.
async fn approved_on_a_branch(stage: &Stage) {
    let [flux, sam] = team(stage, "branch", FLUX, "cxguard-grant-voucher").await;
    let mut grant = sam.grant("reads", seconds_from_now(3600));
    grant["spec"]["approval"]["by"] = json!("lead");
    let sync = async |object: &Value| sync(&flux, "kustomize-controller", object).await;
    eventually("a first sync", SOON, async || sync(&grant).await).await;
    sam.until_allowed().await;
    // Nobody approves their own there either.
    for own in ["rita", "sam"] {
        let mut own_approval = grant.clone();
        own_approval["metadata"]["name"] = json!("own");
        own_approval["spec"]["approval"]["by"] = json!(own);
        let refused = sync(&own_approval).await.unwrap_err().to_string();
        assert!(refused.contains("gets access by this grant or asked for it"), "{refused}");
    }
    // Who revokes in the cluster is not undone by the branch.
    olga(stage, &["grant", "revoke", "reads", "-n", "branch", "--reason", "done"]);
    sam.until_denied().await;
    sync(&grant).await.unwrap();
    sam.stays_without_access(1).await;
    stage.until_phase(&grant, "Revoked").await;
}
