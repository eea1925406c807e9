//! Bad input: each gives a clear status or a rejection, and nothing else stops working.

use serde_json::{Value, json};

use crate::audit::until_silent;
use crate::life::condition;
use crate::objects::{firm, namespace};
use crate::papers::policy;
use crate::places::flow;
use crate::stage::{Person, Stage, seconds_from_now};
use crate::support::try_create;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn bad_input_is_named_and_stops_nothing() {
    let (stage, operator) = Stage::with_operator("bad-input").await;
    tokio::join!(
        a_country_that_does_not_exist(&stage),
        a_flow_to_nowhere(&stage),
        an_expiry_before_the_start(&stage),
        a_role_that_does_not_exist(&stage),
        a_role_that_the_policy_does_not_let_anybody_grant(&stage),
        a_role_that_the_operator_may_not_bind(&stage),
        more_findings_than_a_status_holds(&stage),
        names_that_are_too_long(&stage),
    );
    all_else_works(&stage, "good-input").await;
    until_silent(&stage.plane).await;
    operator.stop().await;
}

/// After everything that happened, a grant is given and ends.
pub(crate) async fn all_else_works(stage: &Stage, namespace: &str) {
    let zoe = stage.person(namespace, "zoe").await;
    let deadline = seconds_from_now(5);
    stage.apply(zoe.grant("reads", deadline)).await;
    zoe.loses_access_after_use(deadline).await;
}

async fn a_country_that_does_not_exist(stage: &Stage) {
    let mut vendor = firm("atlantis");
    vendor["spec"]["country"] = json!("Atlantis");
    let refused = try_create(&stage.admin, &vendor, false).await.unwrap_err().to_string();
    assert!(refused.contains("spec.country"), "{refused}");
    // Two letters, and still no country.
    vendor["spec"]["country"] = json!("DE");
    vendor["spec"]["locations"] = json!([{"use": "Processing", "country": "XX"}]);
    stage.apply(vendor.clone()).await;
    let unknown = stage.until("a judged vendor", &vendor, is_judged).await;
    assert_ne!(condition(&unknown, "Compliant")["status"], "True", "{unknown}");
    let findings = unknown["status"]["findings"].to_string();
    assert!(findings.contains("XX") && findings.contains("/spec/locations/0"), "{findings}");
}

/// A vendor that does not exist is a finding; a selector that selects nothing is a condition.
async fn a_flow_to_nowhere(stage: &Stage) {
    stage.apply(namespace("places")).await;
    let mut lost = flow();
    lost["spec"]["to"] = json!([{"vendor": "feedbakhub"}]);
    stage.apply(lost.clone()).await;
    let judged = stage.until("a judged flow", &lost, is_judged).await;
    assert_eq!(condition(&judged, "Compliant")["status"], "Unknown", "{judged}");
    let selecting = condition(&judged, "Selecting");
    assert_eq!(selecting["status"], "False", "{judged}");
    assert_eq!(selecting["reason"], "NothingSelected", "{judged}");
    let findings = judged["status"]["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0]["rule"], "CX001");
    assert_eq!(findings[0]["path"], "/spec/to/0/vendor");
    stage.apply(firm("feedbakhub")).await;
    let known = |flow: &Value| condition(flow, "Compliant")["status"] == "True";
    stage.until("a flow to somewhere", &lost, known).await;
}

async fn an_expiry_before_the_start(stage: &Stage) {
    let anna = stage.person("backwards", "anna").await;
    let mut grant = anna.grant("reads", seconds_from_now(60));
    grant["spec"]["startsAt"] = json!(seconds_from_now(120).to_string());
    let refused = try_create(&stage.admin, &grant, false).await.unwrap_err().to_string();
    assert!(refused.contains("startsAt must be before expiresAt"), "{refused}");
}

/// A grant of a role, once it says why it gives nothing.
async fn waiting(stage: &Stage, person: &Person, role: &str, why: &str) -> Value {
    let mut grant = person.grant("reads", seconds_from_now(600));
    grant["spec"]["role"]["name"] = json!(role);
    stage.apply(grant.clone()).await;
    let says = |grant: &Value| {
        let ready = grant["status"]["conditions"].as_array().into_iter().flatten();
        let mut ready = ready.filter(|condition| condition["type"] == "Ready");
        ready.any(|ready| ready["message"].as_str().is_some_and(|message| message.contains(why)))
    };
    let grant = stage.until(why, &grant, says).await;
    assert_eq!(grant["status"]["phase"], "Pending", "{grant}");
    assert_eq!(condition(&grant, "Ready")["status"], "False", "{grant}");
    assert!(stage.find(&person.binding("reads")).await.is_none());
    grant
}

async fn a_role_that_does_not_exist(stage: &Stage) {
    let ben = stage.person("no-role", "ben").await;
    let grant = waiting(stage, &ben, "no-such-role", "no-such-role").await;
    assert!(condition(&grant, "Ready")["message"].to_string().contains("CX001"), "{grant}");
}

async fn a_role_that_the_policy_does_not_let_anybody_grant(stage: &Stage) {
    stage.apply(policy("not-grantable", &json!({"access": {"grantableRoles": ["other"]}}))).await;
    let carl = stage.person("not-grantable", "carl").await;
    let policy = policy("not-grantable", &json!({}));
    stage.until("a judged policy", &policy, is_judged).await;
    waiting(stage, &carl, "feedback-reader", "CX514").await;
    carl.stays_without_access(1).await;
}

async fn a_role_that_the_operator_may_not_bind(stage: &Stage) {
    let secrets = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "secret-reader"},
        "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}],
    });
    stage.apply(secrets).await;
    let dora = stage.person("not-bindable", "dora").await;
    let grant = waiting(stage, &dora, "secret-reader", "attempting to grant RBAC permissions").await;
    assert_eq!(condition(&grant, "Ready")["reason"], "Forbidden", "{grant}");
}

/// 64 vendors with 128 locations each, everywhere but where they should be.
async fn more_findings_than_a_status_holds(stage: &Stage) {
    let countries =
        ["US", "CN", "RU", "IN", "BR", "AU", "ZA", "MX", "SG", "TH", "VN", "PH", "EG", "NG", "KE", "CL"];
    let uses = ["Storage", "Processing", "Support"];
    let places: Vec<Value> =
        (0..128).map(|at| json!({"use": uses[at / 16 % 3], "country": countries[at % 16]})).collect();
    let mut to = Vec::new();
    for number in 0..64 {
        let mut vendor = firm(&format!("everywhere-{number}"));
        vendor["spec"]["locations"] = json!(places);
        stage.apply(vendor).await;
        to.push(json!({"vendor": format!("everywhere-{number}")}));
    }
    stage.apply(namespace("everywhere")).await;
    let mut scattered = flow();
    scattered["metadata"]["namespace"] = json!("everywhere");
    scattered["spec"]["to"] = json!(to);
    stage.apply(scattered.clone()).await;
    let many = |flow: &Value| flow["status"]["findingsTotal"].as_i64().is_some_and(|total| total >= 1000);
    let judged = stage.until("a thousand findings", &scattered, many).await;
    assert_eq!(judged["status"]["findings"].as_array().unwrap().len(), 50);
    assert_eq!(condition(&judged, "Compliant")["status"], "False");
    let message = condition(&judged, "Compliant")["message"].as_str().unwrap().to_owned();
    assert!(message.contains(" more)"), "{message}");
}

/// The name of the binding is cut, and stays unique.
async fn names_that_are_too_long(stage: &Stage) {
    let emil = stage.person("long-names", "emil").await;
    let fay = stage.person_in("long-names", "fay", &[]);
    let deadline = seconds_from_now(8);
    for (person, last) in [(&emil, 'a'), (&fay, 'b')] {
        stage.apply(person.grant(&format!("{}{last}", "x".repeat(252)), deadline)).await;
    }
    tokio::join!(emil.loses_access_after_use(deadline), fay.loses_access_after_use(deadline));
}

pub(crate) fn is_judged(object: &Value) -> bool {
    object["status"]["observedGeneration"] == object["metadata"]["generation"]
}
