//! The metadata of an object: its types, which every kind shares, and the names in it.

use serde_json::Value;

use super::found::Found;
use super::given::quoted;
use super::outline::Outline::{self, AnyList, List, Map as MapOf, Only, Required, Text, Truth, Whole};
use crate::json::Json;

/// What the metadata of an object may hold.
pub(super) const METADATA: Outline = Only(&[
    ("name", Text),
    ("generateName", Text),
    ("namespace", Text),
    ("labels", MapOf(&Text)),
    ("annotations", MapOf(&Text)),
    ("finalizers", List(&Text)),
    ("ownerReferences", List(&OWNER)),
    ("uid", Text),
    ("resourceVersion", Text),
    ("generation", Whole),
    ("creationTimestamp", Text),
    ("deletionTimestamp", Text),
    ("deletionGracePeriodSeconds", Whole),
    ("managedFields", AnyList),
    ("selfLink", Text),
]);

const OWNER: Outline = Outline::Fields(&[
    ("apiVersion", Text),
    ("kind", Text),
    ("name", Text),
    ("uid", Text),
    ("controller", Truth),
    ("blockOwnerDeletion", Truth),
]);

/// The most that all annotations of an object may hold together.
const MAX_ANNOTATIONS: usize = 256 * 1024;

/// Reports what in the metadata of one of our kinds the API server would refuse. What a server fills in, such as the
/// resource version of an object that was exported, is admitted.
pub(super) fn check(object: &Value, found: &mut Found) {
    foreign(object, found);
    found.at("metadata", |found| {
        let none = Value::Null;
        let given = object.get("metadata").unwrap_or(&none);
        names(given, found);
        for (at, finalizer) in list(given, "finalizers").enumerate() {
            let name = finalizer.as_str().filter(|name| !is_qualified(name));
            if let Some(name) = name {
                found.at("finalizers", |found| {
                    found.at(at, |found| found.add(format!("{} {QUALIFIED}", quoted(name))));
                });
            }
        }
        let needed = Required(&[("apiVersion", Text), ("kind", Text), ("name", Text), ("uid", Text)]);
        found.at("ownerReferences", |found| {
            for (at, owner) in
                list(given, "ownerReferences").enumerate().filter(|(_, owner)| owner.is_object())
            {
                found.at(at, |found| needed.check(owner, found));
            }
        });
    });
}

/// The same of a foreign kind: its name is its own affair.
pub(super) fn foreign<'o>(object: impl Json<'o>, found: &mut Found) {
    let Some(metadata) = object.stated("metadata") else { return };
    found.at("metadata", |found| {
        METADATA.check(metadata, found);
        labels(metadata, found);
        annotations(metadata, found);
    });
}

fn list<'o>(given: &'o Value, field: &str) -> impl Iterator<Item = &'o Value> {
    given.get(field).and_then(Value::as_array).into_iter().flatten()
}

fn names(given: &Value, found: &mut Found) {
    let name = |field| given.stated(field).and_then(Value::as_str).filter(|name| !name.is_empty());
    let is_text = |field| given.stated(field).is_none_or(Value::is_string);
    if is_text("name") && is_text("generateName") && name("name").or(name("generateName")).is_none() {
        found.at("name", |found| found.block("the object has no name"));
    }
    if let Some(name) = name("name") {
        found.at("name", |found| subdomain(name, name, found));
    }
    if let Some(prefix) = name("generateName") {
        // More follows, so that the last character may be one that must not be the last.
        let masked = prefix.strip_suffix('-').filter(|rest| !rest.is_empty()).map(|rest| format!("{rest}a"));
        found.at("generateName", |found| subdomain(prefix, masked.as_deref().unwrap_or(prefix), found));
    }
}

fn subdomain(shown: &str, name: &str, found: &mut Found) {
    if name.len() > LONGEST {
        found.add(format!("has {} characters, and at most {LONGEST} are allowed", name.len()));
    }
    if !is_subdomain(name) {
        found.add(format!(
            "{} is no name: lower case letters, digits, - and ., with a letter or digit at the ends",
            quoted(shown)
        ));
    }
}

/// The most characters of a subdomain.
const LONGEST: usize = 253;

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

/// Whether a text is a label of a domain, however long: of at most 63 characters, it may be the name of a namespace.
pub fn is_label(text: &str) -> bool {
    let is_inner = |c: u8| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let ends = [text.as_bytes().first(), text.as_bytes().last()];
    ends.iter().all(|end| end.is_some_and(|end| *end != b'-')) && text.bytes().all(is_inner)
}

const QUALIFIED: &str =
    "is no name such as team or example.com/team: at most 63 letters, digits, -, _ and . after the domain";

fn labels<'o>(metadata: impl Json<'o>, found: &mut Found) {
    found.at("labels", |found| {
        for (key, value) in metadata.field("labels").into_iter().flat_map(Json::fields) {
            let value = value.text().unwrap_or_default();
            let (is_key, is_value) = (is_qualified(key), value.is_empty() || is_name(value));
            if is_key && is_value {
                continue;
            }
            found.at(key, |found| {
                if !is_key {
                    found.add(format!("the label {} {QUALIFIED}", quoted(key)));
                }
                if !is_value {
                    found.add(format!(
                        "{} is no value of a label: at most 63 letters, digits, -, _ and ., with a letter or digit at the ends",
                        quoted(value)
                    ));
                }
            });
        }
    });
}

fn annotations<'o>(metadata: impl Json<'o>, found: &mut Found) {
    found.at("annotations", |found| {
        let mut size = 0;
        for (key, value) in metadata.field("annotations").into_iter().flat_map(Json::fields) {
            size += key.len() + value.text().unwrap_or_default().len();
            if !is_qualified(&key.to_lowercase()) {
                found.at(key, |found| found.add(format!("the annotation {} {QUALIFIED}", quoted(key))));
            }
        }
        if size > MAX_ANNOTATIONS {
            found.block(format!("hold {size} bytes, and at most {MAX_ANNOTATIONS} are allowed"));
        }
    });
}

/// Whether a text is a name of labels, annotations and finalizers: a name, after a domain or not.
fn is_qualified(text: &str) -> bool {
    match text.split_once('/') {
        None => is_name(text),
        Some((domain, name)) => domain.len() <= LONGEST && is_subdomain(domain) && is_name(name),
    }
}

fn is_name(text: &str) -> bool {
    let is_inner = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.');
    let is_end = |c: Option<&u8>| c.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    text.len() <= 63 && is_end(bytes.first()) && is_end(bytes.last()) && text.bytes().all(is_inner)
}
