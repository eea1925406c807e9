//! Everything that some files say, as one world.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::input::Input;
use super::object::{Document, MADE_UP, Object};
use super::places::{Places, Spot};
use super::split::Part;
use crate::facts::{Fact, Kind, ObjectRef, Problem, World};
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
    /// What a long one says: it is not read again where places are looked up.
    pub(super) text: Option<Arc<String>>,
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
    /// Where the objects are, in their order.
    pub(super) origins: Vec<(ObjectRef, Origin)>,
}

impl Estate {
    /// The objects that the files hold, in order; not those that a cluster has besides.
    pub fn objects(&self) -> impl Iterator<Item = &ObjectRef> {
        self.origins.iter().map(|(id, _)| id)
    }

    /// Whether the files hold an object.
    pub fn holds(&self, id: &ObjectRef) -> bool {
        self.origin(id).is_some()
    }

    /// Where an object was found, if it was.
    pub(super) fn origin(&self, id: &ObjectRef) -> Option<&Origin> {
        let at = self.origins.binary_search_by(|(known, _)| known.cmp(id)).ok()?;
        self.origins.get(at).map(|(_, origin)| origin)
    }

    /// The file that holds an object, if one does.
    pub fn input(&self, id: &ObjectRef) -> Option<&Input> {
        let origin = self.origin(id)?;
        self.sources.get(origin.source).map(|source| &source.input)
    }

    /// An object as it is named before it is told apart from others whose names the API server completes alike.
    pub fn as_written(id: &ObjectRef) -> ObjectRef {
        let name = id.name.trim_end_matches(|c: char| c.is_ascii_digit());
        let name = if name.ends_with(MADE_UP) { name } else { &id.name };
        ObjectRef { name: name.into(), ..id.clone() }
    }

    /// Takes over the policies of another estate, in place of those of the same names, and says what else is in it. They
    /// are no objects of this one, of which something could be found, so what cannot be read in them is told at once.
    pub fn add_policies(&mut self, other: &Self) -> Vec<ObjectRef> {
        let (policies, others): (Vec<_>, Vec<_>) =
            other.objects().cloned().partition(|id| id.kind == Kind::CompliancePolicy);
        for id in policies {
            self.unread.extend(other.unreadable(&id));
            self.world.set(&id, other.world.get(&id).cloned());
        }
        others
    }

    /// What keeps an object from being read, and where.
    fn unreadable(&self, id: &ObjectRef) -> Vec<Unread> {
        let Some(Fact::Unreadable(why)) = self.world.get(id) else { return Vec::new() };
        let problems = why.problems.iter().map(|Problem { path, problem }| (path, None, problem.clone()));
        // Where a scalar is not what it looks like, nothing else is said of it.
        let ambiguous = self.world.ambiguities(id).map(|found| found.iter()).unwrap_or_default();
        let ambiguous = ambiguous.map(|one| {
            (&one.path, Some(one.at.clone()), format!("{}: quote it where a text is meant", one.told()))
        });
        let mut places = Places::new(self);
        let unread = problems.chain(ambiguous).map(|(path, at, problem)| {
            let place = places.find(&Spot { object: id, path, at });
            let at = place.as_ref().map(|place| (place.line, place.column));
            let file = place.map(|place| place.file).or_else(|| self.input(id).map(Input::name));
            Unread { file: file.unwrap_or_default(), at, problem: format!("{id} {path}: {problem}") }
        });
        unread.collect()
    }

    /// Takes in what was read of the sources, in order: documents, each with its source, and what is none.
    pub(super) fn fill(&mut self, read: impl IntoIterator<Item = Result<(usize, Part, Document), Unread>>) {
        let read = read.into_iter();
        let mut objects = Vec::with_capacity(read.size_hint().0);
        // Each with the number of objects before it, so that all are told in the order of the sources.
        let mut unread: Vec<(usize, Unread)> = Vec::new();
        for one in read {
            let (source, part, document) = match one {
                Ok(document) => document,
                Err(why) => {
                    unread.push((objects.len(), why));
                    continue;
                }
            };
            for Problem { path, problem } in document.problems {
                let (file, at) = (self.name(source), Some((part.line, 1)));
                let problem = if path.is_empty() { problem } else { format!("{path}: {problem}") };
                unread.push((objects.len(), Unread { file, at, problem }));
            }
            for (kind, count) in document.ignored {
                *self.ignored.entry(kind).or_default() += count;
            }
            objects.extend(document.objects.into_iter().map(|object| {
                let pointer = object.pointer.as_str().into();
                (object, Origin { source, document: part.range.clone(), line: part.line, pointer })
            }));
        }
        unread.extend(self.put(objects));
        self.world.aggregate();
        unread.sort_by_key(|(before, _)| *before);
        self.unread.extend(unread.into_iter().map(|(_, unread)| unread));
    }

    /// Puts in all objects at once, for there may be very many. Of those with the same name the first counts, and others
    /// that say something else are told, with their numbers.
    fn put(&mut self, mut objects: Vec<(Object, Origin)>) -> Vec<(usize, Unread)> {
        number(&mut objects);
        let mut objects: Vec<_> = objects.into_iter().enumerate().collect();
        objects.sort_by(|(_, (one, _)), (_, (other, _))| one.id.cmp(&other.id));
        let mut facts: Vec<(ObjectRef, Fact)> = Vec::with_capacity(objects.len());
        let mut origins: Vec<(ObjectRef, Origin)> = Vec::with_capacity(objects.len());
        let mut differing = Vec::new();
        for (nth, (object, origin)) in objects {
            let Object { id, fact, ambiguous, .. } = object;
            if let Some((_, before)) = origins.last().filter(|(last, _)| *last == id) {
                // Twice the same is no contradiction: many charts bring the same namespace.
                let first = facts.last().filter(|(last, _)| *last == id).map(|(_, fact)| fact);
                if first != fact.as_ref() {
                    differing.push((nth, self.contradiction(&id, before, &origin)));
                }
                continue;
            }
            if !ambiguous.is_empty() {
                self.world.set_ambiguities(&id, Arc::from(ambiguous));
            }
            facts.extend(fact.map(|fact| (id.clone(), fact)));
            origins.push((id, origin));
        }
        self.world.fill(facts);
        self.origins = origins;
        differing
    }

    fn contradiction(&self, id: &ObjectRef, before: &Origin, origin: &Origin) -> Unread {
        let problem = format!(
            "{id} is here and in {}:{}, and they differ: check what belongs to one cluster together, and the rest apart",
            name(&self.sources, before.source),
            before.line
        );
        Unread { file: name(&self.sources, origin.source), at: Some((origin.line, 1)), problem }
    }

    pub(super) fn name(&self, source: usize) -> String {
        name(&self.sources, source)
    }
}

/// Tells apart what is given a name by the API server, which makes up another for each.
fn number(objects: &mut [(Object, Origin)]) {
    let mut seen: BTreeMap<ObjectRef, usize> = BTreeMap::new();
    for (object, _) in objects.iter_mut().filter(|(object, _)| object.generated) {
        let times = seen.entry(object.id.clone()).or_default();
        *times += 1;
        if *times > 1 {
            object.id.name = format!("{}{times}", object.id.name).into();
        }
    }
}

fn name(sources: &[Source], source: usize) -> String {
    sources.get(source).map(|source| source.name.clone()).unwrap_or_default()
}
