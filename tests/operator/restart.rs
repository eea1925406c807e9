//! What happens while the operator is not there, or hears nothing.

use serde_json::json;

use crate::audit::requests;
use crate::objects::subject;
use crate::process::Start;
use crate::proxy::Proxy;
use crate::stage::{OPERATORS, Person, Stage, approval, now, seconds_from_now};
use crate::support::OPERATOR;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn what_is_overdue_at_a_start_is_revoked_first() {
    let (stage, operator) = Stage::with_operator("restart").await;
    let people = tokio::join!(
        stage.person("overdue", "anna"),
        stage.person("extended", "ben"),
        stage.person("unexpired", "carl"),
        stage.person("recreated", "dora"),
        stage.person("deleted", "emil"),
        stage.person("tampered", "fay"),
    );
    let (anna, ben, carl, dora, emil, fay) = people;
    let (deadline, later) = (seconds_from_now(8), seconds_from_now(600));
    let due = [anna.grant("reads", deadline), ben.grant("reads", deadline)];
    let others = [&carl, &dora, &emil, &fay].map(|person| person.grant("reads", later));
    for grant in due.iter().chain(&others) {
        stage.apply(grant.clone()).await;
    }
    for person in [&anna, &ben, &carl, &dora, &emil, &fay] {
        person.until_allowed().await;
    }
    for grant in due.iter().chain(&others) {
        stage.until_phase(grant, "Active").await;
    }
    operator.kill();

    let extended = json!({"spec": {"expiresAt": later.to_string(), "approval": approval()}});
    stage.merge(&due[1], extended).await.unwrap();
    let gil = recreate_for_another(&stage, &dora).await;
    stage.delete(&others[2]).await;
    let intruder = stage.person_in("tampered", "hal", &[]);
    let subjects = json!({"subjects": [subject("User", "fay"), subject("User", "hal")]});
    stage.merge(&fay.binding("reads"), subjects).await.unwrap();
    intruder.until_allowed().await;
    // Nobody is there to end it.
    anna.keeps_access_until(deadline + jiff::SignedDuration::from_secs(1)).await;

    let restarted = now();
    let operator = stage.start.ready().await;
    anna.until_denied().await;
    stage.until_phase(&due[0], "Expired").await;
    revoked_before_anything_else(&stage, restarted);
    ben.keeps_access_until(seconds_from_now(1)).await;
    assert_eq!(carl.code().await, 200);
    gil.until_allowed().await;
    dora.until_denied().await;
    emil.until_denied().await;
    stage.until_gone(&others[2]).await;
    intruder.until_denied().await;
    assert_eq!(fay.code().await, 200);
    // What was found overdue is counted, by more than the second that nobody was there, and nothing else was late.
    operator.until_told("cxguard_revocation_lateness_seconds_count 1").await;
    operator.until_told(r#"cxguard_revocation_lateness_seconds_bucket{le="1.0"} 0"#).await;
    operator.stop().await;
}

/// With the finalizer taken away by force, so that the old binding stands beside a grant that is not its own.
async fn recreate_for_another(stage: &Stage, before: &Person) -> Person {
    let old = before.grant("reads", seconds_from_now(600));
    let after = stage.person_in(&before.namespace, "gil", &[]);
    stage.delete(&old).await;
    stage.merge(&old, json!({"metadata": {"finalizers": null}})).await.unwrap();
    stage.until_gone(&old).await;
    stage.apply(after.grant("reads", seconds_from_now(600))).await;
    after
}

/// Between the start and the deletion there is nothing but what the deletion needs.
fn revoked_before_anything_else(stage: &Stage, restarted: jiff::Timestamp) {
    let since: Vec<_> =
        requests(&stage.plane).into_iter().filter(|request| request.at >= restarted).collect();
    let deleted = |request: &&crate::audit::Request| {
        request.verb == "delete" && request.object == "overdue/cxguard-reads" && request.code == 200
    };
    let deletion = since.iter().find(deleted).unwrap_or_else(|| panic!("no deletion in {since:?}"));
    let needed = ["rolebindings", "accessgrants"];
    let early = since.iter().filter(|request| {
        request.at < deletion.at && !request.resource.is_empty() && request.verb != "delete"
    });
    let early: Vec<_> = early.filter(|request| !needed.contains(&request.resource.as_str())).collect();
    assert!(early.is_empty(), "{early:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn a_watch_that_hangs_neither_prolongs_access_nor_ends_it_early() {
    let stage = Stage::new("hanging", false).await;
    let proxy = Proxy::start(stage.plane.client(OPERATOR, &OPERATORS).unwrap()).await;
    let operator = Start::new(proxy.kubeconfig("hanging"), "hanging").ready().await;
    let (ida, jan, kim, leo) = tokio::join!(
        stage.person("not-extended", "ida"),
        stage.person("extended", "jan"),
        stage.person("revoked", "kim"),
        stage.person("untouched", "leo"),
    );
    let (deadline, later) = (seconds_from_now(9), seconds_from_now(600));
    let grants = [
        ida.grant("reads", deadline),
        jan.grant("reads", deadline),
        leo.grant("reads", seconds_from_now(600)),
    ];
    for grant in &grants {
        stage.apply(grant.clone()).await;
        stage.until_phase(grant, "Active").await;
    }
    proxy.freeze_watches();
    let extended = json!({"spec": {"expiresAt": later.to_string(), "approval": approval()}});
    stage.merge(&grants[1], extended).await.unwrap();
    // Not seen while the watch hangs, and not lost.
    let unseen = kim.grant("reads", later);
    stage.apply(unseen.clone()).await;
    let past = deadline + jiff::SignedDuration::from_secs(3);
    tokio::join!(ida.loses_access_at(deadline), jan.keeps_access_until(past), leo.keeps_access_until(past));
    assert_eq!(kim.code().await, 403, "the watches hang");
    proxy.thaw_watches();
    kim.until_allowed().await;
    assert_eq!(jan.code().await, 200);
    operator.stop().await;
}
