//! What the parser takes and kubectl does not.
//!
//! The parser reads YAML 1.2, kubectl 1.1, and documents are parted before they are parsed. What is left out here would
//! pass for right, or for a comment, and be refused or applied.

use serde::de::IgnoredAny;

use super::tree::SyntaxError;

/// With it a file may begin, and a document behind `---`.
pub(in crate::manifests) const BYTE_ORDER_MARK: char = '\u{feff}';

/// Why kubectl takes a document for another than the parser does, if so.
pub(super) fn refused(text: &str) -> Option<SyntaxError> {
    beginning(text).or_else(|| line_break(text))
}

/// Where a document begins, there is no room but for comments.
fn beginning(text: &str) -> Option<SyntaxError> {
    for (nth, line) in text.lines().enumerate() {
        let error =
            |column, problem: &str| SyntaxError { line: nth + 1, column, problem: problem.to_owned() };
        if let Some(rest) = line.strip_prefix("---").filter(|_| nth == 0) {
            let rest = rest.trim_start();
            if !rest.is_empty() && (!rest.starts_with('#') || line.starts_with("---#")) {
                let column = line.chars().count() - rest.chars().count() + 1;
                return Some(error(
                    column,
                    "nothing but a space and a comment may follow `---` in its line: begin a new one",
                ));
            }
            continue;
        }
        match line.trim_start().as_bytes() {
            _ if line.trim_start().starts_with(BYTE_ORDER_MARK) => {
                return Some(error(1, "kubectl takes a byte order mark for part of a text: remove it"));
            }
            [] | [b'#', ..] => {}
            [b'%', ..] if line.starts_with('%') => {
                return Some(error(1, "kubectl refuses directives: remove the line"));
            }
            [b'.', b'.', b'.'] | [b'.', b'.', b'.', b' ' | b'\t' | b'\r', ..] if line.starts_with('.') => {
                return Some(error(1, "kubectl refuses `...` where nothing is before it: remove the line"));
            }
            _ => return None,
        }
    }
    None
}

/// A line ends here to kubectl alone: what a comment seems to hold, it applies.
fn line_break(text: &str) -> Option<SyntaxError> {
    if text.is_ascii() {
        return None;
    }
    let (at, found) = text.char_indices().find(|(_, c)| is_line_break(*c))?;
    // In JSON it is a character like any other.
    if serde_json::from_str::<IgnoredAny>(text).is_ok() {
        return None;
    }
    let before = text.get(..at).unwrap_or_default();
    let in_line = before.rsplit('\n').next().unwrap_or_default();
    let code = u32::from(found);
    Some(SyntaxError {
        line: before.matches('\n').count() + 1,
        column: in_line.chars().count() + 1,
        problem: format!(
            "the character U+{code:04X} is not seen, and ends the line to kubectl alone: remove it, or write \
             \\u{code:04x} in double quotes"
        ),
    })
}

/// Whether a character ends a line in YAML 1.1 and not in 1.2.
pub(in crate::manifests) const fn is_line_break(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubectl_takes_for_something_else_is_refused_at_its_place() {
        for (text, line, column, part) in [
            ("--- {a: b}\n", 1, 5, "follow `---`"),
            ("---a: b\n", 1, 4, "follow `---`"),
            ("----\na: b\n", 1, 4, "follow `---`"),
            ("---\t|\n  a\n", 1, 5, "follow `---`"),
            ("---#c\na: b\n", 1, 4, "follow `---`"),
            ("---\n\u{feff}a: b\n", 2, 1, "byte order mark"),
            ("\n# c\n \u{feff}a: b\n", 3, 1, "byte order mark"),
            ("%YAML 1.1\n", 1, 1, "directives"),
            ("---\n# why\n\n%TAG ! x:\n", 4, 1, "directives"),
            ("...\na: b\n", 1, 1, "`...`"),
            ("# c\n... # d\r\na: b\n", 2, 1, "`...`"),
            ("a: b\n# ü\u{2028}c: d\n", 2, 4, "U+2028"),
            ("# c\u{85}a: b\n", 1, 4, "U+0085"),
            ("a: \"x\u{2029}y\"\n", 1, 6, "\\u2029"),
            ("{a: \"x\u{2028}y\"}\n", 1, 7, "U+2028"),
        ] {
            let error = refused(text).unwrap_or_else(|| panic!("{text:?} is taken"));
            assert_eq!((error.line, error.column), (line, column), "{text:?}");
            assert!(error.problem.contains(part), "{text:?}: {}", error.problem);
        }
    }

    #[test]
    fn what_kubectl_takes_too_is_not_refused() {
        for text in [
            "",
            "---\na: b\n",
            "--- # c\na: b\n",
            "---   \r\na: b\n",
            "# c\n\n---\na: b\n",
            "a: b\n...\n",
            "a: \"\n...x\n  %y\"\n",
            "....: b\n",
            "a: ü\n",
            "{\"a\": \"x\u{2028}y\"}\n",
            "a: \"\\u2028\\N\"\n",
            "a: \"\n\u{feff}\"\n",
        ] {
            assert_eq!(refused(text), None, "{text:?}");
        }
    }
}
