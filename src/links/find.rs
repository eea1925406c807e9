//! Links in any text: environment variables, arguments, configuration, routes.

use super::inspect::{Link, inspect};
use super::split;
use super::template::Scanner;

/// The most links that one text gives.
pub(super) const MOST: usize = 256;

/// What ends a link, outside placeholders.
const ENDS: [char; 12] = [' ', '\t', '\r', '\n', '"', '\'', '`', '<', '>', '^', '|', '\0'];
/// What belongs to the sentence rather than to the link at its end.
const TRAILING: [char; 12] = ['.', ',', ';', ':', '!', '?', ')', ']', '}', '*', '\\', '('];
/// The longest scheme.
const LONGEST_SCHEME: usize = 16;

/// The links of a text, in order, at most 256: with a scheme, or a host or placeholder followed by a path or
/// query, or a path with parameters. Personal data is masked in what is given.
pub fn links_in(text: &str) -> impl Iterator<Item = Link> {
    // Every link has one of these; most texts in which links are looked for have none.
    let tokens = text.contains(['/', '?', '#']).then(|| tokens(text));
    tokens.into_iter().flatten().flat_map(links).map(inspect).take(MOST)
}

/// The texts between what ends a link. Braces around quoted texts are those of JSON, not of a placeholder.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut scanner = Scanner::new(text);
    let mut start = Some(0);
    std::iter::from_fn(move || {
        let from = start?;
        let at = scanner.outside_of(from, &ENDS, |inner| !inner.contains("://") && !inner.contains("\":"));
        start = at.map(|at| at + 1);
        text.get(from..at.unwrap_or(text.len()))
    })
    .filter(|token| !token.is_empty())
}

/// The links of a token: several if each has a scheme and something but a name is between them.
fn links(token: &str) -> impl Iterator<Item = &str> {
    let mut starts: Vec<usize> = Vec::new();
    for (at, _) in token.match_indices("://").chain(token.match_indices(":\\/\\/")) {
        let before = token.get(..at).unwrap_or_default();
        let belongs = |c: &char| c.is_ascii_alphanumeric() || "+.-".contains(*c);
        let scheme: usize = before.chars().rev().take(LONGEST_SCHEME).take_while(belongs).count();
        let start = if scheme == 0 { placeholder_before(before) } else { at - scheme };
        let apart = token.get(..start).is_some_and(|before| before.ends_with([',', ';', '(', '[', '|']));
        if starts.is_empty() || apart {
            starts.push(start);
        }
    }
    if starts.is_empty() {
        starts.extend(without_scheme(token));
    }
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([token.len()]).collect();
    starts.into_iter().zip(ends).filter_map(|(start, end)| token.get(start..end)).map(trimmed)
}

/// Where the placeholder begins that stands for a scheme: `{scheme}://`.
fn placeholder_before(before: &str) -> usize {
    // Looked for nearby, so that many of them in one token take no longer than as many tokens.
    let near = before.char_indices().rev().take(LONGEST_SCHEME * 4).last().map_or(0, |(at, _)| at);
    let opens = before.get(near..).and_then(|text| text.rfind(|c: char| "={(,;".contains(c)));
    let opens = opens.map_or(near, |at| near + at + 1);
    if before.ends_with(['}', '>', ']', '|', '%']) {
        let braces = |c: char| c == '{' || c == '$' || c == '<' || c == '[';
        before.get(..opens).map_or(opens, |before| before.trim_end_matches(braces).len())
    } else {
        before.len()
    }
}

/// Where a link without scheme begins, if there is one: `NAME=s.example/r`, `{base}/r/{token}`, `/r?email={email}`.
fn without_scheme(token: &str) -> Option<usize> {
    let start = after_name(token);
    let link = token.get(start..)?;
    let has_query = link.contains('?') && link.contains('=');
    let placeholder = Scanner::new(link).at(0);
    let host_end = link.find(['/', '?', '#']).unwrap_or(link.len());
    let host = link.get(..host_end).is_some_and(split::is_host) && host_end < link.len();
    let templated =
        placeholder.is_some_and(|found| link.get(found.end..).is_some_and(|rest| rest.starts_with('/')));
    let route = link.starts_with('/') && (has_query || super::template::placeholders(link).next().is_some());
    (host || templated || route).then_some(start)
}

/// Behind `NAME=` or `name:` and opening brackets.
fn after_name(token: &str) -> usize {
    let named = |at: &usize| {
        let name = token.get(..*at).unwrap_or_default();
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
    };
    let equals = token.find('=').filter(named).map_or(0, |at| at + 1);
    let rest = token.get(equals..).unwrap_or_default();
    equals + (rest.len() - rest.trim_start_matches(['(', ',']).len())
}

/// Without the end of the sentence; a bracket that closes a placeholder stays.
fn trimmed(link: &str) -> &str {
    let mut scanner = Scanner::new(link);
    let mut position = 0;
    let mut closed = 0;
    while let Some(rest) = link.get(position..).filter(|rest| !rest.is_empty()) {
        match scanner.at(position) {
            Some(placeholder) => {
                position = placeholder.end;
                closed = position;
            }
            None => position += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    let (kept, end) = link.split_at_checked(closed).unwrap_or((link, ""));
    link.get(..kept.len() + end.trim_end_matches(TRAILING).len()).unwrap_or(link)
}
