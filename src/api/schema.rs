//! Makes a derived definition fit for the API server.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSON, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};

/// Bounds where a field states none: without them the server cannot estimate the cost of a CEL rule, and a single
/// object could fill the store.
const MAX_LENGTH: i64 = 253;
const MAX_ITEMS: i64 = 64;
const MAX_PROPERTIES: i64 = 64;

pub(super) fn finish(mut crd: CustomResourceDefinition) -> CustomResourceDefinition {
    for version in &mut crd.spec.versions {
        let Some(root) = version.schema.as_mut().and_then(|schema| schema.open_api_v3_schema.as_mut()) else {
            continue;
        };
        for schema in root.properties.iter_mut().flat_map(|properties| properties.values_mut()) {
            walk(schema);
        }
    }
    crd
}

fn walk(schema: &mut JSONSchemaProps) {
    // A null that is kept would let a transition rule be dodged; where null is not admitted the server drops it.
    schema.nullable = None;
    if let Some(description) = &mut schema.description {
        // Lines end where the source wraps, not where a reader's terminal does.
        *description = description.split('\n').map(str::trim).collect::<Vec<_>>().join(" ");
    }
    if let Some(values) = &mut schema.enum_ {
        values.retain(|JSON(value)| !value.is_null());
    }
    match schema.type_.as_deref() {
        Some("string") if schema.enum_.is_none() => {
            schema.max_length.get_or_insert(MAX_LENGTH);
        }
        Some("array") => {
            schema.max_items.get_or_insert(MAX_ITEMS);
        }
        _ => {}
    }
    for property in schema.properties.iter_mut().flat_map(|properties| properties.values_mut()) {
        walk(property);
    }
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &mut schema.items {
        walk(items);
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &mut schema.additional_properties {
        schema.max_properties.get_or_insert(MAX_PROPERTIES);
        walk(values);
    }
}
