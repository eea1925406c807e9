//! The examples: what is right stays right, and what is wrong is found, as `examples/expected.txt` says.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use kube::Client;
use serde_json::Value;

use super::cluster::Cluster;
use super::{dates, say};
use crate::cluster::{Applied, apply, documents, eventually, get, root};

/// Approved by its own subject, and refused at the door.
const REFUSED: &str = "marketing-3-campaign";

/// Offline it could run anywhere; here the scheduler has found it a node, and the node has a country.
const PLACED: &str = "archive";

/// Kind, namespace and name of an object; the namespace is empty if it has none.
type Place = (String, String, String);

/// Applies the compliant and the violating examples and compares what the operator says with what is expected.
pub(super) async fn show(cluster: &Cluster) -> Result<()> {
    let admin = cluster.admin().await?;
    let compliant = put(&admin, "compliant").await?;
    let nothing = BTreeMap::new();
    for place in &compliant {
        judged(&admin, place, &nothing).await?;
    }
    annotated(&admin, "survey-sender", "Compliant").await?;
    active(&admin).await?;
    say(format!(
        "✓ {} compliant objects have no findings, and the analyst's grant is Active",
        compliant.len()
    ));
    let violating = put(&admin, "violating").await?;
    let expected = expected()?;
    // What was right stays right beside what is wrong.
    for place in compliant.iter().chain(&violating) {
        judged(&admin, place, &expected).await?;
    }
    for (place, codes) in expected.iter().filter(|(place, _)| is_workload(&place.0)) {
        carries(&admin, place, codes).await?;
    }
    for (place, codes) in expected.iter().filter(|(place, _)| ["Role", "RoleBinding"].contains(&&*place.0)) {
        told(&admin, place, codes).await?;
    }
    let found: BTreeSet<&str> = expected.values().flatten().map(String::as_str).collect();
    say(format!(
        "✓ every expected finding is there and no other: {}",
        found.into_iter().collect::<Vec<_>>().join(", ")
    ));
    let annotations = annotated(&admin, "sentiment", "Violating").await?;
    say(format!("✓ Deployment sentiment is Violating, because of {}", annotations["cxguard.dev/findings"]));
    let vendor = get(&admin, "Vendor", "", "transcribe-now").await?;
    say(format!("✓ Vendor transcribe-now: {}", vendor["status"]["findings"][0]["message"]));
    Ok(())
}

/// Applies a folder of examples, as if they were written for today. Returns those of our kinds that were stored.
async fn put(admin: &Client, folder: &str) -> Result<Vec<Place>> {
    let mut stored = Vec::new();
    let mut documents = documents(&root().join("examples").join(folder))?;
    // Files are applied by name, and what lies in a namespace needs the namespace.
    documents.sort_by_key(|document| document["kind"] != "Namespace");
    for mut document in documents {
        dates::to_today(&mut document, jiff::Timestamp::now())?;
        let text = |pointer| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let place = (text("/kind"), text("/metadata/namespace"), text("/metadata/name"));
        match apply(admin, &document).await? {
            Applied::Stored if text("/apiVersion").starts_with("cxguard.dev/") => stored.push(place),
            Applied::Stored | Applied::UnknownKind => {}
            Applied::Refused(why) => {
                let name = place.2;
                ensure!(name == REFUSED && why.contains("CX508"), "{name} was refused: {why}");
                say(format!("✓ {name}, approved by its own subject, is refused at the door: CX508"));
            }
        }
    }
    Ok(stored)
}

/// What is expected of which object, as far as there are rules for it: each rule has a file of its own.
fn expected() -> Result<BTreeMap<Place, BTreeSet<String>>> {
    let text = std::fs::read_to_string(root().join("examples/expected.txt"))?;
    let rules = rules()?;
    let mut expected: BTreeMap<Place, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines() {
        let [_, code, kind, place] = line.split_whitespace().collect::<Vec<_>>()[..] else { continue };
        let (namespace, name) = place.split_once('/').context("a line without a place")?;
        if rules.contains(code) && name != REFUSED && name != PLACED {
            let place = (kind.to_owned(), namespace.trim_matches('-').to_owned(), name.to_owned());
            expected.entry(place).or_default().insert(code.to_owned());
        }
    }
    Ok(expected)
}

/// The codes of the rules that exist.
fn rules() -> Result<BTreeSet<String>> {
    let mut codes = BTreeSet::new();
    for group in std::fs::read_dir(root().join("src/rules"))? {
        let group = group?.path();
        if group.is_dir() {
            for file in std::fs::read_dir(group)? {
                let name = file?.file_name().to_string_lossy().to_uppercase();
                codes.extend(name.split_once('_').map(|(code, _)| code.to_owned()));
            }
        }
    }
    Ok(codes)
}

fn is_workload(kind: &str) -> bool {
    ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"].contains(&kind)
}

/// Waits until the findings of an object's own are those that are expected of it, and no others.
async fn judged(admin: &Client, place: &Place, expected: &BTreeMap<Place, BTreeSet<String>>) -> Result<()> {
    let (kind, namespace, name) = place;
    let nothing = BTreeSet::new();
    let wanted = expected.get(place).unwrap_or(&nothing);
    let check = async || {
        let object = get(admin, kind, namespace, name).await?;
        let status = &object["status"];
        ensure!(status["observedGeneration"] == object["metadata"]["generation"], "it is not judged yet");
        let own = status["findings"].as_array().into_iter().flatten();
        // Inherited findings name the object where the cause is; what is merely noted is not in the list.
        let own = own.filter(|finding| finding.get("object").is_none() && finding["mode"] != "Audit");
        let found: BTreeSet<String> =
            own.filter_map(|finding| Some(finding["rule"].as_str()?.to_owned())).collect();
        ensure!(found == *wanted, "its findings are {found:?} instead of {wanted:?}: {}", status["findings"]);
        Ok(())
    };
    eventually(&format!("{kind} {name} is judged as expected"), check).await
}

/// Waits until a workload's annotation names the codes; it names those of its flows beside them.
async fn carries(admin: &Client, (kind, namespace, name): &Place, codes: &BTreeSet<String>) -> Result<()> {
    let check = async || {
        let object = get(admin, kind, namespace, name).await?;
        let found = object["metadata"]["annotations"]["cxguard.dev/findings"].as_str().unwrap_or_default();
        let found: BTreeSet<String> = found.split(',').map(str::to_owned).collect();
        ensure!(codes.is_subset(&found), "its annotation names {found:?} and not {codes:?}");
        Ok(())
    };
    eventually(&format!("{kind} {name} is annotated as expected"), check).await
}

/// Waits until the status of the policy names the codes of an object that has neither status nor annotations of ours.
async fn told(admin: &Client, (kind, namespace, name): &Place, codes: &BTreeSet<String>) -> Result<()> {
    let object = format!("{kind}/{namespace}/{name}");
    let check = async || {
        let policy = get(admin, "CompliancePolicy", "", "gdpr").await?;
        let findings = policy["status"]["findings"].as_array().into_iter().flatten();
        let about = findings.filter(|finding| finding["object"] == object);
        let found: BTreeSet<String> =
            about.filter_map(|finding| Some(finding["rule"].as_str()?.to_owned())).collect();
        ensure!(found == *codes, "the policy tells {found:?} of it and not {codes:?}");
        Ok(())
    };
    eventually(&format!("the policy tells of {kind} {name}"), check).await
}

async fn active(admin: &Client) -> Result<()> {
    let check = async || {
        let grant = get(admin, "AccessGrant", "cx-feedback", "analyst-7-churn").await?;
        ensure!(grant["status"]["phase"] == "Active", "its status is {}", grant["status"]);
        Ok(())
    };
    eventually("the analyst's grant is Active", check).await
}

async fn annotated(admin: &Client, name: &str, wanted: &str) -> Result<Value> {
    let check = async || {
        let object = get(admin, "Deployment", "cx-feedback", name).await?;
        let annotations = object["metadata"]["annotations"].clone();
        ensure!(annotations["cxguard.dev/compliance"] == wanted, "its annotations are {annotations}");
        Ok(annotations)
    };
    eventually(&format!("Deployment {name} is {wanted}"), check).await
}
