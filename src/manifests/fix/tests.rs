//! What is put right, and what is left alone.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{FIXABLE, Fixed, fix, value};
use crate::manifests::object::objects;
use crate::manifests::split::split;

const NOW: &str = "2026-11-23T12:00:00Z";

/// With every rule taken to have found something in every object.
fn fixed(text: &str) -> Fixed {
    let found = split(text).into_iter().filter_map(|part| objects(&text[part.range], "default").ok());
    let ids: BTreeSet<_> = found.flat_map(|document| document.objects).map(|object| object.id).collect();
    let flaws = ids.iter().flat_map(|id| FIXABLE.map(|rule| (rule, id.clone()))).collect();
    fix(text, "default", NOW.parse().unwrap(), &flaws)
}

const VENDOR: &str = "apiVersion: cxguard.dev/v1alpha1\nkind: Vendor\nmetadata: {name: hub}\nspec:\n";
/// Of keys, too, the API server reads some otherwise than people do.
const LABELLED: &str = "apiVersion: cxguard.dev/v1alpha1\nkind: Vendor\nmetadata: {name: hub, labels: {on: off, \"y\": n, 010: NO}}\nspec:\n";
const SURVEY: &str = "apiVersion: cxguard.dev/v1alpha1\nkind: Survey\nmetadata: {name: s}\nspec:\n";
const GAP: &str = "apiVersion: cxguard.dev/v1alpha1\nkind: Exemption\nmetadata: {name: gap}\nspec:\n  rules: [CX408]\n  subject: {kind: Vendor, name: hub}\n  # why\n  expiresAt: 2026-10-31T23:59:59Z\n";

#[test]
fn texts_are_quoted_and_nothing_else_changes() {
    for (before, after) in [
        ("  country: NO\n", "  country: \"NO\"\n"),
        ("  country:   NO   # Norway\n", "  country:   \"NO\"   # Norway\n"),
        ("  country: NO\r\n  role: Processor\r\n", "  country: \"NO\"\r\n  role: Processor\r\n"),
        ("  country: NO", "  country: \"NO\""),
        ("  country: &c NO\n", "  country: &c \"NO\"\n"),
        (
            "  country: &c NO\n  agreement: {countries: [*c, \"DE\"]}\n",
            "  country: &c \"NO\"\n  agreement: {countries: [*c, \"DE\"]}\n",
        ),
        (
            "  agreement: {countries: [NO,DE, 'SE' , n]}\n",
            "  agreement: {countries: [\"NO\",DE, 'SE' , \"n\"]}\n",
        ),
        (
            "  agreement:\n    countries:\n    - NO # north\n    - DE\n",
            "  agreement:\n    countries:\n    - \"NO\" # north\n    - DE\n",
        ),
        ("  owner: 010\n", "  owner: \"010\"\n"),
        // Whatever is made of the keys above it.
        (
            "metadata: {name: hub, labels: {on: off, y: n}}\n",
            "metadata: {name: hub, labels: {on: \"off\", y: \"n\"}}\n",
        ),
        (
            "metadata:\n  name: hub\n  labels:\n    010: on\n    off: off\n    \"on\": off\n",
            "metadata:\n  name: hub\n  labels:\n    010: \"on\"\n    off: \"off\"\n    \"on\": \"off\"\n",
        ),
        // One key that is written in two ways is two keys.
        (
            "metadata: {name: hub, labels: {on: off, \"on\": n}}\n",
            "metadata: {name: hub, labels: {on: \"off\", \"on\": \"n\"}}\n",
        ),
        (
            "metadata: {name: hub, labels: {\"on\": off, on: off}}\n",
            "metadata: {name: hub, labels: {\"on\": \"off\", on: \"off\"}}\n",
        ),
        (
            "metadata: {name: hub, labels: {on: on, \"on\": x}}\n",
            "metadata: {name: hub, labels: {on: \"on\", \"on\": x}}\n",
        ),
        // Of what is merged in, what is overridden too: it may be used elsewhere.
        (
            "metadata: {name: hub, labels: {<<: [{y: n, b: on}, {b: no}], y: no}}\n",
            "metadata: {name: hub, labels: {<<: [{y: n, b: \"on\"}, {b: no}], y: \"no\"}}\n",
        ),
    ] {
        let whole = |rest: &str| {
            let head = if rest.starts_with("metadata") {
                VENDOR.replace("metadata: {name: hub}\nspec:\n", "")
            } else {
                VENDOR.to_owned()
            };
            format!("# head\n{head}{rest}")
        };
        let found = fixed(&whole(before));
        assert_eq!(found.text, whole(after), "{before}");
        assert_eq!(found.left, BTreeSet::new());
    }
}

#[test]
fn what_may_be_no_text_is_left_alone() {
    for kept in [
        // Whether true or "yes" is meant, nobody can tell.
        "  ai: {usesModels: yes}\n",
        "  country: \"NO\"\n",
        "  country: !!str NO\n",
        "  on: x\n",
        "  nothing: NO\n",
        "  agreement: {signedOn: 2026-01-01}\n",
        "  country: DE\n",
    ] {
        let text = format!("{VENDOR}{kept}");
        assert_eq!(fixed(&text), Fixed { text: text.clone(), ..Fixed::default() }, "{kept}");
    }
}

#[test]
fn an_anchor_that_means_two_things_is_left_alone() {
    let text = format!("{VENDOR}  country: &no NO\n  ai: {{usesModels: *no}}\n");
    let found = fixed(&text);
    assert_eq!((&found.text, found.done), (&text, 0));
    assert_eq!(
        found.left.first().map(String::as_str),
        Some("/spec/country stays as it is: an edit there would change more than this field")
    );
    // It does not hold up the rest.
    let found = fixed(&format!("{text}  owner: 010\n"));
    assert_eq!((found.text, found.done), (format!("{text}  owner: \"010\"\n"), 1));
}

#[test]
fn many_in_one_document_are_all_put_right() {
    let text = format!("{VENDOR}  agreement:\n    countries: [{}]\n", ["NO"; 200].join(", "));
    let found = fixed(&text);
    assert_eq!((found.done, found.text), (200, text.replace("NO", "\"NO\"")));
}

#[test]
fn links_become_https() {
    for (before, after) in [
        ("  links: [\"http://s.example/r\"]\n", "  links: [\"https://s.example/r\"]\n"),
        (
            "  links: ['http://s.example/r', http://t.example/r]\n",
            "  links: ['https://s.example/r', https://t.example/r]\n",
        ),
        ("  links:\n  - HTTP://s.example/r # old\n", "  links:\n  - https://s.example/r # old\n"),
        ("  links:\n    - >-\n      http://s.example/r\n", "  links:\n    - >-\n      https://s.example/r\n"),
        ("  links: [&a http://s.example, *a]\n", "  links: [&a https://s.example, *a]\n"),
        (
            "  links: [\"https://s.example\", 's.example']\n",
            "  links: [\"https://s.example\", 's.example']\n",
        ),
    ] {
        assert_eq!(fixed(&format!("{SURVEY}{before}")).text, format!("{SURVEY}{after}"));
    }
    for (kept, why) in [
        ("  links: [\"http://s.example:8080/r\"]\n", "names a port"),
        ("  links: [\"\\x68ttp://s.example/r\"]\n", "escapes"),
    ] {
        let found = fixed(&format!("{SURVEY}{kept}"));
        assert_eq!(found.text, format!("{SURVEY}{kept}"));
        assert!(found.left.iter().any(|left| left.contains(why)), "{:?}", found.left);
    }
}

#[test]
fn an_exemption_that_has_ended_goes_with_its_document() {
    let other = "kind: Other\napiVersion: v1\n";
    for (before, after) in [
        (GAP.to_owned(), String::new()),
        (format!("---\n{GAP}"), String::new()),
        (format!("{other}---\n{GAP}"), other.to_owned()),
        (format!("---\n{GAP}---\n{other}"), format!("---\n{other}")),
        (format!("{GAP}---\n{other}"), format!("---\n{other}")),
        (format!("{other}--- # gap\n{GAP}---\n{other}"), format!("{other}# gap\n---\n{other}")),
        (format!("# licence\n\n{GAP}"), "# licence\n".to_owned()),
        (format!("{GAP}  # below\n\n# after\n---\n{other}"), format!("# after\n---\n{other}")),
        (format!("{other}---\r\n{}", GAP.replace('\n', "\r\n")), other.to_owned()),
    ] {
        let found = fixed(&before);
        assert_eq!((found.text.as_str(), found.done, found.left.len()), (after.as_str(), 1, 0), "{before}");
    }
}

#[test]
fn an_exemption_in_force_or_beside_others_stays() {
    let indented = GAP.replace('\n', "\n    ");
    for (kept, why) in [
        (GAP.replace("2026-10", "2026-12"), None),
        (format!("apiVersion: v1\nkind: List\nitems:\n  - {}\n", indented.trim_end()), None),
        (format!("{GAP}...\n---\nkind: Other\n"), Some("end of its own")),
        (
            "{apiVersion: cxguard.dev/v1alpha1, kind: Exemption, metadata: {name: gap}, spec: {rules: [CX408], subject: {kind: Vendor, name: hub}, expiresAt: 2026-10-31T23:59:59Z}}".to_owned(),
            Some("lines of its own"),
        ),
    ] {
        let found = fixed(&kept);
        assert_eq!((&found.text, found.done), (&kept, 0));
        assert_eq!(found.left.iter().any(|left| why.is_some_and(|why| left.contains(why))), why.is_some(), "{kept}: {:?}", found.left);
    }
}

#[test]
fn values_differ_only_where_something_was_wrong() {
    let text = format!("{VENDOR}  country: NO\n  role: Processor\n");
    let mut expected = value(&text).unwrap();
    expected["spec"]["country"] = json!("NO");
    assert_eq!(value(&fixed(&text).text), Some(expected));
}

/// Lines of which manifests are made, in every way in which people write them.
fn line() -> impl Strategy<Value = String> {
    let scalar = prop::sample::select(vec![
        "NO", "\"NO\"", "'y'", "&a NO", "*a", "010", "DE", "!!str no", "1_0", "~", "on # c",
    ]);
    prop_oneof![
        scalar.clone().prop_map(|scalar| format!("  country: {scalar}")),
        scalar.clone().prop_map(|scalar| format!("  owner: {scalar}")),
        scalar
            .clone()
            .prop_map(|scalar| format!("  agreement: {{countries: [{scalar}, DE], signedOn: {scalar}}}")),
        scalar.prop_map(|scalar| format!("  ai: {{usesModels: {scalar}}}")),
        prop::sample::select(vec![
            "http://a.example",
            "\"http://a.example:1\"",
            "&l http://b.example",
            "*l",
            "'HTTP://c'"
        ])
        .prop_map(|link| format!("  links: [{link}, \"http://z.example\"]")),
        prop::sample::select(vec!["# comment", "", "  # within", "---", "--- # next", "..."])
            .prop_map(str::to_owned),
        prop::sample::select(vec![VENDOR, SURVEY, GAP, LABELLED])
            .prop_map(|head| format!("---\n{head}").trim_end().to_owned()),
    ]
}

/// The value without what may be put right: truth values, numbers and texts are all alike, and so are both schemes.
fn shape(value: &Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => json!("scalar"),
        Value::String(text) if text.to_lowercase().starts_with("http") => json!("link"),
        Value::String(text) => {
            let ambiguous = ["NO", "010", "1_0", "on", "y", "no", "off", "n"].contains(&text.as_str());
            if ambiguous { json!("scalar") } else { value.clone() }
        }
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, value)| (key.clone(), shape(value))).collect())
        }
        Value::Null => Value::Null,
    }
}

fn shapes(text: &str) -> Vec<Option<Value>> {
    let read = |part: crate::manifests::split::Part| value(&text[part.range]).map(|value| shape(&value));
    split(text).into_iter().map(read).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_written_keeps_its_sense_and_its_comments(lines in prop::collection::vec(line(), 0..12), crlf: bool) {
        let text = lines.join(if crlf { "\r\n" } else { "\n" });
        let found = fixed(&text);
        let again = fixed(&found.text);
        prop_assert_eq!((&again.text, again.done), (&found.text, 0), "twice");
        let is_gap = |value: &Option<Value>| {
            value.as_ref().is_some_and(|value| value["kind"] == "Exemption")
        };
        let others = |text: &str| shapes(text).into_iter().filter(|value| !is_gap(value)).collect::<Vec<_>>();
        prop_assert_eq!(others(&found.text), others(&text));
        // Those within an exemption go with it.
        let comments = |text: &str| text.matches("# comment").count();
        prop_assert!(comments(&found.text) == comments(&text) || text.contains("Exemption"));
    }

    #[test]
    fn no_text_makes_it_panic(text in "(apiVersion: cxguard.dev/v1alpha1\nkind: (Vendor|Survey|Exemption)\nmetadata: \\{name: x\\}\nspec:\n)?([ \t\\-#:{}\\[\\]&*!|>'\"%@~,.a-z0-9NOé\n\r]{0,12}\n?(---|\\.\\.\\.|  country: NO|  links: \\[http://x\\]|  expiresAt: 2020-01-01T00:00:00Z)?\n){0,8}") {
        let found = fixed(&text);
        let again = fixed(&found.text);
        prop_assert_eq!((&again.text, again.done), (&found.text, 0));
    }
}
