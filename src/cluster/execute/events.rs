//! Events, as people see them with `kubectl describe`.

use jiff::Timestamp;
use kube::core::Request;
use kube::core::params::PostParams;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::http::{DEADLINE, Lines};
use super::unsendable;
use crate::cluster::effect::Note;
use crate::cluster::resource::api_resource;
use crate::fingerprint::fingerprint;

/// The longest text that the API server takes, in bytes.
const MAX_TEXT: usize = 1024;

/// The longest name of the instance that it takes.
const MAX_INSTANCE: usize = 128;

const CONTROLLER: &str = "cxguard.dev/operator";

/// Sends an event. The same one again, while the server still has it, is none.
pub(super) async fn send(lines: &Lines, note: &Note, instance: &str, now: Timestamp) -> Result<(), Refusal> {
    let path = format!("/apis/events.k8s.io/v1/namespaces/{}/events", namespace(note));
    let body = event(note, instance, now).to_string().into_bytes();
    let request = Request::new(path).create(&PostParams::default(), body);
    match lines.send(request.map_err(|error| unsendable(&error))?, DEADLINE).await {
        Ok(_) | Err(Refusal::AlreadyExists) => Ok(()),
        Err(refusal) => Err(refusal),
    }
}

/// Where the event is kept: what has no namespace is spoken of in `default`.
fn namespace(note: &Note) -> &str {
    if note.regarding.namespace.is_empty() { "default" } else { &note.regarding.namespace }
}

fn event(note: &Note, instance: &str, now: Timestamp) -> Value {
    let of = api_resource(note.regarding.kind);
    // An event of this API is not of the object's making: any name will do, if the same event always has the same.
    let name = format!("cxguard.{:016x}", fingerprint(&[&note.uid, note.reason, &note.text]));
    let mut regarding = json!({
        "apiVersion": of.api_version, "kind": of.kind, "name": &*note.regarding.name, "uid": &*note.uid,
    });
    if let (false, Some(regarding)) = (note.regarding.namespace.is_empty(), regarding.as_object_mut()) {
        regarding.insert("namespace".to_owned(), Value::from(&*note.regarding.namespace));
    }
    json!({
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace(note)},
        "eventTime": format!("{now:.6}"),
        "type": if note.warning { "Warning" } else { "Normal" },
        "reason": note.reason,
        "action": note.action,
        "note": shortened(&note.text, MAX_TEXT),
        "regarding": regarding,
        "reportingController": CONTROLLER,
        "reportingInstance": shortened(instance, MAX_INSTANCE),
    })
}

/// The text, or its beginning with an ellipsis, in at most so many bytes.
fn shortened(text: &str, limit: usize) -> String {
    const ELLIPSIS: &str = "…";
    if text.len() <= limit {
        return text.to_owned();
    }
    let room = limit.saturating_sub(ELLIPSIS.len());
    // A text cannot be cut within a character.
    let start = (0..=room).rev().find_map(|end| text.get(..end)).unwrap_or_default();
    format!("{start}{ELLIPSIS}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Kind, ObjectRef};

    fn note(regarding: ObjectRef) -> Note {
        Note {
            regarding,
            uid: "u-1".into(),
            warning: true,
            reason: "Expired",
            action: "Revoke",
            text: "its time is over".to_owned(),
        }
    }

    #[test]
    fn an_event_says_the_same_under_the_same_name() {
        let now = "2026-11-23T10:00:00.123456789Z".parse().unwrap();
        let first = event(&note(ObjectRef::cluster(Kind::Vendor, "v")), "pod-1", now);
        assert_eq!(first["metadata"]["namespace"], "default");
        assert_eq!(first["eventTime"], "2026-11-23T10:00:00.123456Z");
        assert_eq!(first["regarding"].get("namespace"), None);
        let later = "2026-11-23T11:00:00Z".parse().unwrap();
        let mut other = note(ObjectRef::cluster(Kind::Vendor, "v"));
        assert_eq!(event(&other, "pod-2", later)["metadata"], first["metadata"]);
        other.text.push('!');
        assert_ne!(event(&other, "pod-1", now)["metadata"]["name"], first["metadata"]["name"]);
        let namespaced = event(&note(ObjectRef::namespaced(Kind::Job, "cx", "j")), "pod-1", now);
        assert_eq!(namespaced["metadata"]["namespace"], "cx");
        assert_eq!(namespaced["regarding"]["apiVersion"], "batch/v1");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(shortened(&"x".repeat(1024), 1024).len(), 1024);
        let cut = shortened(&"é".repeat(600), 1024);
        assert!(cut.len() <= 1024 && cut.ends_with("é…"));
    }
}
