//! One look through a document.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::edit::{Edit, apply};
use super::{Flaw, LINK, SCALAR, link, quote};
use crate::manifests::object::{Document, prepared};
use crate::manifests::yaml::Tree;

/// What came of it.
#[derive(Default)]
pub(super) struct Round {
    /// The text, if something was put right.
    pub(super) text: Option<String>,
    /// How many findings were.
    pub(super) done: usize,
    /// What could not be, and why.
    pub(super) left: BTreeSet<String>,
}

/// Puts right what is known to be wrong with the objects of a document.
pub(super) fn round(text: &str, document: &Document, flaws: &BTreeSet<Flaw>) -> Round {
    let mut round = Round::default();
    let prepared = prepared(text);
    let Ok(tree) = Tree::parse(&prepared) else { return round };
    let mut edits: BTreeMap<(usize, usize), Edit> = BTreeMap::new();
    let mut content = None;
    for object in &document.objects {
        let has = |rule| flaws.contains(&(rule, object.id.clone()));
        if !has(SCALAR) && !has(LINK) {
            continue;
        }
        if has(SCALAR) {
            gather(quote::edits(&tree, text, object), &mut edits);
        }
        if has(LINK) {
            let content = content.get_or_insert_with(|| tree.content().value);
            gather(link::edits(&tree, text, content, object, &mut round.left), &mut edits);
        }
    }
    let edits: Vec<Edit> = edits.into_values().collect();
    if edits.is_empty() {
        return round;
    }
    // Mostly all of them go together; where one does not, it must not hold up the rest.
    let done = |edits: &[Edit]| edits.iter().map(|edit| edit.expected.len()).sum();
    if let Some(text) = apply(text, &edits) {
        return Round { text: Some(text), done: done(&edits), ..round };
    }
    let (good, bad): (Vec<Edit>, Vec<Edit>) =
        edits.into_iter().partition(|edit| apply(text, std::slice::from_ref(edit)).is_some());
    round.left.extend(
        bad.iter()
            .flat_map(|edit| edit.expected.keys())
            .map(|path| format!("{path} stays as it is: an edit there would change more than this field")),
    );
    if let Some(text) = apply(text, &good).filter(|_| !good.is_empty()) {
        return Round { text: Some(text), done: done(&good), ..round };
    }
    round
}

/// Edits of the same bytes, reached by way of an anchor, are one.
fn gather(found: Vec<Edit>, edits: &mut BTreeMap<(usize, usize), Edit>) {
    for edit in found {
        let Range { start, end } = edit.range;
        edits.entry((start, end)).or_insert_with(|| edit.clone()).expected.extend(edit.expected);
    }
}
