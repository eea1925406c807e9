//! What a machine can put right in a file without asking, as edits of bytes: comments, layout, anchors and the ends of
//! lines stay as they are.
//!
//! Three things, and no others:
//! - a scalar is quoted that is read in two ways, where the schema says that a text is meant (CX002): not the keys, and
//!   not where a truth value or a number may be meant;
//! - a survey link becomes `https` that is `http` and names no port (CX203);
//! - an exemption that has ended is removed with its document (CX801).
//!
//! Nothing is taken on trust. The text is read again after each edit, and must say the same as before but for what was
//! to be put right; else the edit is dropped, and it is said why.

mod document;
mod edit;
mod link;
mod quote;
mod remove;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::object::{Document, objects};
use super::split::{Part, split};
use super::yaml::Tree;
use crate::facts::ObjectRef;
use crate::rules::Code;

/// A scalar that is read in two ways.
const SCALAR: Code = Code(2);
/// A link that is not encrypted.
const LINK: Code = Code(203);
/// An exemption that has ended.
const EXEMPTION: Code = Code(801);

/// The rules of which something can be put right.
pub const FIXABLE: [Code; 3] = [SCALAR, LINK, EXEMPTION];

/// What is wrong with an object: a rule that found something.
pub type Flaw = (Code, ObjectRef);

/// A text in which something was put right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fixed {
    /// The text.
    pub text: String,
    /// How many findings are put right.
    pub done: usize,
    /// What could not be, and why.
    pub left: BTreeSet<String>,
}

/// Puts right in a text what can be. `namespace` is that of objects which name none; an exemption is removed only if it
/// has ended by `now`.
pub fn fix(text: &str, namespace: &str, now: Timestamp, flaws: &BTreeSet<Flaw>) -> Fixed {
    let work = Fixer { namespace, now, flaws };
    let all = work.text(text, true);
    if all.removed.is_empty() || is_without(&all) {
        return all.fixed;
    }
    let mut kept = work.text(text, false).fixed;
    kept.left.insert(
        "an exemption that has ended stays: without it, the rest would say something else".to_owned(),
    );
    kept
}

struct Fixer<'f> {
    namespace: &'f str,
    now: Timestamp,
    flaws: &'f BTreeSet<Flaw>,
}

/// A text put right, and which of its documents are no longer in it.
struct Rewritten {
    fixed: Fixed,
    /// What each of the documents says now, or nothing where it says nothing that can be read.
    said: Vec<Option<serde_json::Value>>,
    removed: BTreeSet<usize>,
}

impl Fixer<'_> {
    fn text(&self, text: &str, removing: bool) -> Rewritten {
        let mut rewritten = Rewritten { fixed: Fixed::default(), said: Vec::new(), removed: BTreeSet::new() };
        let mut end = 0;
        for (nth, part) in split(text).into_iter().enumerate() {
            rewritten.fixed.text.push_str(text.get(end..part.range.start).unwrap_or_default());
            end = part.range.end;
            self.part(text, &part, nth, removing, &mut rewritten);
        }
        rewritten.fixed.text.push_str(text.get(end..).unwrap_or_default());
        rewritten
    }

    fn part(&self, text: &str, part: &Part, nth: usize, removing: bool, rewritten: &mut Rewritten) {
        let before = text.get(part.range.clone()).unwrap_or_default();
        let fixed = &mut rewritten.fixed;
        let document = objects(before, self.namespace).unwrap_or_default();
        if removing && self.has_ended(&document, before) {
            match remove::remove(before) {
                Ok(rest) => {
                    fixed.text.push_str(&rest);
                    fixed.done += 1;
                    rewritten.removed.insert(nth);
                    rewritten.said.push(None);
                    return;
                }
                Err(problem) => drop(fixed.left.insert(problem)),
            }
        }
        let after = self.edited(before.to_owned(), document, fixed);
        rewritten.said.push(value(&after));
        rewritten.fixed.text.push_str(&after);
    }

    /// Whether a document is one exemption that has ended. One that was renewed since it was judged has not.
    fn has_ended(&self, document: &Document, text: &str) -> bool {
        let [object] = document.objects.as_slice() else { return false };
        let end = || {
            let value = value(text)?;
            value.pointer("/spec/expiresAt")?.as_str()?.parse::<crate::values::Instant>().ok()
        };
        object.pointer.is_empty()
            && self.flaws.contains(&(EXEMPTION, object.id.clone()))
            && end().is_some_and(|end| end.timestamp() <= self.now)
    }

    /// A document with everything put right that can be. Of very many ambiguities only the first are known at once.
    fn edited(&self, mut text: String, mut document: Document, fixed: &mut Fixed) -> String {
        for _ in 0..MOST_ROUNDS {
            let round = document::round(&text, &document, self.flaws);
            fixed.left.extend(round.left);
            let Some(next) = round.text else { break };
            fixed.done += round.done;
            text = next;
            document = objects(&text, self.namespace).unwrap_or_default();
        }
        text
    }
}

/// How often a document is looked through.
const MOST_ROUNDS: usize = 64;

/// What a document says, if that can be read.
fn value(text: &str) -> Option<serde_json::Value> {
    Some(Tree::parse(&super::object::prepared(text)).ok()?.content().value)
}

/// Whether the text says what its documents are to say, without those that were removed.
fn is_without(rewritten: &Rewritten) -> bool {
    let expected = rewritten.said.iter().enumerate().filter(|(nth, _)| !rewritten.removed.contains(nth));
    let after = &rewritten.fixed.text;
    let found: Vec<_> =
        split(after).into_iter().map(|part| value(after.get(part.range).unwrap_or_default())).collect();
    expected.map(|(_, value)| value).eq(found.iter())
}

#[cfg(test)]
mod tests;
