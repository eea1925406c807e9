//! A schema made ready for checking: what a place in an object may hold.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSON, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use regex::Regex;
use serde_json::Value;

use super::rule::Rule;

/// What one place may hold, and which rules it must satisfy.
pub(super) struct Node {
    pub(super) shape: Shape,
    pub(super) rules: Vec<Rule>,
}

/// What a value looks like.
pub(super) enum Shape {
    /// A map with these fields and no other.
    Fields { fields: BTreeMap<String, Node>, required: Vec<String> },
    /// A map from any key to values of one shape.
    Map { values: Box<Node>, most: Option<usize> },
    /// A list.
    List { items: Box<Node>, least: usize, most: Option<usize>, unique: Unique },
    /// A string.
    Text(Text),
    /// A whole number between two bounds, both included.
    Whole { least: Option<f64>, most: Option<f64> },
    /// `true` or `false`.
    Truth,
}

/// What may occur only once in a list.
pub(super) enum Unique {
    /// Anything may recur.
    No,
    /// No item recurs.
    Items,
    /// No two items agree in all of these fields.
    Keys(Vec<String>),
}

/// What a string may be.
pub(super) struct Text {
    pub(super) least: usize,
    pub(super) most: Option<usize>,
    pub(super) pattern: Option<Regex>,
    pub(super) format: Option<Format>,
    /// The only values, if they are listed.
    pub(super) values: Option<Vec<String>>,
}

/// A string that is a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A day.
    Date,
    /// An instant.
    DateTime,
}

impl Node {
    /// Makes a schema ready, or says what in it is not understood here.
    pub(super) fn new(schema: &JSONSchemaProps) -> Result<Self, String> {
        let shape = match schema.type_.as_deref() {
            Some("object") => map(schema)?,
            Some("array") => list(schema)?,
            Some("string") => Shape::Text(text(schema)?),
            Some("integer") => whole(schema)?,
            Some("boolean") => Shape::Truth,
            other => return Err(format!("the type {other:?}")),
        };
        let mut node = Self { shape, rules: Vec::new() };
        for rule in schema.x_kubernetes_validations.iter().flatten() {
            let rule = Rule::new(rule, &node).map_err(|problem| format!("{:?}: {problem}", rule.rule))?;
            node.rules.extend(rule);
        }
        Ok(node)
    }

    /// What a field of this place may hold, if it has one of that name.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        match &self.shape {
            Shape::Fields { fields, .. } => fields.get(name),
            _ => None,
        }
    }
}

impl Shape {
    /// What is expected, in words.
    pub(super) fn expected(&self) -> &'static str {
        match self {
            Self::Fields { .. } | Self::Map { .. } => "a map",
            Self::List { .. } => "a list",
            Self::Text(_) => "a string",
            Self::Whole { .. } => "a whole number",
            Self::Truth => "true or false",
        }
    }
}

fn map(schema: &JSONSchemaProps) -> Result<Shape, String> {
    let named = |(name, field): (&String, &JSONSchemaProps)| {
        let field = Node::new(field).map_err(|problem| format!("{name}: {problem}"))?;
        Ok((name.clone(), field))
    };
    match &schema.additional_properties {
        None => {
            let fields: Result<_, String> = schema.properties.iter().flatten().map(named).collect();
            Ok(Shape::Fields { fields: fields?, required: schema.required.clone().unwrap_or_default() })
        }
        Some(JSONSchemaPropsOrBool::Schema(values)) if schema.properties.is_none() => {
            let values = Box::new(Node::new(values)?);
            Ok(Shape::Map { values, most: bound(schema.max_properties) })
        }
        Some(_) => Err("additionalProperties beside properties".to_owned()),
    }
}

fn list(schema: &JSONSchemaProps) -> Result<Shape, String> {
    let Some(JSONSchemaPropsOrArray::Schema(items)) = &schema.items else {
        return Err("a list without items".to_owned());
    };
    let unique = match schema.x_kubernetes_list_type.as_deref() {
        None | Some("atomic") => Unique::No,
        Some("set") => Unique::Items,
        Some("map") => Unique::Keys(schema.x_kubernetes_list_map_keys.clone().unwrap_or_default()),
        Some(other) => return Err(format!("the list type {other:?}")),
    };
    let least = bound(schema.min_items).unwrap_or_default();
    Ok(Shape::List { items: Box::new(Node::new(items)?), least, most: bound(schema.max_items), unique })
}

fn text(schema: &JSONSchemaProps) -> Result<Text, String> {
    let format = match schema.format.as_deref() {
        None => None,
        Some("date") => Some(Format::Date),
        Some("date-time") => Some(Format::DateTime),
        Some(other) => return Err(format!("the format {other:?}")),
    };
    let pattern = schema.pattern.as_deref().map(regex).transpose()?;
    let word = |JSON(value): &JSON| match value {
        Value::String(word) => Ok(word.clone()),
        other => Err(format!("{other} among strings")),
    };
    let values = schema.enum_.as_ref().map(|values| values.iter().map(word).collect()).transpose()?;
    let least = bound(schema.min_length).unwrap_or_default();
    Ok(Text { least, most: bound(schema.max_length), pattern, format, values })
}

/// A pattern made ready, or what is wrong with it. The definitions have few patterns and repeat each often, and to make
/// one ready takes as long as several objects.
pub(super) fn regex(pattern: &str) -> Result<Regex, String> {
    static READY: Mutex<BTreeMap<String, Regex>> = Mutex::new(BTreeMap::new());
    let mut ready = READY.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = ready.get(pattern) {
        return Ok(regex.clone());
    }
    let regex = Regex::new(pattern).map_err(|error| error.to_string())?;
    ready.insert(pattern.to_owned(), regex.clone());
    Ok(regex)
}

fn whole(schema: &JSONSchemaProps) -> Result<Shape, String> {
    let (lowest, highest) = match schema.format.as_deref() {
        None | Some("int64") => (None, None),
        Some("int32") => (Some(f64::from(i32::MIN)), Some(f64::from(i32::MAX))),
        Some(other) => return Err(format!("the format {other:?}")),
    };
    Ok(Shape::Whole { least: schema.minimum.or(lowest), most: schema.maximum.or(highest) })
}

fn bound(number: Option<i64>) -> Option<usize> {
    number.and_then(|number| usize::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::crds;

    /// What [`Node`] reads, and what says nothing about validity.
    const KEYWORDS: &[&str] = &[
        "additionalProperties",
        "description",
        "enum",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "pattern",
        "properties",
        "required",
        "title",
        "type",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-list-type",
        "x-kubernetes-validations",
    ];

    fn keywords(schema: &Value, seen: &mut Vec<String>) {
        for (keyword, value) in schema.as_object().unwrap() {
            seen.push(keyword.clone());
            match keyword.as_str() {
                "properties" => value.as_object().unwrap().values().for_each(|field| keywords(field, seen)),
                "items" | "additionalProperties" => keywords(value, seen),
                _ => {}
            }
        }
    }

    /// A keyword that is not read would make the check kinder than the API server, in silence.
    #[test]
    fn the_definitions_use_no_keyword_that_is_not_read() {
        let mut seen = Vec::new();
        for crd in crds() {
            for version in crd.spec.versions {
                let schema = version.schema.unwrap().open_api_v3_schema.unwrap();
                keywords(&serde_json::to_value(schema).unwrap(), &mut seen);
            }
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen, KEYWORDS);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let problem = |schema: Value| Node::new(&serde_json::from_value(schema).unwrap()).err().unwrap();
        for (schema, part) in [
            (json!({}), "type"),
            (json!({"type": "number"}), "number"),
            (json!({"type": "string", "format": "email"}), "email"),
            (json!({"type": "string", "pattern": "(?=a)"}), "look"),
            (json!({"type": "integer", "format": "uint32"}), "uint32"),
            (json!({"type": "array"}), "without items"),
            (json!({"type": "object", "properties": {"a": {"type": "null"}}}), "a: "),
            (
                json!({"type": "object", "properties": {}, "x-kubernetes-validations": [{"rule": "self.a == 1"}]}),
                "no field",
            ),
        ] {
            let said = problem(schema);
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}
