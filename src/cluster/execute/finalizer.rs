//! Our finalizer on grants, put on and taken off without touching those of others.
//!
//! Not by server-side apply: who else has applied an exported grant, finalizer included, would co-own it, and it would
//! stay for ever.

use serde_json::{Value, json};

use super::answer::Refusal;
use super::http::Lines;
use super::{changed, get, json_patch};
use crate::api::labels;
use crate::cluster::effect::Target;
use crate::cluster::index::read::{finalizers, text};
use crate::cluster::seen::Change;

/// Puts our finalizer on an object.
pub(super) async fn add(lines: &Lines, target: Target) -> Result<Change, Refusal> {
    let object = get(lines, &target.id).await?.ok_or(Refusal::NotFound)?;
    match addition(&target, &object)? {
        Some(patch) => write(lines, &target, &patch).await,
        None => changed(&target.id, &object),
    }
}

/// Takes our finalizer off an object. If no other holds it, it is gone then.
pub(super) async fn remove(lines: &Lines, target: Target) -> Result<Change, Refusal> {
    let Some(object) = get(lines, &target.id).await? else {
        return Ok(Change::is_gone(target.id, target.uid));
    };
    match removal(&target, &object)? {
        Some(patch) => match write(lines, &target, &patch).await {
            Err(Refusal::NotFound) => Ok(Change::is_gone(target.id, target.uid)),
            answer => answer,
        },
        None => changed(&target.id, &object),
    }
}

/// The patch that adds our finalizer to the version of an object that it was decided upon.
fn addition(target: &Target, object: &Value) -> Result<Option<Value>, Refusal> {
    let tests = tests(target, object)?;
    if finalizers(object).any(|found| found == labels::REVOKE) {
        return Ok(None);
    }
    // A list that is not there cannot be added to.
    let add = if finalizers(object).next().is_none() {
        json!({"op": "add", "path": "/metadata/finalizers", "value": [labels::REVOKE]})
    } else {
        json!({"op": "add", "path": "/metadata/finalizers/-", "value": labels::REVOKE})
    };
    Ok(Some(tests.into_iter().chain([add]).collect()))
}

/// The patch that removes it.
fn removal(target: &Target, object: &Value) -> Result<Option<Value>, Refusal> {
    let tests = tests(target, object)?;
    let Some(at) = finalizers(object).position(|found| found == labels::REVOKE) else { return Ok(None) };
    let path = format!("/metadata/finalizers/{at}");
    let remove =
        [json!({"op": "test", "path": path, "value": labels::REVOKE}), json!({"op": "remove", "path": path})];
    Ok(Some(tests.into_iter().chain(remove).collect()))
}

/// What a patch demands of the object; a conflict if it has changed already.
fn tests(target: &Target, object: &Value) -> Result<[Value; 2], Refusal> {
    let version = text(object, "/metadata/resourceVersion") == Some(&*target.resource_version);
    if !version || text(object, "/metadata/uid") != Some(&*target.uid) {
        return Err(Refusal::Conflict);
    }
    Ok(json_patch::guards(target))
}

async fn write(lines: &Lines, target: &Target, patch: &Value) -> Result<Change, Refusal> {
    let object = json_patch::send(lines, target, "", patch).await?;
    if text(&object, "/metadata/deletionTimestamp").is_some() && finalizers(&object).next().is_none() {
        return Ok(Change::is_gone(target.id.clone(), target.uid.clone()));
    }
    changed(&target.id, &object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Kind, ObjectRef};

    fn target() -> Target {
        Target {
            id: ObjectRef::namespaced(Kind::AccessGrant, "cx", "anna"),
            uid: "g-1".into(),
            resource_version: "7".into(),
        }
    }

    fn object(finalizers: &Value) -> Value {
        json!({"metadata": {"uid": "g-1", "resourceVersion": "7", "finalizers": finalizers}})
    }

    fn last(patch: Option<Value>) -> Value {
        patch.unwrap().as_array().unwrap().last().unwrap().clone()
    }

    #[test]
    fn finalizers_of_others_stay() {
        let (ours, other) = (labels::REVOKE, "other.dev/x");
        let added = |finalizers: Value| addition(&target(), &object(&finalizers)).unwrap();
        assert_eq!(last(added(Value::Null))["value"], json!([ours]));
        assert_eq!(last(added(json!([])))["value"], json!([ours]));
        assert_eq!(last(added(json!([other])))["path"], "/metadata/finalizers/-");
        assert_eq!(added(json!([other, ours])), None);
        let removed = |finalizers: Value| removal(&target(), &object(&finalizers)).unwrap();
        assert_eq!(last(removed(json!([other, ours])))["path"], "/metadata/finalizers/1");
        assert_eq!(removed(json!([other])), None);
    }

    #[test]
    fn another_version_is_a_conflict() {
        let mut found = object(&Value::Null);
        found["metadata"]["resourceVersion"] = json!("8");
        assert_eq!(addition(&target(), &found), Err(Refusal::Conflict));
        found = object(&Value::Null);
        found["metadata"]["uid"] = json!("g-2");
        assert_eq!(removal(&target(), &found), Err(Refusal::Conflict));
    }
}
