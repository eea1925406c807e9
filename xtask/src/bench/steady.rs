//! What the operator writes when nothing happens, by the API server's own audit log.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::stage::{Stage, employee, grant, machine, namespace};
use crate::operator;

/// With no write for so long, things have settled.
const SETTLED: Duration = Duration::from_secs(10);

/// How long writes are waited for after a relist and after an edit.
const SHORT: Duration = Duration::from_secs(20);

#[derive(Args)]
pub struct Options {
    /// How many objects
    #[arg(long, default_value_t = 1000)]
    objects: u32,

    /// Seconds of quiet that are watched
    #[arg(long, default_value_t = 120)]
    quiet: u64,
}

pub(super) async fn run(options: Options) -> Result<()> {
    let stage = Stage::set().await?;
    let running = stage.operator().await?;
    eprintln!("Making {} objects", options.objects);
    let spaces = options.objects / 50;
    stage.apply((0..spaces.max(1)).map(|at| namespace(&space(at)))).await?;
    stage.apply((0..options.objects).map(|at| object(at, spaces.max(1)))).await?;
    let log = stage.plane.audit_log();
    settle(&log).await?;
    eprintln!("{} writes to settle", count(&log, 0)?.0);
    let mut total = 0;
    let mut phase = async |name: &str, wait: Duration, from: u64| -> Result<()> {
        tokio::time::sleep(wait).await;
        let (writes, by) = count(&log, from)?;
        eprintln!("{writes:>6} writes {name} {by:?}");
        total += writes;
        Ok(())
    };
    let from = length(&log)?;
    phase("in quiet", Duration::from_secs(options.quiet), from).await?;
    let from = length(&log)?;
    drop(running);
    let _running = stage.operator().await?;
    phase("after a restart, which lists everything", SHORT, from).await?;
    let from = length(&log)?;
    let mut edited = object(0, spaces.max(1));
    edited["metadata"]["labels"] = json!({"edited": "for-nothing"});
    stage.apply([edited]).await?;
    phase("after an edit that no rule reads", SHORT, from).await?;
    eprintln!("{} objects; {}", options.objects, machine());
    ensure!(total == 0, "the operator wrote though nothing had happened");
    Ok(())
}

fn space(at: u32) -> String {
    format!("steady-{at}")
}

/// An object of one of five kinds.
fn object(at: u32, spaces: u32) -> Value {
    let (name, place) = (format!("object-{at}"), space(at % spaces));
    let day = |days: i64| {
        (Timestamp::now() + SignedDuration::from_hours(24 * days)).strftime("%Y-%m-%d").to_string()
    };
    match at % 5 {
        0 => json!({
            "apiVersion": "cxguard.dev/v1alpha1", "kind": "Vendor", "metadata": {"name": name},
            "spec": {
                "role": "Processor", "locations": [{"use": "Storage", "country": "DE"}],
                "agreement": {"signedOn": day(-9), "validUntil": day(300), "countries": ["DE"], "measures": ["AccessControl"]},
            },
        }),
        1 => json!({
            "apiVersion": "cxguard.dev/v1alpha1", "kind": "DataFlow", "metadata": {"name": name, "namespace": place},
            "spec": {
                "workloads": {"selector": {"matchLabels": {"flow": "yes"}}},
                "to": [{"vendor": format!("object-{}", at - 1)}], "encryption": {"inTransit": "TLS13", "atRest": true},
            },
        }),
        2 => json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": place, "labels": {"flow": "yes"}},
            "spec": {
                "replicas": 0, "selector": {"matchLabels": {"app": name}},
                "template": {
                    "metadata": {"labels": {"app": name}},
                    "spec": {"containers": [{"name": "main", "image": "registry.example/none"}]},
                },
            },
        }),
        3 => employee(&name),
        _ => {
            let approved = Timestamp::now();
            let mut grant = grant(
                &place,
                &format!("object-{}", at - 1),
                approved,
                approved + SignedDuration::from_hours(500),
            );
            grant["metadata"]["name"] = json!(name);
            grant
        }
    }
}

/// Waits until the operator has written nothing for a while.
async fn settle(log: &Path) -> Result<()> {
    loop {
        let from = length(log)?;
        tokio::time::sleep(SETTLED).await;
        if count(log, from)?.0 == 0 {
            return Ok(());
        }
    }
}

fn length(log: &Path) -> Result<u64> {
    Ok(std::fs::metadata(log)?.len())
}

/// The operator's writes that the audit log holds from an offset on, by verb and resource. Questions about access are
/// no writes; those of its Lease, which is written to live, are named and not counted.
fn count(log: &Path, from: u64) -> Result<(usize, BTreeMap<String, usize>)> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = std::fs::File::open(log)?;
    file.seek(SeekFrom::Start(from))?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let mut writes = BTreeMap::new();
    for entry in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let (verb, resource) =
            (entry["verb"].as_str().unwrap_or(""), entry["objectRef"]["resource"].as_str());
        let resource = resource.unwrap_or("");
        let reads = ["get", "list", "watch"].contains(&verb);
        if entry["user"]["username"] == operator::USER && !reads && resource != "subjectaccessreviews" {
            *writes.entry(format!("{verb} {resource}")).or_insert(0) += 1;
        }
    }
    let counted = writes.iter().filter(|(what, _)| !what.ends_with(" leases"));
    Ok((counted.map(|(_, count)| count).sum(), writes))
}
