//! JSON patches that hold for one version of one object, and are refused for any other.

use http::Request;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};

use super::answer::Refusal;
use super::http::{DEADLINE, Lines};
use crate::cluster::effect::Target;
use crate::cluster::resource::collection_of;

/// What a patch demands of the object before anything is done to it.
pub(super) fn guards(target: &Target) -> [Value; 2] {
    [
        json!({"op": "test", "path": "/metadata/uid", "value": &*target.uid}),
        json!({"op": "test", "path": "/metadata/resourceVersion", "value": &*target.resource_version}),
    ]
}

/// Sends a patch for an object or, with a suffix such as `/status?fieldManager=x`, for a part of it.
pub(super) async fn send(
    lines: &Lines,
    target: &Target,
    suffix: &str,
    patch: &Value,
) -> Result<Value, Refusal> {
    let uri = format!("{}/{}{suffix}", collection_of(&target.id), target.id.name);
    send_to(lines, &uri, patch).await
}

/// Sends a patch for what has this path.
pub(in crate::cluster) async fn send_to(lines: &Lines, uri: &str, patch: &Value) -> Result<Value, Refusal> {
    let request = Request::patch(uri)
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/json-patch+json")
        .body(patch.to_string().into_bytes())
        .map_err(|error| Refusal::Failed(error.to_string(), None))?;
    match lines.send(request, DEADLINE).await {
        // A test failed. Nothing else in our patches can be unacceptable but to somebody's webhook, which says so.
        Err(Refusal::Forbidden(words)) if is_failed_test(&words) => Err(Refusal::Conflict),
        answer => answer,
    }
}

/// How the server words a `test` that failed: as a request that is in error.
fn is_failed_test(words: &str) -> bool {
    words.contains("the server rejected our request due to an error in our request")
}
