//! The documents of a text.

use std::ops::Range;

use serde::de::IgnoredAny;

use super::yaml::{BYTE_ORDER_MARK, is_line_break};

/// A document in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Its text, in bytes of the whole.
    pub(crate) range: Range<usize>,
    /// The number of its first line, from 1.
    pub(crate) line: usize,
}

/// The documents of a text, in order, without those that are empty.
///
/// As kubectl does it: texts of JSON follow each other, documents of YAML are parted by lines that begin with `---`,
/// whatever follows there. So a document that is broken does not reach into the next, and directives stand alone.
pub(crate) fn split(text: &str) -> Vec<Part> {
    if text.trim_start().starts_with('{')
        && let Some(parts) = json(text)
    {
        return parts;
    }
    yaml(text)
}

/// The values of a text of JSON; nothing if it is none.
fn json(text: &str) -> Option<Vec<Part>> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    let mut parts = Vec::new();
    let (mut start, mut line) = (0, 1);
    while let Some(value) = values.next() {
        value.ok()?;
        let range = start..values.byte_offset();
        line += lines(text, start.min(range.start)..range.start);
        let next = line + lines(text, range.clone());
        parts.push(Part { range: range.clone(), line });
        (start, line) = (range.end, next);
    }
    Some(parts)
}

fn yaml(text: &str) -> Vec<Part> {
    let mut starts = vec![0];
    starts.extend(text.match_indices("\n---").map(|(at, _)| at + 1));
    let ends = starts.iter().skip(1).copied().chain([text.len()]).collect::<Vec<_>>();
    let mut parts: Vec<Part> = Vec::new();
    let mut line = 1;
    for (start, end) in starts.into_iter().zip(ends) {
        let text = text.get(start..end).unwrap_or_default();
        if says_something(text) {
            // The first one would begin with the file.
            let mark = if start > 0 { marked(text) } else { 0 };
            parts.push(Part { range: start + mark..end, line: line + lines(text, 0..mark) });
        }
        line += lines(text, 0..text.len());
    }
    parts
}

/// Where a document begins: behind its byte order mark, if it has one, as in files that were put together.
fn marked(text: &str) -> usize {
    let first = if text.starts_with("---") { text.find('\n').map_or(0, |end| end + 1) } else { 0 };
    let has_mark = text.get(first..).is_some_and(|text| text.starts_with(BYTE_ORDER_MARK));
    if has_mark { first + BYTE_ORDER_MARK.len_utf8() } else { 0 }
}

fn lines(text: &str, range: Range<usize>) -> usize {
    text.get(range).map_or(0, |part| part.bytes().filter(|byte| *byte == b'\n').count())
}

/// Whether a document holds more than comments, wherever kubectl or the parser sees a line begin.
fn says_something(text: &str) -> bool {
    let is_break = |c: char| matches!(c, '\n' | '\r') || is_line_break(c);
    text.split(is_break).any(|line| {
        let line = line.strip_prefix("---").unwrap_or(line).trim_start_matches(BYTE_ORDER_MARK).trim();
        !line.is_empty() && !line.starts_with('#') && line != "..."
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<(usize, &str)> {
        split(text).into_iter().map(|part| (part.line, &text[part.range])).collect()
    }

    #[test]
    fn documents_are_parted_by_lines() {
        assert_eq!(parts("a: 1\n---\nb: 2\n"), [(1, "a: 1\n"), (2, "---\nb: 2\n")]);
        assert_eq!(parts("---\na: 1\n--- # two\nb: 2"), [(1, "---\na: 1\n"), (3, "--- # two\nb: 2")]);
        assert_eq!(parts("--- {a: 1}\n"), [(1, "--- {a: 1}\n")]);
        assert_eq!(parts("a: 1\r\n---\r\nb: 2\r\n"), [(1, "a: 1\r\n"), (2, "---\r\nb: 2\r\n")]);
        assert_eq!(parts("a: |\n  ---\n  x\n"), [(1, "a: |\n  ---\n  x\n")]);
    }

    #[test]
    fn what_says_nothing_is_no_document() {
        for text in
            ["", "\n\n", "---\n---\n", "# only a comment\n---\n# another\n", "---\n...\n", "\u{feff}\n"]
        {
            assert!(parts(text).is_empty(), "{text:?}");
        }
    }

    /// Each is refused for it, and would not be if it were part of what is before or behind.
    #[test]
    fn what_kubectl_takes_for_a_document_is_one() {
        assert_eq!(parts("%YAML 1.2\n---\na: 1\n"), [(1, "%YAML 1.2\n"), (2, "---\na: 1\n")]);
        assert_eq!(parts("a: 1\n---b: 2\n----\n"), [(1, "a: 1\n"), (2, "---b: 2\n"), (3, "----\n")]);
    }

    /// A comment would hide it.
    #[test]
    fn a_line_that_only_kubectl_sees_begin_says_something() {
        for end in ["\r", "\u{85}", "\u{2028}", "\u{2029}"] {
            let text = format!("# c{end}a: 1");
            assert_eq!(parts(&text), [(1, &*text)]);
        }
    }

    #[test]
    fn a_document_begins_behind_its_byte_order_mark() {
        assert_eq!(
            parts("a: 1\n---\n\u{feff}b: 2\n--- # c\r\n\u{feff}c: 3\n"),
            [(1, "a: 1\n"), (3, "b: 2\n"), (5, "c: 3\n")]
        );
        assert_eq!(parts("---\n\u{feff}a: 1\n"), [(1, "---\n\u{feff}a: 1\n")]);
    }

    #[test]
    fn values_of_json_follow_each_other() {
        assert_eq!(parts("{\"a\": 1}\n{\"b\":\n2}\n"), [(1, "{\"a\": 1}"), (1, "\n{\"b\":\n2}")]);
        // A flow mapping of YAML is not JSON.
        assert_eq!(parts("{a: 1}\n---\n{b: 2}\n"), [(1, "{a: 1}\n"), (2, "---\n{b: 2}\n")]);
    }
}
