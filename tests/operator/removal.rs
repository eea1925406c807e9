//! What is left when cxguard goes, as docs/install.md says: an operator that is gone takes nothing back.

use std::time::Duration;

use serde_json::json;

use crate::doors::guarded;
use crate::objects::{employee, namespace};
use crate::stage::{Stage, seconds_from_now};
use crate::support::{documents, eventually};

/// How long it takes until what a deleted object owned is deleted. The garbage collector looks for new definitions every
/// half minute and tries again ever later, and this control plane is younger than that.
const COLLECTED: Duration = Duration::from_secs(300);

/// What `kubectl delete -k deploy` removes.
const DEPLOYED: [&str; 6] = [
    include_str!("../../deploy/admission.yaml"),
    include_str!("../../deploy/crds.yaml"),
    include_str!("../../deploy/deployment.yaml"),
    include_str!("../../deploy/operator.yaml"),
    include_str!("../../deploy/roles.yaml"),
    include_str!("../../deploy/webhooks.yaml"),
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn what_hangs_on_finalizers_goes_when_they_are_taken_off() {
    let stage = Stage::new("removal", false).await;
    let operator = guarded(&stage).await;
    let anna = stage.person("cx", "anna").await;
    let away = stage.person("cx-away", "anna").await;
    stage.apply(employee("anna")).await;
    let (here, there) =
        (anna.grant("reads", seconds_from_now(600)), away.grant("reads", seconds_from_now(600)));
    for (grant, person) in [(&here, &anna), (&there, &away)] {
        stage.apply(grant.clone()).await;
        person.until_allowed().await;
        stage.until_phase(grant, "Active").await;
    }
    operator.kill();

    // Whatever one deletes: a grant in it hangs. What one deleted by itself still gives access.
    stage.delete(&here).await;
    stage.delete(&namespace("cx-away")).await;
    stage
        .until("a grant that hangs", &there, |grant| !grant["metadata"]["deletionTimestamp"].is_null())
        .await;
    assert_eq!(anna.code().await, 200);

    // The webhooks are there and nobody answers; about finalizers nobody is asked.
    let free = json!({"metadata": {"finalizers": null}});
    stage.merge(&here, free.clone()).await.unwrap();
    let binding = anna.binding("reads");
    let gone = async || match stage.find(&binding).await {
        None => Ok(()),
        Some(binding) => Err(binding.to_string()),
    };
    eventually("the end of the binding", COLLECTED, gone).await;
    anna.until_denied().await;

    // The definition waits for the other one.
    for deployed in DEPLOYED.into_iter().flat_map(documents) {
        stage.delete(&deployed).await;
    }
    stage.merge(&there, free).await.unwrap();
    stage.until_gone(&namespace("cx-away")).await;
    for deployed in DEPLOYED.into_iter().flat_map(documents) {
        stage.until_gone(&deployed).await;
    }
}
