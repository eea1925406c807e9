//! A grant to a group of which one has no papers: where the policy says so, the others get access by name.

use serde_json::{Value, json};

use crate::audit::until_silent;
use crate::objects::{consultant, firm, namespace, subject};
use crate::papers::policy;
use crate::stage::{Person, Stage, day, seconds_from_now};
use crate::support::{SOON, eventually};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn members_with_papers_get_access_by_name() {
    let (stage, operator) = Stage::with_operator("members").await;
    stage.apply(namespace("crew")).await;
    stage.apply(policy("crew", &json!({"access": {"groupMembersWithoutPapers": "Exclude"}}))).await;
    let judged = |object: &Value| object["status"]["observedGeneration"] == 1;
    stage.apply(firm("firm-crew")).await;
    // Before the firm is known, nobody has papers.
    stage.until("a judged firm", &firm("firm-crew"), judged).await;
    let papers = ["fay", "gus", "hal"].map(|name| {
        let mut papers = consultant(name, "firm-crew");
        papers["spec"]["groups"] = json!(["crew"]);
        papers
    });
    let promise = papers[1]["spec"]["confidentiality"].clone();
    for papers in &papers {
        let mut papers = papers.clone();
        if papers["metadata"]["name"] == "gus" {
            papers["spec"].as_object_mut().unwrap().remove("confidentiality");
        }
        stage.apply(papers.clone()).await;
        stage.until("a judged person", &papers, judged).await;
    }
    // Ivo is in the group for the API server, and on record nowhere.
    let [fay, gus, hal, ivo] =
        ["fay", "gus", "hal", "ivo"].map(|name| stage.person_in("crew", name, &["crew"]));
    let mut grant = fay.grant("reads", seconds_from_now(3600));
    grant["spec"]["subject"] = json!({"kind": "Group", "name": "crew"});
    grant["spec"]["approval"]["at"] = json!(format!("{}T00:00:00Z", day(-1)));
    stage.apply(grant.clone()).await;

    who_has_no_papers_is_left_out(&stage, &grant, [&fay, &gus, &hal, &ivo]).await;
    let before = names_and_deadline(&stage, &fay).await;
    // Who signs joins, and nobody else notices.
    stage.merge(&papers[1], json!({"spec": {"confidentiality": promise}})).await.unwrap();
    gus.until_allowed().await;
    let after = names_and_deadline(&stage, &fay).await;
    assert_eq!((&after.0, after.1, after.2), (&json!(["fay", "gus", "hal"]), before.1, before.2));
    stage.until("nobody excluded", &grant, |grant| grant["status"]["excluded"].is_null()).await;

    // Who leaves loses access, and the others keep theirs.
    stage.merge(&papers[2], json!({"spec": {"leftOn": day(-1)}})).await.unwrap();
    hal.until_denied().await;
    tokio::join!(fay.keeps_access_until(seconds_from_now(1)), gus.keeps_access_until(seconds_from_now(1)));
    assert_eq!(stage.find(&grant).await.unwrap()["status"]["phase"], "Active");
    who_is_added_by_hand_is_removed(&stage, &fay).await;

    stage.merge(&grant, json!({"spec": {"revoked": {}}})).await.unwrap();
    tokio::join!(fay.until_denied(), gus.until_denied());
    let verified = |grant: &Value| grant["status"]["revocation"]["verified"] == "True";
    let ended = stage.until("a verified end", &grant, verified).await;
    assert!(ended["status"]["revocation"]["residual"].is_null(), "{ended}");
    until_silent(&stage.plane).await;
    operator.stop().await;
}

async fn who_has_no_papers_is_left_out(stage: &Stage, grant: &Value, [fay, gus, hal, ivo]: [&Person; 4]) {
    tokio::join!(fay.until_allowed(), hal.until_allowed());
    tokio::join!(gus.stays_without_access(1), ivo.stays_without_access(1));
    let told = |grant: &Value| grant["status"]["excluded"][0]["person"] == "gus";
    let active = stage.until("the member without papers", grant, told).await;
    assert_eq!(active["status"]["phase"], "Active", "{active}");
    let excluded = active["status"]["excluded"].as_array().unwrap();
    assert!(excluded.len() == 1 && excluded[0]["reasons"].to_string().contains("CX601"), "{active}");
    let announced = async || match stage.events("crew", "MembersExcluded").await {
        events if events.iter().any(|text| text.contains("no access by this grant: gus;")) => Ok(()),
        events => Err(format!("{events:?}")),
    };
    eventually("the event", SOON, announced).await;
    // What the operator made itself is no ungoverned access.
    let policy = stage.find(&policy("crew", &json!({}))).await.unwrap();
    assert!(!policy["status"]["findings"].to_string().contains("cxguard-reads"), "{policy}");
}

/// Who is in the binding, with its deadline and its UID.
async fn names_and_deadline(stage: &Stage, member: &Person) -> (Value, Value, Value) {
    let binding = stage.find(&member.binding("reads")).await.unwrap();
    let subjects = binding["subjects"].as_array().unwrap();
    assert!(subjects.iter().all(|subject| subject["kind"] == "User"), "{binding}");
    let names = subjects.iter().map(|subject| subject["name"].clone()).collect();
    let metadata = &binding["metadata"];
    (names, metadata["annotations"]["cxguard.dev/deadline"].clone(), metadata["uid"].clone())
}

async fn who_is_added_by_hand_is_removed(stage: &Stage, fay: &Person) {
    let mallory = stage.person_in("crew", "mallory", &[]);
    let names = ["fay", "gus", "mallory"].map(|name| subject("User", name));
    let added = json!({ "subjects": names });
    stage.merge(&fay.binding("reads"), added).await.unwrap();
    let both = |binding: &Value| binding["subjects"].as_array().is_some_and(|subjects| subjects.len() == 2);
    stage.until("the members alone", &fay.binding("reads"), both).await;
    mallory.until_denied().await;
    let repaired = async || match stage.events("crew", "BindingRepaired").await {
        events if events.iter().any(|text| text.contains("its subjects")) => Ok(()),
        events => Err(format!("{events:?}")),
    };
    eventually("the event", SOON, repaired).await;
}
