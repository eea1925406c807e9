//! Quotes around a scalar that is read in two ways.

use std::borrow::Cow;

use serde_json::Value;

use super::edit::Edit;
use crate::manifests::object::Object;
use crate::manifests::schema::wants_text;
use crate::manifests::yaml::Tree;
use crate::pointer::{escaped, unescaped};

/// The edits of an object: one for each scalar of which the schema says that it is a text.
pub(super) fn edits(tree: &Tree<'_>, text: &str, content: &Value, object: &Object) -> Vec<Edit> {
    let wanted = object.ambiguous.iter().filter(|one| wants_text(object.id.kind, &one.path));
    let edit = |one: &crate::facts::Ambiguity| {
        let pointer = format!("{}{}", object.pointer, one.path);
        let range = tree.scalar_at(&pointer)?;
        // What is written there may be a key's value that is quoted already: the key is what is ambiguous.
        let written = text.get(range.clone()).filter(|written| *written == one.text)?;
        let with = format!("\"{written}\"");
        let pointer = spelled(content, &pointer);
        Some(Edit { range, with, expected: [(pointer, Value::from(written))].into() })
    };
    wanted.filter_map(edit).collect()
}

/// Where that is which is written at a pointer, once it is read: of the key `on` the API server makes `true`.
fn spelled(content: &Value, pointer: &str) -> String {
    let (mut at, mut found) = (Some(content), String::new());
    for written in pointer.split('/').skip(1) {
        let fields = at.and_then(Value::as_object);
        let read = fields.filter(|fields| !fields.contains_key(&*unescaped(written)));
        let step = read.map_or(Cow::Borrowed(written), |_| Cow::Owned(escaped(&key(written)).into_owned()));
        found.push('/');
        found.push_str(&step);
        at = at.and_then(|value| value.pointer(&format!("/{step}")));
    }
    found
}

/// A key as it is read.
fn key(written: &str) -> String {
    let written = unescaped(written);
    let read = Tree::parse(&written).map(|tree| tree.content().value);
    match read {
        Ok(read @ (Value::Bool(_) | Value::Number(_))) => read.to_string(),
        _ => written.into_owned(),
    }
}
