//! Quotes around a scalar that is read in two ways.

use serde_json::Value;

use super::edit::Edit;
use crate::manifests::object::Object;
use crate::manifests::schema::wants_text;
use crate::manifests::yaml::Tree;

/// The edits of an object: one for each scalar of which the schema says that it is a text.
pub(super) fn edits(tree: &Tree<'_>, text: &str, object: &Object) -> Vec<Edit> {
    let wanted = object.ambiguous.iter().filter(|one| wants_text(object.id.kind, &one.path));
    let edit = |one: &crate::facts::Ambiguity| {
        let pointer = format!("{}{}", object.pointer, one.path);
        let range = tree.scalar_at(&pointer)?;
        // What is written there may be a key's value that is quoted already: the key is what is ambiguous.
        let written = text.get(range.clone()).filter(|written| *written == one.text)?;
        let with = format!("\"{written}\"");
        Some(Edit { range, with, expected: [(pointer, Value::from(written))].into() })
    };
    wanted.filter_map(edit).collect()
}
