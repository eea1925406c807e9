//! Worlds made by chance: all of the examples, with what they lack, and with dates, words and fields changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use cxguard::facts::{Fact, read};
use jiff::{SignedDuration, Timestamp, civil};
use serde_json::{Value, json};

use crate::dice::Dice;

/// When everything is judged first.
pub(crate) const NOW: &str = "2026-11-23T12:00:00Z";

/// What the examples lack.
const MORE: &str = include_str!("more.yaml");

/// The objects that worlds are made of.
static OBJECTS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut texts = vec![MORE.to_owned()];
    for folder in ["compliant", "violating"] {
        let files = fs::read_dir(examples.join(folder)).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        texts.extend(files.iter().map(|file| fs::read_to_string(file).unwrap()));
    }
    let objects = texts.iter().flat_map(|text| serde_saphyr::from_multiple::<Value>(text).unwrap());
    objects.filter(|object| !object.is_null()).collect()
});

/// The texts that the objects have under each name, so that one can stand for another.
static WORDS: LazyLock<BTreeMap<String, Vec<Value>>> = LazyLock::new(|| {
    let mut words = BTreeMap::new();
    for object in &*OBJECTS {
        gather("", object, &mut words);
    }
    words
});

fn gather(name: &str, value: &Value, words: &mut BTreeMap<String, Vec<Value>>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, field)| gather(name, field, words)),
        Value::Array(items) => items.iter().for_each(|item| gather(name, item, words)),
        Value::String(_) => words.entry(name.to_owned()).or_default().push(value.clone()),
        _ => {}
    }
}

/// A world: most objects are there, and of each a few fields are different. In the first, everything is as written.
pub(crate) fn world(seed: u64) -> Vec<Value> {
    if seed == 0 {
        return OBJECTS.clone();
    }
    let mut dice = Dice::new(seed);
    let mut objects = OBJECTS.clone();
    objects.retain(|_| dice.chance(92));
    for object in &mut objects {
        change("", object, &mut dice);
    }
    objects
}

/// Changes a value in place, a little.
fn change(name: &str, value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| is_identity(name) || !dice.chance(3));
            for (name, field) in fields.iter_mut().filter(|(name, _)| !is_identity(name)) {
                change(name, field, dice);
            }
        }
        Value::Array(items) => {
            items.retain(|_| !dice.chance(3));
            for item in items {
                change(name, item, dice);
            }
        }
        Value::String(text) => {
            if let Some(moved) = moved(text, dice) {
                *text = moved;
            } else if let Some(words) = WORDS.get(name).filter(|_| dice.chance(3)) {
                *value = dice.one_of(words).clone();
            }
        }
        Value::Bool(flag) if dice.chance(8) => *flag = !*flag,
        _ => {}
    }
}

fn is_identity(name: &str) -> bool {
    ["apiVersion", "kind", "metadata", "name", "namespace"].contains(&name)
}

/// A date or an instant, moved by chance; nothing for other texts.
fn moved(text: &str, dice: &mut Dice) -> Option<String> {
    let by = |dice: &mut Dice, most: usize| {
        i64::try_from(dice.below(2 * most)).unwrap() - i64::try_from(most).unwrap()
    };
    if let Ok(at) = text.parse::<Timestamp>() {
        let by = SignedDuration::from_hours(if dice.chance(40) { by(dice, 2000) } else { 0 });
        return Some((at + by).to_string());
    }
    let day: civil::Date = text.parse().ok()?;
    let by = if dice.chance(40) { by(dice, 400) } else { 0 };
    Some((day + SignedDuration::from_hours(24 * by)).to_string())
}

/// A world in which anything may stand anywhere.
pub(crate) fn garbage(seed: u64) -> Vec<Value> {
    let mut dice = Dice::new(seed);
    let mut objects = world(seed);
    for object in &mut objects {
        spoil(object, &mut dice, 0);
    }
    objects
}

fn spoil(value: &mut Value, dice: &mut Dice, depth: usize) {
    if depth > 1 && dice.chance(2) {
        *value = anything(dice, 0);
        return;
    }
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if depth > 0 || !["apiVersion", "kind"].contains(&name.as_str()) {
                    spoil(field, dice, depth + 1);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| spoil(item, dice, depth + 1)),
        _ => {}
    }
}

fn anything(dice: &mut Dice, depth: usize) -> Value {
    let texts = [
        "",
        "*",
        "NO",
        "é\u{0}",
        "2026-02-30",
        "9999-12-31",
        "-9999-01-01",
        "9999-12-31T23:59:59Z",
        "999999d",
        "0s",
        "-5h",
        "XX",
        "http://[",
        "%%%",
        "{{",
        "a@b",
        "CX999",
        "CX",
    ];
    match dice.below(if depth < 3 { 8 } else { 6 }) {
        0 => Value::Null,
        1 => json!(dice.chance(50)),
        2 => json!(i64::MAX),
        3 => json!(-1.5e300),
        4 => json!(dice.one_of(&texts)),
        5 => json!("x".repeat(dice.below(70_000))),
        6 => (0..dice.below(4)).map(|_| anything(dice, depth + 1)).collect(),
        _ => {
            let names = ["name", "kind", "matchLabels", "vendor", "until", "", "selector"];
            Value::Object(
                (0..dice.below(4))
                    .map(|_| ((*dice.one_of(&names)).to_owned(), anything(dice, depth + 1)))
                    .collect(),
            )
        }
    }
}

#[test]
fn what_worlds_are_made_of_can_be_read_but_for_one() {
    for object in &*OBJECTS {
        let (id, fact) = read(object).unwrap();
        assert_eq!(matches!(fact, Fact::Unreadable(_)), &*id.name == "unreadable", "{id}: {fact:?}");
    }
}
