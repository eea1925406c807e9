//! What the operator knows while it is measured.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::super::process::processor_seconds;
use super::super::stage::{Stage, employee, grant, namespace};
use super::Options;
use crate::operator::Operator;

/// How many workloads, grants and people a namespace has.
const PER_NAMESPACE: u32 = 100;

/// The controller that creates pods for the workloads.
pub(super) const CONTROLLER: &str = "system:serviceaccount:kube-system:statefulset-controller";

/// With nothing done for so long, nothing is left to do, or nothing goes on any more.
const SETTLED: Duration = Duration::from_secs(3);
const STANDSTILL: Duration = Duration::from_secs(60);

/// How often is looked how many are, and how often that is told.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const TELL_EVERY: Duration = Duration::from_secs(20);

/// How many namespaces there are.
pub(super) fn spaces(options: &Options) -> u32 {
    let Options { grants, flows, workloads, .. } = *options;
    workloads.max(grants).div_ceil(PER_NAMESPACE).max(flows.div_ceil(10))
}

pub(super) fn space(at: u32) -> String {
    format!("bench-{at}")
}

/// The flow that covers a workload: each namespace has ten, of ten workloads each.
fn part(at: u32) -> u32 {
    at % 10
}

/// Applies it all.
pub(super) async fn make(stage: &Stage, options: &Options) -> Result<()> {
    let Options { grants, flows, workloads, .. } = *options;
    eprintln!("Making {grants} grants, {flows} flows, {workloads} workloads");
    let spaces = spaces(options);
    let in_space = |at: u32| space(at % spaces);
    stage.apply([policy(), vendor(), plan(), role()]).await?;
    stage.apply((0..spaces).map(|at| namespace(&space(at)))).await?;
    stage.apply((0..spaces).map(|at| closed(&space(at)))).await?;
    // No controller makes it here, and no pod is taken without.
    stage.apply([json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": space(0)}})]).await?;
    stage.apply((0..PER_NAMESPACE).map(|at| employee(&user(at)))).await?;
    stage.apply((0..flows).map(|at| flow(&in_space(at), at / spaces))).await?;
    stage.apply((0..workloads).map(|at| workload(&in_space(at), at / spaces))).await?;
    let now = Timestamp::now();
    let end = now + SignedDuration::from_hours(500);
    stage
        .apply((0..grants).map(|at| {
            let mut grant = grant(&in_space(at), &user(at / spaces), now, end);
            grant["metadata"]["name"] = json!(format!("grant-{}", at / spaces));
            grant
        }))
        .await
}

/// Waits until every grant is active and the operator has nothing left to do. However long it takes, as long as it goes
/// on.
pub(super) async fn settle(operator: &Operator, options: &Options) -> Result<()> {
    let (grants, begun) = (options.grants, Instant::now());
    let (mut done, mut since, mut told) = (0, begun, begun);
    let mut active_after = None;
    loop {
        // The operator's own count: the API server would have to look through all of them.
        let active = operator.count(r#"cxguard_grants{phase="Active"}"#).await?;
        let effects = operator.count("cxguard_effects_total{").await?;
        if effects != done {
            (done, since) = (effects, Instant::now());
        }
        if active == grants {
            let after = *active_after.get_or_insert(begun.elapsed());
            if since.elapsed() > SETTLED {
                let used = processor_seconds(operator.id().context("the operator has ended")?)?;
                eprintln!(
                    "{grants} grants active after {:.0} s, all {done} writes done after {:.0} s",
                    after.as_secs_f64(),
                    (since - begun).as_secs_f64()
                );
                eprintln!("  of a processor: {used:.1} s by the operator since its start");
                return Ok(());
            }
        }
        ensure!(
            since.elapsed() < STANDSTILL,
            "{active} of {grants} grants are active, and nothing more is done"
        );
        if told.elapsed() > TELL_EVERY {
            told = Instant::now();
            eprintln!("{active} of {grants} grants are active after {:.0} s", begun.elapsed().as_secs_f64());
        }
        sleep(LOOK_EVERY).await;
    }
}

pub(super) fn user(at: u32) -> String {
    format!("person-{at}")
}

fn policy() -> Value {
    json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "CompliancePolicy", "metadata": {"name": "bench"},
        "spec": {
            "residency": {"regime": "GDPR", "provider": "aws", "regions": ["eu-central-1"]},
            // No backup is ever made here, and sessions are part of what is measured.
            "rules": [{"code": "CX710", "mode": "Disabled"}, {"code": "CX511", "mode": "Disabled"}],
        },
    })
}

/// What the grants give: a session counts as covered by one.
fn role() -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "feedback-reader"},
        "rules": [{"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create", "get"]}],
    })
}

/// A day so many days from now.
fn day(days: i64) -> String {
    (Timestamp::now() + SignedDuration::from_hours(24 * days)).strftime("%Y-%m-%d").to_string()
}

/// One of which nothing is found: what is wrong with it, every review of its workloads would repeat.
fn vendor() -> Value {
    let (past, end) = (day(-9), day(300));
    json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "Vendor", "metadata": {"name": "bench"},
        "spec": {
            "role": "Processor", "country": "DE", "services": ["analysis"],
            "contacts": {"privacy": "privacy@bench.example", "security": "security@bench.example"},
            "locations": [{"use": "Storage", "country": "DE"}],
            "agreement": {
                "reference": {"url": "https://contracts.example/bench"},
                "signedOn": past, "reviewedOn": past, "validUntil": end, "countries": ["DE"],
                "clauses": [
                    "Instructions", "Confidentiality", "Security", "SubProcessors", "DataSubjectRights", "Assistance",
                    "ReturnOrDeletion", "Audits",
                ],
                "measures": ["EncryptionAtRest", "EncryptionInTransit", "AccessControl", "RegularTesting"],
                "breachNotice": "24h", "aiTraining": "Forbidden",
            },
            "certifications": [{
                "standard": "ISO27001", "edition": "2022", "accredited": true, "scope": ["analysis"],
                "issuedOn": past, "validUntil": end,
            }],
            "assessedOn": past, "incidentResponse": {"planReviewedOn": past},
        },
    })
}

fn plan() -> Value {
    let past = day(-9);
    json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "IncidentPlan", "metadata": {"name": "bench"},
        "spec": {
            "approvedOn": past, "reviewedOn": past,
            "steps": ["Contain", "Assess", "NotifyAuthority", "NotifyCustomers", "Mitigate", "Restore", "Learn"],
            "contacts": {
                "authority": "the authority", "dataProtectionOfficer": "the officer", "csirt": "the team",
                "checkedOn": past,
            },
            "drills": [{"date": past, "outcome": "Passed", "openFindings": 0}],
        },
    })
}

/// Nothing leaves a namespace unless something allows it.
fn closed(namespace: &str) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "closed", "namespace": namespace},
        "spec": {"podSelector": {}, "policyTypes": ["Egress"]},
    })
}

fn flow(namespace: &str, at: u32) -> Value {
    json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "DataFlow",
        "metadata": {"name": format!("flow-{at}"), "namespace": namespace},
        "spec": {
            "workloads": {"selector": {"matchLabels": {"part": format!("p{}", part(at))}}},
            "categories": ["FreeText"], "purpose": "measurements", "legalBasis": "Contract", "retention": "30d",
            "to": [{"vendor": "bench"}], "encryption": {"inTransit": "TLS13", "atRest": true},
        },
    })
}

/// A `StatefulSet` without replicas: nothing else comes of it.
pub(super) fn workload(namespace: &str, at: u32) -> Value {
    let labels = json!({"app": format!("app-{at}"), "part": format!("p{}", part(at))});
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": format!("app-{at}"), "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": 0, "serviceName": "none", "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod_spec()},
        },
    })
}

/// A pod of such a workload.
pub(super) fn pod(namespace: &str, name: &str, owner: (&str, &str)) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": name, "namespace": namespace, "labels": {"app": owner.0, "part": "p0"},
            "ownerReferences": [{
                "apiVersion": "apps/v1", "kind": "StatefulSet", "name": owner.0, "uid": owner.1, "controller": true,
            }],
        },
        "spec": pod_spec(),
    })
}

fn pod_spec() -> Value {
    json!({
        "nodeSelector": {"topology.kubernetes.io/region": "eu-central-1"},
        "containers": [{"name": "main", "image": "registry.example/none"}],
    })
}
