//! Attempts to get more than was agreed to, by those who would make them. `docs/security.md` lists them all.

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};

use crate::life::condition;
use crate::objects::{employee, foreign_binding, namespace, subject};
use crate::stage::{Person, Stage, approval, seconds_from_now};
use crate::support::{SOON, eventually, send, try_create};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn attacks_come_to_nothing() {
    let (stage, operator) = Stage::with_operator("attacks").await;
    tokio::join!(
        a_grant_is_for_its_own_namespace(&stage),
        a_role_outside_the_list_is_not_given(&stage),
        names_of_kubernetes_are_refused(&stage),
        an_edit_before_the_approval_is_noticed(&stage),
        a_token_minted_before_the_end_is_worth_nothing(&stage),
        a_person_does_not_edit_their_own_papers(&stage),
        our_labels_on_a_foreign_binding_make_it_none_of_ours(&stage),
        an_approval_does_not_come_back_with_a_new_grant(&stage),
    );
    operator.stop().await;
}

/// Rita, who asks, and Anna, who approves, in one namespace.
async fn team(stage: &Stage, name: &str) -> [Person; 2] {
    stage.apply(namespace(name)).await;
    for (user, role) in [("rita", "requester"), ("anna", "approver")] {
        stage.may(name, user, &format!("cxguard-grant-{role}")).await;
    }
    ["rita", "anna"].map(|user| stage.person_in(name, user, &[]))
}

/// What Rita asks for, without an approval.
fn asked(sam: &Person) -> Value {
    let mut grant = sam.grant("reads", seconds_from_now(3600));
    grant["spec"].as_object_mut().unwrap().remove("approval");
    grant
}

fn signed() -> Value {
    json!({"spec": {"approval": {"by": "anna", "at": approval()["at"]}}})
}

async fn a_grant_is_for_its_own_namespace(stage: &Stage) {
    let [rita, anna] = team(stage, "here").await;
    let there = team(stage, "there").await;
    stage.apply(employee("sam")).await;
    let sam = stage.person_in("here", "sam", &[]);
    let grant = asked(&sam);
    eventually("a request", SOON, async || try_create(&rita.client, &grant, false).await).await;
    anna.merge(&grant, signed()).await.unwrap();
    sam.until_allowed().await;
    let sam_there = stage.person_in("there", "sam", &[]);
    assert_eq!(sam_there.code().await, 403);
    // Nor does who asks and approves here do so elsewhere.
    stage.apply(namespace("elsewhere")).await;
    let mut elsewhere = grant.clone();
    elsewhere["metadata"]["namespace"] = json!("elsewhere");
    let refused = try_create(&there[0].client, &elsewhere, false).await.unwrap_err().to_string();
    assert!(refused.contains("cannot create resource \"accessgrants\""), "{refused}");
    elsewhere["spec"]["requestedBy"] = json!("admin");
    stage.apply(elsewhere.clone()).await;
    let refused = anna.merge(&elsewhere, signed()).await.unwrap_err().to_string();
    assert!(refused.contains("cannot patch resource \"accessgrants\""), "{refused}");
}

async fn a_role_outside_the_list_is_not_given(stage: &Stage) {
    let [rita, anna] = team(stage, "listed").await;
    let tom = stage.person_in("listed", "tom", &[]);
    for role in ["edit", "cluster-admin", "cxguard-grant-approver"] {
        let mut grant = asked(&tom);
        grant["metadata"]["name"] = json!(role);
        grant["spec"]["role"]["name"] = json!(role);
        eventually("a request", SOON, async || try_create(&rita.client, &grant, false).await).await;
        anna.merge(&grant, signed()).await.unwrap();
        let refused = |grant: &Value| condition(grant, "Ready")["reason"] == "Forbidden";
        let judged = |grant: &Value| grant["status"]["conditions"].is_array() && refused(grant);
        let pending = stage.until("the refusal", &grant, judged).await;
        assert_eq!(pending["status"]["phase"], "Pending", "{pending}");
    }
    tom.stays_without_access(1).await;
}

async fn names_of_kubernetes_are_refused(stage: &Stage) {
    let [rita, _] = team(stage, "reserved").await;
    let sam = stage.person_in("reserved", "sam", &[]);
    for (kind, name) in [
        ("Group", "system:masters"),
        ("Group", "system:authenticated"),
        ("Group", "system:serviceaccounts:reserved"),
        ("User", "system:kube-scheduler"),
    ] {
        let mut grant = asked(&sam);
        grant["spec"]["subject"] = json!({"kind": kind, "name": name});
        for client in [&rita.client, &stage.admin] {
            let refused = async || match try_create(client, &grant, false).await {
                Err(error) if error.to_string().contains("names that begin with system:") => Ok(()),
                other => Err(format!("{other:?}")),
            };
            eventually("a refusal", SOON, refused).await;
        }
    }
}

/// The approver has read one thing, and the requester makes another of it before the approval arrives.
async fn an_edit_before_the_approval_is_noticed(stage: &Stage) {
    let [rita, anna] = team(stage, "raced").await;
    let sam = stage.person_in("raced", "sam", &[]);
    let grant = asked(&sam);
    let read = eventually("a request", SOON, async || try_create(&rita.client, &grant, false).await).await;
    let (generation, version) = (read.metadata.generation.unwrap(), read.metadata.resource_version.unwrap());
    rita.merge(&grant, json!({"spec": {"dataForm": "Identifiable"}})).await.unwrap();
    let mut approve = signed();
    approve["spec"]["approval"]["generation"] = json!(generation);
    let refused = anna.merge(&grant, approve.clone()).await.unwrap_err().to_string();
    assert!(refused.contains("CX508: the approval is of generation 1, and the grant is at 2"), "{refused}");
    let mut versioned = signed();
    versioned["metadata"] = json!({"resourceVersion": version});
    let refused = anna.merge(&grant, versioned).await.unwrap_err().to_string();
    assert!(refused.contains("the object has been modified"), "{refused}");
    sam.stays_without_access(1).await;
    // What is read again is approved.
    approve["spec"]["approval"]["generation"] = json!(generation + 1);
    anna.merge(&grant, approve).await.unwrap();
    stage.until_phase(&grant, "Active").await;
}

async fn a_token_minted_before_the_end_is_worth_nothing(stage: &Stage) {
    let deadline = seconds_from_now(8);
    let bot = stage.person("minted", "bot").await;
    let account = json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "bot", "namespace": "minted"},
    });
    stage.apply(account).await;
    let mut grant = bot.grant("reads", deadline);
    grant["spec"]["subject"] = json!({"kind": "ServiceAccount", "name": "bot"});
    stage.apply(grant.clone()).await;
    stage.until_phase(&grant, "Active").await;
    let client = with_token(stage, "minted", "bot").await;
    let bot = Person { client, ..bot };
    bot.loses_access_after_use(deadline).await;
    bot.stays_without_access(1).await;
}

/// A client with a token of a service account that outlives the test.
async fn with_token(stage: &Stage, namespace: &str, account: &str) -> Client {
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token");
    let request = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600},
    });
    let answer = send(&stage.admin, "POST", &path, "application/json", &request).await;
    let token = answer.body["status"]["token"].as_str().unwrap_or_else(|| panic!("{answer:?}"));
    let kubeconfig = Kubeconfig::read_from(stage.plane.kubeconfig(account, &[]).unwrap()).unwrap();
    let mut kubeconfig = serde_json::to_value(kubeconfig).unwrap();
    kubeconfig["users"][0]["user"] = json!({ "token": token });
    let kubeconfig = serde_json::from_value(kubeconfig).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}

/// Not even who asks, approves and administers the namespace.
async fn a_person_does_not_edit_their_own_papers(stage: &Stage) {
    let [rita, _] = team(stage, "papers-of-rita").await;
    for role in ["cxguard-grant-approver", "cxguard-grant-voucher", "admin"] {
        stage.may("papers-of-rita", "rita", role).await;
    }
    let papers = employee("rita");
    stage.apply(papers.clone()).await;
    let change = json!({"spec": {"jobRole": "support", "groups": ["on-call"]}});
    let refused = rita.merge(&papers, change).await.unwrap_err().to_string();
    assert!(refused.contains("cannot patch resource \"people\""), "{refused}");
    let mut another = employee("rita-too");
    another["spec"]["usernames"] = json!(["rita"]);
    let refused = try_create(&rita.client, &another, false).await.unwrap_err().to_string();
    assert!(refused.contains("cannot create resource \"people\""), "{refused}");
}

/// It gives what it gives, is told as what it is, and is neither kept nor deleted for a grant.
async fn our_labels_on_a_foreign_binding_make_it_none_of_ours(stage: &Stage) {
    stage.apply(crate::papers::policy("labelled", &json!({}))).await;
    let uma = stage.person("labelled", "uma").await;
    stage.apply(employee("uma")).await;
    let grant = uma.grant("reads", seconds_from_now(6));
    stage.apply(grant.clone()).await;
    let active = stage.until_phase(&grant, "Active").await;
    let mut forged = foreign_binding("labelled", "mine", &subject("User", "mallory"));
    forged["metadata"]["labels"] = json!({
        "app.kubernetes.io/managed-by": "cxguard", "cxguard.dev/grant-uid": active["metadata"]["uid"],
    });
    forged["metadata"]["annotations"] = json!({"cxguard.dev/deadline": "2099-01-01T00:00:00Z"});
    stage.apply(forged.clone()).await;
    // One that gives what the grant gives is found when that ends.
    let mut copied = foreign_binding("labelled", "copy", &subject("User", "uma"));
    copied["metadata"]["labels"] = forged["metadata"]["labels"].clone();
    stage.apply(copied.clone()).await;
    let of = |policy: &Value, user: &str| {
        let findings = policy["status"]["findings"].to_string();
        findings.contains("CX504") && findings.contains(user)
    };
    let policy = crate::papers::policy("labelled", &json!({}));
    let found = stage.until("the finding", &policy, |policy| of(policy, "User mallory")).await;
    assert!(!of(&found, "User uma"), "{found}");
    stage.until_phase(&grant, "Expired").await;
    stage.until("the copy is found", &policy, |policy| of(policy, "User uma")).await;
    let left = |grant: &Value| grant["status"]["revocation"]["verified"] == "False";
    stage.until("an end that is not whole", &grant, left).await;
    for binding in [forged, copied] {
        assert!(stage.find(&binding).await.is_some());
        stage.delete(&binding).await;
    }
}

/// Made again under its name, a grant needs an approval again, also for a later end.
async fn an_approval_does_not_come_back_with_a_new_grant(stage: &Stage) {
    let [rita, anna] = team(stage, "again").await;
    stage.apply(employee("sam")).await;
    let sam = stage.person_in("again", "sam", &[]);
    let mut grant = asked(&sam);
    eventually("a request", SOON, async || try_create(&rita.client, &grant, false).await).await;
    anna.merge(&grant, signed()).await.unwrap();
    let stored = stage.until_phase(&grant, "Active").await;
    let refused = rita.merge(&grant, json!({"spec": {"approval": null}})).await.unwrap_err().to_string();
    assert!(refused.contains("approval stays"), "{refused}");
    rita.delete(&grant).await;
    stage.until_gone(&grant).await;
    grant["spec"]["expiresAt"] = json!(seconds_from_now(7200).to_string());
    let mut approved = grant.clone();
    approved["spec"]["approval"] = stored["spec"]["approval"].clone();
    let refused = try_create(&rita.client, &approved, false).await.unwrap_err().to_string();
    assert!(refused.contains("CX508: rita lacks the verb approve"), "{refused}");
    try_create(&rita.client, &grant, false).await.unwrap();
    stage.until_phase(&grant, "Pending").await;
    sam.stays_without_access(1).await;
}
