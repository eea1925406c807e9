//! Reading our own kinds.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::names;
use crate::api::{AccessGrantSpec, AccessGrantStatus};
use crate::facts::{Fact, GrantEnd, GrantFact, Unreadable};

/// The spec of an object, or why it cannot be read.
pub(super) fn spec<T: DeserializeOwned>(object: &Value, fact: impl FnOnce(Arc<T>) -> Fact) -> Fact {
    match parse(object) {
        Ok(spec) => fact(Arc::new(spec)),
        Err(why) => Fact::Unreadable(Arc::new(why)),
    }
}

fn parse<T: DeserializeOwned>(object: &Value) -> Result<T, Unreadable> {
    static ABSENT: Value = Value::Null;
    let spec = object.get("spec").unwrap_or(&ABSENT);
    serde_path_to_error::deserialize(spec).map_err(|error| Unreadable {
        path: pointer(error.path()),
        problem: error.inner().to_string(),
        usernames: names(object, "/spec/usernames"),
        groups: names(object, "/spec/groups"),
    })
}

/// The field as a JSON pointer.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::from("/spec");
    for segment in path {
        pointer.push('/');
        match segment {
            Segment::Seq { index } => pointer.push_str(&index.to_string()),
            Segment::Map { key } => pointer.push_str(&key.replace('~', "~0").replace('/', "~1")),
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
        Err(why) => return Fact::Unreadable(Arc::new(why)),
    };
    let status: AccessGrantStatus = object
        .get("status")
        .and_then(|status| serde_json::from_value(status.clone()).ok())
        .unwrap_or_default();
    let ended =
        status.revocation.and_then(|end| Some(GrantEnd { at: end.at?.timestamp(), cause: end.cause? }));
    Fact::Grant(Arc::new(GrantFact {
        spec,
        activated_at: status.activated_at.map(crate::values::Instant::timestamp),
        phase: status.phase,
        ended,
    }))
}
