//! Where a field of an object is in the files, as people are shown it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::estate::{Estate, Origin};
use super::lines::Lines;
use super::load::text;
use super::object::prepared;
use super::yaml::Tree;
use crate::facts::ObjectRef;
use crate::parallel::parallel;
use crate::render::Place;

/// How many files are kept: findings of one file come together, their causes elsewhere.
const KEPT: usize = 8;

/// What is to be shown.
pub struct Spot<'s> {
    /// The object that it is in.
    pub object: &'s ObjectRef,
    /// Its field, as a JSON pointer.
    pub path: &'s str,
    /// Where it is in its document, in bytes, if that was seen already.
    pub at: Option<Range<usize>>,
}

/// Finds places. Only the documents of which something is shown are read again, so that those of which nothing is
/// cost nothing.
pub struct Places<'e> {
    estate: &'e Estate,
    texts: BTreeMap<usize, Arc<String>>,
}

impl<'e> Places<'e> {
    /// Of the objects of an estate.
    pub fn new(estate: &'e Estate) -> Self {
        Self { estate, texts: BTreeMap::new() }
    }

    /// Where something is; of what is missing, where it is missing. Nothing if the object is in no file, or the file is
    /// no longer what it was.
    pub fn find(&mut self, spot: &Spot<'_>) -> Option<Place> {
        let origin = self.estate.origin(spot.object)?;
        self.within(&[(origin, spot)])?.pop()
    }

    /// Where many things are, in their order: each document is read again once, and several at a time.
    pub fn all(estate: &'e Estate, spots: &[Spot<'_>], threads: usize) -> Vec<Option<Place>> {
        let mut documents: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        let origins: Vec<_> = spots.iter().map(|spot| estate.origin(spot.object)).collect();
        for (nth, origin) in origins.iter().enumerate() {
            if let Some(origin) = origin {
                documents.entry((origin.source, origin.document.start)).or_default().push(nth);
            }
        }
        let documents: Vec<Vec<usize>> = documents.into_values().collect();
        let found = parallel(
            threads,
            &documents,
            || Self::new(estate),
            |places, document| {
                let spot = |nth: &usize| Some(((*origins.get(*nth)?)?, spots.get(*nth)?));
                places.within(&document.iter().filter_map(spot).collect::<Vec<_>>())
            },
        );
        let found = documents.into_iter().zip(found);
        let found: BTreeMap<usize, Place> = found
            .flat_map(|(document, places)| document.into_iter().zip(places.unwrap_or_default()))
            .collect();
        (0..spots.len()).map(|nth| found.get(&nth).cloned()).collect()
    }

    /// Where things in one document are.
    fn within(&mut self, spots: &[(&Origin, &Spot<'_>)]) -> Option<Vec<Place>> {
        let (first, _) = spots.first()?;
        let text = self.text(first.source)?;
        let document = text.get(first.document.clone())?;
        let prepared = prepared(document);
        let tree = Tree::parse(&prepared).ok()?;
        let mut lines = Lines::of(document);
        let find = |(origin, spot): &(&Origin, &Spot<'_>)| {
            // An object as a whole is shown by its name.
            let path = if spot.path.is_empty() { "/metadata/name" } else { spot.path };
            let range = spot.at.clone().unwrap_or_else(|| tree.place(&format!("{}{path}", origin.pointer)));
            place(self.estate.name(origin.source), origin, &mut lines, &range)
        };
        Some(spots.iter().map(find).collect())
    }

    fn text(&mut self, source: usize) -> Option<Arc<String>> {
        if let Some(text) = self.texts.get(&source) {
            return Some(Arc::clone(text));
        }
        let known = self.estate.sources.get(source)?;
        if let Some(text) = &known.text {
            return Some(Arc::clone(text));
        }
        let read = Arc::new(text(&known.input).ok()?);
        if self.texts.len() >= KEPT {
            self.texts.pop_first();
        }
        self.texts.insert(source, Arc::clone(&read));
        Some(read)
    }
}

fn place(file: String, origin: &Origin, lines: &mut Lines<'_>, range: &Range<usize>) -> Place {
    let (line, column) = lines.position(range.start);
    let (end_line, end_column) = lines.position(range.end.max(range.start));
    let (source, marked) = lines.shown(line, range);
    Place {
        file,
        line: origin.line + line,
        column: column + 1,
        end_line: origin.line + end_line,
        end_column: end_column + 1,
        source,
        marked,
    }
}
