//! An AdmissionReview (admission.k8s.io/v1) becomes a [`Request`], an [`Answer`] a review again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::admission::{Answer, Request};

const VERSION: &str = "admission.k8s.io/v1";
const KIND: &str = "AdmissionReview";

/// What is asked of the webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Whether a request may pass.
    Validate,
    /// What is to be changed in its object.
    Mutate,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Review {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    request: Option<Request>,
}

/// Reads what the API server asks. An error is for the API server, and says nothing of what the object holds.
pub(super) fn read(body: &[u8]) -> Result<Request, String> {
    let review: Review = serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let what = match error.classify() {
            serde_json::error::Category::Data => "the body is no AdmissionReview",
            // Too deep is a matter of syntax too.
            _ => "the body is no JSON that can be read",
        };
        format!("{what}: line {line}, column {column}")
    })?;
    if review.api_version != VERSION || review.kind != KIND {
        return Err(format!("the body is no {KIND} of {VERSION}"));
    }
    review.request.ok_or_else(|| format!("the {KIND} asks nothing: it has no request"))
}

/// Writes what it is answered.
pub(super) fn write(uid: &str, answer: Answer, purpose: Purpose) -> Value {
    let mut response = Map::new();
    response.insert("uid".to_owned(), json!(uid));
    response.insert("allowed".to_owned(), json!(answer.denied.is_none()));
    if !answer.warnings.is_empty() {
        response.insert("warnings".to_owned(), json!(answer.warnings));
    }
    if !answer.audit.is_empty() {
        response.insert("auditAnnotations".to_owned(), json!(answer.audit));
    }
    if let Some(why) = answer.denied {
        let status = json!({"status": "Failure", "code": 403, "reason": "Forbidden", "message": why});
        response.insert("status".to_owned(), status);
    } else if purpose == Purpose::Mutate && !answer.patch.is_empty() {
        // The API server refuses a patch from a webhook that validates.
        response.insert("patchType".to_owned(), json!("JSONPatch"));
        response.insert("patch".to_owned(), json!(STANDARD.encode(Value::Array(answer.patch).to_string())));
    }
    json!({"apiVersion": VERSION, "kind": KIND, "response": response})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::Operation;

    fn review(change: impl Fn(&mut Value)) -> Vec<u8> {
        let mut review = json!({
            "apiVersion": VERSION, "kind": KIND,
            "request": {
                "uid": "u-1", "operation": "CREATE",
                "resource": {"group": "", "version": "v1", "resource": "pods"},
                "namespace": "cx", "name": "p", "dryRun": false, "options": null,
                "userInfo": {"username": "anna", "groups": ["a"], "extra": {"x": ["y"]}},
                "object": {"metadata": {"name": "p"}}, "oldObject": null,
            },
        });
        change(&mut review);
        review.to_string().into_bytes()
    }

    #[test]
    fn a_review_is_read() {
        let request = read(&review(|_| {})).unwrap();
        assert_eq!((request.uid.as_str(), request.operation), ("u-1", Operation::Create));
        assert_eq!((request.resource.resource.as_str(), request.sub_resource.as_str()), ("pods", ""));
        assert_eq!((request.user_info.username.as_str(), request.object.is_object()), ("anna", true));
        assert!(request.old_object.is_null());
    }

    #[test]
    fn what_is_no_review_is_refused_without_repeating_it() {
        let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
        for (name, body, expected) in [
            ("empty", Vec::new(), "no JSON"),
            ("no JSON", b"{anna".to_vec(), "no JSON"),
            ("too deep", review(|review| review["request"]["object"] = json!("@")), "no JSON"),
            ("a list", b"[1]".to_vec(), "no AdmissionReview"),
            ("no request", review(|review| review["request"] = Value::Null), "it has no request"),
            (
                "v1beta1",
                review(|review| review["apiVersion"] = json!("admission.k8s.io/v1beta1")),
                "no AdmissionReview of",
            ),
            ("another kind", review(|review| review["kind"] = json!("Pod")), "no AdmissionReview of"),
            (
                "no operation",
                review(|review| review["request"]["operation"] = json!("anna")),
                "no AdmissionReview",
            ),
        ] {
            let body = String::from_utf8(body).unwrap().replace(r#""@""#, &deep);
            let error = read(body.as_bytes()).unwrap_err();
            assert!(error.contains(expected) && !error.contains("anna"), "{name}: {error}");
        }
    }

    #[test]
    fn an_answer_says_no_more_than_it_must() {
        let patch = json!([{"op": "add", "path": "/a", "value": 1}]);
        let full = |denied: Option<&str>| Answer {
            denied: denied.map(ToOwned::to_owned),
            warnings: vec!["w".to_owned()],
            audit: [("k".to_owned(), "v".to_owned())].into(),
            patch: patch.as_array().unwrap().clone(),
            ..Answer::default()
        };
        let said = |answer, purpose| write("u-1", answer, purpose)["response"].clone();
        assert_eq!(said(Answer::allowed(), Purpose::Mutate), json!({"uid": "u-1", "allowed": true}));
        assert_eq!(
            said(full(Some("CX101: no")), Purpose::Mutate),
            json!({
                "uid": "u-1", "allowed": false, "warnings": ["w"], "auditAnnotations": {"k": "v"},
                "status": {"status": "Failure", "code": 403, "reason": "Forbidden", "message": "CX101: no"},
            })
        );
        let allowed =
            json!({"uid": "u-1", "allowed": true, "warnings": ["w"], "auditAnnotations": {"k": "v"}});
        assert_eq!(said(full(None), Purpose::Validate), allowed);
        let mutated = said(full(None), Purpose::Mutate);
        assert_eq!(mutated["patchType"], "JSONPatch");
        let decoded = STANDARD.decode(mutated["patch"].as_str().unwrap()).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&decoded).unwrap(), patch);
        assert_eq!(write("u-1", Answer::allowed(), Purpose::Validate)["apiVersion"], VERSION);
    }
}
