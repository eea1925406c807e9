//! Our own kinds at the door.

use serde_json::{Value, json};

use super::stage::{change, create, delete, guarded, try_out};
use crate::objects::{API, consultant, firm, namespace};
use crate::stage::{Stage, day, seconds_from_now};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn our_kinds_are_judged_before_they_are_stored() {
    let stage = Stage::new("doors-objects", false).await;
    stage.apply(abroad("old")).await;
    let operator = guarded(&stage).await;
    stage.apply(namespace("cx")).await;

    create(&stage, &abroad("new")).await.refuses("CX115");
    assert!(stage.find(&abroad("new")).await.is_none());
    what_was_stored_before_can_be_edited(&stage).await;
    order_does_not_matter(&stage).await;
    what_others_rest_on_stays(&stage).await;
    // What was answered is told, and until when the certificate holds that was shown.
    let told = operator.metrics().await;
    let value = |name: &str| {
        let line =
            told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap_or_default();
        line.parse::<f64>().unwrap_or_default()
    };
    for result in ["allowed", "denied"] {
        let name = format!(r#"cxguard_admission_reviews_total{{purpose="validate",result="{result}"}}"#);
        assert!(value(&name) >= 1.0, "{name}\n{told}");
    }
    let took =
        |what: &str| value(&format!(r#"cxguard_admission_duration_seconds_{what}{{purpose="validate"}}"#));
    assert!(took("count") >= 2.0 && took("sum") > 0.0, "{told}");
    assert!(value("cxguard_certificate_expiry_timestamp_seconds") > 1.7e9, "{told}");
    operator.stop().await;
}

/// What becomes of a vendor is put on record, however bad; only a flow that is wrong is refused.
async fn what_was_stored_before_can_be_edited(stage: &Stage) {
    let edited = change(stage, &abroad("old"), &json!({"spec": {"legalName": "Old Ltd"}})).await;
    assert_eq!(edited.code, 200, "{edited:?}");
    let worse = json!({"spec": {"agreement": {"measures": []}}});
    change(stage, &abroad("old"), &worse).await.warns("CX113");
}

/// A consultant's access ends with what is put on record of the firm, of its agreement and of where they live.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn bad_news_ends_access() {
    let stage = Stage::new("doors-news", false).await;
    stage.apply(namespace("cx")).await;
    let news = [
        ("ended", true, json!({"spec": {"ended": {"date": day(-1)}}}), "CX126"),
        ("torn", true, json!({"spec": {"agreement": null}}), "CX111"),
        ("lapsed", true, json!({"spec": {"agreement": {"validUntil": day(-1)}}}), "CX111"),
        ("moved", false, json!({"spec": {"country": "US"}}), "CX607"),
    ];
    for (name, ..) in &news {
        stage.apply(firm(name)).await;
        stage.apply(consultant(name, name)).await;
    }
    let operator = guarded(&stage).await;
    for (name, of_the_firm, worse, code) in news {
        let user = stage.person_in("cx", name, &[]);
        let grant = user.grant(name, seconds_from_now(3600));
        stage.apply(grant.clone()).await;
        stage.until_phase(&grant, "Active").await;
        let record = if of_the_firm { firm(name) } else { consultant(name, name) };
        change(&stage, &record, &worse).await.warns(code);
        stage.until_phase(&grant, "Suspended").await;
        user.until_denied().await;
    }
    operator.stop().await;
}

/// A flow may come before its vendor: it is warned of, and comes right by itself.
async fn order_does_not_matter(stage: &Stage) {
    create(stage, &flow("late")).await.warns("CX001");
    let unknown = |flow: &Value| compliant(flow) == "Unknown";
    stage.until("a flow that waits for its vendor", &flow("late"), unknown).await;
    create(stage, &firm("late")).await.passes();
    stage.until("a flow whose vendor came", &flow("late"), |flow| compliant(flow) == "True").await;
}

/// The status of the condition; empty before there is one.
fn compliant(object: &Value) -> &str {
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    let found = conditions.into_iter().find(|condition| condition["type"] == "Compliant");
    found.and_then(|condition| condition["status"].as_str()).unwrap_or_default()
}

async fn what_others_rest_on_stays(stage: &Stage) {
    delete(stage, &firm("late")).await.refuses("DataFlow/cx/flow-to-late");
    delete(stage, &flow("late")).await.passes();
    let gone = async || match delete(stage, &firm("late")).await {
        said if said.code == 200 => Ok(()),
        said => Err(format!("{said:?}")),
    };
    crate::support::eventually("a vendor that nothing rests on goes", crate::support::SOON, gone).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn a_dry_run_changes_nothing() {
    let stage = Stage::new("doors-dry", false).await;
    let operator = guarded(&stage).await;
    try_out(&stage, &firm("dry")).await.passes();
    try_out(&stage, &abroad("dry")).await.refuses("CX115");
    stage.apply(namespace("cx")).await;
    // The vendor of the dry run was not taken for one that exists.
    try_out(&stage, &flow("dry")).await.warns("CX001");
    assert!(stage.find(&firm("dry")).await.is_none());
    operator.stop().await;
}

/// A firm whose agreement allows another country than the one in which it works.
fn abroad(name: &str) -> Value {
    let mut firm = firm(name);
    firm["spec"]["agreement"]["countries"] = json!(["US"]);
    firm
}

fn flow(vendor: &str) -> Value {
    json!({
        "apiVersion": API, "kind": "DataFlow",
        "metadata": {"name": format!("flow-to-{vendor}"), "namespace": "cx"},
        "spec": {
            "purpose": "Measure satisfaction", "legalBasis": "LegitimateInterests",
            "dataSubjects": ["Customers"], "categories": ["Email"], "form": "Identifiable",
            "retention": "400d", "workloads": {"selector": {"matchLabels": {"part-of": "feedback"}}},
            "to": [{"vendor": vendor}], "encryption": {"inTransit": "TLS13", "atRest": true},
        },
    })
}
