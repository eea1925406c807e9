//! People and their papers: who leaves, whose papers lapse, of whom nothing is known.

use serde_json::{Value, json};

use crate::audit::until_silent;
use crate::objects::{API, consultant, employee, firm, namespace};
use crate::stage::{Person, Stage, approval, day, now, seconds_from_now};
use crate::support::{SOON, eventually};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn access_follows_the_papers() {
    let (stage, operator) = Stage::with_operator("papers").await;
    tokio::join!(
        who_leaves_has_no_access(&stage),
        who_moves_has_no_access(&stage),
        a_paper_that_lapses_suspends(&stage, "nda", json!({"confidentiality": {"validUntil": day(-1)}})),
        a_paper_that_lapses_suspends(&stage, "engagement", json!({"engagement": {"until": day(-1)}})),
        an_agreement_that_lapses_suspends(&stage),
        the_policy_cuts_what_is_too_long(&stage),
        where_people_must_be_known_access_waits(&stage),
        a_group_waits_for_the_papers_of_each(&stage),
    );
    until_silent(&stage.plane).await;
    operator.stop().await;
}

/// Somebody with papers, and an active grant.
async fn active(stage: &Stage, namespace: &str, papers: &Value) -> (Person, Value) {
    stage.apply(papers.clone()).await;
    let person = stage.person(namespace, papers["metadata"]["name"].as_str().unwrap()).await;
    let mut grant = person.grant("reads", seconds_from_now(3600));
    grant["spec"]["approval"]["at"] = json!(format!("{}T00:00:00Z", day(-1)));
    stage.apply(grant.clone()).await;
    person.until_allowed().await;
    (person, grant)
}

fn cause(grant: &Value) -> &str {
    grant["status"]["revocation"]["cause"].as_str().unwrap_or_default()
}

async fn who_leaves_has_no_access(stage: &Stage) {
    let papers = employee("anna");
    let (anna, grant) = active(stage, "leaves", &papers).await;
    stage.merge(&papers, json!({"spec": {"leftOn": day(-1)}})).await.unwrap();
    anna.until_denied().await;
    let ended = stage.until_phase(&grant, "Revoked").await;
    assert_eq!(cause(&ended), "Left", "{ended}");
    // Entered late: when access was over is told apart from when it should have been.
    let revocation = &ended["status"]["revocation"];
    assert_eq!(revocation["dueAt"], json!(format!("{}T00:00:00Z", day(0))), "{ended}");
    let over: jiff::Timestamp = revocation["at"].as_str().unwrap().parse().unwrap();
    let given: jiff::Timestamp = ended["status"]["activatedAt"].as_str().unwrap().parse().unwrap();
    assert!(over >= given, "{ended}");
    // Back again, without a new approval: nobody has agreed to that.
    stage.merge(&papers, json!({"spec": {"leftOn": null}})).await.unwrap();
    anna.stays_without_access(2).await;
    stage.merge(&grant, json!({"spec": {"approval": approval()}})).await.unwrap();
    anna.until_allowed().await;
}

async fn who_moves_has_no_access(stage: &Stage) {
    let papers = employee("ben");
    let (ben, grant) = active(stage, "moves", &papers).await;
    let moved = json!({"spec": {"jobRole": "marketing", "jobRoleChangedOn": day(0)}});
    stage.merge(&papers, moved).await.unwrap();
    ben.until_denied().await;
    let ended = stage.until_phase(&grant, "Revoked").await;
    assert_eq!(cause(&ended), "JobRoleChanged", "{ended}");
}

async fn a_paper_that_lapses_suspends(stage: &Stage, name: &str, lapsed: Value) {
    let firm_name = format!("firm-{name}");
    stage.apply(firm(&firm_name)).await;
    let papers = consultant(name, &firm_name);
    let (person, grant) = active(stage, name, &papers).await;
    stage.merge(&papers, json!({ "spec": lapsed })).await.unwrap();
    person.until_denied().await;
    let suspended = stage.until_phase(&grant, "Suspended").await;
    let expected = if name == "nda" { "Confidentiality" } else { "Engagement" };
    assert_eq!(cause(&suspended), expected, "{suspended}");
    stage.apply(papers.clone()).await;
    let renewed = json!({"spec": {
        "confidentiality": papers["spec"]["confidentiality"], "engagement": papers["spec"]["engagement"],
    }});
    stage.merge(&papers, renewed).await.unwrap();
    person.until_allowed().await;
    stage.until_phase(&grant, "Active").await;
}

async fn an_agreement_that_lapses_suspends(stage: &Stage) {
    let partner = firm("firm-agreement");
    stage.apply(partner.clone()).await;
    let (carl, grant) = active(stage, "agreement", &consultant("carl", "firm-agreement")).await;
    let until = |day: String| json!({"spec": {"agreement": {"validUntil": day}}});
    stage.merge(&partner, until(day(-1))).await.unwrap();
    carl.until_denied().await;
    let suspended = stage.until_phase(&grant, "Suspended").await;
    assert_eq!(cause(&suspended), "Agreement", "{suspended}");
    stage.merge(&partner, until(day(300))).await.unwrap();
    carl.until_allowed().await;
}

/// A policy that selects one namespace by its name.
pub(crate) fn policy(namespace: &str, spec: &Value) -> Value {
    let mut policy = json!({
        "apiVersion": API, "kind": "CompliancePolicy", "metadata": {"name": namespace}, "spec": spec,
    });
    policy["spec"]["namespaceSelector"] = json!({"matchLabels": {"kubernetes.io/metadata.name": namespace}});
    policy
}

async fn the_policy_cuts_what_is_too_long(stage: &Stage) {
    stage.apply(employee("dora")).await;
    stage.apply(policy("too-long", &json!({"access": {"maxDuration": {"employee": "6s"}}}))).await;
    let dora = stage.person("too-long", "dora").await;
    let grant = dora.grant("reads", seconds_from_now(3600));
    stage.apply(grant.clone()).await;
    let approved: jiff::Timestamp = grant["spec"]["approval"]["at"].as_str().unwrap().parse().unwrap();
    dora.until_allowed().await;
    let active = stage.until_phase(&grant, "Active").await;
    assert_eq!(active["status"]["deadlineCause"], "PolicyMaximum", "{active}");
    dora.loses_access_at(approved + jiff::SignedDuration::from_secs(6)).await;
    stage.until_phase(&grant, "Expired").await;
    assert!(now() < grant["spec"]["expiresAt"].as_str().unwrap().parse().unwrap());
}

async fn where_people_must_be_known_access_waits(stage: &Stage) {
    let enforced = json!({"rules": [{"code": "CX608", "mode": "Enforce"}]});
    stage.apply(policy("unknown-people", &enforced)).await;
    let emil = stage.person("unknown-people", "emil").await;
    let judged = async || {
        let policy = stage.find(&policy("unknown-people", &json!({}))).await.unwrap_or_default();
        if policy["status"]["observedGeneration"] == 1 { Ok(()) } else { Err(policy.to_string()) }
    };
    eventually("the policy", SOON, judged).await;
    let grant = emil.grant("reads", seconds_from_now(3600));
    stage.apply(grant.clone()).await;
    let pending = stage.until_phase(&grant, "Pending").await;
    assert!(pending["status"]["conditions"].to_string().contains("CX608"), "{pending}");
    emil.stays_without_access(1).await;
    stage.apply(employee("emil")).await;
    emil.until_allowed().await;
    // What gave the confidence is gone: so is the access.
    stage.delete(&employee("emil")).await;
    emil.until_denied().await;
    stage.until_phase(&grant, "Suspended").await;
}

/// A binding to a group cannot leave anybody out: one member without papers keeps it from all.
async fn a_group_waits_for_the_papers_of_each(stage: &Stage) {
    stage.apply(firm("firm-team")).await;
    let member = |name: &str| {
        let mut papers = consultant(name, "firm-team");
        papers["spec"]["groups"] = json!(["team"]);
        papers
    };
    let (fay, gus) = (member("fay"), member("gus"));
    let mut without = gus.clone();
    without["spec"].as_object_mut().unwrap().remove("confidentiality");
    for papers in [fay, without] {
        stage.apply(papers.clone()).await;
        // Known before the grant is: watches do not wait for each other.
        let judged = |person: &Value| person["status"]["observedGeneration"] == 1;
        stage.until("a judged person", &papers, judged).await;
    }
    stage.apply(namespace("team")).await;
    let people = ["fay", "gus"].map(|name| stage.person_in("team", name, &["team"]));
    let [first, second] = &people;
    let mut grant = first.grant("reads", seconds_from_now(3600));
    grant["spec"]["subject"] = json!({"kind": "Group", "name": "team"});
    grant["spec"]["approval"]["at"] = json!(format!("{}T00:00:00Z", day(-1)));
    stage.apply(grant.clone()).await;
    let names_gus = |grant: &Value| condition_text(grant).contains("CX601: Person/gus /spec/confidentiality");
    let pending = stage.until("the member without papers", &grant, names_gus).await;
    assert_eq!(pending["status"]["phase"], "Pending", "{pending}");
    tokio::join!(first.stays_without_access(1), second.stays_without_access(1));

    let signed = json!({"spec": {"confidentiality": gus["spec"]["confidentiality"]}});
    stage.merge(&gus, signed).await.unwrap();
    tokio::join!(first.until_allowed(), second.until_allowed());
    stage.until_phase(&grant, "Active").await;
    stage.merge(&gus, json!({"spec": {"confidentiality": null}})).await.unwrap();
    tokio::join!(first.until_denied(), second.until_denied());
    stage.until_phase(&grant, "Suspended").await;
    // Out of the group, here as at whoever keeps it: the others have their access back.
    stage.merge(&gus, json!({"spec": {"groups": null}})).await.unwrap();
    first.until_allowed().await;
    stage.until_phase(&grant, "Active").await;
}

fn condition_text(grant: &Value) -> String {
    grant["status"]["conditions"].to_string()
}
