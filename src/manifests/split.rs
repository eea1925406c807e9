//! The documents of a text.

use std::ops::Range;

use serde::de::IgnoredAny;

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
/// As kubectl does it: texts of JSON follow each other, documents of YAML are parted by lines that begin with `---`.
/// YAML allows such a line nowhere else, so a document that is broken does not reach into the next.
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
    starts.extend(text.match_indices("\n---").map(|(at, _)| at + 1).filter(|at| is_marker(text, *at)));
    let ends = starts.iter().skip(1).copied().chain([text.len()]).collect::<Vec<_>>();
    let mut parts: Vec<Part> = Vec::new();
    let (mut line, mut directives) = (1, None);
    for (start, end) in starts.into_iter().zip(ends) {
        let range = start..end;
        let next = line + lines(text, range.clone());
        match content(text.get(range.clone()).unwrap_or_default()) {
            // Directives belong to the document that follows.
            Written::Directives => directives = Some((start, line)),
            Written::Nothing => {}
            Written::Document => {
                let (start, line) = directives.take().unwrap_or((start, line));
                parts.push(Part { range: start..end, line });
            }
        }
        line = next;
    }
    parts
}

/// Whether the `---` at a place parts documents: nothing, or a space, follows.
fn is_marker(text: &str, at: usize) -> bool {
    matches!(text.as_bytes().get(at + 3), None | Some(b' ' | b'\t' | b'\r' | b'\n'))
}

fn lines(text: &str, range: Range<usize>) -> usize {
    text.get(range).map_or(0, |part| part.bytes().filter(|byte| *byte == b'\n').count())
}

enum Written {
    Nothing,
    Directives,
    Document,
}

fn content(part: &str) -> Written {
    let mut found = Written::Nothing;
    for line in part.lines() {
        let line = line.strip_prefix("---").unwrap_or(line).trim_start_matches('\u{feff}').trim();
        match line.as_bytes().first() {
            None | Some(b'#') => {}
            Some(b'%') => found = Written::Directives,
            Some(_) if line == "..." => {}
            Some(_) => return Written::Document,
        }
    }
    found
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
        assert_eq!(parts("a: |\n  ---\n  x\n----\n"), [(1, "a: |\n  ---\n  x\n----\n")]);
    }

    #[test]
    fn what_says_nothing_is_no_document() {
        for text in
            ["", "\n\n", "---\n---\n", "# only a comment\n---\n# another\n", "---\n...\n", "\u{feff}\n"]
        {
            assert!(parts(text).is_empty(), "{text:?}");
        }
    }

    #[test]
    fn directives_belong_to_what_follows() {
        assert_eq!(parts("%YAML 1.2\n---\na: 1\n"), [(1, "%YAML 1.2\n---\na: 1\n")]);
    }

    #[test]
    fn values_of_json_follow_each_other() {
        assert_eq!(parts("{\"a\": 1}\n{\"b\":\n2}\n"), [(1, "{\"a\": 1}"), (1, "\n{\"b\":\n2}")]);
        // A flow mapping of YAML is not JSON.
        assert_eq!(parts("{a: 1}\n---\n{b: 2}\n"), [(1, "{a: 1}\n"), (2, "---\n{b: 2}\n")]);
    }
}
