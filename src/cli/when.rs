//! Instants and names as people type them.

use std::str::FromStr;

use jiff::Timestamp;

use crate::manifests::schema::is_label;
use crate::values::{Date, Instant};

/// An instant. Who names a day means its beginning, in UTC.
#[derive(Clone, Copy, Debug)]
pub(super) struct When(Timestamp);

impl When {
    pub(super) fn timestamp(self) -> Timestamp {
        self.0
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(instant) = text.parse::<Instant>() {
            return Ok(Self(instant.timestamp()));
        }
        let date = text.parse::<Date>().ok();
        if let Some(instant) = date.and_then(|date| Instant::bounded(date.start())) {
            return Ok(Self(instant.timestamp()));
        }
        let is_time = date.is_some() || text.parse::<Timestamp>().is_ok();
        let late = is_time && text.get(..4).is_some_and(|year| year >= "2200");
        Err(if late {
            "no instant from 2200-01-01 on is read: expected an earlier one".to_owned()
        } else {
            "expected an instant such as 2027-06-30T18:00:00Z or a date such as 2027-06-30".to_owned()
        })
    }
}

/// The name of a namespace: what no API server takes, no object can be in.
pub(super) fn namespace(text: &str) -> Result<String, String> {
    if text.len() <= 63 && is_label(text) {
        Ok(text.to_owned())
    } else {
        Err("expected the name of a namespace: lower case letters, digits and -, at most 63".to_owned())
    }
}

/// The name of a Service: it begins with a letter, for it is one in DNS.
pub(super) fn service(text: &str) -> Result<String, String> {
    if text.len() <= 63 && is_label(text) && text.starts_with(|first: char| first.is_ascii_lowercase()) {
        Ok(text.to_owned())
    } else {
        Err("expected the name of a Service: lower case letters, digits and -, at most 63, a letter first"
            .to_owned())
    }
}

/// The name of an object, as most kinds are named.
pub(super) fn object(text: &str) -> Result<String, String> {
    if text.len() <= 253 && text.split('.').all(is_label) {
        Ok(text.to_owned())
    } else {
        Err("expected a name: lower case letters, digits, - and ., at most 253".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_its_beginning_and_the_limit_is_named_where_it_is_the_cause() {
        for (text, expected) in [
            ("2027-01-01", Ok("2027-01-01T00:00:00Z")),
            ("2027-01-01T12:30:00Z", Ok("2027-01-01T12:30:00Z")),
            ("2027-01-01T12:30:00+01:00", Ok("2027-01-01T11:30:00Z")),
            ("2199-12-31", Ok("2199-12-31T00:00:00Z")),
            ("2200-01-01", Err("2200")),
            ("2200-01-01T00:00:00Z", Err("2200")),
            ("2027-13-01", Err("expected an instant")),
            ("2300-13-01", Err("expected an instant")),
            ("2027-01-01 12:30", Err("expected an instant")),
            ("tomorrow", Err("expected an instant")),
        ] {
            let found = text.parse::<When>().map(|when| when.timestamp().to_string());
            match expected {
                Ok(expected) => assert_eq!(found.as_deref(), Ok(expected), "{text}"),
                Err(part) => {
                    let problem = found.unwrap_err();
                    assert!(problem.contains(part), "{text}: {problem}");
                    assert_eq!(problem.contains("2200"), part == "2200", "{text}: {problem}");
                }
            }
        }
    }

    #[test]
    fn a_namespace_is_one_that_can_be() {
        for (text, good) in
            [("cx", true), ("cx-1", true), ("1", true), ("CX", false), ("", false), ("-a", false)]
        {
            assert_eq!(namespace(text).is_ok(), good, "{text}");
        }
        assert_eq!((namespace(&"a".repeat(63)).is_ok(), namespace(&"a".repeat(64)).is_ok()), (true, false));
    }

    #[test]
    fn a_service_and_an_object_are_named_as_the_api_server_takes_them() {
        for (text, as_service, as_object) in [
            ("cxguard-webhook", true, true),
            ("a1", true, true),
            ("1a", false, true),
            ("a.b", false, true),
            ("A_B", false, false),
            ("a..b", false, false),
            ("a-", false, false),
            ("", false, false),
        ] {
            assert_eq!((service(text).is_ok(), object(text).is_ok()), (as_service, as_object), "{text}");
        }
        assert_eq!((service(&"a".repeat(63)).is_ok(), service(&"a".repeat(64)).is_ok()), (true, false));
        assert_eq!((object(&"a".repeat(253)).is_ok(), object(&"a".repeat(254)).is_ok()), (true, false));
    }
}
