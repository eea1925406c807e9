//! What the API server would say of an object that is created, told without one.
//!
//! Our own kinds are held against their definitions, rules included. Of foreign kinds, whose definitions are not here,
//! the types of the fields that a rule reads are looked at: a label that is no string would be refused by the API
//! server, and must not look here like no label at all.

mod expects;
mod foreign;
mod found;
mod given;
mod meta;
mod node;
mod null;
mod outline;
mod rule;
mod shape;
pub mod standalone;
mod text;

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use serde_json::Value;

pub(crate) use self::expects::wants_text;
use self::found::Found;
use self::given::{mismatch, quoted};
pub use self::meta::is_label;
use self::node::Node;
pub(crate) use self::null::{drop_nulls, null_labels};
use crate::api::{GROUP, VERSION, crd, kinds};
use crate::facts::{Kind, Problem};
use crate::json::Json;

/// The definition of a kind of ours, made ready when it is first asked for: few files hold all kinds, and each takes as
/// long as many objects.
fn definition(kind: Kind) -> Option<&'static Result<Node, String>> {
    let ready = || {
        let versions = crd(kind.as_str())?.spec.versions;
        let schema = versions.into_iter().find(|version| version.name == VERSION)?.schema?;
        Some(Node::new(&schema.open_api_v3_schema?))
    };
    DEFINITIONS.get(&kind)?.get_or_init(ready).as_ref()
}

/// A definition, once it is ready, or what in it is not understood here.
type Ready = OnceLock<Option<Result<Node, String>>>;

/// The definitions that are ready.
static DEFINITIONS: LazyLock<BTreeMap<Kind, Ready>> =
    LazyLock::new(|| kinds().filter_map(|name| Some((Kind::named(name)?, Ready::new()))).collect());

/// Why the API server would refuse to create the object, each with the field. Empty: nothing that is looked at here
/// speaks against it.
///
/// Whether the namespace fits the kind is not looked at.
pub fn problems(kind: Kind, object: &Value) -> Vec<Problem> {
    let mut found = Found::default();
    if !object.is_object() {
        found.add(mismatch("a map", &object.seen()));
        return found.into_problems();
    }
    match definition(kind) {
        Some(Ok(schema)) => own(schema, object, &mut found),
        Some(Err(problem)) => found.add(format!("cannot be checked: the definition has {problem}")),
        None => foreign::check(kind, object, &mut found),
    }
    found.into_problems()
}

/// Whether nothing speaks against an object of a foreign kind, wherever it lies.
pub(crate) fn admits<'o>(kind: Kind, object: impl Json<'o>) -> bool {
    let mut found = Found::counting();
    foreign::check(kind, object, &mut found);
    found.is_empty()
}

/// In the order of the API server: what is unknown, the shape, and the rules if the shape lets them be asked. There are
/// no rules about the object as a whole.
fn own(schema: &Node, object: &Value, found: &mut Found) {
    let served = format!("{GROUP}/{VERSION}");
    if let Some(version) = object.get("apiVersion").filter(|version| version.as_str() != Some(&served)) {
        let version = version.as_str().map_or_else(|| version.to_string(), quoted);
        found.at("apiVersion", |found| found.block(format!("{version} is not served: write {served}")));
    }
    meta::check(object, found);
    // The status is the operator's: on creation it is dropped, and only its fields must be known.
    let known = ["apiVersion", "kind", "metadata", "spec", "status"];
    for (name, value) in object.as_object().into_iter().flatten() {
        match schema.field(name) {
            Some(field) => found.at(name, |found| shape::unknown_fields(field, value, found)),
            None if known.contains(&name.as_str()) => {}
            None => found.at(name, |found| shape::unknown(name, known.into_iter(), found)),
        }
    }
    let spec = object.stated("spec");
    found.at("spec", |found| match (spec, schema.field("spec")) {
        (Some(spec), Some(schema)) => {
            shape::check(schema, spec, found);
            if !found.is_blocked() {
                rule::check(schema, spec, found);
            }
        }
        _ => found.block("the required field \"spec\" is missing"),
    });
}

#[cfg(test)]
mod tests;
