//! A link template, taken apart.

use super::template::{self, Scanner};

/// Which part of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    UserInfo,
    Host,
    /// What follows a scheme without `//`, as in `mailto:`.
    Body,
    Segment,
    Matrix,
    Query,
    Fragment,
    FragmentParameter,
    /// Of a text of pairs or of JSON that a parameter holds.
    Member,
}

/// One part: a name, where it has one, and a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part<'t> {
    pub(super) place: Place,
    /// Which of its kind, from 1.
    pub(super) number: usize,
    pub(super) name: Option<&'t str>,
    pub(super) value: &'t str,
    /// The path segment before, which often says what follows: `/orders/4711`.
    pub(super) before: Option<&'t str>,
}

/// How a link begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme<'t> {
    Named(&'t str),
    /// A placeholder stands for it.
    Placeholder,
    /// There is none.
    Missing,
}

/// What is before the path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Front<'t> {
    pub(super) scheme: Scheme<'t>,
    user: Option<&'t str>,
    pub(super) host: Option<&'t str>,
    /// Whether `path` is no path but the body of a scheme such as `mailto:`.
    opaque: bool,
    path: &'t str,
}

type Visit<'v, 't> = &'v mut dyn FnMut(Part<'t>);

/// Calls back with every part of a link.
pub(super) fn link<'t>(text: &'t str, visit: Visit<'_, 't>) {
    let (head, fragment) = cut(text, '#');
    let (head, query) = cut(head, '?');
    let front = front_of(head);
    let whole = |place, value| Part { place, number: 1, name: None, value, before: None };
    if let Some(user) = front.user {
        visit(whole(Place::UserInfo, user));
    }
    if let Some(host) = front.host {
        visit(whole(Place::Host, host));
    }
    if front.opaque {
        visit(whole(Place::Body, front.path));
    } else {
        path(front.path, Place::Segment, visit);
    }
    if let Some(query) = query {
        pairs(query, Place::Query, visit);
    }
    if let Some(fragment) = fragment {
        self::fragment(fragment, visit);
    }
}

/// Whether a link has a query, outside its fragment.
pub(super) fn has_query(text: &str) -> bool {
    cut(cut(text, '#').0, '?').1.is_some()
}

/// How a link begins: scheme, user and host.
pub(super) fn front(text: &str) -> Front<'_> {
    front_of(cut(cut(text, '#').0, '?').0)
}

fn front_of(head: &str) -> Front<'_> {
    let path_only = |scheme, path| Front { scheme, user: None, host: None, opaque: false, path };
    if let Some((scheme, rest)) = scheme(head) {
        return match rest.strip_prefix("//") {
            Some(rest) => authority(scheme, rest),
            None => Front { opaque: true, ..path_only(scheme, rest) },
        };
    }
    if let Some(rest) = head.strip_prefix("//") {
        return authority(Scheme::Missing, rest);
    }
    if Scanner::new(head).at(0).is_some() {
        return path_only(Scheme::Placeholder, head);
    }
    let end = Scanner::new(head).outside(0, &['/', '\\']).unwrap_or(head.len());
    if head.get(..end).is_some_and(is_host) {
        authority(Scheme::Missing, head)
    } else {
        path_only(Scheme::Missing, head)
    }
}

fn scheme(head: &str) -> Option<(Scheme<'_>, &str)> {
    let colon = Scanner::new(head).outside(0, &[':', '/', '\\'])?;
    let (name, rest) = head.split_at_checked(colon)?;
    let rest = rest.strip_prefix(':')?;
    if template::is_all(name) {
        // `{host}:8080/r` has a placeholder for the host and no scheme.
        return rest.starts_with("//").then_some((Scheme::Placeholder, rest));
    }
    let valid = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c));
    let port = rest.starts_with(|c: char| c.is_ascii_digit()) && (name.contains('.') || name == "localhost");
    (valid && !port).then_some((Scheme::Named(name), rest))
}

fn authority<'t>(scheme: Scheme<'t>, rest: &'t str) -> Front<'t> {
    let end = Scanner::new(rest).outside(0, &['/', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let mut scanner = Scanner::new(authority);
    let mut host = 0;
    while let Some(at) = scanner.outside(host, &['@']) {
        host = at + 1;
    }
    let user = host.checked_sub(1).and_then(|at| authority.get(..at));
    Front { scheme, user, host: authority.get(host..), opaque: false, path }
}

/// Whether the start of a text without scheme is a host: labels with dots, the last of letters.
pub(super) fn is_host(text: &str) -> bool {
    let name = text.split_once(':').map_or(text, |(name, _)| name);
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let top = name.rsplit('.').next().unwrap_or_default();
    name.len() <= 253
        && name.contains('.')
        && name.split('.').all(label)
        && top.len() >= 2
        && (top.bytes().all(|b| b.is_ascii_alphabetic()) || top.starts_with("xn--"))
}

fn path<'t>(text: &'t str, place: Place, visit: Visit<'_, 't>) {
    let (mut number, mut matrix) = (0, 0);
    let mut before = None;
    for segment in pieces(text, &['/', '\\']).filter(|segment| !segment.is_empty()) {
        number += 1;
        let mut parameters = pieces(segment, &[';']);
        if let Some(first) = parameters.next() {
            // Base64 is padded with what else separates a name from its value.
            let (name, value) = if first.ends_with('=') { (None, first) } else { pair(first) };
            visit(Part { place, number, name, value, before });
        }
        for parameter in parameters.filter(|parameter| !parameter.is_empty()) {
            matrix += 1;
            let (name, value) = pair(parameter);
            visit(Part { place: Place::Matrix, number: matrix, name, value, before: None });
        }
        before = Some(segment);
    }
}

/// The parameters of a query. `;` separates as in old forms, so that `&amp;` does no harm; and `?`, so that a link
/// that is a value is taken apart too.
pub(super) fn pairs<'t>(text: &'t str, place: Place, visit: Visit<'_, 't>) {
    let parameters = pieces(text, &['&', ';', '?']).filter(|parameter| !parameter.is_empty());
    for (number, parameter) in (1..).zip(parameters) {
        let (name, value) = pair(parameter);
        visit(Part { place, number, name, value, before: None });
    }
}

/// A fragment is often a path or a query of its own: `#/r?email=…`, `#!/r`, `#email=…`.
fn fragment<'t>(text: &'t str, visit: Visit<'_, 't>) {
    let text = text.strip_prefix('!').unwrap_or(text);
    let (route, query) = cut(text, '?');
    if query.is_none() && !route.starts_with('/') && pair(route).0.is_some() {
        return pairs(route, Place::FragmentParameter, visit);
    }
    path(route, Place::Fragment, visit);
    if let Some(query) = query {
        pairs(query, Place::FragmentParameter, visit);
    }
}

/// The members of a JSON text, whatever their depth. Not a parser: what is broken is read as far as it goes.
pub(super) fn members<'t>(text: &'t str, visit: Visit<'_, 't>) {
    let (mut quoted, mut escaped) = (false, false);
    let (mut start, mut colon, mut number) = (0, None, 0);
    for (at, c) in text.char_indices().chain([(text.len(), ',')]) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ':' if !quoted && colon.is_none() => colon = Some(at),
            ',' | '{' | '}' | '[' | ']' if !quoted || at == text.len() => {
                let name = colon.and_then(|colon| text.get(start..colon));
                let value = text.get(colon.map_or(start, |colon| colon + 1)..at).unwrap_or_default();
                let bare = |text: &'t str| text.trim_matches(|c: char| c == '"' || c.is_whitespace());
                if !bare(value).is_empty() {
                    number += 1;
                    let (name, value) = (name.map(bare), bare(value));
                    visit(Part { place: Place::Member, number, name, value, before: None });
                }
                (start, colon) = (at + c.len_utf8(), None);
            }
            _ => {}
        }
    }
}

/// Name and value of a parameter. One without `=` is a value.
fn pair(parameter: &str) -> (Option<&str>, &str) {
    match cut(parameter, '=') {
        (name, Some(value)) if !name.is_empty() => (Some(name), value),
        (_, Some(value)) | (value, None) => (None, value),
    }
}

/// What is before the first delimiter outside placeholders, and what is after it.
fn cut(text: &str, delimiter: char) -> (&str, Option<&str>) {
    let at = Scanner::new(text).outside(0, &[delimiter]);
    let cut = at.and_then(|at| text.split_at_checked(at));
    cut.map_or((text, None), |(before, after)| (before, after.get(1..)))
}

/// The texts between delimiters outside placeholders. All delimiters are ASCII.
fn pieces<'t>(text: &'t str, delimiters: &'static [char]) -> impl Iterator<Item = &'t str> {
    let mut scanner = Scanner::new(text);
    let mut start = Some(0);
    std::iter::from_fn(move || {
        let from = start?;
        let at = scanner.outside(from, delimiters);
        start = at.map(|at| at + 1);
        text.get(from..at.unwrap_or(text.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<String> {
        let mut parts = Vec::new();
        link(text, &mut |part| {
            let name = part.name.map(|name| format!("{name}=")).unwrap_or_default();
            parts.push(format!("{:?} {} {name}{}", part.place, part.number, part.value));
        });
        parts
    }

    #[test]
    fn every_part_has_its_place() {
        assert_eq!(
            parts("https://me:pw@s.example:443/r/{a/b};k=v/x?u={{ c | d: '&' }}&v#/f/2?w=1"),
            [
                "UserInfo 1 me:pw",
                "Host 1 s.example:443",
                "Segment 1 r",
                "Segment 2 {a/b}",
                "Matrix 1 k=v",
                "Segment 3 x",
                "Query 1 u={{ c | d: '&' }}",
                "Query 2 v",
                "Fragment 1 f",
                "Fragment 2 2",
                "FragmentParameter 1 w=1",
            ]
        );
    }

    #[test]
    fn garbage_is_taken_as_it_comes() {
        for (text, expected) in [
            ("", vec![]),
            ("?", vec![]),
            ("mailto:a@b.example?x=1", vec!["Body 1 a@b.example", "Query 1 x=1"]),
            ("s.example:8080/r", vec!["Host 1 s.example:8080", "Segment 1 r"]),
            ("//s.example/r", vec!["Host 1 s.example", "Segment 1 r"]),
            ("{base}/r?a=1", vec!["Segment 1 {base}", "Segment 2 r", "Query 1 a=1"]),
            ("r#a=1&b=2", vec!["Segment 1 r", "FragmentParameter 1 a=1", "FragmentParameter 2 b=2"]),
            ("https://a@b@c/", vec!["UserInfo 1 a@b", "Host 1 c"]),
            ("?a==b&&=c", vec!["Query 1 a==b", "Query 2 c"]),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn the_members_of_broken_json() {
        let mut seen = Vec::new();
        members(r#"{"a": {"b,c": "d:e"}, "f": [1, "g"#, &mut |part| seen.push((part.name, part.value)));
        assert_eq!(seen, [(Some("b,c"), "d:e"), (None, "1"), (None, "g")]);
    }

    #[test]
    fn how_links_begin() {
        for (text, scheme, host) in [
            ("HTTPS://S.example/r", Scheme::Named("HTTPS"), Some("S.example")),
            ("{scheme}://{host}/r", Scheme::Placeholder, Some("{host}")),
            ("{base}/r/{token}", Scheme::Placeholder, None),
            ("{host}:8080/r", Scheme::Placeholder, None),
            ("s.example/r", Scheme::Missing, Some("s.example")),
            ("/r/{token}", Scheme::Missing, None),
            ("mailto:x", Scheme::Named("mailto"), None),
        ] {
            let front = front(text);
            assert_eq!((front.scheme, front.host), (scheme, host), "{text}");
        }
    }
}
