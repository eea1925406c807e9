//! From the tree of a document to the object that the API server receives.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::scalar::{self, Scalar, is_ambiguous, resolve};
use super::tree::{Data, Id, Tag, Tree};
use crate::facts::Ambiguity;
use crate::pointer::escaped;

/// The most nodes that aliases may add to a document: a small file must not become a large object.
const MOST_REPEATED: usize = 100_000;

/// The deepest object. Only aliases go deeper than the tree.
const DEEPEST: usize = 200;

/// The most problems and ambiguities that are kept of one document.
const MOST: usize = 64;

/// What a document says.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// The object, as far as it can be read.
    pub(crate) value: Value,
    /// Scalars that the API server reads otherwise than people do.
    pub(crate) ambiguous: Vec<Ambiguity>,
    /// What cannot be an object: the field as a JSON pointer, and why.
    pub(crate) problems: Vec<(String, String)>,
}

impl Tree<'_> {
    /// The object that the API server receives.
    pub(crate) fn content(&self) -> Content {
        let content = Content::default();
        let mut reader = Reader { tree: self, path: Vec::new(), seen: 0, merging: 0, content };
        let value = self.root.map(|root| reader.value(root)).unwrap_or_default();
        Content { value, ..reader.content }
    }

    /// Whether the root tells by what is written in it what it is: not a sequence, nor where a merge brings fields, a tag
    /// makes something else of a text, or what says of which kind it is stands there twice, of which the last counts.
    pub(crate) fn is_written_out(&self) -> bool {
        let pairs = match self.root.and_then(|root| self.node(root)).map(|node| &node.data) {
            Some(Data::Mapping(pairs)) => pairs,
            Some(Data::Sequence(_)) => return false,
            _ => return true,
        };
        let mut heads = 0;
        let mut is_plain = |key: Id, value: Id| {
            let Some(Data::Scalar { text, tag: None, .. }) = self.node(key).map(|node| &node.data) else {
                return false;
            };
            let head = match &**text {
                "<<" => return false,
                "apiVersion" => 1,
                "kind" => 2,
                _ => return true,
            };
            let is_new = heads & head == 0;
            heads |= head;
            is_new
                && !matches!(self.node(value).map(|node| &node.data), Some(Data::Scalar { tag: Some(_), .. }))
        };
        pairs.iter().all(|(key, value)| is_plain(*key, *value))
    }

    /// The text of a field of the root, if that is a plain mapping: enough to tell a kind, without reading the rest.
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        let Data::Mapping(pairs) = &self.node(self.root?)?.data else { return None };
        let (_, value) = pairs.iter().find(|(key, _)| self.scalar(*key) == Some(field))?;
        self.scalar(*value)
    }

    /// The fields of the root as they are written, each with its text if it is a scalar.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let pairs = match self.root.and_then(|root| self.node(root)).map(|node| &node.data) {
            Some(Data::Mapping(pairs)) => pairs.as_slice(),
            _ => &[],
        };
        pairs.iter().filter_map(|(key, value)| Some((self.scalar(*key)?, self.scalar(*value))))
    }

    /// The text of a scalar.
    pub(super) fn scalar(&self, id: Id) -> Option<&str> {
        match &self.node(id)?.data {
            Data::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }
}

/// A step from an object to a field.
enum Step<'t> {
    Field(&'t str),
    Item(usize),
}

struct Reader<'r, 't> {
    tree: &'r Tree<'t>,
    path: Vec<Step<'r>>,
    seen: usize,
    /// How many merges the reader is within.
    merging: usize,
    content: Content,
}

impl<'r> Reader<'r, '_> {
    fn value(&mut self, id: Id) -> Value {
        let Some(node) = self.tree.node(id) else { return Value::Null };
        if self.is_too_much() {
            return Value::Null;
        }
        match &node.data {
            Data::Scalar { text, plain, tag } => self.scalar(id, text, *plain, *tag),
            Data::Sequence(items) => Value::Array(
                items
                    .iter()
                    .enumerate()
                    .map(|(nth, item)| self.at(Step::Item(nth), |reader| reader.value(*item)))
                    .collect(),
            ),
            Data::Mapping(pairs) => Value::Object(self.mapping(pairs)),
        }
    }

    /// Counts what is read, and says when aliases make too much of it.
    fn is_too_much(&mut self) -> bool {
        self.seen += 1;
        let much = self.seen > self.tree.len() + MOST_REPEATED || self.path.len() + self.merging > DEEPEST;
        if much {
            self.problem("aliases make the document too large, or it contains itself");
        }
        much
    }

    fn at<T>(&mut self, step: Step<'r>, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let read = read(self);
        self.path.pop();
        read
    }

    fn mapping(&mut self, pairs: &'r [(Id, Id)]) -> Map<String, Value> {
        let mut fields = Map::new();
        // What a merge brings in may be overridden, what is written may not be written twice.
        let mut merged: BTreeSet<String> = BTreeSet::new();
        for (key, value) in pairs {
            if self.is_merge(*key) {
                let brought = self.merge(*key, *value);
                merged.extend(brought.keys().cloned());
                fields.extend(brought);
                continue;
            }
            let Some(name) = self.tree.scalar(*key) else {
                self.problem("a key must be a text");
                continue;
            };
            let spelled = self.key(*key, name);
            let value = self.at(Step::Field(name), |reader| reader.value(*value));
            let brought = merged.remove(&spelled);
            if fields.insert(spelled, value).is_some() && !brought {
                self.at(Step::Field(name), |reader| reader.problem("the key is there twice"));
            }
        }
        fields
    }

    /// A key as JSON spells it: always a text.
    fn key(&mut self, id: Id, name: &'r str) -> String {
        let Some(Data::Scalar { plain, tag, .. }) = self.tree.node(id).map(|node| &node.data) else {
            return name.to_owned();
        };
        let read = self.resolved(name, *plain, *tag);
        if read == Scalar::Text {
            return name.to_owned();
        }
        if read == Scalar::Value(Value::Null) {
            self.problem("a key is null");
        }
        let spelled = read.as_key(name).unwrap_or_else(|| {
            self.problem("a key is a larger number than kubectl takes");
            name.to_owned()
        });
        // Whatever a scalar is elsewhere, who writes a key means what is written.
        if tag.is_none() && spelled != name && !spelled.is_empty() {
            self.at(Step::Field(name), |reader| reader.ambiguity(id, name, &spelled, true));
        }
        spelled
    }

    fn is_merge(&self, key: Id) -> bool {
        matches!(self.tree.node(key).map(|node| &node.data),
            Some(Data::Scalar { text, plain: true, tag: None } | Data::Scalar { text, tag: Some(Tag::Merge), .. })
                if text == "<<")
    }

    /// `<<: *defaults`, or a list of them, of which the first counts most. That list must be written there: what stands
    /// before the key is an alias.
    fn merge(&mut self, key: Id, value: Id) -> Map<String, Value> {
        let mut fields = Map::new();
        let sources = match self.tree.node(value).map(|node| &node.data) {
            Some(Data::Sequence(items)) if value > key => items.iter().rev().copied().collect(),
            _ => vec![value],
        };
        self.merging += 1;
        for source in sources {
            match self.tree.node(source).map(|node| &node.data) {
                _ if self.is_too_much() => break,
                Some(Data::Mapping(pairs)) => fields.extend(self.mapping(pairs)),
                _ => self.problem("only mappings can be merged with `<<`"),
            }
        }
        self.merging -= 1;
        fields
    }

    /// What a scalar is, by its tag if it has one.
    fn resolved(&mut self, text: &str, plain: bool, tag: Option<Tag>) -> Scalar {
        match tag {
            None if plain => resolve(text),
            None | Some(Tag::Text | Tag::Merge | Tag::Other) => Scalar::Text,
            Some(Tag::Binary) => Scalar::Value(self.binary(text)),
            Some(tag) if scalar::is(tag, text) => resolve(text),
            Some(_) => {
                self.problem("is not what its tag says");
                Scalar::Text
            }
        }
    }

    fn scalar(&mut self, id: Id, text: &'r str, plain: bool, tag: Option<Tag>) -> Value {
        match self.resolved(text, plain, tag) {
            Scalar::Text => Value::String(text.to_owned()),
            Scalar::NotFinite => {
                self.problem("is not a number that JSON can hold");
                Value::Null
            }
            Scalar::Value(value) => {
                if tag.is_none() && is_ambiguous(text, &value) && !self.is_file_mode(&value) {
                    self.ambiguity(id, text, &value.to_string(), false);
                }
                value
            }
        }
    }

    /// Whether the scalar is a file's mode, which everybody writes, and every reader of manifests reads, in octal.
    fn is_file_mode(&self, value: &Value) -> bool {
        value.is_number() && matches!(self.path.last(), Some(Step::Field("mode" | "defaultMode")))
    }

    fn binary(&mut self, text: &str) -> Value {
        let compact = text.replace(['\r', '\n'], "");
        if let Ok(Ok(decoded)) = STANDARD.decode(compact).map(String::from_utf8) {
            return Value::String(decoded);
        }
        self.problem("is not base64 of a text");
        Value::Null
    }

    fn ambiguity(&mut self, id: Id, text: &str, read: &str, key: bool) {
        if self.content.ambiguous.len() < MOST {
            let (path, text, read) = (self.pointer(), text.to_owned(), read.to_owned());
            let at = self.tree.node(id).map(|node| node.span.clone()).unwrap_or_default();
            self.content.ambiguous.push(Ambiguity { path, text, read, key, at });
        }
    }

    fn problem(&mut self, problem: &str) {
        if self.content.problems.len() < MOST {
            let path = self.pointer();
            self.content.problems.push((path, problem.to_owned()));
        }
    }

    fn pointer(&self) -> String {
        let mut pointer = String::new();
        for step in &self.path {
            pointer.push('/');
            match step {
                Step::Field(name) => pointer.push_str(&escaped(name)),
                Step::Item(nth) => pointer.push_str(&nth.to_string()),
            }
        }
        pointer
    }
}
