//! A text by lines and columns, and what people are shown of a line.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::links::links_in;

/// The longest line that is shown, in characters; of a longer one, the part around what is meant.
const LONGEST: usize = 160;

/// The characters before every so many bytes are counted once, so that a column far into a line is found at once.
const BLOCK: usize = 4096;

/// A text and where its lines begin. What is asked of a place costs no more in a long line than in a short one: JSON is
/// often all on one.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    /// How many characters begin before each block, and in all.
    before: Vec<usize>,
    /// The parts that were looked at for personal data: by where they begin, where they end, and whether they hold any.
    parts: BTreeMap<usize, (usize, bool)>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut before = vec![0];
        for block in text.as_bytes().chunks(BLOCK) {
            before.push(before.last().map_or(0, |before| before + characters(block)));
        }
        Self { text, starts, before, parts: BTreeMap::new() }
    }

    /// The line and the column of a byte, both from 0.
    pub(super) fn position(&self, at: usize) -> (usize, usize) {
        let at = at.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= at).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or_default();
        (line, self.characters_before(at) - self.characters_before(start))
    }

    fn characters_before(&self, at: usize) -> usize {
        let block = at / BLOCK;
        let rest = self.text.as_bytes().get(block * BLOCK..at).unwrap_or_default();
        self.before.get(block).map_or(0, |before| before + characters(rest))
    }

    /// A line, in bytes of the text, without its end.
    fn line(&self, line: usize) -> Range<usize> {
        let start = self.starts.get(line).copied().unwrap_or(self.text.len());
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let text = self.text.get(start..end).unwrap_or_default();
        let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
        start..start + text.len()
    }

    /// A line as it is shown, and what is marked in it of what is marked in the text: without what a terminal would obey,
    /// without personal data in links, and cut where it is too long.
    pub(super) fn shown(&mut self, line: usize, marked: &Range<usize>) -> (String, Range<usize>) {
        let line = self.line(line);
        let marked = marked.start.clamp(line.start, line.end)..marked.end.min(line.end);
        let before = self.text.get(line.start..marked.start).unwrap_or_default();
        let near = before.char_indices().rev().take(LONGEST / 2).last();
        let first = line.start + near.map_or(before.len(), |(at, _)| at);
        let mut shown = String::new();
        let (mut start, mut end) = (None, None);
        let window = self.text.get(first..line.end).unwrap_or_default();
        for (nth, (at, c)) in window.char_indices().enumerate() {
            if nth == LONGEST {
                shown.push('…');
                break;
            }
            let at = first + at;
            if at >= marked.start {
                start.get_or_insert(shown.len());
            }
            if at >= marked.end {
                end.get_or_insert(shown.len());
            }
            match self.hidden(at, c) {
                Some(start) if start == at => shown.push('…'),
                Some(_) => {}
                None => shown.push(visible(c)),
            }
        }
        let start = start.unwrap_or(shown.len());
        let end = end.unwrap_or(shown.len()).max(start);
        (shown, start..end)
    }

    /// Where the part begins that a character is in, if it holds a link with personal data.
    fn hidden(&mut self, at: usize, c: char) -> Option<usize> {
        if is_between(c) {
            return None;
        }
        let known = self.parts.range(..=at).next_back().filter(|(_, (end, _))| at < *end);
        let known = known.map(|(start, (_, hidden))| (*start, *hidden));
        let (start, hidden) = known.or_else(|| self.look(at))?;
        hidden.then_some(start)
    }

    /// Where the part begins that a byte is in, and whether it is to be hidden. It is looked at as a whole, however far it
    /// reaches beyond what is shown: half of a link may not look like one.
    fn look(&mut self, at: usize) -> Option<(usize, bool)> {
        let (before, after) = self.text.split_at_checked(at)?;
        let last = before.char_indices().rev().find(|(_, c)| is_between(*c));
        let start = last.map_or(0, |(at, c)| at + c.len_utf8());
        let end = after.find(is_between).map_or(self.text.len(), |end| at + end);
        let hidden = links_in(self.text.get(start..end)?).any(|link| !link.hits.is_empty());
        self.parts.insert(start, (end, hidden));
        Some((start, hidden))
    }
}

/// How many characters begin in some bytes of a text.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| *byte & 0b1100_0000 != 0b1000_0000).count()
}

/// Whether a character parts what may be links. Braces are those of placeholders and stay within a part; the ends of
/// lines part, so that no part reaches beyond its line.
fn is_between(c: char) -> bool {
    c.is_whitespace() || "\"'`,[]".contains(c)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_shown_of_a_line_is_harmless() {
        let mark = |line: &str, what: &str| {
            let at = line.find(what).unwrap();
            let (shown, marked) = Lines::of(line).shown(0, &(at..at + what.len()));
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

    /// The same with the whole line looked at for every mark: slow, and plain to see that it is right.
    fn plainly(line: &str, marked: Range<usize>) -> (String, Range<usize>) {
        let mut hidden = Vec::new();
        let mut begins = 0;
        for part in line.split(is_between) {
            if links_in(part).any(|link| !link.hits.is_empty()) {
                hidden.push(begins..begins + part.len());
            }
            begins += part.len();
            begins += line[begins..].chars().next().map_or(0, char::len_utf8);
        }
        let skipped = line[..marked.start].chars().count().saturating_sub(LONGEST / 2);
        let mut shown = String::new();
        let (mut start, mut end) = (None, None);
        for (nth, (at, c)) in line.char_indices().enumerate().skip(skipped) {
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

    /// Who a link is of, in the property below.
    const WHO: &str = "erika.m@mail.example";

    /// Pieces of which lines are made.
    fn piece() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "[a-z{}: ]{1,40}",
            3 => "[\"', \\[\\]é\u{2028}\t]{1,3}",
            2 => Just(format!("https://s.example/r?email={WHO}")),
            1 => "[a-z]{200,300}".prop_map(|long| format!("https://s.example/{long}?id={WHO}&x={long}")),
            1 => "[a-z]{1,300}".prop_map(|long| format!("https://s.example/{long}?campaign=7")),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn a_part_of_a_line_is_shown_as_if_all_of_it_had_been_looked_at(
            line in prop::collection::vec(piece(), 1..40).prop_map(|pieces| pieces.concat()),
            marks in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..60), 1..8),
        ) {
            let text = format!("first: é\r\n{line}\nlast: 1\n");
            let begin = text.find('\n').unwrap() + 1;
            let mut lines = Lines::of(&text);
            for (at, length) in marks {
                let starts: Vec<usize> = line.char_indices().map(|(at, _)| at).collect();
                let nth = at.index(starts.len());
                let end = starts.get(nth + length).copied().unwrap_or(line.len());
                let marked = starts[nth]..end;
                let (shown, found) = lines.shown(1, &(begin + marked.start..begin + marked.end));
                prop_assert!(!shown.contains(WHO), "{}", shown);
                prop_assert_eq!((shown, found), plainly(&line, marked.clone()));
                prop_assert_eq!(lines.position(begin + marked.start), (1, nth));
            }
        }
    }

    #[test]
    fn columns_are_counted_in_characters_across_blocks() {
        let text = format!("a\n{}x", "é".repeat(BLOCK));
        let lines = Lines::of(&text);
        assert_eq!(lines.position(text.len() - 1), (1, BLOCK));
        assert_eq!(lines.position(text.len() + 9), (1, BLOCK + 1));
        let full = "é".repeat(BLOCK / 2);
        assert_eq!(Lines::of(&full).position(full.len()), (0, BLOCK / 2));
        assert_eq!(Lines::of("").position(0), (0, 0));
    }
}
