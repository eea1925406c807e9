//! The life of a grant: from its start to its end, extended or not, ended early, deleted, made again.

use serde_json::{Value, json};

use crate::audit::{until_silent, writes};
use crate::objects::{employee, foreign_binding, namespace, subject};
use crate::stage::{Stage, approval, now, seconds_from_now};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn access_ends_when_and_as_it_should() {
    let (stage, operator) = Stage::with_operator("life").await;
    tokio::join!(
        it_ends_at_its_deadline(&stage),
        it_begins_no_earlier_than_it_starts(&stage),
        a_later_approval_extends_it(&stage),
        nothing_else_extends_it(&stage),
        it_can_be_shortened(&stage),
        it_can_be_revoked(&stage),
        a_deleted_grant_gives_nothing(&stage),
        a_deleted_namespace_goes(&stage),
        one_grant_ends_and_the_other_stays(&stage),
    );
    settled(&stage).await;
    operator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn an_ended_grant_stays_ended() {
    let (stage, operator) = Stage::with_operator("ended").await;
    tokio::join!(
        a_namesake_made_at_once_is_another_grant(&stage),
        a_backup_brings_nothing_back(&stage),
        an_approval_later_than_the_end_renews(&stage),
        what_a_group_still_gives_is_named(&stage),
    );
    settled(&stage).await;
    operator.stop().await;
}

async fn it_ends_at_its_deadline(stage: &Stage) {
    let anna = stage.person("deadline", "anna").await;
    stage.apply(employee("anna")).await;
    assert_eq!(anna.code().await, 403);
    let deadline = seconds_from_now(6);
    let grant = anna.grant("reads", deadline);
    stage.apply(grant.clone()).await;
    anna.until_allowed().await;
    let active = stage.until_phase(&grant, "Active").await;
    assert_eq!(active["status"]["deadlineCause"], "ExpiresAt", "{active}");
    assert_eq!(active["status"]["deadline"], json!(deadline.to_string()), "{active}");
    anna.loses_access_at(deadline).await;
    stage.until_gone(&anna.binding("reads")).await;
    let verified = |grant: &Value| grant["status"]["revocation"]["verified"] == "True";
    let ended = stage.until("a verified end", &grant, verified).await;
    assert_eq!(ended["status"]["phase"], "Expired", "{ended}");
    assert_eq!(ended["status"]["revocation"]["cause"], "Expired", "{ended}");
    assert!(ended["status"]["revocation"]["residual"].is_null(), "{ended}");
    assert!(ended["status"]["binding"].is_null(), "{ended}");
}

async fn it_begins_no_earlier_than_it_starts(stage: &Stage) {
    let ben = stage.person("late-start", "ben").await;
    let (start, end) = (seconds_from_now(4), seconds_from_now(60));
    let mut grant = ben.grant("reads", end);
    grant["spec"]["startsAt"] = json!(start.to_string());
    stage.apply(grant.clone()).await;
    let pending = stage.until_phase(&grant, "Pending").await;
    let ready = condition(&pending, "Ready");
    assert!(ready["message"].as_str().unwrap().contains("starts at"), "{pending}");
    while now() < start {
        // Asked before the start, answered perhaps after it.
        let code = ben.code().await;
        assert!(code == 403 || now() >= start, "before {start}");
    }
    ben.until_allowed().await;
    stage.until_phase(&grant, "Active").await;
}

async fn a_later_approval_extends_it(stage: &Stage) {
    let carl = stage.person("extended", "carl").await;
    let (first, second) = (seconds_from_now(5), seconds_from_now(9));
    let grant = carl.grant("reads", first);
    stage.apply(grant.clone()).await;
    carl.until_allowed().await;
    let change = json!({"spec": {"expiresAt": second.to_string(), "approval": approval()}});
    stage.merge(&grant, change).await.unwrap();
    carl.loses_access_at(second).await;
    let ended = stage.until_phase(&grant, "Expired").await;
    let revocation = &ended["status"]["revocation"];
    assert_eq!(revocation["dueAt"], json!(second.to_string()), "{ended}");
    let over: jiff::Timestamp = revocation["at"].as_str().unwrap().parse().unwrap();
    assert!(over >= second, "{ended}");
}

async fn nothing_else_extends_it(stage: &Stage) {
    let dora = stage.person("not-extended", "dora").await;
    let deadline = seconds_from_now(5);
    let grant = dora.grant("reads", deadline);
    stage.apply(grant.clone()).await;
    dora.until_allowed().await;
    let change = json!({"spec": {"expiresAt": seconds_from_now(600).to_string()}});
    let refused = stage.merge(&grant, change).await.unwrap_err().to_string();
    assert!(refused.contains("expiresAt moves later only with a later approval"), "{refused}");
    dora.loses_access_at(deadline).await;
}

async fn it_can_be_shortened(stage: &Stage) {
    let emil = stage.person("shortened", "emil").await;
    let grant = emil.grant("reads", seconds_from_now(600));
    stage.apply(grant.clone()).await;
    emil.until_allowed().await;
    let sooner = seconds_from_now(3);
    stage.merge(&grant, json!({"spec": {"expiresAt": sooner.to_string()}})).await.unwrap();
    emil.loses_access_at(sooner).await;
    stage.until_phase(&grant, "Expired").await;
}

async fn it_can_be_revoked(stage: &Stage) {
    let fay = stage.person("revoked", "fay").await;
    let grant = fay.grant("reads", seconds_from_now(600));
    stage.apply(grant.clone()).await;
    fay.until_allowed().await;
    stage.merge(&grant, json!({"spec": {"revoked": {"reason": "moved on"}}})).await.unwrap();
    fay.until_denied().await;
    let ended = stage.until_phase(&grant, "Revoked").await;
    assert_eq!(ended["status"]["revocation"]["cause"], "Revoked", "{ended}");
}

async fn a_deleted_grant_gives_nothing(stage: &Stage) {
    let gus = stage.person("deleted", "gus").await;
    let grant = gus.grant("reads", seconds_from_now(600));
    stage.apply(grant.clone()).await;
    gus.until_allowed().await;
    stage.delete(&grant).await;
    gus.until_denied().await;
    stage.until_gone(&grant).await;
    assert!(stage.find(&gus.binding("reads")).await.is_none());
}

async fn a_deleted_namespace_goes(stage: &Stage) {
    let hal = stage.person("going", "hal").await;
    let grant = hal.grant("reads", seconds_from_now(600));
    stage.apply(grant.clone()).await;
    stage.until_phase(&grant, "Active").await;
    stage.delete(&namespace("going")).await;
    hal.until_denied().await;
    stage.until_gone(&namespace("going")).await;
}

/// The binding that a live grant still needs is its own: another's end does not touch it.
async fn one_grant_ends_and_the_other_stays(stage: &Stage) {
    let ida = stage.person("two-grants", "ida").await;
    let deadline = seconds_from_now(4);
    let (short, long) = (ida.grant("short", deadline), ida.grant("long", seconds_from_now(600)));
    stage.apply(short.clone()).await;
    stage.apply(long.clone()).await;
    stage.until_phase(&long, "Active").await;
    // What the other gives is told, and is no defect.
    let verified = |grant: &Value| grant["status"]["revocation"]["verified"].is_string();
    let ended = stage.until("a verified end", &short, verified).await;
    let path = "RoleBinding/two-grants/cxguard-long (User ida): AccessGrant/two-grants/long";
    assert_eq!(ended["status"]["revocation"]["retained"], json!([path]), "{ended}");
    assert!(ended["status"]["revocation"]["residual"].is_null(), "{ended}");
    assert!(!ended["status"]["findings"].to_string().contains("CX513"), "{ended}");
    ida.keeps_access_until(seconds_from_now(1)).await;
    assert_eq!(stage.find(&long).await.unwrap()["status"]["phase"], "Active");
}

async fn a_namesake_made_at_once_is_another_grant(stage: &Stage) {
    let jan = stage.person("namesake", "jan").await;
    let kim = stage.person_in("namesake", "kim", &[]);
    let old = jan.grant("reads", seconds_from_now(600));
    let deadline = seconds_from_now(7);
    let new = kim.grant("reads", deadline);
    stage.apply(old.clone()).await;
    jan.until_allowed().await;
    stage.delete(&old).await;
    let created = async || crate::support::try_create(&stage.admin, &new, false).await;
    crate::support::eventually("the name to be free", crate::support::SOON, created).await;
    kim.until_allowed().await;
    jan.until_denied().await;
    kim.loses_access_at(deadline).await;
    jan.stays_without_access(1).await;
}

async fn a_backup_brings_nothing_back(stage: &Stage) {
    let leo = stage.person("backup", "leo").await;
    let deadline = seconds_from_now(3);
    let grant = leo.grant("reads", deadline);
    stage.apply(grant.clone()).await;
    leo.loses_access_after_use(deadline).await;
    stage.until_phase(&grant, "Expired").await;
    stage.delete(&grant).await;
    stage.until_gone(&grant).await;
    // As the backup has it, but for an end that somebody has moved.
    let mut restored = grant.clone();
    restored["spec"]["expiresAt"] = json!(seconds_from_now(600).to_string());
    stage.apply(restored.clone()).await;
    let ended = stage.until_phase(&restored, "Expired").await;
    assert!(condition(&ended, "Ready")["status"] == "True", "{ended}");
    leo.stays_without_access(1).await;
    stage.merge(&restored, json!({"spec": {"approval": approval()}})).await.unwrap();
    leo.until_allowed().await;
    stage.until_phase(&restored, "Active").await;
}

async fn an_approval_later_than_the_end_renews(stage: &Stage) {
    let max = stage.person("renewed", "max").await;
    let deadline = seconds_from_now(3);
    let grant = max.grant("reads", deadline);
    stage.apply(grant.clone()).await;
    max.loses_access_after_use(deadline).await;
    stage.until_phase(&grant, "Expired").await;
    let second = seconds_from_now(4);
    let change = json!({"spec": {"expiresAt": second.to_string(), "approval": approval()}});
    stage.merge(&grant, change).await.unwrap();
    max.until_allowed().await;
    max.loses_access_at(second).await;
}

async fn what_a_group_still_gives_is_named(stage: &Stage) {
    stage.apply(namespace("group")).await;
    let nora = stage.person_in("group", "nora", &["analysts"]);
    let mut known = employee("nora");
    known["spec"]["groups"] = json!(["analysts"]);
    stage.apply(known).await;
    let foreign = foreign_binding("group", "analysts-read", &subject("Group", "analysts"));
    stage.apply(foreign.clone()).await;
    let grant = nora.grant("reads", seconds_from_now(3));
    stage.apply(grant.clone()).await;
    let residual = |grant: &Value| grant["status"]["revocation"]["residual"][0].is_string();
    let ended = stage.until("the group's way in", &grant, residual).await;
    let revocation = &ended["status"]["revocation"];
    assert_eq!(revocation["verified"], "False", "{ended}");
    let named = revocation["residual"].to_string();
    assert!(named.contains("analysts-read") && named.contains("Group analysts"), "{named}");
    stage.until_gone(&nora.binding("reads")).await;
    assert_eq!(nora.code().await, 200, "by the group");
    assert!(stage.find(&foreign).await.is_some(), "what is not ours is reported, not deleted");
    stage.delete(&foreign).await;
    nora.until_denied().await;
    let gone = |grant: &Value| grant["status"]["revocation"]["verified"] == "True";
    let ended = stage.until("no way in", &grant, gone).await;
    assert!(ended["status"]["revocation"]["residual"].is_null(), "{ended}");
}

/// The operator comes to rest, and an edit that changes nothing does not wake it.
async fn settled(stage: &Stage) {
    until_silent(&stage.plane).await;
    let oscar = stage.person("settled", "oscar").await;
    let grant = oscar.grant("reads", seconds_from_now(3600));
    stage.apply(grant.clone()).await;
    stage.until_phase(&grant, "Active").await;
    until_silent(&stage.plane).await;
    let before = writes(&stage.plane);
    stage.apply(grant.clone()).await;
    stage.merge(&grant, json!({"metadata": {"labels": {"by": "a-test"}}})).await.unwrap();
    until_silent(&stage.plane).await;
    let after = writes(&stage.plane);
    assert_eq!(after.len(), before.len(), "{:?}", after.last());
}

/// A condition of an object.
pub(crate) fn condition(object: &Value, kind: &str) -> Value {
    let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let found = conditions.into_iter().find(|condition| condition["type"] == kind);
    found.unwrap_or_else(|| panic!("no condition {kind} in {object}"))
}
