//! The examples: what is right stays right, and what is wrong is found, as `examples/expected.txt` says.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use kube::Client;
use serde_json::Value;

use super::cluster::Cluster;
use super::say;
use crate::cluster::{Applied, apply, documents, eventually, get, root};

/// Codes of `expected.txt` whose rules do not exist yet. One of them showing up means that the list is out of date.
const NOT_YET: [&str; 12] = [
    "CX102", "CX201", "CX203", "CX205", "CX209", "CX301", "CX401", "CX501", "CX502", "CX504", "CX706",
    "CX707",
];

/// Applies the compliant and the violating examples and compares what the operator says with what is expected.
pub(super) async fn show(cluster: &Cluster) -> Result<()> {
    let admin = cluster.admin().await?;
    let skipped = put(&admin, "compliant").await?;
    say(format!(
        "the compliant examples are applied ({} documents of kinds to come are left out)",
        skipped.len()
    ));
    for (kind, namespace, name) in [
        ("Vendor", "", "feedbackhub"),
        ("DataFlow", "cx-feedback", "survey-responses"),
        ("AccessGrant", "cx-feedback", "analyst-7-churn"),
    ] {
        compliant(&admin, kind, namespace, name).await?;
    }
    annotated(&admin, "Deployment", "survey-sender", "Compliant").await?;
    say("✓ vendor, data flow and workload are Compliant, and the analyst's grant is what it should be today");
    put(&admin, "violating").await?;
    violating(&admin, cluster.is_own()).await
}

/// Applies a folder of examples. Returns the kinds that the API server does not know.
async fn put(admin: &Client, folder: &str) -> Result<Vec<String>> {
    let mut unknown = Vec::new();
    let mut documents = documents(&root().join("examples").join(folder))?;
    // Files are applied by name, and what lies in a namespace needs the namespace.
    documents.sort_by_key(|document| document["kind"] != "Namespace");
    for document in documents {
        let name = document["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        match apply(admin, &document).await? {
            Applied::Stored => {}
            Applied::UnknownKind => unknown.push(document["kind"].to_string()),
            Applied::Refused(why) => {
                ensure!(name == "marketing-3-campaign" && why.contains("CX508"), "{name} was refused: {why}");
                say(format!("✓ {name}, approved by its own subject, is refused at the door: CX508"));
            }
        }
    }
    Ok(unknown)
}

async fn compliant(admin: &Client, kind: &str, namespace: &str, name: &str) -> Result<()> {
    let now = jiff::Timestamp::now().to_string();
    let check = async || {
        let object = get(admin, kind, namespace, name).await?;
        let conditions = object["status"]["conditions"].as_array().context("no conditions yet")?;
        let compliant = conditions.iter().find(|condition| condition["type"] == "Compliant");
        ensure!(compliant.is_some_and(|condition| condition["status"] == "True"), "{}", object["status"]);
        // The example has an end of its own.
        let over = object["spec"]["expiresAt"].as_str().is_some_and(|end| *end < *now);
        let phase = if over { "Expired" } else { "Active" };
        ensure!(kind != "AccessGrant" || object["status"]["phase"] == phase, "{}", object["status"]);
        Ok(())
    };
    eventually(&format!("{kind} {name} is compliant"), check).await
}

async fn annotated(admin: &Client, kind: &str, name: &str, wanted: &str) -> Result<Value> {
    let check = async || {
        let object = get(admin, kind, "cx-feedback", name).await?;
        let annotations = object["metadata"]["annotations"].clone();
        ensure!(annotations["cxguard.dev/compliance"] == wanted, "its annotations are {annotations}");
        Ok(annotations)
    };
    eventually(&format!("{kind} {name} is {wanted}"), check).await
}

/// Every expected finding of the rules that exist, where the cause is.
async fn violating(admin: &Client, own: bool) -> Result<()> {
    let expected = std::fs::read_to_string(root().join("examples/expected.txt"))?;
    let mut found = BTreeSet::new();
    for line in expected.lines() {
        let [_, code, kind, place] = line.split_whitespace().collect::<Vec<_>>()[..] else { continue };
        let (namespace, name) = place.split_once('/').context("a line without a place")?;
        if NOT_YET.contains(&code) || name == "marketing-3-campaign" {
            continue;
        }
        // Offline it could run anywhere; here the scheduler has found it a node, and the node has a country.
        if name == "archive" && own {
            continue;
        }
        let check = async || has(&get(admin, kind, namespace.trim_matches('-'), name).await?, code);
        eventually(&format!("{code} on {kind} {name}"), check).await?;
        found.insert(code);
    }
    let annotations = annotated(admin, "Deployment", "sentiment", "Violating").await?;
    say(format!("✓ every expected finding is there: {}", found.into_iter().collect::<Vec<_>>().join(", ")));
    say(format!("✓ Deployment sentiment is Violating, because of {}", annotations["cxguard.dev/findings"]));
    let vendor = get(admin, "Vendor", "", "transcribe-now").await?;
    say(format!("✓ Vendor transcribe-now: {}", vendor["status"]["findings"][0]["message"]));
    Ok(())
}

/// Whether a finding is in the status or the annotation of an object, and none that cannot be.
fn has(object: &Value, code: &str) -> Result<()> {
    let listed = object["status"]["findings"].as_array().into_iter().flatten();
    let mut codes: Vec<&str> = listed.filter_map(|finding| finding["rule"].as_str()).collect();
    codes.extend(
        object["metadata"]["annotations"]["cxguard.dev/findings"]
            .as_str()
            .into_iter()
            .flat_map(|list| list.split(',')),
    );
    ensure!(codes.contains(&code), "it has {codes:?}");
    ensure!(
        !codes.iter().any(|code| NOT_YET.contains(code)),
        "{codes:?}: a rule exists that was not expected yet"
    );
    Ok(())
}
