//! What is read of a text, and where it is.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Content, Tree};
use crate::json::{Json, Seen};

fn content(text: &str) -> Content {
    Tree::parse(text).unwrap().content()
}

fn read(text: &str) -> Option<Value> {
    let content = Tree::parse(text).ok()?.content();
    content.problems.is_empty().then_some(content.value)
}

/// Numbers are compared as JSON means them, not as two libraries print them.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, one)| other.get(key).is_some_and(|other| same(one, other)))
        }
        _ => one == other,
    }
}

#[test]
fn texts_are_read_as_on_the_way_to_the_api_server() {
    let lines = include_str!("api_server.tsv").lines().filter(|line| !line.starts_with('#'));
    for (text, expected) in lines.filter_map(|line| line.split_once('\t')) {
        let text = text.replace("\\n", "\n");
        match serde_json::from_str::<Value>(expected) {
            // The library takes the last of two equal keys in silence; we do not.
            Ok(_) if text == "a: 1\na: 2" => assert_eq!(read(&text), None),
            Ok(expected) => {
                let found = read(&text);
                assert!(
                    found.as_ref().is_some_and(|found| same(found, &expected)),
                    "{text:?}: {found:?}, not {expected}"
                );
            }
            Err(_) => assert_eq!(read(&text), None, "{text:?}"),
        }
    }
}

#[test]
fn what_two_versions_of_yaml_read_differently_is_named() {
    let text =
        "spec:\n  country: NO\n  codes: [010, \"010\", 10]\n  on: 1\n  a/b: {~x: y}\n  y: n\n  1.10: c\n";
    let found = content(text).ambiguous;
    let shown: Vec<_> = found.iter().map(|one| (&*one.path, &*one.text, &*one.read, one.key)).collect();
    let expected = [
        ("/spec/country", "NO", "false", false),
        ("/spec/codes/0", "010", "8", false),
        ("/spec/on", "on", "true", true),
        ("/spec/a~1b/~0x", "y", "true", false),
        ("/spec/y", "y", "true", true),
        ("/spec/y", "n", "false", false),
        // Both versions read a number, and a key is a text.
        ("/spec/1.10", "1.10", "1.1", true),
    ];
    assert_eq!(shown, expected);
    assert!(found.iter().all(|one| text[one.at.clone()] == one.text));
}

#[test]
fn modes_of_files_are_in_octal() {
    assert!(
        content("volumes: [{configMap: {defaultMode: 0644, items: [{mode: 0400}]}}]").ambiguous.is_empty()
    );
    assert_eq!(content("mode: no").ambiguous.len(), 1);
}

#[test]
fn what_no_object_can_be_is_a_problem_at_its_place() {
    for (text, path, part) in [
        ("a: {b: 1, b: 2}", "/a/b", "twice"),
        ("a: .nan", "/a", "number"),
        ("a: !!int x", "/a", "tag"),
        ("a: !!binary '*'", "/a", "base64"),
        ("[a, b]: 1", "", "key"),
        ("<<: 3", "", "merged"),
        ("x: &x [{a: b}]\nc: {<<: *x}", "/c", "merged"),
        ("a: !!bool 1", "/a", "tag"),
        ("!!null x: b", "", "tag"),
        ("9223372036854775808: a", "", "larger"),
        ("a: !!binary Y Q==", "/a", "base64"),
        ("a: &a [*a]", "", "itself"),
        ("a: &a {<<: *a}", "", "itself"),
    ] {
        let problems = content(text).problems;
        assert!(
            problems.iter().any(|(at, problem)| at.starts_with(path) && problem.contains(part)),
            "{text}: {problems:?}"
        );
    }
}

/// Nine lists of nine of the one before: some bytes that want to be a billion nodes.
#[test]
fn a_bomb_of_aliases_does_not_go_off() {
    let mut text = String::from("a0: &a0 [x]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        writeln!(text, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    let problems = content(&text).problems;
    assert!(problems.iter().any(|(_, problem)| problem.contains("too large")), "{problems:?}");
}

/// The parser takes whatever is no space in the name of an anchor.
#[test]
fn names_of_anchors_are_those_that_kubectl_takes() {
    assert!(Tree::parse("a: &a-b_1 x\nb: *a-b_1\nc: [*a-b_1, {d: *a-b_1}]\n").is_ok());
    for name in ["a.b", "ä", "a/b"] {
        let error = Tree::parse(&format!("a: &{name} x\nb: *{name}\n")).unwrap_err();
        assert_eq!((error.line, error.column), (2, 4), "{name}");
    }
}

#[test]
fn depth_is_bounded() {
    for text in ["[".repeat(10_000), "{a: ".repeat(10_000), "- ".repeat(10_000)] {
        assert!(Tree::parse(&text).is_err());
    }
}

#[test]
fn places_are_those_of_values_and_of_the_keys_of_more() {
    let text = "kind: Vendor\nmetadata: {name: hub}\nspec:\n  country: \"NO\"\n  locations:\n    - use: Storage\n      region: x\n  empty:\n";
    let tree = Tree::parse(text).unwrap();
    for (pointer, expected) in [
        ("/spec/country", "\"NO\""),
        ("/metadata/name", "hub"),
        ("/spec/locations", "locations"),
        ("/spec/locations/0", "use"),
        ("/spec/locations/0/region", "x"),
        ("/spec/locations/7/region", "locations"),
        ("/spec/agreement/validUntil", "spec"),
        ("/spec", "spec"),
        ("", "kind"),
        ("/nothing", "kind"),
    ] {
        assert_eq!(&text[tree.place(pointer)], expected, "{pointer}");
    }
}

#[test]
fn places_lead_through_aliases_and_merges() {
    let text = "defaults: &d {country: DE}\nspec:\n  <<: *d\n  list: [*d]\n";
    let tree = Tree::parse(text).unwrap();
    assert_eq!(&text[tree.place("/spec/country")], "DE");
    assert_eq!(&text[tree.place("/spec/list/0/country")], "DE");
}

#[test]
fn what_is_read_is_found_by_what_is_written() {
    let text =
        "a: &a [{y: 1, \"y\": 2, z: 3}]\nb: *a\nc: {<<: [{y: 4, z: 5}, {y: 6}], z: 7}\nd: {y: 8, on: 9}\n";
    let tree = Tree::parse(text).unwrap();
    for (pointer, written, expected) in [
        ("/a/0/y", "1", Some("/a/0/true")),
        ("/a/0/y", "2", Some("/a/0/y")),
        ("/b/0/y", "1", Some("/b/0/true")),
        ("/a/0/z", "2", None),
        ("/c/y", "4", Some("/c/true")),
        ("/c/y", "6", None),
        ("/c/z", "5", None),
        ("/c/z", "7", Some("/c/z")),
        ("/d/y", "8", Some("/d/true")),
        ("/d/on", "9", Some("/d/true")),
        ("/c/z/x", "7", None),
    ] {
        let at = text.find(written).unwrap();
        assert_eq!(tree.read_at(pointer, &(at..at + 1)).as_deref(), expected, "{pointer} {written}");
    }
}

/// Values of JSON, as objects hold them.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~äß]{0,8}|no|010|y|~|<<|1e3|- x|a: b|#".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z./~]{1,6}|on|y", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn json_is_read_as_json(value in json_value()) {
        let read = read(&value.to_string());
        prop_assert!(read.as_ref().is_some_and(|read| same(read, &value)), "{:?}", read);
    }

    #[test]
    fn no_text_is_too_much(text in "[ -~\n\t\u{e9}]{0,200}") {
        if let Ok(tree) = Tree::parse(&text) {
            let content = tree.content();
            for (path, _) in content.problems {
                let range = tree.place(&path);
                prop_assert!(text.get(range).is_some());
            }
        }
    }

    #[test]
    fn yaml_like_text_is_never_too_much(text in "([a-c]|: |- |\n|  |&a |\\*a|<<|\\{|\\}|\\[|\\]|, |\"|'|\\||>|no|010|!!str |---\n|#|\t|~){0,60}") {
        if let Ok(tree) = Tree::parse(&text) {
            let content = tree.content();
            if let Some(written) = tree.written() {
                prop_assert!(content.ambiguous.is_empty() && content.problems.is_empty());
                prop_assert_eq!(made(written), content.value);
            }
            prop_assert!(text.get(tree.place("/a/b/0")).is_some());
        }
        for part in crate::manifests::split::split(&text) {
            prop_assert!(text.get(part.range).is_some());
        }
    }
}

#[test]
fn scalars_with_tags_are_what_these_say() {
    assert_eq!(read("a: !!null ''").unwrap(), json!({"a": null}));
    assert_eq!(read("!!binary YQ==: !!float 3").unwrap(), json!({"a": 3}));
    assert_eq!(read("!!merge \"<<\": {a: b}\nc: !!merge <<").unwrap(), json!({"a": "b", "c": "<<"}));
    assert_eq!(read("a: !<tag:yaml.org,2002:str> 5").unwrap(), json!({"a": "5"}));
}

/// The value that is made of what is read where it is written.
fn made<'o>(json: impl Json<'o>) -> Value {
    match json.seen() {
        Seen::Null => Value::Null,
        Seen::Truth(truth) => truth.into(),
        Seen::Number(number) => number.into(),
        Seen::Text(text) => text.into(),
        Seen::List => json.items().map(made).collect(),
        Seen::Map => json.fields().map(|(name, value)| (name.to_owned(), made(value))).collect(),
    }
}

#[test]
fn what_is_written_is_the_object_or_is_not_taken_for_it() {
    for (part, is_written) in [
        ("{limits: {cpu: 100m, memory: '010'}}", true),
        ("[a, {b: c, 'd': e}, 5, 1.5, true, null, ~, 'no', [], {}]", true),
        ("|-\n  a\n  b", true),
        ("{limits: {cpu: 010}}", false),
        ("[{b: no}]", false),
        ("{a: b, a: c}", false),
        ("{a: b, 'a': c}", false),
        ("{<<: {a: no}, b: c}", false),
        ("{<<: {a: b}, c: d}", false),
        ("{'<<': b}", true),
        ("{1: x}", false),
        ("{y: z}", false),
        ("{~: w}", false),
        ("{[a]: b}", false),
        ("!!int x", false),
        ("!own x", false),
        ("[.inf]", false),
        ("!!binary '%'", false),
        ("&a {b: *a}", false),
        ("&a {b: c}", true),
        ("{mode: 0644}", false),
    ] {
        let text = format!("part: {part}\n");
        let tree = Tree::parse(&text).unwrap();
        assert_eq!(tree.written().is_some(), is_written, "{part}");
        if let Some(written) = tree.written() {
            let content = tree.content();
            assert_eq!(made(written), content.value, "{part}");
            assert!(content.ambiguous.is_empty() && content.problems.is_empty(), "{part}");
        }
    }
}
