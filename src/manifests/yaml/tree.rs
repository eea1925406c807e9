//! A YAML document as it is written: every node with its place.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span};

use super::refused::refused;
use super::{brackets, tabs};

/// Which node of a tree.
pub(super) type Id = usize;

/// The deepest nesting that is read; deeper, no object of Kubernetes goes.
const DEEPEST: usize = 100;
/// The namespace of the tags that YAML itself defines.
const YAML: &str = "tag:yaml.org,2002:";

/// A document. Nodes are kept in one list; an alias is the node that it names, so nothing is copied.
#[derive(Debug, Default)]
pub(crate) struct Tree<'t> {
    nodes: Vec<Node<'t>>,
    pub(super) root: Option<Id>,
    /// Whether an alias repeats a node.
    pub(super) repeats: bool,
}

/// One node.
#[derive(Debug)]
pub(super) struct Node<'t> {
    /// Where it is, in bytes of the document's text.
    pub(super) span: Range<usize>,
    pub(super) data: Data<'t>,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Data<'t> {
    Scalar { text: Cow<'t, str>, plain: bool, tag: Option<Tag> },
    Sequence(Vec<Id>),
    Mapping(Vec<(Id, Id)>),
}

/// The tags that change what a scalar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Text,
    Whole,
    Float,
    Boolean,
    Null,
    Time,
    Binary,
    Merge,
    /// Of somebody's own: a text.
    Other,
}

/// Why a text is no document, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// From 1.
    pub(crate) line: usize,
    /// From 1, in characters.
    pub(crate) column: usize,
    /// What is wrong.
    pub(crate) problem: String,
}

impl<'t> Tree<'t> {
    /// The tree of a text that holds one document.
    pub(crate) fn parse(text: &'t str) -> Result<Self, SyntaxError> {
        if let Some(error) = refused(text) {
            return Err(error);
        }
        let mut builder = Builder { text, ..Builder::default() };
        for next in Parser::new_from_str_with_options(text, options()) {
            let (event, span) = next.map_err(|error| syntax_error(&error))?;
            builder.event(event, span)?;
        }
        let tree = builder.tree;
        tabs::refused(text, &tree).or_else(|| brackets::refused(text, &tree)).map_or(Ok(tree), Err)
    }

    /// How many nodes are written.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The nodes, in the order in which they begin.
    pub(super) fn nodes(&self) -> &[Node<'t>] {
        &self.nodes
    }

    /// The last node that begins at a place or before.
    pub(super) fn last_before(&self, at: usize) -> Option<&Node<'t>> {
        let begun = self.nodes.partition_point(|node| node.span.start <= at);
        self.nodes.get(begun.checked_sub(1)?)
    }

    /// A node.
    pub(super) fn node(&self, id: Id) -> Option<&Node<'t>> {
        self.nodes.get(id)
    }
}

fn options() -> Options {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = DEEPEST;
    options.block_nesting_limit = DEEPEST;
    options
}

fn syntax_error(error: &ScanError) -> SyntaxError {
    let at = error.marker();
    SyntaxError { line: at.line().max(1), column: at.col() + 1, problem: error.info() }
}

/// Puts the nodes together as the events come.
#[derive(Default)]
struct Builder<'t> {
    text: &'t str,
    tree: Tree<'t>,
    /// The collections that are open, with their children so far.
    open: Vec<(Id, Vec<Id>)>,
    anchors: BTreeMap<usize, Id>,
}

impl<'t> Builder<'t> {
    fn event(&mut self, event: Event<'t>, span: Span) -> Result<(), SyntaxError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.map(|tag| tag_of(tag.suffix_in_namespace(YAML).as_deref()));
                let plain = style == ScalarStyle::Plain;
                let id = self.add(span, Data::Scalar { text, plain, tag }, anchor);
                self.place(id, span)?;
            }
            Event::SequenceStart(_, anchor, _) => {
                let id = self.add(span, Data::Sequence(Vec::new()), anchor);
                self.open.push((id, Vec::new()));
            }
            Event::MappingStart(_, anchor, _) => {
                let id = self.add(span, Data::Mapping(Vec::new()), anchor);
                self.open.push((id, Vec::new()));
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
            Event::Alias(anchor) => {
                self.tree.repeats = true;
                if !self.is_alias(span) {
                    return Err(error_at(
                        span,
                        "kubectl takes letters, digits, - and _ alone in the name of an anchor",
                    ));
                }
                if let Some(id) = self.anchors.get(&anchor).copied() {
                    self.place(id, span)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether an alias is one to kubectl too. In a name, the parser takes whatever is no space.
    fn is_alias(&self, span: Span) -> bool {
        let written = span.byte_range().and_then(|range| self.text.get(range)).unwrap_or_default();
        let name = written.trim_start_matches('*').bytes();
        name.into_iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    }

    fn add(&mut self, span: Span, data: Data<'t>, anchor: usize) -> Id {
        let id = self.tree.nodes.len();
        self.tree.nodes.push(Node { span: span.byte_range().unwrap_or_default(), data });
        if anchor > 0 {
            self.anchors.insert(anchor, id);
        }
        id
    }

    /// A collection has ended: its children are known, and so is its own place.
    fn close(&mut self, span: Span) -> Result<(), SyntaxError> {
        let Some((id, children)) = self.open.pop() else { return Ok(()) };
        if let Some(node) = self.tree.nodes.get_mut(id) {
            node.span.end = span.byte_range().unwrap_or_default().end.max(node.span.end);
            match &mut node.data {
                Data::Sequence(items) => *items = children,
                Data::Mapping(pairs) => {
                    *pairs = children
                        .chunks_exact(2)
                        .filter_map(|pair| Some((*pair.first()?, *pair.get(1)?)))
                        .collect();
                }
                Data::Scalar { .. } => {}
            }
        }
        self.place(id, span)
    }

    /// Puts a node where it belongs: into the collection that is open, or at the root.
    fn place(&mut self, id: Id, span: Span) -> Result<(), SyntaxError> {
        match self.open.last_mut() {
            Some((_, children)) => children.push(id),
            None if self.tree.root.is_none() => self.tree.root = Some(id),
            None => {
                return Err(error_at(span, "another document begins here without `---` before it"));
            }
        }
        Ok(())
    }
}

fn error_at(span: Span, problem: &str) -> SyntaxError {
    SyntaxError { line: span.start.line().max(1), column: span.start.col() + 1, problem: problem.to_owned() }
}

fn tag_of(name: Option<&str>) -> Tag {
    match name {
        Some("str") => Tag::Text,
        Some("int") => Tag::Whole,
        Some("float") => Tag::Float,
        Some("bool") => Tag::Boolean,
        Some("null") => Tag::Null,
        Some("timestamp") => Tag::Time,
        Some("binary") => Tag::Binary,
        Some("merge") => Tag::Merge,
        _ => Tag::Other,
    }
}
