//! How a value of a manifest is shown to who wrote it.

use crate::json::Seen;

/// How much of a text is shown: enough to find it, not a page.
const MAX_SHOWN: usize = 64;

/// A text in quotes, cut where it is long, without characters that a terminal would obey.
pub(super) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(MAX_SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}

/// What is wrong with a value of another type, and what to do where that is plain.
pub(super) fn mismatch(expected: &str, value: &Seen<'_>) -> String {
    let found = match value {
        Seen::Null => "nothing (null)".to_owned(),
        Seen::Truth(truth) => format!("the boolean {truth}"),
        Seen::Number(number) => format!("the number {number}"),
        Seen::Text(text) => format!("the string {}", quoted(text)),
        Seen::List => "a list".to_owned(),
        Seen::Map => "a map".to_owned(),
    };
    let is_bare = |text: &str| text.parse::<i64>().is_ok() || matches!(text, "true" | "false");
    let remedy = match (expected, value) {
        ("a string", Seen::Truth(_) | Seen::Number(_)) => ": quote it",
        ("true or false" | "a whole number", Seen::Text(text)) if is_bare(text) => ": remove the quotes",
        ("a list", Seen::Text(_)) => ": write [ ] around it",
        _ => "",
    };
    format!("expected {expected}, found {found}{remedy}")
}

/// `: did you mean "expiresAt"?` for what is nearly one of the words; nothing if none is near.
pub(super) fn suggestion<'w>(given: &str, words: impl Iterator<Item = &'w str>) -> String {
    let lower = |text: &str| text.to_lowercase();
    // What is longer than any word of ours is not compared: the effort grows with the length.
    let given = lower(given.get(..given.len().min(MAX_SHOWN)).unwrap_or_default());
    let near = given.chars().count().div_ceil(3);
    let distances = words.map(|word| (strsim::osa_distance(&given, &lower(word)), word));
    match distances.filter(|(distance, word)| *distance <= near && !word.is_empty()).min() {
        Some((_, word)) => format!(": did you mean {word:?}?"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::json::Json as _;

    #[test]
    fn the_nearest_word_is_suggested() {
        let words = ["expiresAt", "startsAt", "reason", "reviewedOn", "subject"];
        for (given, expected) in [
            ("expires", "expiresAt"),
            ("expiresOn", "expiresAt"),
            ("ExpiresAt", "expiresAt"),
            ("reviewdOn", "reviewedOn"),
            ("subjcet", "subject"),
            ("owner", ""),
            ("", ""),
            ("ünbekanntésFeld", ""),
        ] {
            let said = suggestion(given, words.into_iter());
            let expected =
                if expected.is_empty() { String::new() } else { format!(": did you mean \"{expected}\"?") };
            assert_eq!(said, expected, "{given}");
        }
    }

    #[test]
    fn a_remedy_is_given_where_it_is_plain() {
        for (expected, value, said) in [
            ("a string", json!(true), "expected a string, found the boolean true: quote it"),
            ("a string", json!(2022), "expected a string, found the number 2022: quote it"),
            ("a string", json!({}), "expected a string, found a map"),
            (
                "true or false",
                json!("true"),
                "expected true or false, found the string \"true\": remove the quotes",
            ),
            ("a whole number", json!("many"), "expected a whole number, found the string \"many\""),
            ("a list", json!("DE"), "expected a list, found the string \"DE\": write [ ] around it"),
            ("a map", json!(null), "expected a map, found nothing (null)"),
        ] {
            assert_eq!(mismatch(expected, &(&value).seen()), said);
        }
        assert_eq!(quoted("\u{1b}[2J"), "\"\\u{1b}[2J\"");
        assert_eq!(quoted(&"ü".repeat(65)), format!("\"{}…\"", "ü".repeat(64)));
    }
}
