//! `https` in survey links.

use std::collections::BTreeSet;

use serde_json::Value;

use super::edit::Edit;
use crate::links::{Transport, inspect};
use crate::manifests::object::Object;
use crate::manifests::yaml::Tree;

/// What is replaced.
const PLAIN: &str = "http://";

/// The edits of a survey: one for each of its links that is `http`.
pub(super) fn edits(
    tree: &Tree<'_>,
    text: &str,
    content: &Value,
    object: &Object,
    left: &mut BTreeSet<String>,
) -> Vec<Edit> {
    let path = format!("{}/spec/links", object.pointer);
    let links = content.pointer(&path).and_then(Value::as_array);
    let mut edits = Vec::new();
    for (nth, link) in links.into_iter().flatten().enumerate() {
        let Some(rest) = link.as_str().and_then(plain) else { continue };
        let pointer = format!("{path}/{nth}");
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if host.contains(':') {
            left.insert(format!("{pointer} stays http: it names a port, and another one may serve https"));
            continue;
        }
        let Some(range) = tree.scalar_at(&pointer) else { continue };
        let written = text.get(range.clone()).unwrap_or_default().to_ascii_lowercase();
        let Some(at) = written.find(PLAIN) else {
            left.insert(format!("{pointer} stays http: it is written in escapes"));
            continue;
        };
        let start = range.start + at;
        edits.push(Edit {
            range: start..start + PLAIN.len(),
            with: "https://".to_owned(),
            expected: [(pointer, Value::from(format!("https://{rest}")))].into(),
        });
    }
    edits
}

/// What follows `http://` in a link that begins so.
fn plain(link: &str) -> Option<&str> {
    let (scheme, rest) = link.split_at_checked(PLAIN.len())?;
    let is_plain = scheme.eq_ignore_ascii_case(PLAIN)
        && matches!(inspect(link).transport, Transport::Other(scheme) if scheme == "http");
    is_plain.then_some(rest)
}
