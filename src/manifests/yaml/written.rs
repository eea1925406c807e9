//! A tree as the object that it is, where that is what is written in it: most manifests leave nothing to interpret.

use serde_json::Value;

use super::scalar::{Scalar, is_ambiguous, resolve};
use super::tree::{Data, Id, Node, Tree};
use crate::json::{Json, Seen};

/// Up to so many keys are compared each with each.
const FEW: usize = 16;

/// A node of a tree in which all is meant as it is written.
#[derive(Clone, Copy)]
pub(crate) struct Written<'o, 't> {
    tree: &'o Tree<'t>,
    node: &'o Node<'t>,
}

impl<'t> Tree<'t> {
    /// The object, if the API server receives it node for node as it is written: nothing is merged, repeated by an alias
    /// or tagged, no key is there twice or no text, and no scalar is read otherwise than people do. Of anything else
    /// [`Tree::content`] says what it is, and what is wrong with it.
    pub(crate) fn written(&self) -> Option<Written<'_, 't>> {
        let written = Written { tree: self, node: self.node(self.root?)? };
        (!self.repeats && self.nodes().iter().all(|node| written.is_plain(node))).then_some(written)
    }
}

impl<'o, 't> Written<'o, 't> {
    fn is_plain(self, node: &Node<'t>) -> bool {
        match &node.data {
            Data::Scalar { tag: Some(_), .. } => false,
            Data::Scalar { text, plain: true, .. } => match resolve(text) {
                Scalar::Text => true,
                Scalar::Value(value) => !is_ambiguous(text, &value),
                Scalar::NotFinite => false,
            },
            Data::Scalar { .. } | Data::Sequence(_) => true,
            Data::Mapping(pairs) => {
                let is_new = |nth: usize, key: &str| {
                    pairs.iter().take(nth).all(|(before, _)| self.key(*before) != key)
                };
                let is_key = |(nth, (key, _)): (usize, &(Id, Id))| {
                    self.text_of(*key).is_some_and(|key| is_new(nth, key))
                };
                pairs.len() <= FEW && pairs.iter().enumerate().all(is_key)
            }
        }
    }

    /// The text of a key that is one.
    fn text_of(self, key: Id) -> Option<&'o str> {
        match &self.tree.node(key)?.data {
            Data::Scalar { text, plain, .. } => {
                (!plain || (text != "<<" && resolve(text) == Scalar::Text)).then_some(&**text)
            }
            _ => None,
        }
    }

    fn key(self, id: Id) -> &'o str {
        self.tree.scalar(id).unwrap_or_default()
    }

    fn at(self, id: Id) -> Option<Self> {
        Some(Self { node: self.tree.node(id)?, ..self })
    }

    fn pairs(self) -> &'o [(Id, Id)] {
        match &self.node.data {
            Data::Mapping(pairs) => pairs,
            _ => &[],
        }
    }
}

impl<'o> Json<'o> for Written<'o, '_> {
    fn seen(self) -> Seen<'o> {
        match &self.node.data {
            Data::Scalar { text, plain: true, .. } => match resolve(text) {
                Scalar::Value(Value::Bool(truth)) => Seen::Truth(truth),
                Scalar::Value(Value::Number(number)) => Seen::Number(number),
                Scalar::Value(_) => Seen::Null,
                Scalar::Text | Scalar::NotFinite => Seen::Text(text),
            },
            Data::Scalar { text, .. } => Seen::Text(text),
            Data::Sequence(_) => Seen::List,
            Data::Mapping(_) => Seen::Map,
        }
    }

    fn field(self, name: &str) -> Option<Self> {
        let (_, value) = self.pairs().iter().find(|(key, _)| self.key(*key) == name)?;
        self.at(*value)
    }

    fn fields(self) -> impl Iterator<Item = (&'o str, Self)> {
        self.pairs().iter().filter_map(move |(key, value)| Some((self.key(*key), self.at(*value)?)))
    }

    fn items(self) -> impl Iterator<Item = Self> {
        let items: &[Id] = match &self.node.data {
            Data::Sequence(items) => items,
            _ => &[],
        };
        items.iter().filter_map(move |item| self.at(*item))
    }
}
