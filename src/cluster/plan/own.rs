//! The status of every kind of ours but policies, grants and incidents.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::conditions::{Saying, conditions_of, flip, status};
use super::{Plan, Task};
use crate::api::{CoverageStatus, conditions};
use crate::cluster::effect::{Effect, Note, Target};
use crate::cluster::seen::{Detail, Seen};
use crate::engine::Verdict;
use crate::facts::ObjectRef;

/// Writes the status if it differs from the one that stands there.
pub(crate) fn plan(
    id: &ObjectRef,
    seen: &Seen,
    judged: (&Verdict, Timestamp),
    covered: Option<usize>,
    now: Timestamp,
) -> Plan {
    let mut sayings = vec![readiness(judged.0, id)];
    if id.kind.is_coverage() {
        sayings.extend(covered.map(selection));
    }
    let common = status(id, seen, judged, sayings, now);
    let wanted = if id.kind.is_coverage() {
        let workloads = covered.and_then(|count| i64::try_from(count).ok());
        serde_json::to_value(CoverageStatus { common, workloads })
    } else {
        serde_json::to_value(common)
    };
    let Ok(wanted) = wanted else { return Plan::default() };
    let notes = news(id, seen, judged.0).into_iter().collect();
    Plan { tasks: write(id, seen, wanted, notes).into_iter().collect(), wake: None }
}

/// An event when what an object is judged to be has changed.
pub(crate) fn news(id: &ObjectRef, seen: &Seen, verdict: &Verdict) -> Option<Note> {
    let before = conditions_of(seen);
    let before = before.iter().find(|condition| condition.type_ == conditions::COMPLIANT);
    let before = before.map(|condition| match condition.status.as_str() {
        "True" => "Compliant",
        "False" => "Violating",
        _ => "Unknown",
    });
    flip(id, seen, before, verdict)
}

/// The status as it stands; one that cannot be read is as good as none.
pub(crate) fn written<T: DeserializeOwned + Default>(seen: &Seen) -> T {
    match &seen.detail {
        Detail::Own { status, .. } => serde_json::from_value(status.clone()).unwrap_or_default(),
        _ => T::default(),
    }
}

/// The task that writes a status, unless it stands there already.
pub(crate) fn write(id: &ObjectRef, seen: &Seen, wanted: Value, notes: Vec<Note>) -> Option<Task> {
    let Detail::Own { status, .. } = &seen.detail else { return None };
    let target =
        Target { id: id.clone(), uid: seen.uid.clone(), resource_version: seen.resource_version.clone() };
    (*status != wanted).then_some(Task { effect: Effect::WriteStatus(target, wanted), notes })
}

/// Whether the newest generation is judged.
pub(crate) fn readiness(verdict: &Verdict, id: &ObjectRef) -> Saying {
    let unreadable = verdict.findings.iter().find(|finding| finding.subject == *id && finding.rule.0 == 3);
    match unreadable {
        Some(finding) => Saying {
            kind: conditions::READY,
            status: Some(false),
            reason: conditions::UNREADABLE,
            message: format!("{}: {}", finding.path, finding.message),
        },
        None => Saying {
            kind: conditions::READY,
            status: Some(true),
            reason: conditions::JUDGED,
            message: "the newest generation is judged".to_owned(),
        },
    }
}

/// That a selector selects nothing is said, and is no finding: the workload may come later.
fn selection(count: usize) -> Saying {
    Saying {
        kind: conditions::SELECTING,
        status: Some(count > 0),
        reason: if count > 0 { conditions::WORKLOADS_SELECTED } else { conditions::NOTHING_SELECTED },
        message: match count {
            0 => "no workload of a protected namespace has the labels of workloads.selector".to_owned(),
            1 => "covers 1 workload".to_owned(),
            count => format!("covers {count} workloads"),
        },
    }
}
