//! Pods: where they go, at the moment they go there.

use std::sync::Arc;

use super::own::Change;
use super::review::{Ground, Review};
use super::said::Said;
use super::weigh::weigh;
use super::workloads::{self, is_covered, scale};
use crate::engine::{Policy, Query, Verdict};
use crate::facts::{Fact, Key, Kind, Labels, Name, ObjectRef, Pin, Pod, Runs, Workload};
use crate::rules::Code;

/// The rule on where workloads run: what is not known yet counts as it does.
const PLACE: Code = Code(101);

/// Judges a new pod. Of one that a controller made only the place matters, and that only if it has a node already: the
/// others are judged when the scheduler has chosen. One that nothing known made is judged as a workload, and its place as
/// well for what would adopt it.
pub(super) fn created(review: &Review<'_>, said: &mut Said) {
    let Some((id, fact)) = review.object(Kind::Pod) else { return };
    match &fact {
        Fact::Pod(Pod { runs: Runs::For(_), node: None }) => {}
        Fact::Pod(pod @ Pod { runs: Runs::For(_), node: Some(node) }) => at(review, &id, pod, node, said),
        _ => {
            let change = Change { id: id.clone(), new: fact.clone(), old: None };
            workloads::answer(review, &change, said);
            if let Fact::Pod(pod @ Pod { node: Some(node), .. }) = &fact
                && let Ok(Some((workload, _))) = carries(review, &id, pod)
                // Of what carries customer data itself, the place is judged above, if the node is known.
                && (workload != id || review.look().node(node).is_missing())
            {
                at(review, &id, pod, node, said);
            }
        }
    }
}

/// Judges where a pod is that has its node already, if a change of its labels or its owner makes it carry customer data.
/// Before it has one, that is judged when the scheduler chooses.
pub(super) fn changed(review: &Review<'_>, said: &mut Said) {
    let (Some((id, Fact::Pod(new))), Some((_, Fact::Pod(old)))) =
        (review.object(Kind::Pod), review.old_object(Kind::Pod))
    else {
        return;
    };
    let Some(node) = &new.node else { return };
    if new != old && !matches!(carries(review, &id, &old), Ok(Some(_))) {
        at(review, &id, &new, node, said);
    }
}

/// Judges the node that the scheduler chose for a pod.
pub(super) fn placed(review: &Review<'_>, said: &mut Said) {
    let request = review.request;
    let id = ObjectRef::namespaced(Kind::Pod, &request.namespace, review.name(&request.object));
    let node = request.object.pointer("/target/name").and_then(serde_json::Value::as_str);
    let Some(node) = node.map(Name::from) else { return };
    let query = review.look();
    if let Some(pod) = query.pod(&id).here() {
        at(review, &id, &pod, &node, said);
    } else {
        match review.ground(&query) {
            Ground::Open => {}
            Ground::Unknown => not_yet(None, &format!("Namespace/{}", id.namespace), said),
            Ground::Protected(policy) => not_yet(Some(&policy), &id.to_string(), said),
        }
    }
}

/// What a pod runs for, if that carries customer data: its controller; or nothing but itself, and what would adopt it.
/// The owner of which nothing is known, if there is one.
fn carries(
    review: &Review<'_>,
    id: &ObjectRef,
    pod: &Pod,
) -> Result<Option<(ObjectRef, Arc<Workload>)>, ObjectRef> {
    let query = review.look();
    match &pod.runs {
        Runs::For(owner) => {
            let found = query.topmost(owner).ok_or_else(|| owner.clone())?;
            Ok(Some(found).filter(|(workload, _)| !query.covers(workload).is_empty()))
        }
        Runs::Alone(alone) if is_covered(review, id, &Fact::Pod(pod.clone())) => {
            Ok(Some((id.clone(), alone.clone())))
        }
        Runs::Alone(alone) => Ok(adopter(&query, id, &alone.labels)),
    }
}

/// The first workload with customer data whose selector takes a pod with these labels for its own. The controller that
/// adopts it later would be refused instead, and could not go on.
fn adopter(query: &Query<'_>, pod: &ObjectRef, labels: &Labels) -> Option<(ObjectRef, Arc<Workload>)> {
    let workloads = query.members(Key::WorkloadsIn(pod.namespace.clone())).into_iter();
    let mut adopting = workloads.filter(|id| {
        let workload = query.workload(id).here();
        workload.and_then(|workload| Some(workload.selector.as_ref()?.selects(labels))).unwrap_or_default()
    });
    adopting.find_map(|id| query.topmost(&id).filter(|(workload, _)| !query.covers(workload).is_empty()))
}

/// Judges a pod by a node alone, whatever other pods of its workload do.
fn at(review: &Review<'_>, id: &ObjectRef, pod: &Pod, node: &Name, said: &mut Said) {
    let query = review.look();
    let policy = match review.ground(&query) {
        Ground::Open => return,
        Ground::Unknown => return not_yet(None, &format!("Namespace/{}", id.namespace), said),
        Ground::Protected(policy) => policy,
    };
    let (workload, fact) = match carries(review, id, pod) {
        Ok(Some(carrying)) => carrying,
        Ok(None) => return,
        Err(owner) => return not_yet(Some(&policy), &owner.to_string(), said),
    };
    if query.node(node).is_missing() {
        return not_yet(Some(&policy), &format!("Node/{node}"), said);
    }
    // As if the pod were a workload of its own, with the node and without: what the node adds is about the place.
    let fact = anywhere(fact);
    let judged = |node: Option<&Name>| {
        let alone = Pod { runs: Runs::Alone(fact.clone()), node: node.cloned() };
        let over = review.over(id, Some(Fact::Pod(alone)));
        review.through(&over).judge_itself(id)
    };
    let (mut there, elsewhere) = (judged(Some(node)), judged(None));
    there.findings.retain(|finding| !elsewhere.findings.contains(finding));
    there.lacking.retain(|lack| !elsewhere.lacking.contains(lack));
    set_aside(&query, &workload, &mut there);
    weigh(said, id, &there, None, scale(&policy));
}

/// What runs, without a node that it names itself.
fn anywhere(workload: Arc<Workload>) -> Arc<Workload> {
    match workload.pin {
        Pin::Node(_) => Arc::new(Workload { pin: Pin::Anywhere, ..Workload::clone(&workload) }),
        _ => workload,
    }
}

/// An exemption for the workload holds for its pods.
fn set_aside(query: &Query<'_>, workload: &ObjectRef, verdict: &mut Verdict) {
    for finding in &mut verdict.findings {
        finding.exempted |= query.sets_aside(workload, finding.rule);
    }
    for lack in &mut verdict.lacking {
        lack.exempted |= query.sets_aside(workload, lack.rule);
    }
}

/// What the watches have not shown yet cannot be judged. The scheduler and controllers try again.
fn not_yet(policy: Option<&Policy>, what: &str, said: &mut Said) {
    let denies = policy.is_none_or(|policy| policy.enforces(PLACE));
    said.lack(
        denies,
        format!("{PLACE}: {what} is not known here yet, so the place cannot be judged; it is tried again"),
    );
}
