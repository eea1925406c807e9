//! Pods held to allowed places: the required node affinity, where a policy asks for it (`residency.pin`).

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::NOT_READY;
use super::answer::Answer;
use super::door::{Door, is_exempt};
use super::request::Request;
use super::review::{Ground, Review};
use super::said::Said;
use super::workloads::is_covered;
use crate::engine::{Knowledge, Query, Residency, is_pinned, may_run_in, pinned_regions};
use crate::facts::{Fact, Kind, ObjectRef, Runs};
use crate::reference::reference;

const REGION: &str = "topology.kubernetes.io/region";
const ZONE: &str = "topology.kubernetes.io/zone";

/// What may come after the beginning of a zone's name. The data knows such zones by their beginning, and a node
/// affinity knows whole names only; what has another is refused when the pod is bound to it.
const SUFFIXES: [&str; 4] = ["", "a", "b", "c"];

/// Adds to a new pod that carries customer data where it may run. Never widens, and refuses only while it is not known
/// what to add: such a pod would stay without for as long as it lives.
pub fn pin(request: &Request, knowledge: &Knowledge, now: Timestamp) -> Answer {
    if is_exempt(request, &knowledge.world) || Door::of(request) != Some(Door::Pod) {
        return Answer::allowed();
    }
    if !knowledge.complete {
        return Answer::denied(NOT_READY);
    }
    let review = Review { request, known: knowledge, now };
    let query = review.look();
    let Ground::Protected(policy) = review.ground(&query) else { return Answer::allowed() };
    let residency = &policy.residency;
    let is_held = |workload: ObjectRef| is_pinned(&query, &workload, residency);
    if !residency.pin || !carrying(&review, &query).is_some_and(is_held) {
        return Answer::allowed();
    }
    let expressions = expressions(&query, residency);
    if expressions.is_empty() {
        let mut said = Said::default();
        said.warn(
            "CX102: the pod is not pinned (residency.pin): no region is known to be allowed; name residency.provider, \
             residency.regions or residency.regionOverrides in a policy",
        );
        return said.answer();
    }
    Answer { patch: patch(&request.object, &expressions), ..Answer::default() }
}

/// What carries customer data: the workload that the pod runs for, or the pod itself. Of a workload that is not known the
/// pod's own labels are asked: they are mostly the same.
fn carrying(review: &Review<'_>, query: &Query<'_>) -> Option<ObjectRef> {
    let (id, Fact::Pod(pod)) = review.object(Kind::Pod)? else { return None };
    if let Runs::For(owner) = &pod.runs
        && let Some((workload, _)) = query.topmost(owner)
    {
        return Some(workload).filter(|workload| !query.covers(workload).is_empty());
    }
    let (_, alone) = review.alone(Kind::Pod)?;
    is_covered(review, &id, &alone).then_some(id)
}

/// What every node must be like: in an allowed region, and in none of its zones that lie in a country that is not.
fn expressions(query: &Query<'_>, residency: &Residency) -> Vec<Value> {
    let (overrides, provider) = (residency.overrides(), residency.provider().unwrap_or_default());
    let regions = pinned_regions(query, residency);
    let zones = regions.iter().filter(|region| !overrides.contains_key(**region)).flat_map(|region| {
        let abroad = reference().zones_abroad(provider, region).into_iter();
        let outside = abroad.filter(|(_, country)| !may_run_in(query, residency, *country));
        outside.flat_map(|(start, _)| SUFFIXES.map(|suffix| format!("{start}{suffix}")))
    });
    let zones: BTreeSet<String> = zones.collect();
    let mut expressions = Vec::new();
    if !regions.is_empty() {
        expressions.push(json!({"key": REGION, "operator": "In", "values": regions}));
        if !zones.is_empty() {
            expressions.push(json!({"key": ZONE, "operator": "NotIn", "values": zones}));
        }
    }
    expressions
}

/// The operations that add the expressions to every term, as the terms are alternatives; or a term, where there is none.
/// What a term has already is left.
fn patch(pod: &Value, expressions: &[Value]) -> Vec<Value> {
    const AFFINITY: &str = "/spec/affinity";
    const NODE: &str = "/spec/affinity/nodeAffinity";
    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    let terms = format!("{NODE}/{REQUIRED}/nodeSelectorTerms");
    let known = pod.pointer(&terms).and_then(Value::as_array).filter(|known| !known.is_empty());
    if let Some(known) = known {
        let at = |at| format!("{terms}/{at}/matchExpressions");
        let each = known.iter().enumerate();
        return each.flat_map(|(place, term)| in_term(&at(place), term, expressions)).collect();
    }
    let required = json!({"nodeSelectorTerms": [{"matchExpressions": expressions}]});
    let is_absent = |path: &str| pod.pointer(path).is_none_or(Value::is_null);
    // As much as is not there yet: a patch adds no field to what does not exist.
    let (path, value) = if is_absent(AFFINITY) {
        (AFFINITY.to_owned(), json!({"nodeAffinity": {REQUIRED: required}}))
    } else if is_absent(NODE) {
        (NODE.to_owned(), json!({REQUIRED: required}))
    } else {
        (format!("{NODE}/{REQUIRED}"), required)
    };
    vec![json!({"op": "add", "path": path, "value": value})]
}

/// The operations for one term. One without any condition selects no node, and stays so.
fn in_term(path: &str, term: &Value, expressions: &[Value]) -> Vec<Value> {
    let known = term.get("matchExpressions").and_then(Value::as_array);
    let selects_nothing = known.is_none_or(Vec::is_empty)
        && term.get("matchFields").and_then(Value::as_array).is_none_or(Vec::is_empty);
    if selects_nothing {
        return Vec::new();
    }
    match known {
        Some(known) => {
            let missing = expressions.iter().filter(|expression| !known.contains(expression));
            missing
                .map(|expression| json!({"op": "add", "path": format!("{path}/-"), "value": expression}))
                .collect()
        }
        None => vec![json!({"op": "add", "path": path, "value": expressions})],
    }
}
