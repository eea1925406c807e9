//! The record of ended grants, which outlives the grants: so a grant that is restored from a backup, or made again under
//! its name, does not give access again.
//!
//! It lies in config maps of the operator's own namespace, where nobody else writes: sixteen for a namespace, by the
//! grant's name, so that none outgrows the store before a namespace has ended some hundred thousand grants. Key is the
//! grant's name, value `<instant> <cause>`.

use std::sync::Arc;

use serde_json::Value;

use super::read::{seen, text};
use crate::api::EndCause;
use crate::cluster::seen::{Change, Detail};
use crate::facts::{Fact, GrantEnd, Kind, ObjectRef, Problem, Unreadable};
use crate::fingerprint::fingerprint;

/// On a ConfigMap: it holds ends of grants, when the value is `true`.
pub(crate) const LABEL: &str = "cxguard.dev/grant-ends";

const PREFIX: &str = "cxguard-ended-";

/// The name of the ConfigMap that holds the end of a grant.
pub(crate) fn record_of(namespace: &str, grant: &str) -> String {
    format!("{PREFIX}{:x}.{namespace}", fingerprint(&[grant]) % 16)
}

/// An end as it is recorded.
pub(crate) fn entry(end: GrantEnd) -> String {
    format!("{} {}", end.at, end.cause)
}

/// Every end that a ConfigMap records. An entry that cannot be read is a fact too: an end must not be forgotten in
/// silence. An entry that we would not have put there is none of ours.
pub(crate) fn changes(object: &Value) -> Vec<Change> {
    let name = text(object, "/metadata/name").unwrap_or_default();
    let namespace = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('.'));
    let (Some((_, namespace)), Some(data)) = (namespace, object.get("data").and_then(Value::as_object))
    else {
        return Vec::new();
    };
    let ours = data.iter().filter(|(grant, _)| record_of(namespace, grant) == name);
    let changes = ours.map(|(grant, entry)| {
        let fact = entry.as_str().and_then(parse).map_or_else(|| unreadable(grant), Fact::GrantEnd);
        let id = ObjectRef::namespaced(Kind::GrantEnd, namespace, grant);
        Change::exists(id, fact, seen(object, Detail::None))
    });
    changes.collect()
}

fn parse(entry: &str) -> Option<GrantEnd> {
    let (at, cause) = entry.split_once(' ')?;
    let cause = EndCause::ALL.iter().copied().find(|known| known.as_str() == cause)?;
    Some(GrantEnd { at: at.parse().ok()?, cause })
}

fn unreadable(grant: &str) -> Fact {
    let problem =
        Problem { path: format!("/data/{grant}"), problem: "expected an instant and a cause".to_owned() };
    Fact::Unreadable(Arc::new(Unreadable { problems: vec![problem], ..Unreadable::default() }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_recorded_is_read_back() {
        let end = GrantEnd { at: "2026-11-23T10:00:00.5Z".parse().unwrap(), cause: EndCause::Left };
        let (good, bad) = (entry(end), "yesterday");
        // Two names that share a record, and one that belongs elsewhere.
        let name = record_of("cx.feedback", "anna");
        let same = (0..99).map(|n| format!("g{n}")).find(|g| record_of("cx.feedback", g) == name).unwrap();
        let other = (0..99).map(|n| format!("g{n}")).find(|g| record_of("cx.feedback", g) != name).unwrap();
        let object = json!({
            "metadata": {"name": name, "namespace": "cxguard", "uid": "u"},
            "data": {"anna": good, &same: bad, &other: good},
        });
        let found: Vec<(ObjectRef, Fact)> =
            changes(&object).into_iter().map(|change| (change.id, change.now.unwrap().0)).collect();
        let id = |grant: &str| ObjectRef::namespaced(Kind::GrantEnd, "cx.feedback", grant);
        assert_eq!(found, [(id("anna"), Fact::GrantEnd(end)), (id(&same), unreadable(&same))]);
    }

    #[test]
    fn names_do_not_change_between_versions() {
        assert_eq!(record_of("cx", "anna-churn"), "cxguard-ended-9.cx");
    }

    #[test]
    fn other_config_maps_say_nothing() {
        assert!(changes(&json!({"metadata": {"name": "settings"}, "data": {"a": "b"}})).is_empty());
        assert!(changes(&json!({"metadata": {"name": record_of("cx", "a")}})).is_empty());
    }
}
