//! What is overdue at a cold start: revoked before anything else is known, from the bindings themselves.
//!
//! A binding carries its deadline and the approval that the deadline rests on. Once the deadline has passed, only one
//! thing can have prolonged the access while nobody watched: a later approval, for the API server admits a later end
//! with nothing less. So a grant with a later approval and an end that is not reached is left to the judgement; every
//! other overdue binding is deleted. Where a paper was renewed instead, the judgement gives access again.

use futures::{StreamExt, stream};
use jiff::Timestamp;
use kube::core::Request;
use kube::core::params::ListParams;
use serde_json::Value;
use std::time::Duration;

use super::answer::Refusal;
use super::http::Lines;
use super::{Executor, access, get, unsendable};
use crate::api::labels;
use crate::cluster::effect::{Answer, Target};
use crate::cluster::index::read::{APPROVED_AT, annotation, change, finalizers};
use crate::cluster::resource::collection;
use crate::cluster::seen::{Change, Detail, Seen, SeenBinding};
use crate::facts::{Fact, GrantFact, Kind, ObjectRef};

/// How long the list of our bindings may take: it is larger than a single object.
const LIST_DEADLINE: Duration = Duration::from_secs(10);

/// How many bindings are looked at at the same time.
const AT_ONCE: usize = 16;

/// How often a binding is looked at again that changed meanwhile.
const TRIES: usize = 3;

/// A binding that was found overdue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overdue {
    /// The binding.
    pub binding: ObjectRef,
    /// The name of its grant, if it still names one.
    pub grant: Option<ObjectRef>,
    /// Its deadline.
    pub deadline: Timestamp,
    /// What became of it.
    pub fate: Fate,
}

/// What became of an overdue binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is gone.
    Revoked,
    /// It was renewed, or is not overdue any more: it is left to the judgement.
    Renewed,
    /// It is still there, for the reason given: a missing permission, a webhook or a finalizer of somebody else.
    Kept(String),
    /// Whether it is still there is not known, for the reason given.
    Failed(String),
}

/// Deletes every binding of ours whose deadline has passed, unless its grant was renewed. An error means that the
/// bindings could not be listed.
pub async fn revoke_overdue(executor: &Executor, now: Timestamp) -> Result<Vec<Overdue>, Answer> {
    let lines = &executor.urgent;
    let listed = list(lines).await?;
    let due = listed.into_iter().filter_map(|object| Found::read(object, now)).collect::<Vec<_>>();
    let ended = stream::iter(due).map(|found| end(lines, found, now)).buffered(AT_ONCE);
    Ok(ended.collect().await)
}

async fn list(lines: &Lines) -> Result<Vec<Value>, Refusal> {
    let ours = format!("{}={},{}", labels::MANAGED_BY, labels::MANAGER, labels::GRANT_UID);
    let request = Request::new(collection(Kind::RoleBinding, "")).list(&ListParams::default().labels(&ours));
    let mut list = lines.send(request.map_err(|error| unsendable(&error))?, LIST_DEADLINE).await?;
    match list.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => Ok(items),
        _ => Err(Refusal::Failed("a list of bindings without items".to_owned(), None)),
    }
}

/// An overdue binding as it was found.
struct Found {
    object: Value,
    id: ObjectRef,
    seen: Seen,
    binding: SeenBinding,
    deadline: Timestamp,
}

impl Found {
    /// The binding, if it is ours and overdue. A deadline that cannot be read says nothing here: the judgement will.
    fn read(object: Value, now: Timestamp) -> Option<Self> {
        let Change { id, now: Some((_, seen)), .. } = change(Kind::RoleBinding, &object)? else {
            return None;
        };
        let Detail::Binding(binding) = seen.detail.clone() else { return None };
        let deadline = binding.deadline.flatten()?;
        (binding.is_ours() && deadline <= now).then_some(Self { object, id, seen, binding, deadline })
    }

    /// The grant that the binding serves by its owner and by its label.
    fn grant(&self) -> Option<ObjectRef> {
        let (name, uid) = self.binding.owner.as_ref()?;
        let same = self.binding.grant_uid.as_ref() == Some(uid);
        same.then(|| ObjectRef::namespaced(Kind::AccessGrant, &self.id.namespace, name))
    }

    /// Whether an approval that the binding does not know yet prolongs its grant beyond now.
    fn renewed_by(&self, grant: &Value, now: Timestamp) -> bool {
        let Some(Change { now: Some((Fact::Grant(fact), seen)), .. }) = change(Kind::AccessGrant, grant)
        else {
            return false;
        };
        let known = annotation(&self.object, APPROVED_AT).map(str::parse::<Timestamp>);
        let later = match (&fact.spec.approval, known) {
            (Some(approval), Some(Ok(known))) => approval.at.timestamp() > known,
            (Some(_), _) => true,
            (None, _) => false,
        };
        Some(&seen.uid) == self.binding.grant_uid.as_ref() && !seen.deleting && later && lasts(&fact, now)
    }
}

/// Whether nothing in the grant itself ends it.
fn lasts(grant: &GrantFact, now: Timestamp) -> bool {
    let spec = &grant.spec;
    spec.revoked.is_none() && spec.expires_at.is_none_or(|at| at.timestamp() > now)
}

async fn end(lines: &Lines, mut found: Found, now: Timestamp) -> Overdue {
    let (binding, grant, deadline) = (found.id.clone(), found.grant(), found.deadline);
    let mut fate = Fate::Failed("it keeps changing".to_owned());
    for _ in 0..TRIES {
        fate = match try_end(lines, &found, now).await {
            Err(Refusal::Conflict) => match get(lines, &binding).await {
                // Changed meanwhile: perhaps its deadline too.
                Ok(Some(object)) => match Found::read(object, now) {
                    Some(changed) => {
                        found = changed;
                        continue;
                    }
                    None => Fate::Renewed,
                },
                Ok(None) => Fate::Revoked,
                Err(refusal) => failed(refusal),
            },
            Err(refusal) => failed(refusal),
            Ok(fate) => fate,
        };
        break;
    }
    Overdue { binding, grant, deadline, fate }
}

async fn try_end(lines: &Lines, found: &Found, now: Timestamp) -> Result<Fate, Refusal> {
    if let Some(grant) = found.grant() {
        // That the grant cannot be read is no reason to keep access.
        let grant = get(lines, &grant).await.ok().flatten();
        if grant.is_some_and(|grant| found.renewed_by(&grant, now)) {
            return Ok(Fate::Renewed);
        }
    }
    let target = Target {
        id: found.id.clone(),
        uid: found.seen.uid.clone(),
        resource_version: found.seen.resource_version.clone(),
    };
    let left = access::delete(lines, &target).await?;
    Ok(if left.now.is_none() {
        Fate::Revoked
    } else {
        let holders: Vec<&str> = finalizers(&found.object).collect();
        Fate::Kept(format!("finalizers: {}", holders.join(", ")))
    })
}

fn failed(refusal: Refusal) -> Fate {
    match refusal.into() {
        Answer::Forbidden(words) => Fate::Kept(words),
        Answer::Failed(words, _) => Fate::Failed(words),
        _ => Fate::Failed("it changed meanwhile".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn binding(deadline: &str, approved: &Value) -> Value {
        json!({
            "metadata": {
                "name": "b", "namespace": "cx", "uid": "b-1", "resourceVersion": "7",
                "labels": {"app.kubernetes.io/managed-by": "cxguard", "cxguard.dev/grant-uid": "g-1"},
                "annotations": {"cxguard.dev/deadline": deadline, "cxguard.dev/approved-at": approved},
                "ownerReferences":
                    [{"apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant", "name": "g", "uid": "g-1"}],
            },
            "roleRef": {"kind": "ClusterRole", "name": "view"},
            "subjects": [{"kind": "User", "name": "anna"}],
        })
    }

    fn grant(uid: &str, expires: &str, approved: &str) -> Value {
        json!({
            "metadata": {"name": "g", "namespace": "cx", "uid": uid},
            "spec": {
                "subject": {"kind": "User", "name": "anna"},
                "role": {"kind": "ClusterRole", "name": "view"},
                "expiresAt": expires,
                "approval": {"by": "bea", "at": approved},
            },
        })
    }

    const NOW: &str = "2026-11-23T10:00:00Z";
    const LATER: &str = "2026-12-23T10:00:00Z";

    fn found(approved: &Value) -> Found {
        Found::read(binding(NOW, approved), at(NOW)).unwrap()
    }

    #[test]
    fn only_what_is_ours_and_due_is_overdue() {
        let mut object = binding(NOW, &Value::Null);
        let due = |object: &Value| Found::read(object.clone(), at(NOW)).is_some();
        assert!(due(&object));
        assert!(!due(&binding("2026-11-23T10:00:01Z", &Value::Null)));
        assert!(!due(&binding("some day", &Value::Null)));
        object["metadata"]["labels"] = json!({"cxguard.dev/grant-uid": "g-1"});
        assert!(!due(&object));
        object["metadata"]["labels"] = json!({"app.kubernetes.io/managed-by": "cxguard"});
        assert!(!due(&object));
    }

    #[test]
    fn a_later_approval_renews() {
        let known = json!("2026-11-01T00:00:00Z");
        let renewed = |grant: &Value| found(&known).renewed_by(grant, at(NOW));
        let (same, later) = ("2026-11-01T00:00:00Z", "2026-11-22T00:00:00Z");
        assert!(renewed(&grant("g-1", LATER, later)));
        // The binding was not yet written anew, or it ended for another reason than the grant's own end.
        assert!(!renewed(&grant("g-1", LATER, same)));
        assert!(!renewed(&grant("g-1", NOW, later)));
        assert!(!renewed(&grant("g-2", LATER, later)));
        let mut ended = grant("g-1", LATER, later);
        ended["spec"]["revoked"] = json!({});
        assert!(!renewed(&ended));
        let mut deleted = grant("g-1", LATER, later);
        deleted["metadata"]["deletionTimestamp"] = json!(NOW);
        assert!(!renewed(&deleted));
        let mut unreadable = grant("g-1", LATER, later);
        unreadable["spec"]["subject"] = json!("anna");
        assert!(!renewed(&unreadable));
    }

    #[test]
    fn an_approval_where_none_was_known_renews() {
        assert!(found(&Value::Null).renewed_by(&grant("g-1", LATER, NOW), at(NOW)));
    }

    #[test]
    fn a_binding_whose_owner_is_not_its_grant_names_none() {
        let mut object = binding(NOW, &Value::Null);
        object["metadata"]["ownerReferences"][0]["uid"] = json!("g-2");
        assert_eq!(Found::read(object, at(NOW)).unwrap().grant(), None);
        assert!(found(&Value::Null).grant().is_some());
    }
}
