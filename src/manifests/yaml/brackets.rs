//! What the parser takes between brackets and kubectl does not.

use std::ops::Range;

use super::tree::{Data, SyntaxError, Tree};

/// Where a text is between brackets that kubectl takes for another, or refuses, if there is one: without quotes, a `?`
/// ends it there, it does not begin with a `:`, and it is a key only if a space follows that.
pub(super) fn refused(text: &str, tree: &Tree<'_>) -> Option<SyntaxError> {
    if !is_suspect(text) {
        return None;
    }
    let flows = flows(text, tree);
    let found = tree.nodes().iter().find(|node| match &node.data {
        Data::Scalar { text: said, plain: true, .. } => {
            let is_tight = || {
                text.get(node.span.end..).is_some_and(|rest| KEY_ENDS.iter().any(|end| rest.starts_with(end)))
            };
            (said.contains('?') || said.starts_with(':') || is_tight()) && is_within(&flows, node.span.start)
        }
        _ => false,
    })?;
    let before = text.get(..found.span.start)?;
    Some(SyntaxError {
        line: before.matches('\n').count() + 1,
        column: before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
        problem:
            "between brackets, kubectl takes no text without quotes that has a `?` in it or a `:` before it, \
                  and no key without a space behind its `:`: quote it"
                .to_owned(),
    })
}

/// With these the parser ends a key, and kubectl does not.
const KEY_ENDS: [&str; 3] = [":,", ":]", ":}"];

/// Whether such a text may be there at all, as in few documents.
fn is_suspect(text: &str) -> bool {
    let begins = |(at, _): (usize, &str)| {
        at.checked_sub(1)
            .and_then(|before| text.as_bytes().get(before))
            .is_some_and(|before| b" [{,\t\n".contains(before))
    };
    text.contains('?') || text.match_indices(':').any(begins) || KEY_ENDS.iter().any(|end| text.contains(end))
}

/// Where collections are in brackets, the outermost, in order.
pub(super) fn flows(text: &str, tree: &Tree<'_>) -> Vec<Range<usize>> {
    let mut flows: Vec<Range<usize>> = Vec::new();
    for node in tree.nodes() {
        let is_flow = !matches!(node.data, Data::Scalar { .. })
            && matches!(text.as_bytes().get(node.span.start), Some(b'{' | b'['));
        if is_flow && flows.last().is_none_or(|last| last.end <= node.span.start) {
            flows.push(node.span.clone());
        }
    }
    flows
}

/// Whether a place is within one of them.
pub(super) fn is_within(flows: &[Range<usize>], at: usize) -> bool {
    let begun = flows.partition_point(|flow| flow.start <= at);
    begun.checked_sub(1).and_then(|last| flows.get(last)).is_some_and(|flow| flow.contains(&at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubectl_takes_for_a_key_between_brackets_is_refused() {
        for (text, line, column) in [
            ("a: [https://a.example/r?u=1]\n", 1, 5),
            ("a:\n  - {b: c, d: e?}\n", 2, 15),
            ("a: [?b]\n", 1, 5),
            ("a: [b, :c]\n", 1, 8),
            ("a: {b: :c}\n", 1, 8),
            ("a: {b: {c:}}\n", 1, 9),
            ("a: [b:, c]\n", 1, 5),
        ] {
            let error = Tree::parse(text).expect_err(text);
            assert_eq!((error.line, error.column), (line, column), "{text:?}: {}", error.problem);
        }
        for text in [
            "a: https://a.example/r?u=1\nb: [c]\n",
            "a: [\"b?\", ':c', d:e]\n",
            "a: [b]\nc: :d?\n",
            "? a\n: [b]\n",
            "a: {? b : c}\n",
            "a: {b : c, \"d\":{e: f}}\n",
            "a: \"{b:}\"\nc: d:,\n",
        ] {
            assert_eq!(Tree::parse(text).err(), None, "{text:?}");
        }
    }
}
