//! Reading our own kinds.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{items, name, names, text};
use crate::api::{AccessGrantSpec, AccessGrantStatus, Containment, Phase, conditions};
use crate::facts::{Contains, Fact, GrantEnd, GrantFact, Problem, Unreadable};
use crate::pointer::escaped;
use crate::values::Instant;

/// The spec of an object, or why it cannot be read.
pub(super) fn spec<T: DeserializeOwned>(object: &Value, fact: impl FnOnce(Arc<T>) -> Fact) -> Fact {
    match parse(object) {
        Ok(spec) => fact(Arc::new(spec)),
        Err(why) => Fact::Unreadable(why),
    }
}

fn parse<T: DeserializeOwned>(object: &Value) -> Result<T, Arc<Unreadable>> {
    static ABSENT: Value = Value::Null;
    let spec = object.get("spec").unwrap_or(&ABSENT);
    serde_path_to_error::deserialize(spec).map_err(|error| {
        let problem = Problem { path: pointer("/spec", error.path()), problem: error.inner().to_string() };
        remains(object, vec![problem])
    })
}

/// What can be read all the same of an object that cannot be read as a whole.
pub(super) fn remains(object: &Value, problems: Vec<Problem>) -> Arc<Unreadable> {
    Arc::new(Unreadable {
        problems,
        usernames: names(object, "/spec/usernames"),
        groups: names(object, "/spec/groups"),
        contains: contains(object),
    })
}

/// What an incident that cannot be read asks to contain, as far as its fields can be read one by one.
fn contains(object: &Value) -> Option<Contains> {
    if text(object, "/spec/containment") != Some(Containment::SuspendGrants.as_str()) {
        return None;
    }
    Some(Contains {
        namespaces: items(object, "/spec/flows").filter_map(|flow| name(flow, "/namespace")).collect(),
        until: text(object, "/spec/closedAt").and_then(|at| at.parse().ok()).map(Instant::timestamp),
    })
}

/// The field as a JSON pointer, from where it starts.
pub(in crate::facts) fn pointer(start: &str, path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::from(start);
    for segment in path {
        pointer.push('/');
        match segment {
            Segment::Seq { index } => pointer.push_str(&index.to_string()),
            Segment::Map { key } => pointer.push_str(&escaped(key)),
            Segment::Enum { variant } => pointer.push_str(variant),
            Segment::Unknown => pointer.push('?'),
        }
    }
    pointer
}

/// A grant: its spec, and what its status remembers. A status that cannot be read is as good as none: it is ours to
/// write anew, and the recorded end is kept apart from it.
pub(super) fn grant(object: &Value) -> Fact {
    let spec: AccessGrantSpec = match parse(object) {
        Ok(spec) => spec,
        Err(why) => return Fact::Unreadable(why),
    };
    let status: AccessGrantStatus = object
        .get("status")
        .and_then(|status| serde_json::from_value(status.clone()).ok())
        .unwrap_or_default();
    let ended = ended(&status);
    let residual = status.revocation.map(|end| end.residual).unwrap_or_default();
    Fact::Grant(Arc::new(GrantFact {
        spec,
        activated_at: status.activated_at.map(Instant::timestamp),
        phase: status.phase,
        ended,
        residual,
        excluded: status.excluded.into_iter().map(|one| one.person).collect(),
    }))
}

/// The end that a status tells of: when access was over; of access that is held, when it should have been; of a grant
/// that never gave any, when that was found.
fn ended(status: &AccessGrantStatus) -> Option<GrantEnd> {
    let end = status.revocation.as_ref()?;
    let is_final = status.phase.is_some_and(Phase::is_final);
    let ready = || status.common.conditions.iter().find(|condition| condition.type_ == conditions::READY);
    let found = || ready().filter(|_| is_final).map(|ready| ready.last_transition_time.0);
    let at = end.at.or(end.due_at).map(Instant::timestamp).or_else(found)?;
    Some(GrantEnd { at, cause: end.cause? })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::facts::{Kind, read_as, unreadable};

    #[test]
    fn an_incident_that_cannot_be_read_still_contains() {
        let contains =
            |spec: Value| match read_as(Kind::Incident, &json!({"metadata": {"name": "i"}, "spec": spec})) {
                Some((_, Fact::Unreadable(why))) => why.contains.clone(),
                other => panic!("{other:?}"),
            };
        let flows = json!([{"namespace": "cx", "name": "a"}, {"name": "b"}]);
        let found = contains(json!({"containment": "SuspendGrants", "flows": flows, "closedAt": "soon"}));
        assert_eq!(found, Some(Contains { namespaces: vec!["cx".into()], until: None }));
        let closed = "2026-11-23T12:00:00Z";
        let found =
            contains(json!({"containment": "SuspendGrants", "flows": flows, "closedAt": closed, "risk": 5}));
        assert_eq!(found.unwrap().until.unwrap().to_string(), closed);
        assert_eq!(contains(json!({"containment": "None", "flows": flows, "risk": 5})), None);
    }
    #[test]
    fn what_is_refused_keeps_what_can_be_read() {
        let person = json!({"spec": {"usernames": ["sam", 5], "groups": ["g"], "type": "Robot"}});
        let problem = Problem { path: "/spec/type".to_owned(), problem: "no such word".to_owned() };
        let Fact::Unreadable(why) = unreadable(&person, vec![problem.clone()]) else { panic!() };
        assert_eq!(why.problems, [problem]);
        assert_eq!((&*why.usernames, &*why.groups), (&["sam".into()][..], &["g".into()][..]));
    }
}
