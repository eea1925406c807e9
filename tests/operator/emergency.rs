//! An emergency: who is on call approves their own access, for a short time, and somebody else looks at it afterwards.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::audit::until_silent;
use crate::life::condition;
use crate::objects::{API, employee, namespace};
use crate::papers::policy;
use crate::process::Operator;
use crate::stage::{Person, Stage, approval, day, seconds_from_now};
use crate::support::{SOON, eventually, try_create};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn an_emergency_is_short_announced_and_reviewed() {
    let (stage, operator) = Stage::with_operator("emergency").await;
    let [ralf, anna] = people(&stage).await;
    // What the person has beside it, in another namespace.
    stage.apply(namespace("daily")).await;
    let daily = stage.person_in("daily", "ralf", &["on-call"]).grant("daily", seconds_from_now(3600));
    stage.apply(daily.clone()).await;
    stage.until_phase(&daily, "Active").await;

    operator.until_told("cxguard_emergency_grants 0").await;
    let grant = own_approval_counts(&stage, &operator, &ralf).await;
    nobody_prolongs_their_own(&ralf, &grant).await;
    let found =
        |grant: &Value| grant["status"]["findings"].to_string().contains("night/now is for an emergency");
    let warned = stage.until("the finding on the other grant", &daily, found).await;
    assert_eq!(warned["status"]["phase"], "Active", "{warned}");
    assert_eq!(condition(&warned, "Compliant")["status"], "True", "{warned}");

    nobody_signs_the_next(&stage, &ralf).await;
    somebody_else_reviews_it(&ralf, &anna, &grant).await;
    // Also the one that was refused while the first was not reviewed: what its status says of access is not asked.
    anna.merge(&signed(&ralf, "next"), json!({"spec": {"reviewedBy": "anna", "reviewedOn": day(0)}}))
        .await
        .unwrap();
    operator.until_told("cxguard_emergency_grants_unreviewed 0").await;
    try_create(&ralf.client, &signed(&ralf, "third"), false).await.unwrap();
    ralf.until_allowed().await;
    stage.until("no finding", &daily, |grant| !found(grant)).await;
    let reviewed = |grant: &Value| condition(grant, "Emergency")["reason"] == "Reviewed";
    let settled = stage.until("the review", &grant, reviewed).await;
    assert_eq!(condition(&settled, "Emergency")["status"], "False", "{settled}");
    until_silent(&stage.plane).await;
    operator.stop().await;
}

/// Ralf is on call, asks and approves; Anna approves.
async fn people(stage: &Stage) -> [Person; 2] {
    stage.apply(namespace("night")).await;
    let emergency =
        json!({"allowed": true, "groups": ["on-call"], "maxDuration": "8s", "reviewWithin": "10s"});
    stage.apply(policy("night", &json!({"access": {"emergency": emergency}}))).await;
    let mut ralf = employee("ralf");
    ralf["spec"]["groups"] = json!(["on-call"]);
    stage.apply(ralf).await;
    for (user, role) in [("ralf", "requester"), ("ralf", "approver"), ("anna", "approver")] {
        stage.may("night", user, &format!("cxguard-grant-{role}")).await;
    }
    [stage.person_in("night", "ralf", &["on-call"]), stage.person_in("night", "anna", &[])]
}

/// An emergency that Ralf signs for himself now.
fn signed(ralf: &Person, name: &str) -> Value {
    let mut grant = ralf.grant(name, seconds_from_now(3600));
    grant["spec"]["requestedBy"] = json!("ralf");
    grant["spec"]["emergency"] = json!(true);
    grant["spec"]["approval"] = json!({"by": "ralf", "at": seconds_from_now(0).to_string()});
    grant
}

async fn own_approval_counts(stage: &Stage, operator: &Operator, ralf: &Person) -> Value {
    let grant = signed(ralf, "now");
    // Not before the API server has the policy and the roles.
    eventually("an own approval", SOON, async || try_create(&ralf.client, &signed(ralf, "now"), false).await)
        .await;
    ralf.until_allowed().await;
    let active = stage.until_phase(&grant, "Active").await;
    let approved: jiff::Timestamp = active["spec"]["approval"]["at"].as_str().unwrap().parse().unwrap();
    assert_eq!(active["status"]["deadlineCause"], "PolicyMaximum", "{active}");
    let told = condition(&active, "Emergency");
    assert_eq!((&told["status"], &told["reason"]), (&json!("True"), &json!("ToBeReviewed")), "{active}");
    let announced = async || match stage.events("night", "EmergencyAccess").await {
        events if events.iter().any(|text| text.contains("approved in an emergency by ralf")) => Ok(()),
        events => Err(format!("{events:?}")),
    };
    eventually("the event", SOON, announced).await;
    told_by_metrics(operator).await;
    ralf.loses_access_at(approved + SignedDuration::from_secs(8)).await;
    stage.until_phase(&grant, "Expired").await;
    operator.until_told("cxguard_emergency_grants 0").await;
    operator.until_told("cxguard_emergency_grants_unreviewed 1").await;
    operator.until_told(r#"cxguard_grants{phase="Expired"} 1"#).await;
    // Its end is one that had a deadline, and was not late.
    operator.until_told("cxguard_revocation_lateness_seconds_count 1").await;
    operator.until_told(r#"cxguard_revocation_lateness_seconds_bucket{le="10.0"} 1"#).await;
    grant
}

/// Who is granted access in an emergency is told as a number, and by no name.
async fn told_by_metrics(operator: &Operator) {
    for line in [
        "cxguard_emergency_grants 1",
        "cxguard_emergency_grants_unreviewed 1",
        "cxguard_emergencies_total 1",
        r#"cxguard_grants{phase="Active"} 2"#,
        r#"cxguard_effects_total{effect="create-binding",result="done"} 2"#,
        "cxguard_overdue_bindings 0",
        "cxguard_leader 1",
        r#"cxguard_findings{rule="CX505",mode="Warn"} 2"#,
    ] {
        operator.until_told(line).await;
    }
    let text = operator.metrics().await;
    for name in ["ralf", "anna", "rita", "night", "daily", "feedback-reader"] {
        assert!(!text.contains(name), "{name}: {text}");
    }
}

async fn nobody_prolongs_their_own(ralf: &Person, grant: &Value) {
    let again = json!({"spec": {"approval": {"by": "ralf", "at": approval()["at"]}}});
    let refused = ralf.merge(grant, again).await.unwrap_err().to_string();
    assert!(refused.contains("CX508: ralf has approved this own grant once"), "{refused}");
    ralf.stays_without_access(1).await;
}

/// Until somebody else has reviewed the first, the next gives nothing, though it is stored: here no webhook is asked.
async fn nobody_signs_the_next(stage: &Stage, ralf: &Person) {
    let next = signed(ralf, "next");
    try_create(&ralf.client, &next, false).await.unwrap();
    let first = "once somebody else has reviewed AccessGrant/night/now";
    let refused = |grant: &Value| grant["status"]["conditions"].to_string().contains(first);
    let pending = stage.until("the finding", &next, refused).await;
    assert_eq!(pending["status"]["phase"], "Pending", "{pending}");
    ralf.stays_without_access(1).await;
    let ended = stage.until_phase(&next, "Expired").await;
    assert_eq!(ended["status"]["revocation"], json!({"cause": "Expired"}), "{ended}");
}

async fn somebody_else_reviews_it(ralf: &Person, anna: &Person, grant: &Value) {
    let by = |name: &str| json!({"spec": {"reviewedBy": name, "reviewedOn": day(0)}});
    let refused = ralf.merge(grant, by("ralf")).await.unwrap_err().to_string();
    assert!(refused.contains("CX505: ralf gets access by this grant"), "{refused}");
    let refused = ralf.merge(grant, by("anna")).await.unwrap_err().to_string();
    assert!(refused.contains("CX505: ralf reviews and must sign with the own name"), "{refused}");
    anna.merge(grant, by("anna")).await.unwrap();
}

/// Without its policy, an own approval is refused by the API server, and by the operator where it is stored.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn where_no_policy_allows_it_an_own_approval_counts_for_nothing() {
    let (stage, operator) = Stage::with_operator("no-emergency").await;
    let refusing = policy("refusing", &json!({"access": {"emergency": {"allowed": false}}}));
    stage.apply(refusing).await;
    for namespace_name in ["refusing", "selected-by-none"] {
        let ralf = stage.person(namespace_name, "ralf").await;
        stage.apply(employee("ralf")).await;
        for role in ["requester", "approver"] {
            stage.may(namespace_name, "ralf", &format!("cxguard-grant-{role}")).await;
        }
        let mut grant = ralf.grant("own", seconds_from_now(3600));
        grant["apiVersion"] = json!(API);
        grant["spec"]["requestedBy"] = json!("ralf");
        grant["spec"]["emergency"] = json!(true);
        grant["spec"]["approval"]["by"] = json!("ralf");
        if namespace_name == "refusing" {
            let refused = async || match try_create(&ralf.client, &grant, false).await {
                Err(error) if error.to_string().contains("does not let ralf approve an own grant") => Ok(()),
                other => Err(format!("{other:?}")),
            };
            eventually("a refusal", SOON, refused).await;
            continue;
        }
        // No policy selects the namespace, so none refuses it.
        eventually("a stored grant", SOON, async || try_create(&ralf.client, &grant, false).await).await;
        let own = |grant: &Value| {
            grant["status"]["conditions"].to_string().contains("may not do so in an emergency")
        };
        let pending = stage.until("the finding", &grant, own).await;
        assert_eq!(pending["status"]["phase"], "Pending", "{pending}");
        ralf.stays_without_access(1).await;
    }
    operator.stop().await;
}
