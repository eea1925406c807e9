//! What an answer other than success means.

use kube::core::Status;

use crate::cluster::effect::Answer;

/// Why a request did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cluster) enum Refusal {
    /// The object does not exist. Not said of a collection that the server does not serve: its objects may exist.
    NotFound,
    /// An object of that name exists.
    AlreadyExists,
    /// The object has another version or UID.
    Conflict,
    /// The operator may not, or the server does not accept it: its own words.
    Forbidden(String),
    /// Nothing can be said; not to be tried before the number of seconds.
    Failed(String, Option<u32>),
}

impl Refusal {
    /// Reads the answer of a server: its code, its Retry-After and its body.
    pub(super) fn read(code: u16, wait: Option<u32>, body: &[u8]) -> Self {
        let status = serde_json::from_slice::<Status>(body).unwrap_or_else(|_| {
            // Not every answer is the API server's own: proxies answer with a page.
            Status::failure(&excerpt(&String::from_utf8_lossy(body)), "")
        });
        let details = status.details.as_ref();
        let asked = details.map(|details| details.retry_after_seconds);
        let wait = wait.or(asked.filter(|seconds| *seconds > 0));
        let of_object = details.is_some_and(|details| !details.name.is_empty());
        let words = if status.message.is_empty() { format!("HTTP {code}") } else { status.message };
        match (code, status.reason.as_str()) {
            (404, "NotFound") if of_object => Self::NotFound,
            (404, _) => Self::Failed(format!("not served: {words}"), wait),
            (409, "AlreadyExists") => Self::AlreadyExists,
            (409 | 410, _) => Self::Conflict,
            (429, _) => Self::Failed(words, wait.or(Some(1))),
            // Not allowed, or not acceptable, to the server or to somebody's webhook: it will be the same next time.
            (400 | 403 | 405..=408 | 411..=428 | 431..=499, _) => Self::Forbidden(words),
            _ => Self::Failed(words, wait),
        }
    }
}

/// A conflict is what remains of a missing or an unexpected object: look again.
impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound | Refusal::AlreadyExists | Refusal::Conflict => Self::Conflict,
            Refusal::Forbidden(words) => Self::Forbidden(words),
            Refusal::Failed(words, wait) => Self::Failed(words, wait),
        }
    }
}

/// The beginning of a text, on one line.
fn excerpt(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(code: u16, wait: Option<u32>, reason: &str, details: &serde_json::Value) -> Answer {
        let body =
            json!({"kind": "Status", "code": code, "message": "words", "reason": reason, "details": details});
        Refusal::read(code, wait, body.to_string().as_bytes()).into()
    }

    #[test]
    fn answers_say_what_to_do_next() {
        let failed = |wait| Answer::Failed("words".to_owned(), wait);
        let none = json!({});
        for (code, wait, reason, details, expected) in [
            (404, None, "NotFound", json!({"name": "a"}), Answer::Conflict),
            (409, None, "Conflict", none.clone(), Answer::Conflict),
            (409, None, "AlreadyExists", none.clone(), Answer::Conflict),
            (410, None, "Expired", none.clone(), Answer::Conflict),
            (403, None, "Forbidden", none.clone(), Answer::Forbidden("words".to_owned())),
            (422, None, "Invalid", none.clone(), Answer::Forbidden("words".to_owned())),
            (401, None, "Unauthorized", none.clone(), failed(None)),
            (429, Some(7), "TooManyRequests", none.clone(), failed(Some(7))),
            (429, None, "TooManyRequests", json!({"retryAfterSeconds": 4}), failed(Some(4))),
            (429, None, "TooManyRequests", none.clone(), failed(Some(1))),
            (500, None, "InternalError", none.clone(), failed(None)),
            (503, Some(2), "ServiceUnavailable", none, failed(Some(2))),
        ] {
            assert_eq!(read(code, wait, reason, &details), expected, "{code} {reason}");
        }
    }

    #[test]
    fn a_collection_that_is_not_served_is_not_an_object_that_is_gone() {
        let page = Refusal::read(404, None, b"404 page not found\n");
        assert_eq!(page, Refusal::Failed("not served: 404 page not found".to_owned(), None));
        let status =
            json!({"reason": "NotFound", "message": "the server could not find the requested resource"});
        assert!(matches!(Refusal::read(404, None, status.to_string().as_bytes()), Refusal::Failed(..)));
    }

    #[test]
    fn answers_of_a_proxy_are_short() {
        let Refusal::Failed(words, None) = Refusal::read(502, None, "<p> x\n </p>".repeat(1000).as_bytes())
        else {
            panic!("it failed");
        };
        assert!(words.starts_with("<p> x </p><p>") && words.len() == 200);
    }
}
