//! Whether a text that is no YAML is a template of some.

use super::object::prepared;
use super::yaml::{SyntaxError, Tree};

/// The marks between which templates say what to put in, of Go and Jinja.
const MARKS: [(&str, &str); 2] = [("{{", "}}"), ("{%", "%}")];

/// Stands for what is put in: no YAML holds it.
const PUT_IN: char = '\u{1}';

/// Whether a document cannot be parsed because of what a template would put in: without that, nothing is wrong there.
/// That somewhere else in it stands `{{` explains nothing.
pub(super) fn is_template(document: &str, error: &SyntaxError) -> bool {
    rendered(document).is_some_and(|text| match Tree::parse(&prepared(&text)) {
        Ok(_) => true,
        Err(next) => next.line > error.line,
    })
}

/// The text with a word for whatever is put in, and with nothing on lines that say only that; nothing if it is no
/// template. Lines keep their numbers.
fn rendered(text: &str) -> Option<String> {
    let mut marked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, inner, after)) = next(rest) {
        marked.push_str(before);
        marked.push(PUT_IN);
        marked.extend(inner.chars().filter(|c| *c == '\n'));
        rest = after;
    }
    if marked.is_empty() {
        return None;
    }
    marked.push_str(rest);
    let line = |line: &str| {
        let is_put_in = |c: char| c == PUT_IN || c.is_whitespace();
        if line.contains(PUT_IN) && line.chars().all(is_put_in) {
            "\n".to_owned()
        } else {
            line.replace(PUT_IN, "x")
        }
    };
    Some(marked.split_inclusive('\n').map(line).collect())
}

/// What is before the next marks, between them, and after them.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('{').find_map(|(at, _)| {
        let (before, rest) = text.split_at_checked(at)?;
        let (open, close) = MARKS.iter().find(|(open, _)| rest.starts_with(open))?;
        let (inner, after) = rest.strip_prefix(open)?.split_once(close)?;
        Some((before, inner, after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_one_for_what_is_wrong_and_not_for_what_is_somewhere_in_it() {
        for (text, expected) in [
            ("kind: {{ .Values.kind }}-x\n", true),
            ("{{- if .Values.on }}\nkind: A\n{{- end }}\n", true),
            ("{{ if .Values.on }}\nkind: A\n{{ else }}\nkind: B\n{{ end }}\n", true),
            ("metadata:\n  {{- toYaml .x | nindent 2 }}\nkind: {{ .kind }}\n", true),
            ("a: 1\n{{/* two\nlines */}}\n", true),
            ("items:\n{% for x in y %}\n  - {{ x }}\n{% endfor %}\n", true),
            ("# see {{ wiki }}\nkind: [\n", false),
            ("kind: [ # see {{ wiki }}\n", false),
            ("a: \"{{ x }}\" b\n", false),
            ("a: |\n  {{ x }}\nb: 1\nc: [\n", false),
            ("a: {{ x\n", false),
            ("a: [\n", false),
        ] {
            let error = Tree::parse(text).err();
            assert_eq!(error.map(|error| is_template(text, &error)), Some(expected), "{text}");
        }
    }
}
