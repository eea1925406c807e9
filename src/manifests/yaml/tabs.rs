//! Tabs that the parser takes and kubectl does not: where lines are indented, whatever it is that is indented by them.

use std::ops::Range;

use super::brackets::{flows, is_within};
use super::tree::{Data, SyntaxError, Tree};

/// Where a tab is that kubectl refuses, if there is one.
pub(super) fn refused(text: &str, tree: &Tree<'_>) -> Option<SyntaxError> {
    if !text.contains('\t') {
        return None;
    }
    let flows = flows(text, tree);
    let mut start = 0;
    for (nth, line) in text.split_inclusive('\n').enumerate() {
        let tab = indenting(line).filter(|tab| is_refused(text, tree, &flows, start + tab, *tab == 0));
        let tab = tab.or_else(|| begins_block(line, text, tree, start));
        if let Some(tab) = tab {
            let column = line.get(..tab).unwrap_or_default().chars().count() + 1;
            return Some(SyntaxError {
                line: nth + 1,
                column,
                problem: "kubectl refuses a tab that indents: write spaces".to_owned(),
            });
        }
        start += line.len();
    }
    None
}

/// The first tab of a line, where nothing is before it, or only the marks of items and keys.
fn indenting(line: &str) -> Option<usize> {
    let mut marked = false;
    let bytes = line.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b' ' => {}
            b'\t' => return (at == 0 || marked).then_some(at),
            b'-' | b'?' | b':' if matches!(bytes.get(at + 1), Some(b' ' | b'\t')) => marked = true,
            _ => return None,
        }
    }
    None
}

/// Whether a tab stands neither in a text nor between brackets. At the start of a line a block has none either.
fn is_refused(text: &str, tree: &Tree<'_>, flows: &[Range<usize>], at: usize, at_start: bool) -> bool {
    if is_within(flows, at) {
        return false;
    }
    match scalar(text, tree, at) {
        Some('"' | '\'') => false,
        Some(_) => at_start,
        None => true,
    }
}

/// The character with which the scalar begins in which a place is.
fn scalar(text: &str, tree: &Tree<'_>, at: usize) -> Option<char> {
    let node = tree.last_before(at).filter(|node| node.span.contains(&at))?;
    matches!(node.data, Data::Scalar { .. }).then(|| text.get(node.span.clone())?.chars().next()).flatten()
}

/// The tab with which a block of text begins, of which kubectl cannot tell then how deep it is, unless that is said.
fn begins_block(line: &str, text: &str, tree: &Tree<'_>, start: usize) -> Option<usize> {
    let tab = line.len() - line.trim_start_matches(' ').len();
    let at = start + tab;
    // No other text begins with one.
    tree.last_before(at).filter(|node| node.span.start == at && matches!(node.data, Data::Scalar { .. }))?;
    let head = text.get(..start)?.lines().rev().find(|line| !line.trim().is_empty())?;
    let (_, marks) = head.split('#').next()?.rsplit_once(['|', '>'])?;
    (line.as_bytes().get(tab) == Some(&b'\t') && !marks.contains(|c: char| c.is_ascii_digit())).then_some(tab)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_that_indents_is_refused() {
        for (text, line, column) in [
            ("-\ta\n", 1, 2),
            ("a:\n  - \tb\n", 2, 5),
            ("? \ta\n", 1, 3),
            ("? a\n:\tb\n", 2, 2),
            ("a: b\n\t\nc: d\n", 2, 1),
            ("a: \"b\"\n\t# c\nd: e\n", 2, 1),
            ("a: |\n  \tb\n", 2, 3),
            ("a:\n  b: >-\n\n    \tc\n", 4, 5),
            ("a: [\n]\n\t\nb: c\n", 3, 1),
        ] {
            let error = Tree::parse(text).expect_err(text);
            assert_eq!((error.line, error.column), (line, column), "{text:?}: {}", error.problem);
        }
    }

    #[test]
    fn other_tabs_are_taken() {
        for text in [
            "a:\tb\n",
            "a: b\t# c\n",
            "a: |\n  b\n  \tc\n  -\td\n",
            "a: |2\n  \tb\n",
            "a: \"b\n\tc\n\n\t-\td\"\n",
            "a: 'b\n\tc'\n",
            "a: {b: c,\n  \td: e}\n",
            "{\"a\": [\n\t1\n]}",
            "a: b\n  \tc\n",
            "a: b\n  \t\nc: d\n",
            "# a\n# \tb\nc: d\n",
        ] {
            assert_eq!(Tree::parse(&crate::manifests::object::prepared(text)).err(), None, "{text:?}");
        }
    }
}
