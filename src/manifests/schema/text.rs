//! Whether a string is one that its schema admits.

use regex::Regex;

use super::found::Found;
use super::given::{quoted, suggestion};
use super::node::{Format, Text};
use crate::values::Date;

/// What the patterns of the definitions ask for, in words and by example.
const PATTERNS: [(&str, &str); 4] = [
    ("^[A-Z]{2}$", "a country of two capital letters such as \"NO\", in quotes"),
    ("^[1-9][0-9]{0,5}(s|m|h|d)$", "a duration: a number and one of s, m, h, d such as 72h or 90d"),
    ("^CX[0-9]{3}$", "the code of a rule such as CX101: `cxguard rules` lists them"),
    (INSTANT, EXPECTED_INSTANT),
];

const INSTANT: &str = "^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$";
const EXPECTED_INSTANT: &str =
    "an RFC 3339 instant between 1900 and 2199, with the zone, such as 2026-12-31T18:00:00Z";
const EXPECTED_DATE: &str = "a day of the calendar such as 2026-12-31";

/// Reports what a string is not.
pub(super) fn check(text: &Text, given: &str, found: &mut Found) {
    let length = given.chars().count();
    let expected = |otherwise: &dyn Fn() -> String| {
        let form = text.pattern.as_ref().map(Regex::as_str);
        let words = PATTERNS.iter().find(|(known, _)| Some(*known) == form);
        words.map_or_else(otherwise, |(_, words)| (*words).to_owned())
    };
    if let Some(values) = text.values.as_ref().filter(|values| !values.iter().any(|value| value == given)) {
        let expected = expected(&|| one_of(values, given));
        return found.block(format!("{} is not {expected}", quoted(given)));
    }
    if let Some(most) = text.most.filter(|most| length > *most) {
        found.block(format!("has {length} characters, and at most {most} are allowed"));
    }
    if length < text.least {
        found.add(match text.least {
            1 => "must not be empty".to_owned(),
            least => format!("has {length} characters, and at least {least} are needed"),
        });
    }
    if let Some(pattern) = text.pattern.as_ref().filter(|pattern| !pattern.is_match(given)) {
        let expected = expected(&|| format!("of the form {pattern}"));
        found.add(format!("{} is not {expected}", quoted(given)));
    }
    let expected = match text.format {
        Some(Format::Date) if !is_date(given) => EXPECTED_DATE,
        Some(Format::DateTime) if !is_date_time(given) => EXPECTED_INSTANT,
        _ => return,
    };
    found.block(format!("{} is not {expected}", quoted(given)));
}

/// The words of an enumeration, and the one that is perhaps meant.
fn one_of(values: &[String], given: &str) -> String {
    let words: Vec<&str> = values.iter().map(|value| if value.is_empty() { "\"\"" } else { value }).collect();
    let near = suggestion(given, values.iter().map(String::as_str));
    format!("one of {}{near}", words.join(", "))
}

fn is_date(text: &str) -> bool {
    text.parse::<Date>().is_ok()
}

/// Whether day and time of the day exist. The API server does not look at the zone here, and the pattern has seen that
/// it is there.
fn is_date_time(text: &str) -> bool {
    let at_most = |range, most: u8| {
        let part: Option<&str> = text.get(range);
        part.and_then(|part| part.parse().ok()).is_some_and(|part: u8| part <= most)
    };
    text.get(..10).is_some_and(is_date) && at_most(11..13, 23) && at_most(14..16, 59) && at_most(17..19, 59)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_exist() {
        for (text, exists) in [
            ("2026-12-31T18:00:00Z", true),
            ("2028-02-29T23:59:59.5+01:00", true),
            ("2026-02-29T18:00:00Z", false),
            ("2026-12-31T24:00:00Z", false),
            ("2026-12-31T18:60:00Z", false),
            ("2026-12-31T18:00:60Z", false),
            ("2026-12-31", false),
            ("", false),
        ] {
            assert_eq!(is_date_time(text), exists, "{text}");
        }
    }

    /// Words for a pattern that no definition has any more would never be shown.
    #[test]
    fn the_patterns_are_those_of_the_definitions() {
        let definitions = serde_json::to_string(&crate::api::crds()).unwrap();
        for (pattern, _) in PATTERNS {
            let quoted = serde_json::to_string(pattern).unwrap();
            assert!(definitions.contains(&quoted), "{pattern}");
        }
    }
}
