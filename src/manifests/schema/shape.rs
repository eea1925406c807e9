//! Whether a value has the shape that its schema demands: types, bounds, words, unknown and missing fields.

use std::collections::BTreeMap;

use serde_json::Value;

use super::found::Found;
use super::given::{mismatch, quoted, suggestion};
use super::node::{Node, Shape, Unique};
use super::text;
use crate::json::{Json as _, Seen};

/// Reports the fields that the schema does not know.
///
/// The API server looks for them in the whole object, the status included, before it looks at anything else.
pub(super) fn unknown_fields(node: &Node, value: &Value, found: &mut Found) {
    match (&node.shape, value) {
        (Shape::Fields { fields, .. }, Value::Object(given)) => {
            for (name, value) in given {
                found.at(name, |found| match fields.get(name) {
                    Some(field) => unknown_fields(field, value, found),
                    None => unknown(name, fields.keys().map(String::as_str), found),
                });
            }
        }
        (Shape::Map { values, .. }, Value::Object(given)) => {
            for (name, value) in given {
                found.at(name, |found| unknown_fields(values, value, found));
            }
        }
        (Shape::List { items, .. }, Value::Array(given)) => {
            for (at, item) in given.iter().enumerate() {
                found.at(at, |found| unknown_fields(items, item, found));
            }
        }
        _ => {}
    }
}

/// Reports a field that is not known here.
pub(super) fn unknown<'w>(name: &str, known: impl Iterator<Item = &'w str>, found: &mut Found) {
    let near = suggestion(name, known);
    found.block(format!("unknown field {}{near}", quoted(name)));
}

/// Reports what in a value is not as the schema demands, unknown fields and rules left out.
pub(super) fn check(node: &Node, value: &Value, found: &mut Found) {
    match (&node.shape, value) {
        (Shape::Fields { fields, required }, Value::Object(_)) => {
            for (name, field) in fields {
                if let Some(value) = value.stated(name) {
                    found.at(name, |found| check(field, value, found));
                }
            }
            for name in required.iter().filter(|name| value.stated(name).is_none()) {
                found.at(name, |found| found.block(format!("the required field {name:?} is missing")));
            }
        }
        (Shape::Map { values, most }, Value::Object(given)) => {
            let given: Vec<_> = given.iter().filter(|(_, value)| !value.is_null()).collect();
            at_most(given.len(), *most, "entries", found);
            for (name, value) in given {
                found.at(name, |found| check(values, value, found));
            }
        }
        (Shape::List { items, least, most, unique }, Value::Array(given)) => {
            at_most(given.len(), *most, "items", found);
            if given.len() < *least {
                found.add(format!("has {} items, and at least {least} are needed", given.len()));
            }
            for (at, item) in given.iter().enumerate() {
                found.at(at, |found| check(items, item, found));
            }
            recurring(given, unique, found);
        }
        (Shape::Text(text), Value::String(given)) => text::check(text, given, found),
        (Shape::Whole { least, most }, Value::Number(given)) => whole(given, *least, *most, found),
        (Shape::Truth, Value::Bool(_)) => {}
        (shape, value) => found.block(mismatch(shape.expected(), &value.seen())),
    }
}

fn at_most(count: usize, most: Option<usize>, what: &str, found: &mut Found) {
    if let Some(most) = most.filter(|most| count > *most) {
        found.block(format!("has {count} {what}, and at most {most} are allowed"));
    }
}

fn whole(given: &serde_json::Number, least: Option<f64>, most: Option<f64>, found: &mut Found) {
    let number = given.as_f64().unwrap_or(f64::NAN);
    // 5.0 is as good as 5 to the API server.
    if !given.is_i64() && number.fract() != 0.0 {
        found.block(mismatch("a whole number", &Seen::Number(given.clone())));
    } else if let Some(least) = least.filter(|least| number < *least) {
        found.add(format!("{given} is too small: the least is {least}"));
    } else if let Some(most) = most.filter(|most| number > *most) {
        found.add(format!("{given} is too large: the most is {most}"));
    }
}

/// Reports items that say the same as an earlier one.
fn recurring(given: &[Value], unique: &Unique, found: &mut Found) {
    // What recurs is reported once, where it recurs first.
    let mut first = BTreeMap::new();
    for (at, item) in given.iter().enumerate() {
        let (key, what) = match unique {
            Unique::No => return,
            Unique::Items => (item.to_string(), "is the same".to_owned()),
            Unique::Keys(keys) => {
                // Without one of the keys, that is the problem.
                let values: Option<Vec<&Value>> = keys.iter().map(|key| item.get(key)).collect();
                let Some(values) = values else { continue };
                let named = keys.join(" and ");
                (format!("{values:?}"), format!("has the same {named}"))
            }
        };
        let (earlier, times) = first.entry(key).or_insert((at, 0));
        *times += 1;
        if *times == 2 {
            found.at(at, |found| found.add(format!("{what} as item {earlier} (counted from 0)")));
        }
    }
}
