//! The endpoint alone, without an API server between: how many reviews it answers, and how fast.

use std::net::SocketAddr;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::super::load::{Load, Pace, Plan, Took};
use super::super::process::processor_seconds;
use super::super::stage::Stage;
use super::facts::{CONTROLLER, pod, space, user, workload};
use super::{Options, count, rows};
/// How many requests are under way at any time, where throughput is measured.
const AT_ONCE: u32 = 64;

/// What an answer has that lets the request pass.
const ALLOWED: &str = r#""allowed":true"#;

/// Who answers reviews.
pub(super) struct Door {
    pub(super) name: &'static str,
    pub(super) address: SocketAddr,
    pub(super) path: &'static str,
    /// The id of the process.
    pub(super) id: u32,
}

/// Measures, with these reviews in turn.
pub(super) async fn measure(
    stage: &Stage,
    load: &Load,
    door: &Door,
    reviews: &[Value],
    options: &Options,
) -> Result<()> {
    let name = door.name;
    let mut plan = Plan {
        address: door.address,
        authority: stage.plane.ca_pem().to_owned(),
        identity: None,
        path: door.path.to_owned(),
        bodies: reviews.iter().map(Value::to_string).collect(),
        demanded: ALLOWED.to_owned(),
        pace: Pace::AtOnce(AT_ONCE),
        seconds: options.seconds,
    };
    // Each has a core of its own.
    pin(door, "1")?;
    let before = processor_seconds(door.id)?;
    let took = load.ask(&plan, "0").await?;
    let most = count(&took) / took.seconds;
    eprintln!("{name}: {most:.0} reviews per second by one core, {AT_ONCE} at once");
    tell(&took, processor_seconds(door.id)? - before);
    pin(door, "0-1")?;
    let before = processor_seconds(door.id)?;
    plan.pace = Pace::PerSecond(options.rate);
    let took = load.ask(&plan, "0-1").await?;
    tell(&took, processor_seconds(door.id)? - before);
    rows(&format!("{name}: {} reviews per second", options.rate), took);
    Ok(())
}

/// Prints what processor time each review took: unlike what a clock shows, it depends little on what else is running.
fn tell(took: &Took, answering: f64) {
    let each = |seconds: f64| seconds * 1000.0 / count(took);
    let (answering, asking) = (each(answering), each(took.processor));
    eprintln!("  of a processor, for each: {answering:.3} ms by who answers, {asking:.3} ms by who asks");
}

/// Confines who answers to some cores.
fn pin(door: &Door, cores: &str) -> Result<()> {
    let pid = door.id.to_string();
    let output = Command::new("taskset").args(["--all-tasks", "--cpu-list", "--pid", cores, &pid]).output();
    let output = output.context("failed to run taskset (util-linux)")?;
    ensure!(output.status.success(), "taskset: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// New pods, as they come.
pub(super) fn pods(spaces: u32) -> Vec<Value> {
    let pods = (0..70).map(|at| {
        let space = space(at % spaces);
        let owner = format!("app-{}", at % 10 * 10);
        let pod = pod(&space, &format!("{owner}-{at}"), (&owner, "00000000-0000-0000-0000-000000000000"));
        // By the controller, whose word on the owner counts.
        review("CREATE", ("", "v1", "pods", "Pod", ""), &space, &pod, &Value::Null, CONTROLLER)
    });
    pods.collect()
}

/// What is asked, in turn: mostly pods, as in a cluster.
pub(super) fn reviews(spaces: u32) -> Vec<Value> {
    let space = |at: u32| space(at % spaces);
    let workloads = (0..15).map(|at| {
        let old = workload(&space(at), at);
        let mut new = old.clone();
        new["metadata"]["labels"]["version"] = json!("2");
        review("UPDATE", ("apps", "v1", "statefulsets", "StatefulSet", ""), &space(at), &new, &old, "admin")
    });
    let sessions = (0..15).map(|at| {
        let options = json!({"apiVersion": "v1", "kind": "PodExecOptions", "command": ["sh"]});
        let mut exec = review(
            "CONNECT",
            ("", "v1", "pods", "PodExecOptions", "exec"),
            &space(at),
            &options,
            &Value::Null,
            &user(at),
        );
        exec["request"]["name"] = json!(format!("app-{at}-0"));
        exec
    });
    pods(spaces).into_iter().chain(workloads).chain(sessions).collect()
}

fn review(
    operation: &str,
    (group, version, resource, kind, subresource): (&str, &str, &str, &str, &str),
    namespace: &str,
    object: &Value,
    old: &Value,
    by: &str,
) -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "bench", "operation": operation, "namespace": namespace, "name": object["metadata"]["name"],
            "kind": {"group": group, "version": version, "kind": kind},
            "resource": {"group": group, "version": version, "resource": resource}, "subResource": subresource,
            "userInfo": {"username": by, "groups": ["system:authenticated"]}, "object": object, "oldObject": old,
        },
    })
}
