//! What the API server warns of, beside its answers: said on standard error, as kubectl does.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::{Arc, Mutex};

use http::header::WARNING;
use http::{HeaderMap, Response};

use crate::render::visible::visible;

/// The code of a warning by Kubernetes. Others are those of caches and proxies.
const OURS: &str = "299";

/// The most that is said of one warning: who makes an object may have a say in its words.
const LONGEST: usize = 1024;

/// Says warnings as they come, each once.
#[derive(Clone, Default)]
pub(super) struct Warnings {
    said: Arc<Mutex<BTreeSet<String>>>,
}

impl Warnings {
    /// Passes an answer on, and says what it warns of.
    pub(super) fn said<B>(&self, response: Response<B>) -> Response<B> {
        for warning in texts(response.headers()) {
            let new = self.said.lock().is_ok_and(|mut said| said.insert(warning.clone()));
            if new {
                let _ = writeln!(std::io::stderr(), "Warning: {}", visible(&warning));
            }
        }
        response
    }
}

/// The texts of the warnings of an answer.
fn texts(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(WARNING).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    lines.flat_map(|line| in_line(&line)).collect()
}

/// The texts of a line such as `299 - "one", 299 - "two" "Mon, 23 Nov 2026 12:00:00 GMT"`, up to what is not written so.
fn in_line(mut line: &str) -> Vec<String> {
    let mut texts = Vec::new();
    loop {
        let mut parts = line.trim_start_matches([' ', ',']).splitn(3, ' ');
        let (Some(code), Some(_), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return texts;
        };
        let Some((text, rest)) = quoted(rest) else { return texts };
        if code == OURS {
            texts.push(text.chars().take(LONGEST).collect());
        }
        // A date may follow.
        line = quoted(rest.trim_start()).map_or(rest, |(_, rest)| rest);
    }
}

/// What stands in quotation marks at the beginning, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut found = String::new();
    let mut characters = text.strip_prefix('"')?.chars();
    loop {
        match characters.next()? {
            '"' => return Some((found, characters.as_str())),
            '\\' => found.push(characters.next()?),
            other => found.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_of_warnings_are_found() {
        for (line, expected) in [
            (r#"299 - "CX507: it is long""#, &["CX507: it is long"][..]),
            (r#"299 - "one", 299 api "say \"two\" \\ three""#, &["one", "say \"two\" \\ three"]),
            (r#"299 - "one" "Mon, 23 Nov 2026 12:00:00 GMT", 299 - "two""#, &["one", "two"]),
            (r#"110 cache "stale", 299 - "ours""#, &["ours"]),
            (r#"299 - "one", 299 - unquoted, 299 - "three""#, &["one"]),
            (r#"299 - "without an end"#, &[]),
            ("299", &[]),
            ("", &[]),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(WARNING, line.parse().unwrap());
            assert_eq!(texts(&headers), expected, "{line}");
        }
    }

    #[test]
    fn every_line_is_read_and_none_is_said_twice() {
        let mut response = Response::new(());
        for text in ["a", "b", "a"] {
            response.headers_mut().append(WARNING, format!("299 - \"{text}\"").parse().unwrap());
        }
        let warnings = Warnings::default();
        warnings.said(response);
        assert_eq!(*warnings.said.lock().unwrap(), BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    }
}
