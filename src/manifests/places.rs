//! Where a field of an object is in the files, as people are shown it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::estate::{Estate, Origin};
use super::load::text;
use super::object::prepared;
use super::yaml::Tree;
use crate::facts::ObjectRef;
use crate::links::links_in;
use crate::parallel::parallel;
use crate::render::Place;

/// The longest line that is shown, in characters; of a longer one, the part around what is meant.
const LONGEST: usize = 160;

/// How many files are kept: findings of one file come together, their causes elsewhere.
const KEPT: usize = 8;

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

    /// Where a field is, as a JSON pointer; of what is missing, where it is missing. Nothing if the object is in no
    /// file, or the file is no longer what it was.
    pub fn find(&mut self, object: &ObjectRef, pointer: &str) -> Option<Place> {
        let origin = self.estate.origins.get(object)?;
        self.within(&[(origin, pointer)])?.pop()
    }

    /// Where many fields are, in their order: each document is read again once, and several at a time.
    pub fn all(estate: &'e Estate, fields: &[(&ObjectRef, &str)], threads: usize) -> Vec<Option<Place>> {
        let mut documents: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        let origins: Vec<_> = fields.iter().map(|(object, _)| estate.origins.get(object)).collect();
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
                let field = |nth: &usize| Some(((*origins.get(*nth)?)?, fields.get(*nth)?.1));
                places.within(&document.iter().filter_map(field).collect::<Vec<_>>())
            },
        );
        let found = documents.into_iter().zip(found);
        let found: BTreeMap<usize, Place> = found
            .flat_map(|(document, places)| document.into_iter().zip(places.unwrap_or_default()))
            .collect();
        (0..fields.len()).map(|nth| found.get(&nth).cloned()).collect()
    }

    /// Where fields of one document are.
    fn within(&mut self, fields: &[(&Origin, &str)]) -> Option<Vec<Place>> {
        let (first, _) = fields.first()?;
        let text = self.text(first.source)?;
        let document = text.get(first.document.clone())?;
        let prepared = prepared(document);
        let tree = Tree::parse(&prepared).ok()?;
        let lines = Lines::of(document);
        let find = |(origin, pointer): &(&Origin, &str)| {
            // An object as a whole is shown by its name.
            let pointer = if pointer.is_empty() { "/metadata/name" } else { pointer };
            let range = tree.place(&format!("{}{pointer}", origin.pointer));
            place(self.estate.name(origin.source), origin, &lines, &range)
        };
        Some(fields.iter().map(find).collect())
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

fn place(file: String, origin: &Origin, lines: &Lines<'_>, range: &Range<usize>) -> Place {
    let (line, column, start) = lines.position(range.start);
    let (end_line, end_column, _) = lines.position(range.end.max(range.start));
    let rest = lines.text.get(start..).unwrap_or_default();
    let source = rest.lines().next().unwrap_or_default();
    let marked = range.start - start..(range.end - start).min(source.len());
    let (source, marked) = shown(source, marked);
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

/// A text and where its lines begin, so that a place in it is found without reading what is before it.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        Self { text, starts: starts.collect() }
    }

    /// The line and the column of a byte, both from 0, and the byte at which the line begins.
    fn position(&self, at: usize) -> (usize, usize, usize) {
        let at = at.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= at).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or_default();
        (line, self.text.get(start..at).map_or(0, |before| before.chars().count()), start)
    }
}

/// A line as it is shown, and what is marked in it: without what a terminal would obey, without personal data in links,
/// and cut where it is too long.
fn shown(line: &str, marked: Range<usize>) -> (String, Range<usize>) {
    let hidden = personal(line);
    let first = line.get(..marked.start).map_or(0, |before| before.chars().count());
    let skipped = first.saturating_sub(LONGEST / 2);
    let mut shown = String::new();
    let (mut start, mut end) = (None, None);
    for (nth, (at, c)) in line.char_indices().enumerate() {
        if nth < skipped {
            continue;
        }
        if nth == skipped + LONGEST {
            shown.push('…');
            break;
        }
        if at >= marked.start {
            start.get_or_insert(shown.len());
        }
        if at >= marked.end {
            end.get_or_insert(shown.len());
        }
        match hidden.iter().find(|range| range.contains(&at)) {
            Some(range) if range.start == at => shown.push('…'),
            Some(_) => {}
            None => shown.push(visible(c)),
        }
    }
    let start = start.unwrap_or(shown.len());
    let end = end.unwrap_or(shown.len()).max(start);
    (shown, start..end)
}

/// What can be shown of a character. What would move the cursor, colour the terminal or turn the direction of the text
/// cannot.
fn visible(c: char) -> char {
    match c {
        '\t' => ' ',
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
            '\u{fffd}'
        }
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

/// The parts of a line that hold a link with personal data.
fn personal(line: &str) -> Vec<Range<usize>> {
    // Braces are those of placeholders and stay within a part.
    let between = |c: char| c.is_whitespace() || "\"'`,[]".contains(c);
    let mut found = Vec::new();
    let mut start = 0;
    for part in line.split(between) {
        if links_in(part).any(|link| !link.hits.is_empty()) {
            found.push(start..start + part.len());
        }
        let end = start + part.len();
        start = end + line.get(end..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_a_line_is_harmless() {
        let mark = |line: &str, what: &str| {
            let at = line.find(what).unwrap();
            let (shown, marked) = shown(line, at..at + what.len());
            (shown[marked].to_owned(), shown.clone())
        };
        assert_eq!(mark("  country: NO", "NO"), ("NO".to_owned(), "  country: NO".to_owned()));
        assert_eq!(mark("\tname: a\u{1b}[31mb", "a\u{1b}[31mb").0, "a\u{fffd}[31mb");
        let (marked, line) = mark(
            "x: \"https://s.example/r?email=e.m@mail.example\" # c",
            "https://s.example/r?email=e.m@mail.example",
        );
        assert_eq!((&*marked, &*line), ("…", "x: \"…\" # c"));
        let long = format!("{}: value", "k".repeat(1000));
        let (marked, line) = mark(&long, "value");
        assert_eq!(marked, "value");
        assert!(line.chars().count() <= LONGEST + 1, "{line}");
    }
}
