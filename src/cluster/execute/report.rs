//! Statuses and annotations: one field manager for each, and only for what is ours.
//!
//! A status is ours as a whole, and is replaced as a whole: an apply would leave what somebody else once wrote there,
//! and the status would never be what it should be. Annotations are applied: beside ours there are those of others.

use std::collections::BTreeMap;

use http::header::{ACCEPT, CONTENT_TYPE};
use kube::core::Request;
use kube::core::params::{Patch, PatchParams};
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::http::{DEADLINE, Lines};
use super::{changed, json_patch, unsendable};
use crate::cluster::effect::Target;
use crate::cluster::index::read::{annotation, text};
use crate::cluster::resource::{api_resource, collection_of};
use crate::cluster::seen::Change;

/// Owns statuses.
const STATUS: &str = "cxguard-status";

/// Owns our annotations on workloads.
const ANNOTATIONS: &str = "cxguard";

/// Writes a status in place of whatever stands there.
pub(super) async fn write_status(lines: &Lines, target: &Target, status: &Value) -> Result<Change, Refusal> {
    let suffix = format!("/status?fieldManager={STATUS}");
    match json_patch::send(lines, target, &suffix, &status_patch(target, status)).await {
        Err(Refusal::NotFound) => Ok(Change::is_gone(target.id.clone(), target.uid.clone())),
        answer => {
            let object = answer?;
            if object.get("status") == Some(status) {
                changed(&target.id, &object)
            } else {
                Err(not_kept(target))
            }
        }
    }
}

/// To write it again at once would lead nowhere, and never end.
fn not_kept(target: &Target) -> Refusal {
    let what = "what was written was not kept: a webhook changes it, or its definition is another version's";
    Refusal::Failed(format!("{}: {what}", target.id), None)
}

/// Writes our annotations. The UID guards them: without it, an apply would create what is gone. The version does not:
/// workloads change all the time, and the annotations do not depend on how.
pub(super) async fn annotate(
    lines: &Lines,
    target: &Target,
    annotations: &BTreeMap<&'static str, Option<String>>,
) -> Result<Change, Refusal> {
    let params = PatchParams::apply(ANNOTATIONS).force();
    let request = Request::new(collection_of(&target.id)).patch(
        &target.id.name,
        &params,
        &Patch::Apply(annotations_body(target, annotations)),
    );
    let object = match lines.send(request.map_err(|error| unsendable(&error))?, DEADLINE).await {
        // Of the fields sent, only the UID can be another.
        Err(Refusal::Forbidden(words)) if words.contains("metadata.uid") => return Err(Refusal::Conflict),
        answer => answer?,
    };
    let object = match leftovers(target, annotations, &object) {
        Some(body) => {
            let request = http::Request::patch(format!("{}/{}", collection_of(&target.id), target.id.name))
                .header(ACCEPT, "application/json")
                .header(CONTENT_TYPE, "application/merge-patch+json")
                .body(body.to_string().into_bytes())
                .map_err(|error| Refusal::Failed(error.to_string(), None))?;
            lines.send(request, DEADLINE).await?
        }
        None => object,
    };
    let kept = annotations.iter().all(|(key, value)| annotation(&object, key) == value.as_deref());
    if kept { changed(&target.id, &object) } else { Err(not_kept(target)) }
}

/// To add what is there is to replace it.
fn status_patch(target: &Target, status: &Value) -> Value {
    let add = json!({"op": "add", "path": "/status", "value": status});
    json_patch::guards(target).into_iter().chain([add]).collect()
}

fn annotations_body(target: &Target, annotations: &BTreeMap<&'static str, Option<String>>) -> Value {
    let mut body = head(target);
    let kept = annotations.iter().filter_map(|(key, value)| Some(((*key).to_owned(), value.clone()?.into())));
    let kept: Map<String, Value> = kept.collect();
    if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut)
        && !kept.is_empty()
    {
        metadata.insert("annotations".to_owned(), kept.into());
    }
    body
}

/// What an apply carries: the names of the object, and the UID that guards it.
fn head(target: &Target) -> Value {
    let of = api_resource(target.id.kind);
    let mut metadata = Map::from_iter([
        ("name".to_owned(), Value::from(&*target.id.name)),
        ("uid".to_owned(), Value::from(&*target.uid)),
    ]);
    if !target.id.namespace.is_empty() {
        metadata.insert("namespace".to_owned(), Value::from(&*target.id.namespace));
    }
    json!({"apiVersion": of.api_version, "kind": of.kind, "metadata": metadata})
}

/// Annotations under our names that an apply left: somebody else wrote them, or wrote them too. A merge takes them
/// off, bound to the version that the apply returned.
fn leftovers(
    target: &Target,
    annotations: &BTreeMap<&'static str, Option<String>>,
    object: &Value,
) -> Option<Value> {
    let left = annotations
        .iter()
        .filter(|(key, value)| value.is_none() && annotation(object, key).is_some())
        .map(|(key, _)| ((*key).to_owned(), Value::Null));
    let left: Map<String, Value> = left.collect();
    let version = text(object, "/metadata/resourceVersion")?;
    (!left.is_empty())
        .then(|| json!({"metadata": {"uid": &*target.uid, "resourceVersion": version, "annotations": left}}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::labels::{COMPLIANCE, FINDINGS};
    use crate::facts::{Kind, ObjectRef};

    fn target(kind: Kind, namespace: &str) -> Target {
        Target {
            id: ObjectRef::namespaced(kind, namespace, "a"),
            uid: "u-1".into(),
            resource_version: "7".into(),
        }
    }

    #[test]
    fn a_status_is_bound_to_a_version() {
        let patch = status_patch(&target(Kind::Vendor, ""), &json!({"observedGeneration": 1}));
        let expected = json!([
            {"op": "test", "path": "/metadata/uid", "value": "u-1"},
            {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
            {"op": "add", "path": "/status", "value": {"observedGeneration": 1}},
        ]);
        assert_eq!(patch, expected);
    }

    #[test]
    fn annotations_are_bound_to_a_uid() {
        let target = target(Kind::Deployment, "cx");
        let mut wanted = BTreeMap::from([(COMPLIANCE, Some("Compliant".to_owned())), (FINDINGS, None)]);
        let metadata = json!({
            "name": "a", "namespace": "cx", "uid": "u-1", "annotations": {COMPLIANCE: "Compliant"},
        });
        let expected = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata});
        assert_eq!(annotations_body(&target, &wanted), expected);
        wanted.insert(COMPLIANCE, None);
        let expected = json!({"name": "a", "namespace": "cx", "uid": "u-1"});
        assert_eq!(annotations_body(&target, &wanted)["metadata"], expected);
    }

    #[test]
    fn what_others_wrote_under_our_names_is_taken_off() {
        let target = target(Kind::Deployment, "cx");
        let wanted = BTreeMap::from([(COMPLIANCE, Some("Compliant".to_owned())), (FINDINGS, None)]);
        let mut object =
            json!({"metadata": {"resourceVersion": "9", "annotations": {COMPLIANCE: "Compliant"}}});
        assert_eq!(leftovers(&target, &wanted, &object), None);
        object["metadata"]["annotations"][FINDINGS] = json!("CX101");
        let expected =
            json!({"metadata": {"uid": "u-1", "resourceVersion": "9", "annotations": {FINDINGS: null}}});
        assert_eq!(leftovers(&target, &wanted, &object), Some(expected));
    }
}
