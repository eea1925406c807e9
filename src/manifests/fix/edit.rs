//! Edits of a text, and whether they did what they were to do.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_json::Value;

use super::value;
use crate::pointer::escaped;

/// One edit. Through an anchor it may change more than one field.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    /// What is replaced, in bytes.
    pub(super) range: Range<usize>,
    pub(super) with: String,
    /// The fields that must change, as JSON pointers, and what they must say then.
    pub(super) expected: BTreeMap<String, Value>,
}

/// The text with the edits in it, if it then says the same but for the fields that were to change.
pub(super) fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut after = String::with_capacity(text.len() + edits.len() * 2);
    let mut end = 0;
    for edit in edits {
        after.push_str(text.get(end..edit.range.start)?);
        after.push_str(&edit.with);
        end = edit.range.end;
    }
    after.push_str(text.get(end..)?);
    let expected: BTreeMap<&str, &Value> =
        edits.iter().flat_map(|edit| &edit.expected).map(|(path, value)| (path.as_str(), value)).collect();
    let (old, new) = (value(text)?, value(&after)?);
    let mut changed = BTreeSet::new();
    differences(&old, &new, &mut String::new(), &mut changed);
    let is_expected = changed.iter().map(String::as_str).eq(expected.keys().copied())
        && expected.iter().all(|(path, value)| new.pointer(path) == Some(*value));
    is_expected.then_some(after)
}

/// The fields in which two values differ, as JSON pointers.
fn differences(old: &Value, new: &Value, path: &mut String, found: &mut BTreeSet<String>) {
    let mut below = |step: &str, old: &Value, new: &Value| {
        let length = path.len();
        path.push('/');
        path.push_str(&escaped(step));
        differences(old, new, path, found);
        path.truncate(length);
    };
    match (old, new) {
        (Value::Object(old), Value::Object(new)) if old.keys().eq(new.keys()) => {
            for ((step, old), new) in old.iter().zip(new.values()) {
                below(step, old, new);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (nth, (old, new)) in old.iter().zip(new).enumerate() {
                below(&nth.to_string(), old, new);
            }
        }
        (old, new) if old == new => {}
        _ => drop(found.insert(path.clone())),
    }
}
