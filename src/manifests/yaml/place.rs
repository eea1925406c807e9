//! Where a field of an object is written.

use std::ops::Range;

use super::tree::{Data, Id, Tree};
use crate::pointer::unescaped;

impl Tree<'_> {
    /// Where the field is that a JSON pointer names, in bytes of the document's text: the value if it is a scalar, the
    /// key if it is more. What is not written is where it is missing: at the key of the nearest field above it.
    pub(crate) fn place(&self, pointer: &str) -> Range<usize> {
        let Some(root) = self.root else { return 0..0 };
        let mut at = root;
        // The first key of an object stands for it as a whole.
        let mut shown = self.first_key(root).unwrap_or(root);
        for step in pointer.split('/').skip(1) {
            let step = unescaped(step);
            match self.step(at, &step, DEEPEST_MERGE) {
                Some((key, value)) => {
                    shown = if self.scalar(value).is_some() { value } else { key.unwrap_or(value) };
                    at = value;
                }
                None => break,
            }
        }
        self.token(shown)
    }

    /// Where a scalar is written to which a JSON pointer leads; nothing if it leads to none, or to one that a tag makes
    /// something else.
    pub(crate) fn scalar_at(&self, pointer: &str) -> Option<Range<usize>> {
        let mut at = self.root?;
        for step in pointer.split('/').skip(1) {
            let step = unescaped(step);
            (_, at) = self.step(at, &step, DEEPEST_MERGE)?;
        }
        let node = self.node(at)?;
        matches!(node.data, Data::Scalar { tag: None, .. }).then(|| node.span.clone())
    }

    /// The child that a step leads to, with its key where it has one.
    fn step(&self, from: Id, step: &str, deep: usize) -> Option<(Option<Id>, Id)> {
        match &self.node(from)?.data {
            Data::Sequence(items) => {
                let item = *items.get(step.parse::<usize>().ok()?)?;
                Some((self.first_key(item), item))
            }
            Data::Mapping(pairs) => {
                let written = pairs.iter().rev().find(|(key, _)| self.scalar(*key) == Some(step));
                let written = written.map(|(key, value)| (Some(*key), *value));
                written.or_else(|| self.merged(pairs, step, deep.checked_sub(1)?))
            }
            Data::Scalar { .. } => None,
        }
    }

    fn merged(&self, pairs: &[(Id, Id)], step: &str, deep: usize) -> Option<(Option<Id>, Id)> {
        let sources =
            pairs.iter().filter(|(key, _)| self.scalar(*key) == Some("<<")).map(|(_, value)| *value);
        let sources = sources.flat_map(|source| match self.node(source).map(|node| &node.data) {
            Some(Data::Sequence(items)) => items.clone(),
            _ => vec![source],
        });
        sources.into_iter().find_map(|source| self.step(source, step, deep))
    }

    fn first_key(&self, id: Id) -> Option<Id> {
        match &self.node(id)?.data {
            Data::Mapping(pairs) => pairs.first().map(|(key, _)| *key),
            _ => None,
        }
    }

    /// What is shown of a node: a scalar as it is written, of a collection its first character.
    fn token(&self, id: Id) -> Range<usize> {
        match self.node(id) {
            Some(node) if matches!(node.data, Data::Scalar { .. }) => node.span.clone(),
            Some(node) => node.span.start..node.span.end.min(node.span.start + 1),
            None => 0..0,
        }
    }
}

/// How far merges of merges are followed.
const DEEPEST_MERGE: usize = 8;
