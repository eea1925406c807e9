//! Our definitions as JSON Schemas, for editors and for kubeconform.
//!
//! They say less than [`super::problems`]: JSON Schema has no rules that compare fields.

use std::collections::BTreeMap;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::{Map, Value, json};

use crate::api::{GROUP, VERSION, crds};

const DIALECT: &str = "http://json-schema.org/draft-07/schema#";

/// A schema per kind, by the name of its file as kubeconform looks for it: `cxguard.dev/vendor_v1alpha1.json`. The last
/// one, `cxguard.dev/all.json`, is for editors that know one schema for many files.
pub fn files() -> BTreeMap<String, Value> {
    let schemas = kinds();
    let references = schemas.keys().map(|name| json!({ "$ref": format!("{name}_{VERSION}.json") }));
    let all = any(references);
    let named = schemas.into_iter().map(|(name, schema)| (format!("{GROUP}/{name}_{VERSION}.json"), schema));
    named.chain([(format!("{GROUP}/all.json"), all)]).collect()
}

/// One schema that admits an object of any of our kinds, or of other groups, and refers to nothing else.
pub fn all() -> Value {
    let kinds = kinds().into_values().map(|mut schema| {
        schema.as_object_mut().map(|fields| fields.remove("$schema"));
        schema
    });
    any(kinds)
}

/// One of these, or what is not ours: a file seldom holds our kinds alone, and an editor asks about each document.
fn any(kinds: impl Iterator<Item = Value>) -> Value {
    let others = json!({
        "description": "An object of another group.",
        "required": ["apiVersion"],
        "properties": { "apiVersion": { "not": { "pattern": format!("^{}/", GROUP.replace('.', "\\.")) } } },
    });
    json!({ "$schema": DIALECT, "oneOf": kinds.chain([others]).collect::<Vec<_>>() })
}

/// By the name of the kind in lower case.
fn kinds() -> BTreeMap<String, Value> {
    let schema = |crd: CustomResourceDefinition| {
        let version = crd.spec.versions.into_iter().find(|version| version.name == VERSION)?;
        let mut schema = serde_json::to_value(version.schema?.open_api_v3_schema?).ok()?;
        standalone(&mut schema);
        let root = schema.as_object_mut()?;
        root.insert("$schema".to_owned(), json!(DIALECT));
        root.insert("required".to_owned(), json!(["apiVersion", "kind", "metadata", "spec"]));
        let fields = root.get_mut("properties")?.as_object_mut()?;
        fields.insert("apiVersion".to_owned(), json!({ "const": format!("{GROUP}/{VERSION}") }));
        fields.insert("kind".to_owned(), json!({ "const": crd.spec.names.kind }));
        fields.insert("metadata".to_owned(), metadata());
        Some((crd.spec.names.kind.to_lowercase(), schema))
    };
    crds().into_iter().filter_map(schema).collect()
}

/// What an editor can help with; a validator of metadata is the API server.
fn metadata() -> Value {
    let words = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "maxLength": 253 },
            "namespace": { "type": "string", "maxLength": 63 },
            "labels": words,
            "annotations": words,
        },
    })
}

/// Turns a part of a definition into JSON Schema: what the API server prunes is refused, and what only it understands
/// is left out.
fn standalone(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else { return };
    if fields.get("x-kubernetes-list-type").is_some_and(|kind| kind == "set") {
        fields.insert("uniqueItems".to_owned(), json!(true));
    }
    fields.retain(|keyword, _| !keyword.starts_with("x-kubernetes-"));
    if fields.get("format").and_then(Value::as_str).is_some_and(|format| format.starts_with("int")) {
        fields.remove("format");
    }
    let is_closed = fields.get("type").is_some_and(|kind| kind == "object")
        && !fields.contains_key("additionalProperties");
    for keyword in ["items", "additionalProperties"] {
        fields.get_mut(keyword).into_iter().for_each(standalone);
    }
    let inner = fields.get_mut("properties").and_then(Value::as_object_mut);
    inner.into_iter().flat_map(Map::values_mut).for_each(standalone);
    if is_closed {
        fields.insert("additionalProperties".to_owned(), json!(false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_becomes_json_schema() {
        let mut schema = json!({
            "type": "object",
            "properties": {
                "codes": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
                "words": {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 4},
                "bits": {"type": "integer", "format": "int32", "minimum": 1.0},
                "at": {"type": "object", "properties": {"day": {"type": "string", "format": "date"}}},
            },
            "x-kubernetes-validations": [{"rule": "true"}],
        });
        standalone(&mut schema);
        assert_eq!(
            schema,
            json!({
                "type": "object", "additionalProperties": false,
                "properties": {
                    "codes": {"type": "array", "items": {"type": "string"}, "uniqueItems": true},
                    "words": {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 4},
                    "bits": {"type": "integer", "minimum": 1.0},
                    "at": {
                        "type": "object", "additionalProperties": false,
                        "properties": {"day": {"type": "string", "format": "date"}},
                    },
                },
            })
        );
    }

    #[test]
    fn one_schema_for_a_file_leaves_what_is_not_ours_alone() {
        let validator = jsonschema::validator_for(&all()).unwrap();
        for (api_version, kind, spec, is_valid) in [
            ("v1", "Namespace", json!({}), true),
            ("apps/v1", "Deployment", json!({"any": 1}), true),
            ("cxguard.dev.example/v1", "Vendor", json!({"any": 1}), true),
            ("cxguard.dev/v1alpha1", "Vendor", json!({"country": "NL"}), true),
            ("cxguard.dev/v1alpha1", "Vendor", json!({"any": 1}), false),
            ("cxguard.dev/v1alpha1", "Deployment", json!({}), false),
            ("cxguard.dev/v1", "Vendor", json!({"country": "NL"}), false),
        ] {
            let object =
                json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, "spec": spec});
            assert_eq!(validator.is_valid(&object), is_valid, "{object}");
        }
        assert!(!validator.is_valid(&json!({"kind": "Vendor", "metadata": {"name": "x"}})));
    }

    #[test]
    fn every_kind_has_a_file_where_kubeconform_looks() {
        let files = files();
        assert_eq!(files.len(), crds().len() + 1);
        let grant = &files["cxguard.dev/accessgrant_v1alpha1.json"];
        assert_eq!(grant["properties"]["kind"]["const"], "AccessGrant");
        assert_eq!(grant["properties"]["apiVersion"]["const"], "cxguard.dev/v1alpha1");
        assert_eq!(grant["properties"]["spec"]["properties"]["subject"]["additionalProperties"], false);
        let any = files["cxguard.dev/all.json"]["oneOf"].as_array().unwrap();
        let references: Vec<&str> = any.iter().filter_map(|one| one["$ref"].as_str()).collect();
        for reference in &references {
            assert!(files.contains_key(&format!("cxguard.dev/{reference}")));
        }
        assert_eq!(references.len(), crds().len());
        let all = all().to_string();
        assert!(
            !all.contains("x-kubernetes") && !all.contains("$ref") && all.matches("$schema").count() == 1
        );
    }
}
