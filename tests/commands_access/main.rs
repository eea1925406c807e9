//! The commands for people, by the people, on a real API server with a running operator.

#![cfg(feature = "cluster")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]
#![expect(clippy::disallowed_methods, reason = "writes a manifest to be checked")]

mod doubts;
mod emergency;
#[path = "../operator/objects.rs"]
#[allow(dead_code, reason = "the story needs a part of it")]
mod objects;
#[path = "../operator/process.rs"]
#[allow(dead_code, reason = "the story needs a part of it")]
mod process;
mod stage;
#[path = "../support/mod.rs"]
mod support;

use serde_json::{Value, json};

use crate::stage::{Stage, later};

const GRANT: &str = "ana-feedback-reader";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn the_life_of_a_grant_by_commands() {
    let (stage, operator) = Stage::with_operator().await;
    somebody_asks(&stage);
    nobody_approves_for_themselves(&stage);
    what_was_edited_is_not_approved(&stage).await;
    another_approves(&stage).await;
    who_gets_at_the_namespace_is_told(&stage);
    doubts::a_foreign_binding_with_our_labels_is_by_no_grant(&stage, GRANT).await;
    doubts::what_does_not_exist_is_an_error(&stage);
    doubts::what_cannot_be_asked_for_is_told_at_once(&stage);
    doubts::warnings_of_the_api_server_are_said(&stage).await;
    doubts::an_account_to_be_issued_is_told_to_whom(&stage).await;
    why_somebody_has_access_is_told(&stage);
    who_waits_is_told_for_what_and_whom_to_ask(&stage).await;
    a_later_end_needs_a_new_approval(&stage).await;
    an_end_is_for_good(&stage).await;
    access_by_hand_is_adopted(&stage).await;
    emergency::who_is_on_call_helps_themselves(&stage).await;
    doubts::a_role_that_may_not_be_granted_is_told(&stage);
    operator.stop().await;
}

/// The lead of a consultant asks in their own name; who may ask for nothing is told so.
fn somebody_asks(stage: &Stage) {
    let request = [
        "grant",
        "request",
        "--role",
        "ClusterRole/feedback-reader",
        "--data-form",
        "Pseudonymised",
        "--reason",
        "churn analysis",
        "--for",
        "ana",
        "--duration",
        "14d",
        "-n",
        "cx",
    ];
    let dry = stage.said("lena", &[&request[..], &["--dry-run", "-o", "yaml"]].concat());
    assert!(dry.contains("requestedBy: lena") && dry.contains("kind: AccessGrant"), "{dry}");
    let said = stage.said("lena", &request);
    for part in [
        "AccessGrant cx/ana-feedback-reader requested: ClusterRole/feedback-reader for User ana, asked for by lena",
        "cxguard grant approve ana-feedback-reader -n cx",
        "who may approve it is seen with the ClusterRole cxguard-access-viewer: ask an administrator\n",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let again = stage.refused("lena", &request);
    assert!(again.contains("already exists") && again.contains("cxguard grant show"), "{again}");
    let stranger = stage.refused("nils", &request);
    assert!(stranger.contains("cannot create resource \"accessgrants\""), "{stranger}");
    assert!(stranger.contains("cxguard-grant-requester"), "{stranger}");
}

/// Lena and Ana hold the verb, and the API server refuses them all the same.
fn nobody_approves_for_themselves(stage: &Stage) {
    for user in ["lena", "ana"] {
        let said = stage.refused(user, &["grant", "approve", GRANT, "-n", "cx", "--yes"]);
        let part = format!("CX508: {user} gets access by this grant or asked for it, and cannot approve it");
        assert!(said.contains(&part), "{said}");
    }
    let said = stage.refused("rolf", &["grant", "approve", GRANT, "-n", "cx", "--yes"]);
    assert!(said.contains("CX508: rolf lacks the verb approve on accessgrants in cx"), "{said}");
    let said = stage.refused("olga", &["grant", "approve", GRANT, "-n", "cx"]);
    assert!(said.contains("nobody is there to confirm"), "{said}");
}

async fn what_was_edited_is_not_approved(stage: &Stage) {
    let shown = stage.said("olga", &["grant", "show", GRANT, "-n", "cx"]);
    for part in [
        "  requested    by lena\n",
        "  approved     not yet\n",
        "  generation   1\n",
        "to approve exactly this: cxguard grant approve ana-feedback-reader -n cx --generation 1\n",
        "who may approve it:\n  Group system:masters (ClusterRoleBinding/cluster-admin)\n  User olga (RoleBinding/cx/approvers)\n",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("User lena (") && !shown.contains("User ana ("), "{shown}");
    let before = stage.grant(GRANT).await;
    stage.merge("lena", GRANT, json!({"spec": {"dataForm": "Identifiable"}})).await;
    let said = stage.refused("olga", &["grant", "approve", GRANT, "-n", "cx", "--generation", "1"]);
    assert!(said.contains("you saw generation 1, and this is 2"), "{said}");
    // And if the edit comes between the look and the patch: the API server compares the spec by itself.
    let patch = json!([
        {"op": "test", "path": "/spec", "value": before["spec"]},
        {"op": "add", "path": "/spec/approval", "value": {"by": "olga", "at": later(0)}},
    ]);
    assert_eq!(stage.patch("olga", GRANT, &patch).await, 422);
    assert!(stage.grant(GRANT).await["spec"]["approval"].is_null());
    stage.merge("lena", GRANT, json!({"spec": {"dataForm": "Pseudonymised"}})).await;
}

async fn another_approves(stage: &Stage) {
    let approve = ["grant", "approve", GRANT, "-n", "cx", "--generation", "3"];
    let said = stage.said("olga", &[&approve[..], &["--dry-run"]].concat());
    assert!(said.contains("AccessGrant cx/ana-feedback-reader would be approved by olga"), "{said}");
    assert!(stage.grant(GRANT).await["spec"]["approval"].is_null());
    let said = stage.said("olga", &approve);
    assert_eq!(said, "AccessGrant cx/ana-feedback-reader approved by olga\n");
    stage
        .until_said("olga", &["grant", "show", GRANT, "-n", "cx"], "phase        Active: access until ")
        .await;
    stage.until_code("ana", 200).await;
    let listed = stage.said("olga", &["grant", "list", "-n", "cx", "-o", "json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let row = &listed["items"][0];
    assert_eq!(
        (&row["name"], &row["phase"], &row["subject"]),
        (&json!(GRANT), &json!("Active"), &json!("User ana"))
    );
    let said = stage.refused("olga", &["grant", "list", "-A"]);
    assert!(said.contains("cannot list resource \"accessgrants\""), "{said}");
}

fn who_gets_at_the_namespace_is_told(stage: &Stage) {
    let said = stage.said("aud", &["access", "cx"]);
    for part in [
        "User ana (Person ana)\n",
        "  may          get, list configmaps\n",
        "  by           RoleBinding/cx/cxguard-ana-feedback-reader, ClusterRole/feedback-reader, AccessGrant ana-feedback-reader\n",
        "ServiceAccount ci/deployer\n",
        "  so could     create pods\n",
        "  until        without an end, by no grant, never reviewed\n",
        "Group system:masters\n",
        "parts of Kubernetes, by the roles that the API server made",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("not seen"), "{said}");
    // Who may not look into RBAC is told what is missing, and still sees what the grants say.
    let said = stage.said("rolf", &["access", "cx"]);
    for part in [
        "RoleBinding/cx/cxguard-ana-feedback-reader",
        "not seen, so there may be more: rolebindings.rbac.authorization.k8s.io: ",
        "not seen, so there may be more: clusterrolebindings.rbac.authorization.k8s.io: ",
        "not seen, so there may be more: people.cxguard.dev: ",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

fn why_somebody_has_access_is_told(stage: &Stage) {
    let explain = |user, about| {
        stage.said(user, &["access", "explain", about, "cx", "--verb", "get", "--resource", "configmaps"])
    };
    for user in ["aud", "ana"] {
        let said = explain(user, "ana");
        assert!(said.contains("yes, says the API server: "), "{said}");
    }
    let said = explain("aud", "ana");
    assert!(said.contains("  by           RoleBinding/cx/cxguard-ana-feedback-reader"), "{said}");
    let said = explain("aud", "nils");
    assert!(said.contains("no, says the API server; no binding that could be seen gives it"), "{said}");
    let said = explain("olga", "nils");
    assert!(
        said.contains("cannot be told: no binding that could be seen gives it, and not all could be"),
        "{said}"
    );
    assert!(
        said.contains("not seen, so there may be more: subjectaccessreviews.authorization.k8s.io: "),
        "{said}"
    );
}

async fn who_waits_is_told_for_what_and_whom_to_ask(stage: &Stage) {
    stage.said(
        "lena",
        &[
            "grant",
            "request",
            "--role",
            "ClusterRole/feedback-reader",
            "--data-form",
            "Aggregate",
            "--reason",
            "a report",
            "--for",
            "ben",
            "--duration",
            "8h",
            "--owner",
            "team-cx",
            "-n",
            "cx",
        ],
    );
    let explain = ["access", "explain", "ben", "cx"];
    let said = stage.until_said("aud", &explain, "phase        Pending: ").await;
    for part in [
        "AccessGrant ben-feedback-reader\n",
        "CX508",
        "  owner        team-cx\n",
        "  may approve  User olga (RoleBinding/cx/approvers)\n",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = stage.said("aud", &["access", "cx"]);
    assert!(
        said.contains("  not now      ClusterRole/feedback-reader, AccessGrant ben-feedback-reader\n"),
        "{said}"
    );
}

async fn a_later_end_needs_a_new_approval(stage: &Stage) {
    let until = later(20 * 86_400);
    let extend = ["grant", "extend", GRANT, "-n", "cx", "--until", &until, "--yes"];
    let said = stage.refused("rolf", &extend);
    assert!(
        said.contains("lacks the verb approve") && said.contains("a later end needs a new approval"),
        "{said}"
    );
    let said = stage.refused("lena", &extend);
    assert!(
        said.contains("cannot approve it") && said.contains("a later end needs a new approval"),
        "{said}"
    );
    // Nor by hand, without one.
    let refusal = stage.try_merge("lena", GRANT, json!({"spec": {"expiresAt": until}})).await.unwrap_err();
    assert!(refusal.to_string().contains("expiresAt moves later only with a later approval"), "{refusal}");
    let said =
        stage.refused("olga", &["grant", "extend", GRANT, "-n", "cx", "--until", &later(-60), "--yes"]);
    assert!(said.contains("has passed: to end access now, cxguard grant revoke"), "{said}");
    // An earlier end takes no approval.
    let approval = stage.grant(GRANT).await["spec"]["approval"].clone();
    let earlier = later(10 * 86_400);
    let said = stage.said("rolf", &["grant", "extend", GRANT, "-n", "cx", "--until", &earlier, "--yes"]);
    assert_eq!(said, format!("AccessGrant cx/{GRANT} shortened until {earlier} by rolf\n"));
    let shortened = stage.grant(GRANT).await;
    assert_eq!(
        (&shortened["spec"]["expiresAt"], &shortened["spec"]["approval"]),
        (&json!(earlier), &approval)
    );

    let before = stage.grant(GRANT).await;
    let said = stage.said("olga", &extend);
    assert!(said.contains("and approved anew by olga"), "{said}");
    let after = stage.grant(GRANT).await;
    assert_eq!(after["spec"]["expiresAt"], json!(until));
    let at =
        |grant: &Value| grant["spec"]["approval"]["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(at(&after) > at(&before));
    let show = ["grant", "show", GRANT, "-n", "cx"];
    stage.until_said("olga", &show, &format!("  ends         {until} (ExpiresAt)")).await;
}

async fn an_end_is_for_good(stage: &Stage) {
    let revoke = ["grant", "revoke", GRANT, "-n", "cx", "--reason", "finished early"];
    let said = stage.refused("nils", &revoke);
    assert!(said.contains("who may patch the grant may revoke it"), "{said}");
    let said = stage.said("lena", &revoke);
    assert_eq!(said, "AccessGrant cx/ana-feedback-reader revoked: access ends at once\n");
    stage.until_code("ana", 403).await;
    let show = ["grant", "show", GRANT, "-n", "cx"];
    let said = stage.until_said("olga", &show, "  denied now   True\n").await;
    for part in ["phase        Revoked: ", "  ended        at ", "  revoked      finished early\n"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = stage.said("aud", &["access", "cx"]);
    assert!(!said.contains("AccessGrant ana-feedback-reader"), "{said}");
    let before = stage.grant(GRANT).await;
    for command in [&["approve"][..], &["extend", "--until", &later(86_400)]] {
        let said = stage.refused("olga", &[&["grant"], command, &[GRANT, "-n", "cx", "--yes"]].concat());
        assert!(said.contains("is revoked, for good: who needs access again asks for it anew"), "{said}");
    }
    assert_eq!(stage.grant(GRANT).await["spec"], before["spec"]);
}

/// What is printed is taken by the API server and by a check of files.
async fn access_by_hand_is_adopted(stage: &Stage) {
    let adopt = ["grant", "adopt", "readers", "-n", "cx"];
    let open = stage.said("aud", &adopt);
    assert!(open.contains("spec:\n  # dataForm: the most") && !open.contains("\n  dataForm:"), "{open}");
    for line in [
        "# From RoleBinding cx/readers, for review. Nothing is changed in the cluster.\n",
        "cxguard grant approve NAME -n cx\n",
        "kubectl -n cx delete rolebinding readers\n",
    ] {
        assert!(open.contains(line), "{line}: {open}");
    }
    let warned = stage.warned("aud", &adopt);
    assert!(
        warned.contains("warning: ServiceAccount deployer: it is a service account elsewhere"),
        "{warned}"
    );
    assert!(warned.contains("warning: Group report-writers: no Person"), "{warned}");
    let warned = stage.warned("olga", &adopt);
    assert!(
        warned.contains("you may not list compliancepolicies.cxguard.dev, namespaces, people"),
        "{warned}"
    );
    let certain = stage.warned("aud", &[&adopt[..], &["--for", "30d"]].concat());
    assert!(!certain.contains("you may not list"), "{certain}");
    let text = stage.said("aud", &[&adopt[..], &["--data-form", "Aggregate", "--for", "30d"]].concat());
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("adopted.yaml");
    for text in [&open, &text] {
        let grants = support::documents(text);
        let subjects: Vec<&Value> = grants.iter().map(|grant| &grant["spec"]["subject"]["name"]).collect();
        assert_eq!(subjects, ["gus@corp.example", "report-writers"]);
        for grant in grants {
            stage.would_create(&grant).await;
        }
        std::fs::write(&file, text).unwrap();
        let checked = std::process::Command::new(env!("CARGO_BIN_EXE_cxguard"))
            .args(["check", "--exit-zero"])
            .arg(&file)
            .output()
            .unwrap();
        assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    }
    let made = stage.refused("aud", &["grant", "adopt", "deployers", "-n", "cx"]);
    assert!(made.contains("no grant can be made for any subject of RoleBinding cx/deployers"), "{made}");
}
