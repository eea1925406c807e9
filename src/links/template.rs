//! Placeholders of link templates, in the notations of the tools that send links.

/// The longest text between the delimiters of a placeholder, in bytes; what is longer is no placeholder.
const LONGEST: usize = 256;
/// The longest name in a notation without a closing bracket, such as `$email`.
const LONGEST_WORD: usize = 64;

/// What opens a placeholder and what closes it; of two that start alike, the longer one first.
const BRACKETS: [(&str, &str); 13] = [
    ("*|", "|*"), // Mailchimp
    ("%%", "%%"), // Salesforce Marketing Cloud
    ("##", "##"),
    ("@@", "@@"),
    ("__", "__"),
    ("{{", "}}"), // Handlebars, Liquid, Jinja, Go
    ("{%", "%}"),
    ("<%", "%>"), // ERB, EJS
    ("[[", "]]"),
    ("$(", ")"), // Kubernetes
    ("{", "}"),  // URI templates; also `${x}`, `#{x}`
    ("<", ">"),
    ("[", "]"),
];
const STARTS: [char; 10] = ['*', '%', '#', '@', '_', '{', '<', '[', '$', ':'];

/// A placeholder: what is between its delimiters, and where it ends.
#[derive(Clone, Copy)]
pub(super) struct Placeholder<'t> {
    pub(super) inner: &'t str,
    pub(super) end: usize,
}

/// Where a text that is searched for again and again comes next.
#[derive(Clone, Copy)]
struct Next {
    from: usize,
    at: usize,
}

/// Finds the placeholders of a text. Each delimiter is looked for once and remembered, so the work is linear in the
/// text however many placeholders are opened and never closed.
pub(super) struct Scanner<'t> {
    text: &'t str,
    closers: [Option<Next>; BRACKETS.len()],
    control: Option<Next>,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, closers: [None; BRACKETS.len()], control: None }
    }

    /// The placeholder that starts at a position.
    pub(super) fn at(&mut self, position: usize) -> Option<Placeholder<'t>> {
        let rest = self.text.get(position..)?;
        if !rest.starts_with(STARTS) {
            return None;
        }
        self.bracketed(position, rest).or_else(|| {
            let inner = percented(rest).or_else(|| prefixed(self.text.get(..position)?, rest))?;
            // `%x%` has a delimiter on both sides, `$x` and `:x` only before.
            let delimiters = if rest.starts_with('%') { 2 } else { 1 };
            Some(Placeholder { inner, end: position + inner.len() + delimiters })
        })
    }

    /// The first of some delimiters that is in no placeholder, at or after a position.
    pub(super) fn outside(&mut self, position: usize, delimiters: &[char]) -> Option<usize> {
        self.outside_of(position, delimiters, |_| true)
    }

    /// The same, where only some placeholders are taken for such.
    pub(super) fn outside_of(
        &mut self,
        mut position: usize,
        delimiters: &[char],
        counts: impl Fn(&str) -> bool,
    ) -> Option<usize> {
        loop {
            let rest = self.text.get(position..)?;
            position += rest.find(|c| STARTS.contains(&c) || delimiters.contains(&c))?;
            if let Some(placeholder) = self.at(position).filter(|found| counts(found.inner)) {
                position = placeholder.end;
            } else if self.text.get(position..)?.starts_with(delimiters) {
                return Some(position);
            } else {
                position += 1;
            }
        }
    }

    fn bracketed(&mut self, position: usize, rest: &str) -> Option<Placeholder<'t>> {
        let text = self.text;
        for ((open, close), known) in BRACKETS.iter().zip(&mut self.closers) {
            if !rest.starts_with(open) {
                continue;
            }
            let from = position + open.len();
            let closer = next(text, from, known, |rest| rest.find(close));
            if closer.saturating_sub(from) > LONGEST {
                continue;
            }
            let control = next(text, from, &mut self.control, |rest| rest.find(char::is_control));
            let inner = text.get(from..closer).filter(|inner| control > closer && fits(open, close, inner));
            if let Some(inner) = inner {
                return Some(Placeholder { inner, end: closer + close.len() });
            }
        }
        None
    }
}

/// The next place of something at or after a position; the end of all texts if there is none.
fn next(text: &str, from: usize, known: &mut Option<Next>, find: impl Fn(&str) -> Option<usize>) -> usize {
    match known {
        Some(next) if next.from <= from && from <= next.at => next.at,
        _ => {
            let at = text.get(from..).and_then(find).map_or(usize::MAX, |at| from + at);
            *known = Some(Next { from, at });
            at
        }
    }
}

/// Whether a text can stand between the delimiters. Where both are alike, a link may hold two of them by chance, and
/// what is between `<` and `>` may be a tag.
fn fits(open: &str, close: &str, inner: &str) -> bool {
    if inner.trim().is_empty() {
        false
    } else if open == close {
        !inner.contains(['/', '?', '&', '#'])
    } else if open == "<" {
        let first = inner.starts_with(|c: char| c.is_alphanumeric() || "_$@=".contains(c));
        first && inner.len() <= LONGEST_WORD && !inner.contains(['<', '"', '='])
    } else {
        true
    }
}

/// `%x%`, where it is not percent-encoding.
fn percented(rest: &str) -> Option<&str> {
    let after = rest.strip_prefix('%')?;
    let (inner, behind) = word(after, "._-")?;
    let behind = behind.strip_prefix('%')?;
    let encoded = is_encoded(inner) && (inner.len() == 2 || is_encoded(behind));
    (!encoded).then_some(inner)
}

fn is_encoded(text: &str) -> bool {
    text.get(..2).is_some_and(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// `$x`, and `:x` as a whole path segment.
fn prefixed<'t>(before: &str, rest: &'t str) -> Option<&'t str> {
    let starts_segment = before.is_empty() || before.ends_with('/');
    let after = rest.strip_prefix('$').or_else(|| rest.strip_prefix(':').filter(|_| starts_segment))?;
    word(after, "_").map(|(inner, _)| inner)
}

/// The name at the start of a text, of letters, digits and some more characters, and what follows it.
fn word<'t>(text: &'t str, more: &str) -> Option<(&'t str, &'t str)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !more.contains(c)).unwrap_or(text.len());
    let named = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if named && (2..=LONGEST_WORD).contains(&end) { text.split_at_checked(end) } else { None }
}

/// What is between the delimiters of the placeholders of a text, in order.
pub(super) fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let mut scanner = Scanner::new(text);
    let mut position = 0;
    std::iter::from_fn(move || {
        loop {
            position += text.get(position..)?.find(STARTS)?;
            if let Some(placeholder) = scanner.at(position) {
                position = placeholder.end;
                return Some(placeholder.inner);
            }
            position += 1;
        }
    })
}

/// Whether the text is placeholders and nothing else.
pub(super) fn is_all(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    let mut position = 0;
    while let Some(placeholder) = scanner.at(position) {
        position = placeholder.end;
    }
    position > 0 && position == text.len()
}

#[cfg(test)]
mod tests {
    use super::placeholders;

    #[test]
    fn the_notations_of_the_tools_that_send_links() {
        for (text, inners) in [
            ("{email}", vec!["email"]),
            ("a{{ contact.email | urlencode }}b", vec![" contact.email | urlencode "]),
            ("${e://Field/Email}", vec!["e://Field/Email"]),
            ("*|EMAIL|*", vec!["EMAIL"]),
            ("%%emailaddr%%&x=%%id%%", vec!["emailaddr", "id"]),
            ("[[email]]", vec!["email"]),
            ("%EMAIL%", vec!["EMAIL"]),
            ("%ADdress%", vec!["ADdress"]),
            ("<%= user.email %>", vec!["= user.email "]),
            ("<email>", vec!["email"]),
            ("$(EMAIL)/$EMAIL", vec!["EMAIL", "EMAIL"]),
            ("/r/:email/x", vec!["email"]),
            ("a[email]=1", vec!["email"]),
            // None of these is one.
            ("caf%C3%A9%20%E9t%E9", vec![]),
            ("https://s.example:8080/r?a=1&b=2", vec![]),
            ("{}", vec![]),
            ("{a\nb}", vec![]),
            ("a__b?c__d", vec![]),
            ("<a href=\"x\">", vec![]),
            ("{{{{{{{{", vec![]),
        ] {
            assert_eq!(placeholders(text).collect::<Vec<_>>(), inners, "{text}");
        }
    }

    #[test]
    fn what_is_too_long_is_text() {
        assert_eq!(placeholders(&format!("{{{}}}", "a".repeat(256))).count(), 1);
        assert_eq!(placeholders(&format!("{{{}}}", "a".repeat(257))).count(), 0);
    }
}
