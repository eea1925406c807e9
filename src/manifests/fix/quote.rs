//! Quotes around a scalar that is read in two ways.

use serde_json::Value;

use super::edit::Edit;
use crate::facts::Ambiguity;
use crate::manifests::object::Object;
use crate::manifests::schema::wants_text;
use crate::manifests::yaml::Tree;

/// The edits of an object: one for each scalar of which the schema says that it is a text.
pub(super) fn edits(tree: &Tree<'_>, text: &str, object: &Object) -> Vec<Edit> {
    let wanted = |one: &&Ambiguity| !one.key && wants_text(object.id.kind, &one.path);
    let edit = |one: &Ambiguity| {
        let written = text.get(one.at.clone()).filter(|written| *written == one.text)?;
        let pointer = tree.read_at(&format!("{}{}", object.pointer, one.path), &one.at)?;
        let with = format!("\"{written}\"");
        Some(Edit { range: one.at.clone(), with, expected: [(pointer, Value::from(written))].into() })
    };
    object.ambiguous.iter().filter(wanted).filter_map(edit).collect()
}
