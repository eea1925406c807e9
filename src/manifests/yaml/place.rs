//! Where a field of an object is written.

use std::borrow::Cow;
use std::ops::Range;

use super::scalar::resolve;
use super::tree::{Data, Id, Tree};
use crate::pointer::{escaped, unescaped};

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

    /// The pointer under which that is read which is written at a pointer and a place: of the key `on` the API server makes
    /// `true`, but not of `"on"` beside it. Nothing if it is not read: what is merged in may be overridden.
    pub(crate) fn read_at(&self, pointer: &str, place: &Range<usize>) -> Option<String> {
        let steps: Vec<_> = pointer.split('/').skip(1).map(unescaped).collect();
        self.read_below(self.root?, &steps, place)
    }

    fn read_below(&self, from: Id, steps: &[Cow<'_, str>], place: &Range<usize>) -> Option<String> {
        let Some((step, below)) = steps.split_first() else {
            return (self.node(from)?.span == *place).then(String::new);
        };
        // In quotes, and without.
        [step.to_string(), resolve(step).as_key(step).unwrap_or_default()].iter().find_map(|name| {
            let mut children = self.children(from, name, DEEPEST_MERGE).into_iter();
            let below = children.find_map(|child| self.read_below(child, below, place))?;
            Some(format!("/{}{below}", escaped(name)))
        })
    }

    /// The children that are read under a name: more than one where a key is there twice.
    fn children(&self, from: Id, name: &str, deep: usize) -> Vec<Id> {
        match self.node(from).map(|node| &node.data) {
            Some(Data::Sequence(items)) => {
                let item = name.parse::<usize>().ok().and_then(|nth| items.get(nth));
                item.copied().into_iter().collect()
            }
            Some(Data::Mapping(pairs)) => {
                let same = pairs.iter().filter(|(key, _)| self.key(*key).as_deref() == Some(name));
                let written: Vec<Id> = same.map(|(_, value)| *value).collect();
                if !written.is_empty() {
                    return written;
                }
                let Some(deep) = deep.checked_sub(1) else { return written };
                let merged = self.merges(pairs).map(|source| self.children(source, name, deep));
                merged.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// A key as it is read.
    fn key(&self, id: Id) -> Option<Cow<'_, str>> {
        match &self.node(id)?.data {
            Data::Scalar { text, plain: true, tag: None } => resolve(text).as_key(text).map(Cow::Owned),
            Data::Scalar { text, .. } => Some(Cow::Borrowed(text)),
            _ => None,
        }
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
        self.merges(pairs).find_map(|source| self.step(source, step, deep))
    }

    /// What `<<` brings into a mapping, the first of each list first.
    fn merges(&self, pairs: &[(Id, Id)]) -> impl Iterator<Item = Id> {
        let sources = pairs.iter().filter(|(key, _)| self.scalar(*key) == Some("<<"));
        sources.flat_map(|(_, source)| match self.node(*source).map(|node| &node.data) {
            Some(Data::Sequence(items)) => items.clone(),
            _ => vec![*source],
        })
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
