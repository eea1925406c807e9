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
    // What is nowhere closed is not looked for again at every mark that opens.
    let mut marks = MARKS.to_vec();
    while let Some((before, inner, after)) = next(rest, &mut marks) {
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

/// What is before the next marks, between them, and after them. Of `marks` those go that nothing closes any more.
fn next<'t>(text: &'t str, marks: &mut Vec<(&str, &str)>) -> Option<(&'t str, &'t str, &'t str)> {
    for (at, _) in text.match_indices('{') {
        let (before, rest) = text.split_at_checked(at)?;
        let Some(nth) = marks.iter().position(|(open, _)| rest.starts_with(open)) else { continue };
        let (open, close) = *marks.get(nth)?;
        if let Some((inner, after)) = rest.strip_prefix(open)?.split_once(close) {
            return Some((before, inner, after));
        }
        marks.remove(nth);
    }
    None
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
            ("{{ x\na: {% y %}b\n", false),
            ("# {{ x\na: {% y %}b\n", true),
        ] {
            let error = Tree::parse(text).err();
            assert_eq!(error.map(|error| is_template(text, &error)), Some(expected), "{text}");
        }
    }

    /// So large that it would not end, if the rest were looked through at every mark.
    #[test]
    fn marks_that_nothing_closes_are_looked_for_once() {
        let many = 2_000_000;
        for marks in ["{".repeat(many), "{{{%".repeat(many), format!("{{{{ x }}}}{}", "{%".repeat(many))] {
            let text = format!("a: [\n{marks}");
            let error = Tree::parse(&text).err();
            assert!(error.is_some_and(|error| !is_template(&text, &error)), "{}", &text[..20]);
        }
    }
}
