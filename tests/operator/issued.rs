//! Accounts that are issued for grants: who gets at their tokens, and what is left of them afterwards.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};

use crate::life::condition;
use crate::stage::{OPERATORS, Person, Stage, seconds_from_now};
use crate::support::{self, OPERATOR, SOON, eventually, send, try_create};

const ISSUE: &str = include_str!("../../deploy/issue-accounts.yaml");
const JSON: &str = "application/json";
const RBAC: &str = "rbac.authorization.k8s.io/v1";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn an_account_is_issued_for_a_grant_and_dies_with_it() {
    let stage = Stage::new("issued", false).await;
    let plain = stage.start.ready().await;
    let (anna, grant) = asked(&stage, "switch", 600).await;
    nothing_is_issued_without_the_switch(&stage, &anna, &grant).await;
    plain.stop().await;
    support::apply(&stage.admin, ISSUE).await;
    until_in_force(&stage).await;
    let operator = stage.start.with("--issue-accounts").ready().await;
    stage.until_phase(&grant, "Active").await;
    tokio::join!(
        its_holder_logs_in_until_the_end(&stage),
        nobody_else_gets_a_token(&stage),
        an_account_of_somebody_else_is_in_the_way(&stage),
        what_is_deleted_or_changed_comes_back(&stage),
        a_deleted_grant_leaves_nothing(&stage),
    );
    the_operator_uses_its_rights_for_nothing_else(&stage).await;
    operator.stop().await;
}

/// A grant for which an account `bot` is asked, issued to Anna.
async fn asked(stage: &Stage, namespace: &str, seconds: i64) -> (Person, Value) {
    let anna = stage.person(namespace, "anna").await;
    let mut grant = anna.grant("reads", seconds_from_now(seconds));
    grant["spec"]["subject"] = json!({"kind": "IssuedServiceAccount", "name": "bot"});
    grant["spec"]["issuedTo"] = json!({"kind": "User", "name": "anna"});
    stage.apply(grant.clone()).await;
    (anna, grant)
}

fn account(namespace: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "bot", "namespace": namespace}})
}

fn for_tokens(kind: &str, namespace: &str) -> Value {
    json!({
        "apiVersion": RBAC, "kind": kind,
        "metadata": {"name": "cxguard:token:reads", "namespace": namespace},
    })
}

/// What is made for such a grant beside its binding.
fn pieces(namespace: &str) -> [Value; 3] {
    [account(namespace), for_tokens("Role", namespace), for_tokens("RoleBinding", namespace)]
}

fn run(stage: &Stage, user: &str, arguments: &[&str]) -> Output {
    let groups: &[&str] = if user == "admin" { &["system:masters"] } else { &[] };
    let kubeconfig = stage.plane.kubeconfig(user, groups).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cxguard"));
    command.args(arguments).arg("--kubeconfig").arg(kubeconfig).output().unwrap()
}

fn said(stage: &Stage, user: &str, arguments: &[&str]) -> String {
    let output = run(stage, user, arguments);
    assert_eq!(output.status.code(), Some(0), "{user}: {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn refused(stage: &Stage, user: &str, arguments: &[&str]) -> String {
    let output = run(stage, user, arguments);
    assert_eq!(output.status.code(), Some(2), "{user}: {arguments:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Once the API server refuses by each policy, all of them are in force, and so are the rights.
async fn until_in_force(stage: &Stage) {
    let operator = stage.plane.client(OPERATOR, &OPERATORS).unwrap();
    let wrong = json!({"apiVersion": RBAC, "kind": "Role", "metadata": {"name": "wrong", "namespace": "switch"}, "rules": []});
    let ours = |error: kube::Error| {
        if error.to_string().contains("cxguard:") { Ok(()) } else { Err(error.to_string()) }
    };
    let refused = async || {
        let minted = token(&operator, "switch", "default").await;
        if !minted.to_string().contains("it never fetches one") {
            return Err(minted.to_string());
        }
        for object in [&account("switch"), &wrong] {
            ours(try_create(&operator, object, true).await.map(|_| ()).err().ok_or("not refused")?)?;
        }
        Ok(())
    };
    eventually("the policies for issued accounts", SOON, refused).await;
}

/// What the API server answers to a request for a token.
async fn token(client: &Client, namespace: &str, account: &str) -> Value {
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token");
    let wanted = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}});
    send(client, "POST", &path, JSON, &wanted).await.body
}

async fn nothing_is_issued_without_the_switch(stage: &Stage, anna: &Person, grant: &Value) {
    let pending = stage.until_phase(grant, "Pending").await;
    let ready = condition(&pending, "Ready");
    assert_eq!(ready["reason"], "NotIssued", "{ready}");
    assert!(ready["message"].as_str().unwrap().contains("--issue-accounts"), "{ready}");
    for piece in pieces(&anna.namespace) {
        assert_eq!(stage.find(&piece).await, None);
    }
}

/// Whoever uses a kubeconfig, by the plugin that it names.
async fn by(kubeconfig: &Path) -> Client {
    let read = Kubeconfig::read_from(kubeconfig).unwrap();
    let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}

async fn its_holder_logs_in_until_the_end(stage: &Stage) {
    let (anna, grant) = asked(stage, "issued", 25).await;
    let active = stage.until_phase(&grant, "Active").await;
    let ready = condition(&active, "Ready");
    let words = "by tokens of ServiceAccount/issued/bot for User anna";
    assert!(ready["message"].as_str().unwrap().ends_with(words), "{ready}");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("issued.kubeconfig");
    drop(std::fs::remove_file(&file));
    let out = file.to_str().unwrap();
    // Anna may read no grants, and is told of the only account whose tokens she may fetch.
    let login = ["login", "reads", "-n", "issued", "--kubeconfig-out", out];
    let told = said(stage, "anna", &login);
    assert!(told.starts_with("written: ") && told.contains("tokens of ServiceAccount issued/bot"), "{told}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let again = said(stage, "anna", &login);
    assert!(again.starts_with("added to "), "{again}");
    let bot = Person { client: by(&file).await, user: "bot".to_owned(), namespace: "issued".to_owned() };
    bot.until_allowed().await;
    // She herself has no access, only the account has.
    assert_eq!(anna.code().await, 403);
    let table = said(stage, "admin", &["access", "issued"]);
    assert!(table.contains("ServiceAccount issued/bot") && table.contains("cxguard:token:reads"), "{table}");
    // The token that the client has was fetched before the end.
    let ended = async || match bot.code().await {
        401 | 403 => Ok(()),
        code => Err(format!("HTTP {code}")),
    };
    eventually("no access by a token from before the end", SOON, ended).await;
    stage.until_phase(&grant, "Expired").await;
    for piece in pieces("issued") {
        stage.until_gone(&piece).await;
    }
    let late = refused(stage, "anna", &["token", "reads", "-n", "issued"]);
    assert!(late.contains("no service account in issued whose tokens you may fetch"), "{late}");
    let late = refused(stage, "anna", &["token", "reads", "--account", "bot", "-n", "issued"]);
    assert!(late.contains("whether it is active and issued to you"), "{late}");
    let late = refused(stage, "admin", &["login", "reads", "-n", "issued", "--kubeconfig-out", "-"]);
    assert!(late.contains("the API server knows you as admin"), "{late}");
}

async fn nobody_else_gets_a_token(stage: &Stage) {
    let (_, grant) = asked(stage, "others", 600).await;
    stage
        .apply(json!({
            "apiVersion": RBAC, "kind": "RoleBinding", "metadata": {"name": "looks", "namespace": "others"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cxguard-viewer"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "ben"}],
        }))
        .await;
    stage.until_phase(&grant, "Active").await;
    let readable = async || match run(stage, "ben", &["grant", "show", "reads", "-n", "others"]) {
        output if output.status.success() => Ok(()),
        output => Err(format!("{output:?}")),
    };
    eventually("ben may read grants", SOON, readable).await;
    for command in ["login", "token"] {
        let told = refused(stage, "ben", &[command, "reads", "-n", "others"]);
        for part in [
            "cannot create resource \"serviceaccounts/token\"",
            "the grant is issued to User anna, and the API server knows you as ben: ask rita",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
    let bot = stage.plane.client("ben", &[]).unwrap();
    assert_eq!(token(&bot, "others", "bot").await["code"], 403);
    // Nor does Anna get one of another account.
    let anna = stage.plane.client("anna", &[]).unwrap();
    assert_eq!(token(&anna, "others", "default").await["code"], 403);
}

async fn an_account_of_somebody_else_is_in_the_way(stage: &Stage) {
    stage.person("taken", "anna").await;
    let before = serde_json::to_value(stage.apply(account("taken")).await).unwrap();
    let (_, grant) = asked(stage, "taken", 600).await;
    let named = |grant: &Value| {
        let said = grant["status"]["conditions"].to_string();
        said.contains("CX001: ServiceAccount/taken/bot exists and was made for no grant")
    };
    let pending = stage.until("the account named", &grant, named).await;
    assert_eq!(pending["status"]["phase"], "Pending");
    let after = stage.find(&account("taken")).await.unwrap();
    assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"]);
    stage.delete(&account("taken")).await;
    stage.until_phase(&grant, "Active").await;
}

async fn what_is_deleted_or_changed_comes_back(stage: &Stage) {
    let (_, grant) = asked(stage, "changed", 600).await;
    stage.until_phase(&grant, "Active").await;
    let [account, role, tokens] = pieces("changed");
    let old = stage.find(&account).await.unwrap()["metadata"]["uid"].clone();
    stage.delete(&account).await;
    stage.until("another account", &account, |now| now["metadata"]["uid"] != old).await;
    stage.until("its binding", &stage_binding("changed"), |_| true).await;
    let other = json!({"rules": [{"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"], "resourceNames": ["default"]}]});
    stage.merge(&role, other).await.unwrap();
    stage
        .until("the role put right", &role, |role| role["rules"][0]["resourceNames"] == json!(["bot"]))
        .await;
    let more = json!({"rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]});
    let error = stage.merge(&role, more).await.unwrap_err().to_string();
    assert!(error.contains("to fetch the tokens of one service account by its name"), "{error}");
    let ben = json!({"subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "ben"}]});
    stage.merge(&tokens, ben).await.unwrap();
    stage.until("its holder again", &tokens, |tokens| tokens["subjects"][0]["name"] == "anna").await;
}

fn stage_binding(namespace: &str) -> Value {
    json!({"apiVersion": RBAC, "kind": "RoleBinding", "metadata": {"name": "cxguard-reads", "namespace": namespace}})
}

async fn a_deleted_grant_leaves_nothing(stage: &Stage) {
    let (_, grant) = asked(stage, "removed", 600).await;
    stage.until_phase(&grant, "Active").await;
    stage.delete(&grant).await;
    for gone in pieces("removed").iter().chain([&stage_binding("removed"), &grant]) {
        stage.until_gone(gone).await;
    }
}

/// A token role as the operator makes it, of another name or for another namespace.
fn token_role(name: &str, namespace: &str, rules: &Value) -> Value {
    json!({
        "apiVersion": RBAC, "kind": "Role", "rules": rules,
        "metadata": {"name": name, "namespace": namespace, "labels": {"app.kubernetes.io/managed-by": "cxguard"}},
    })
}

async fn the_operator_uses_its_rights_for_nothing_else(stage: &Stage) {
    let operator = stage.plane.client(OPERATOR, &OPERATORS).unwrap();
    let minted = token(&operator, "others", "bot").await;
    assert!(minted["message"].as_str().unwrap().contains("it never fetches one"), "{minted}");
    stage.apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "open"}})).await;
    let rule = |resource: &str, names: Value| json!([{"apiGroups": [""], "resources": [resource], "verbs": ["create"], "resourceNames": names}]);
    let good = rule("serviceaccounts/token", json!(["x"]));
    // What the operator holds itself: Kubernetes alone would let it give that.
    let held =
        json!([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"], "resourceNames": ["x"]}]);
    let mut labelled = account("others");
    labelled["metadata"]["name"] = json!("mounted");
    labelled["metadata"]["labels"] =
        json!({"app.kubernetes.io/managed-by": "cxguard", "cxguard.dev/grant-uid": "u"});
    let mut binding = stage_binding("others");
    binding["metadata"]["name"] = json!("mine");
    binding["roleRef"] =
        json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "cxguard:token:reads"});
    binding["subjects"] = json!([{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "ben"}]);
    for (object, part) in [
        (token_role("mine", "others", &good), "makes and deletes no role but those"),
        (token_role("cxguard:token:x", "others", &held), "fetch the tokens of one service account"),
        (
            token_role("cxguard:token:x", "others", &rule("serviceaccounts/token", json!([]))),
            "fetch the tokens of one",
        ),
        (
            token_role("cxguard:token:x", "others", &rule("serviceaccounts/token", json!(["x", "y"]))),
            "fetch the tokens of one",
        ),
        (token_role("cxguard:token:x", "open", &good), "cxguard.dev/protected"),
        (account("open"), "for grants only"),
        (labelled, "mounted"),
        (binding, "lacks the verb bind on Role cxguard:token:reads"),
    ] {
        let error = try_create(&operator, &object, true).await.unwrap_err().to_string();
        assert!(error.contains(part), "{part}: {error}");
    }
    try_create(&operator, &token_role("cxguard:token:x", "others", &good), true).await.unwrap();
    let path = "/api/v1/namespaces/others/serviceaccounts/default";
    let answer = send(&operator, "DELETE", path, JSON, &Value::Null).await;
    assert_eq!(
        (answer.code, answer.body["message"].to_string().contains("for grants only")),
        (403, true),
        "{answer:?}"
    );
}
