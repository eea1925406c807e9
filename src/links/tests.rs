//! Every link of the corpus, and what must hold for any.

use std::collections::BTreeSet;

use ::base64::Engine;
use ::base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

const PERSONAL: &str = include_str!("corpus/personal.txt");
const HARMLESS: &str = include_str!("corpus/harmless.txt");

/// The lines of a corpus with their numbers; `# ` begins a comment.
fn lines(corpus: &str) -> Vec<(usize, &str)> {
    let links = (1..).zip(corpus.lines()).filter(|(_, line)| !line.is_empty() && !line.starts_with("# "));
    links.collect()
}

fn kinds(link: &str) -> BTreeSet<String> {
    inspect(link).hits.iter().map(|hit| format!("{:?}", hit.what)).collect()
}

#[test]
fn personal_data_is_found_and_named() {
    let lines = lines(PERSONAL);
    assert!(lines.len() >= 200);
    let mut wrong = Vec::new();
    for (number, line) in lines {
        let (expected, link) = line.split_once('\t').unwrap();
        let expected: BTreeSet<String> = expected.split(',').map(str::to_owned).collect();
        let found = kinds(link);
        if found != expected {
            wrong.push(format!("line {number}: {link}\n    expected {expected:?}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_is_not_personal_is_left_alone() {
    let lines = lines(HARMLESS);
    assert!(lines.len() >= 200);
    let found = lines.iter().map(|(number, link)| (number, link, inspect(link).hits));
    let wrong: Vec<String> = found
        .filter(|(_, _, hits)| !hits.is_empty())
        .map(|(number, link, hits)| format!("line {number}: {link}\n    {}", hits[0]))
        .collect();
    assert!(wrong.is_empty(), "{} false alarms\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_hit_says_where_what_and_how() {
    for (link, expected) in [
        ("https://s.example/r?email={x}", vec!["query parameter \"email\" is named for an e-mail address"]),
        (
            "https://s.example/r/{email}",
            vec!["path segment 2 has a placeholder for an e-mail address (email)"],
        ),
        (
            "https://s.example/r?email={email}",
            vec!["query parameter \"email\" is named for an e-mail address"],
        ),
        (
            "https://s.example/r?u=erika%2540mail.example",
            vec!["query parameter \"u\" holds an e-mail address (e…@…, percent-encoded twice)"],
        ),
        (
            "https://s.example/r#u=ZXJpa2FAbWFpbC5leGFtcGxl",
            vec!["fragment parameter \"u\" holds an e-mail address (e…@…, in base64)"],
        ),
        (
            "https://a.example/?to=https%3A%2F%2Fs.example%2Fr%3Femail%3D{x}",
            vec!["query parameter \"to\", in it query parameter \"email\" is named for an e-mail address"],
        ),
        (
            "https://s.example/r?erika@mail.example=1",
            vec!["query parameter 1 holds an e-mail address (e…@…)"],
        ),
        (
            "https://s.example/r?u=%2B4915112345678",
            vec!["query parameter \"u\" holds a phone number (+…, percent-encoded)"],
        ),
    ] {
        let found: Vec<String> = inspect(link).hits.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{link}");
    }
}

#[test]
fn how_a_link_is_sent() {
    for (link, transport) in [
        ("https://s.example/r", Transport::Https),
        ("HTTPS://s.example/r", Transport::Https),
        ("http://s.example/r", Transport::Other("http".to_owned())),
        ("mailto:a@b.example", Transport::Other("mailto".to_owned())),
        ("s.example/r/{token}", Transport::Missing),
        ("//s.example/r", Transport::Missing),
        ("/r/{token}", Transport::Missing),
        ("{base}/r/{token}", Transport::Unknown),
        ("{{scheme}}://s.example/r", Transport::Unknown),
        ("https://{host}/r/{token}", Transport::Https),
    ] {
        assert_eq!(inspect(link).transport, transport, "{link}");
    }
    assert_eq!(inspect("https://u:p@S.Example:443/r").host.as_deref(), Some("s.example"));
    assert_eq!(inspect("https://{host}/r").host, None);
}

#[test]
fn policies_forbid_parameters_by_any_spelling() {
    let link = inspect("https://s.example/r?user[Loyalty-Number]=1&x=%7B%7D#segment=a");
    for (name, found) in
        [("loyalty_number", true), ("loyaltyNumbers", true), ("Segment", true), ("loyalty", false)]
    {
        assert_eq!(!link.forbidden([name]).is_empty(), found, "{name}");
    }
    assert_eq!(
        link.forbidden(["segment"])[0].to_string(),
        "parameter \"segment\" is named for what the policy forbids (surveys.forbiddenParameters)"
    );
}

#[test]
fn links_in_any_text() {
    for (text, expected) in [
        ("", vec![]),
        ("no link at all, e.g. this.", vec![]),
        ("https://s.example/r?u={{ a | b }}.", vec![("s.example", 0)]),
        ("see (https://s.example/r?email={x}), please", vec![("s.example", 1)]),
        (
            r#"{"a": "https://a.example/r", "b": "https://b.example/r?email={x}"}"#,
            vec![("a.example", 0), ("b.example", 1)],
        ),
        (r"https:\/\/s.example\/r?a=1\u0026email=x", vec![("s.example", 1)]),
        ("LINK=https://s.example/r?u=erika%40mail.example", vec![("s.example", 1)]),
        ("--link=s.example/r?u=erika@mail.example", vec![("s.example", 1)]),
        ("a.example/r,b", vec![("a.example", 0)]),
        ("https://a.example/1,https://b.example/2", vec![("a.example", 0), ("b.example", 0)]),
        ("https://a.example/?to=https://b.example/r?email={x}", vec![("a.example", 1)]),
        ("<a href=\"https://s.example/r?email={x}\">rate us</a>", vec![("s.example", 1)]),
        ("[rate us](https://s.example/r/{email})", vec![("s.example", 1)]),
        ("postgres://me:{password}@db.example:5432/x", vec![("db.example", 0)]),
        ("{base}/r?u={email}", vec![("", 1)]),
        ("path: /r?u={email}", vec![("", 1)]),
        ("{{scheme}}://s.example/r/{email}", vec![("s.example", 1)]),
    ] {
        let found: Vec<(String, usize)> =
            links_in(text).map(|link| (link.host.unwrap_or_default(), link.hits.len())).collect();
        let expected: Vec<(String, usize)> =
            expected.into_iter().map(|(host, hits)| (host.to_owned(), hits)).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn what_people_follow() {
    for (link, followed) in [
        ("https://s.example/r", true),
        ("http://s.example/r/{user}", true),
        ("s.example/r", true),
        ("{{scheme}}://s.example/r", true),
        ("{base}/r?u={email}", true),
        ("/r?u={email}", true),
        ("/home/$USER/data", false),
        ("$(BASE)/$(USER)", false),
        ("mysql://db/cx?user=cx", false),
        ("postgres://me@db.example:5432/x", false),
    ] {
        assert_eq!(inspect(link).is_followed(), followed, "{link}");
    }
}

#[test]
fn what_is_found_is_bounded() {
    let text: String =
        (0..1000).map(|number| ["https://h", &number.to_string(), ".example/r?email=x "].concat()).collect();
    assert_eq!(links_in(&text).count(), find::MOST);
    let many: String = (0..100_000).map(|number| ["&email", &number.to_string(), "={x}"].concat()).collect();
    assert_eq!(inspect(&format!("https://s.example/r?{many}")).hits.len(), 64);
}

/// What makes a bad parser slow: with work that grows with the square of the length, these would take minutes.
#[test]
fn long_links_end() {
    for unit in [
        "a", "{", "<", "[", "%25", "&a=1", "/", "@", "1 ", "+1", "a@a.", "=", "{\"a\":", "://", "*|", "%%",
        "\\/", "AAAA", "é",
    ] {
        let text = format!("https://s.example/r?u={}", unit.repeat(30_000 / unit.len()));
        inspect(&text);
        links_in(&text).count();
        hosts_in(&text).count();
    }
}

fn percent_encoded(text: &str, times: usize) -> String {
    let hex = |value: u8| char::from_digit(value.into(), 16).unwrap();
    let once =
        |text: &str| text.bytes().flat_map(|byte| ['%', hex(byte >> 4), hex(byte & 15)]).collect::<String>();
    (0..times).fold(text.to_owned(), |text, _| once(&text))
}

/// Values that are personal wherever they are.
fn value() -> impl Strategy<Value = (What, String)> {
    let email = "[a-z]{1,12}(\\.[a-z]{1,12})?(\\+[a-z0-9]{1,5})?@[a-z]{1,12}\\.example";
    prop_oneof![
        email.prop_map(|value| (What::Email, value)),
        "\\+49151[0-9]{8}".prop_map(|value| (What::Phone, value)),
        "19[3-9][0-9]-0[1-9]-(0[2-9]|1[0-9]|2[0-8])".prop_map(|value| (What::BirthDate, value)),
    ]
}

proptest! {
    #[test]
    fn nothing_panics(text in any::<String>(), link in "(https?://)?[a-z{}<>\\[\\]%*|$@#?&;=/:.+ é0-9\"]{0,80}") {
        for text in [&text, &link] {
            inspect(text);
            links_in(text).count();
            hosts_in(text).count();
        }
    }

    #[test]
    fn encoding_hides_nothing_and_no_hit_shows_it((what, value) in value(), times in 1..4usize, path in any::<bool>()) {
        for encoded in [
            value.clone(),
            percent_encoded(&value, times),
            BASE64_STANDARD.encode(&value),
            BASE64_URL_SAFE_NO_PAD.encode(&value),
            percent_encoded(&BASE64_STANDARD.encode(&value), times),
            BASE64_URL_SAFE_NO_PAD.encode(percent_encoded(&value, times)),
        ] {
            let dated = what == What::BirthDate;
            let link = if path && !dated {
                format!("https://s.example/r/{encoded}/x")
            } else {
                format!("https://s.example/r?u={encoded}")
            };
            let hits = inspect(&link).hits;
            prop_assert!(hits.iter().any(|hit| hit.what == what && hit.is_value()), "{} {:?}", link, hits);
            for hit in hits {
                prop_assert!(!format!("{hit} {hit:?}").contains(&value), "{:?}", hit);
            }
        }
    }

    #[test]
    fn random_tokens_are_nobody(bytes in any::<[u8; 16]>(), hex in "[0-9a-f]{32}") {
        for token in [BASE64_URL_SAFE_NO_PAD.encode(bytes), hex] {
            let hits = inspect(&format!("https://s.example/r/{token}?t={token}")).hits;
            prop_assert!(hits.is_empty(), "{} {:?}", token, hits);
        }
    }
}
