//! Everything that some files say, as one world.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use super::input::Input;
use super::object::{Document, MADE_UP, Object};
use super::split::Part;
use crate::facts::{Kind, ObjectRef, World};
use crate::render::Unread;

/// Where an object was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// Which of the sources.
    pub(super) source: usize,
    /// Its document, in bytes of the source.
    pub(super) document: Range<usize>,
    /// The line on which the document begins, from 1.
    pub(super) line: usize,
    /// Where the object is in the document, as a JSON pointer: empty, or an item of a list.
    pub(super) pointer: Box<str>,
}

/// A file, or standard input.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// As people are told: with `/` between folders; `-` is standard input.
    pub(super) name: String,
    pub(super) input: Input,
}

/// What some files say.
#[derive(Debug, Default)]
pub struct Estate {
    /// The facts.
    pub world: World,
    /// How many objects there are of kinds that no rule reads, by kind.
    pub ignored: BTreeMap<String, usize>,
    /// Files and folders that are no manifests yet, each with what to do.
    pub unrendered: BTreeMap<String, String>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// Resources of which a cluster's word is wanted and missing: who was to give it, and the resource as roles name it.
    pub unlisted: Vec<(String, String)>,
    /// Whether what a cluster knows lies beneath.
    pub knows_cluster: bool,
    /// How many files were read.
    pub files: usize,
    pub(super) sources: Vec<Source>,
    pub(super) origins: BTreeMap<ObjectRef, Origin>,
    /// How many objects there are of a name that the API server completes.
    pub(super) generated: BTreeMap<ObjectRef, usize>,
}

impl Estate {
    /// The objects that the files hold, in order; not those that a cluster has besides.
    pub fn objects(&self) -> impl Iterator<Item = &ObjectRef> {
        self.origins.keys()
    }

    /// Whether the files hold an object.
    pub fn holds(&self, id: &ObjectRef) -> bool {
        self.origins.contains_key(id)
    }

    /// The file that holds an object, if one does.
    pub fn input(&self, id: &ObjectRef) -> Option<&Input> {
        let origin = self.origins.get(id)?;
        self.sources.get(origin.source).map(|source| &source.input)
    }

    /// An object as it is named before it is told apart from others whose names the API server completes alike.
    pub fn as_written(id: &ObjectRef) -> ObjectRef {
        let name = id.name.trim_end_matches(|c: char| c.is_ascii_digit());
        let name = if name.ends_with(MADE_UP) { name } else { &id.name };
        ObjectRef { name: name.into(), ..id.clone() }
    }

    /// Takes over the policies of another estate, in place of those of the same names, and says what else is in it.
    pub fn add_policies(&mut self, other: &Self) -> Vec<ObjectRef> {
        let (policies, others): (Vec<_>, Vec<_>) =
            other.objects().cloned().partition(|id| id.kind == Kind::CompliancePolicy);
        for id in policies {
            self.world.set(&id, other.world.get(&id).cloned());
        }
        others
    }

    /// Adds what a document of a source holds.
    pub(super) fn add(&mut self, source: usize, part: &Part, document: Document) {
        for (kind, count) in document.ignored {
            *self.ignored.entry(kind).or_default() += count;
        }
        for problem in document.problems {
            self.unread.push(Unread {
                file: self.name(source),
                at: Some((part.line, 1)),
                problem: format!("{}: {}", problem.path, problem.problem),
            });
        }
        for object in document.objects {
            let origin = Origin {
                source,
                document: part.range.clone(),
                line: part.line,
                pointer: object.pointer.as_str().into(),
            };
            self.put(object, origin);
        }
    }

    fn put(&mut self, object: Object, origin: Origin) {
        let Object { mut id, fact, ambiguous, generated, .. } = object;
        if generated {
            let seen = self.generated.entry(id.clone()).or_default();
            *seen += 1;
            if *seen > 1 {
                id.name = format!("{}{seen}", id.name).into();
            }
        }
        let slot = match self.origins.entry(id) {
            Entry::Vacant(slot) => slot,
            Entry::Occupied(before) => {
                let (id, before) = (before.key(), before.get());
                // Twice the same is no contradiction: many charts bring the same namespace.
                if self.world.get(id) != fact.as_ref() {
                    let problem = format!(
                        "{id} is here and in {}:{}, and they differ: check what belongs to one cluster together, and the rest apart",
                        name(&self.sources, before.source),
                        before.line
                    );
                    let file = name(&self.sources, origin.source);
                    self.unread.push(Unread { file, at: Some((origin.line, 1)), problem });
                }
                return;
            }
        };
        if !ambiguous.is_empty() {
            self.world.set_ambiguities(slot.key(), Arc::from(ambiguous));
        }
        if let Some(fact) = fact {
            self.world.add(slot.key(), fact);
        }
        slot.insert(origin);
    }

    pub(super) fn name(&self, source: usize) -> String {
        name(&self.sources, source)
    }
}

fn name(sources: &[Source], source: usize) -> String {
    sources.get(source).map(|source| source.name.clone()).unwrap_or_default()
}
