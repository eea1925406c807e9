//! Manifests made from the definitions: for every field what is right, and what is wrong in each way it can be.

use cxguard::api::crds;
use serde_json::{Map, Value, json};

/// An object to create, and which field of it is of interest.
pub(crate) struct Mutant {
    pub(crate) plural: String,
    pub(crate) namespaced: bool,
    pub(crate) object: Value,
}

/// Strings of which each fits some field and not most others.
const TEXTS: [&str; 20] = [
    "",
    "x",
    "no",
    "NO",
    "NOR",
    "90d",
    "0d",
    "P90D",
    "1000000d",
    "CX101",
    "cx101",
    "2026-02-28",
    "2026-02-30",
    "2026-1-1",
    "2026-12-31T18:00:00Z",
    "2026-12-31t18:00:00z",
    "2026-12-31T24:00:00Z",
    "2026-12-31T23:59:60Z",
    "2026-12-31T18:00:00.123456789+01:00",
    "2026-12-31T18:00:00+99:99",
];

/// All of them, in the order of kinds and fields.
pub(crate) fn all() -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for crd in crds() {
        let schema = serde_json::to_value(&crd.spec.versions[0].schema).unwrap();
        let schema = &schema["openAPIV3Schema"]["properties"]["spec"];
        let namespaced = crd.spec.scope == "Namespaced";
        let mut add = |rest: Value| {
            let mut object = json!({
                "apiVersion": "cxguard.dev/v1alpha1", "kind": crd.spec.names.kind, "metadata": {"name": "x"},
            });
            for (name, value) in rest.as_object().unwrap() {
                object[name] = value.clone();
            }
            if namespaced && object["metadata"].is_object() {
                object["metadata"]["namespace"] = json!("default");
            }
            mutants.push(Mutant { plural: crd.spec.names.plural.clone(), namespaced, object });
        };
        for value in values(schema) {
            add(json!({ "spec": value }));
        }
        let spec = least(schema);
        for status in [json!({}), json!({"conditions": [{"type": 5}], "observedGeneration": "x"})] {
            add(json!({"spec": spec, "status": status}));
        }
        for status in [json!({"nothing": 1}), json!({"conditions": [{"nothing": 1}]})] {
            add(json!({"spec": spec, "status": status}));
        }
        add(json!({"spec": spec, "specs": {}}));
        add(json!({}));
        if crd.spec.names.kind == "Vendor" {
            for metadata in metadata() {
                add(json!({"spec": spec, "metadata": metadata}));
            }
        }
    }
    mutants
}

/// The smallest value that the schema admits, rules left aside.
fn least(schema: &Value) -> Value {
    match schema["type"].as_str().unwrap() {
        "object" => {
            let required = schema["required"].as_array().into_iter().flatten();
            let field = |name: &Value| {
                let name = name.as_str().unwrap();
                (name.to_owned(), least(&schema["properties"][name]))
            };
            Value::Object(required.map(field).collect())
        }
        "array" => {
            let count = schema["minItems"].as_u64().unwrap_or_default();
            (0..count).map(|at| distinct(&schema["items"], at)).collect()
        }
        "string" => text(schema),
        "integer" => schema["minimum"]
            .as_f64()
            .map_or(json!(1), |least| json!(least.ceil().to_string().parse::<i64>().unwrap())),
        "boolean" => json!(true),
        other => panic!("{other}"),
    }
}

/// A string that the schema admits.
fn text(schema: &Value) -> Value {
    if let Some(values) = schema["enum"].as_array() {
        return values[0].clone();
    }
    if schema["format"] == "date" {
        return json!("2026-02-28");
    }
    match schema["pattern"].as_str() {
        None => json!("x"),
        Some(pattern) => {
            let pattern = regex::Regex::new(pattern).unwrap();
            json!(["Vendor"].iter().chain(&TEXTS).find(|text| pattern.is_match(text)).unwrap())
        }
    }
}

/// One of many items of a list, no two of which agree where the schema leaves a choice.
fn distinct(items: &Value, at: u64) -> Value {
    let numbered = |schema: &Value| {
        if let Some(values) = schema["enum"].as_array() {
            return values.iter().cycle().nth(usize::try_from(at).unwrap()).cloned();
        }
        let is_free = schema["type"] == "string" && schema["pattern"].is_null() && schema["format"].is_null();
        is_free.then(|| json!(format!("x{at}")))
    };
    let mut item = least(items);
    for (name, value) in item.as_object_mut().into_iter().flatten() {
        if let Some(numbered) = numbered(&items["properties"][name]) {
            *value = numbered;
        }
    }
    numbered(items).unwrap_or(item)
}

/// What may stand at a place and what may not, inner places one by one.
fn values(schema: &Value) -> Vec<Value> {
    let mut values =
        vec![least(schema), Value::Null, json!({}), json!([]), json!(true), json!(1), json!("x")];
    match schema["type"].as_str().unwrap() {
        "object" if schema["additionalProperties"].is_object() => {
            let inner = &schema["additionalProperties"];
            values.extend(self::values(inner).into_iter().map(|value| json!({ "key": value })));
            let most = schema["maxProperties"].as_u64().unwrap();
            values.push((0..=most).map(|at| (format!("k{at}"), least(inner))).collect::<Map<_, _>>().into());
        }
        "object" => {
            let with = |name: &str, value: Value| {
                let mut object = least(schema);
                object[name] = value;
                object
            };
            values.push(with("nothingSuch", json!(1)));
            values.push(with("nothingSuch", Value::Null));
            for (name, inner) in schema["properties"].as_object().unwrap() {
                values.extend(self::values(inner).into_iter().map(|value| with(name, value)));
                let mut without = least(schema);
                without.as_object_mut().unwrap().remove(name);
                values.push(without);
            }
            values.extend(pairs(schema));
        }
        "array" => {
            let inner = &schema["items"];
            values.extend(self::values(inner).into_iter().map(|value| json!([value])));
            values.push(json!([distinct(inner, 1), distinct(inner, 2)]));
            values.push(json!([distinct(inner, 1), distinct(inner, 2), distinct(inner, 1)]));
            let most = schema["maxItems"].as_u64().unwrap();
            values.push((0..=most).map(|at| distinct(inner, at)).collect());
        }
        "string" => {
            values.extend(TEXTS.map(Value::from));
            values.extend(schema["enum"].as_array().into_iter().flatten().cloned());
            if let Some(most) = schema["maxLength"].as_u64() {
                let most = usize::try_from(most).unwrap();
                values.extend([json!("ü".repeat(most)), json!("ü".repeat(most + 1))]);
            }
        }
        "integer" => {
            let ends = [&schema["minimum"], &schema["maximum"]].map(|end| end.as_f64().unwrap_or(5.0));
            let near = ends.into_iter().flat_map(|end| [end - 1.0, end, end + 1.0, end + 0.5]);
            values.extend(near.map(Value::from));
            values.extend([json!(3_000_000_000_i64), json!(-1), json!(1e20), json!("5")]);
        }
        _ => values.push(json!(false)),
    }
    values
}

/// Two fields at once: rules compare them.
fn pairs(schema: &Value) -> Vec<Value> {
    if schema["x-kubernetes-validations"].is_null() {
        return Vec::new();
    }
    let fields: Vec<_> = schema["properties"].as_object().unwrap().iter().collect();
    let mut found = Vec::new();
    for (at, (one, inner)) in fields.iter().enumerate() {
        for (other, second) in fields.iter().skip(at + 1) {
            for (value, next) in
                [(least(inner), least(second)), (late(inner), early(second)), (early(inner), late(second))]
            {
                let mut object = least(schema);
                object[one.as_str()] = value;
                object[other.as_str()] = next;
                found.push(object);
            }
        }
    }
    found
}

fn early(schema: &Value) -> Value {
    match schema["format"].as_str() {
        Some("date") => json!("2026-01-01"),
        Some("date-time") => json!("2026-01-01T00:30:00Z"),
        _ => words(schema).first().cloned().unwrap_or_else(|| least(schema)),
    }
}

fn late(schema: &Value) -> Value {
    match schema["format"].as_str() {
        Some("date") => json!("2026-12-31"),
        Some("date-time") => json!("2199-12-31T23:59:59-01:00"),
        _ => words(schema).last().cloned().unwrap_or_else(|| least(schema)),
    }
}

fn words(schema: &Value) -> Vec<Value> {
    schema["enum"].as_array().cloned().unwrap_or_default()
}

/// Metadata, of which every kind has the same.
fn metadata() -> Vec<Value> {
    let owner = |uid: Value| json!([{"apiVersion": "v1", "kind": "Node", "name": "n", "uid": uid, "controller": true}]);
    vec![
        json!({"name": "a.b-1", "labels": {"example.com/A_b": "C.d", "empty": ""}, "annotations": {"EXAMPLE.com/a": "any"}}),
        json!({"generateName": "a-"}),
        json!({"generateName": "-"}),
        json!({"generateName": "-a"}),
        json!({"name": "", "generateName": "a"}),
        json!({}),
        json!({"name": ""}),
        json!({"name": null}),
        json!({"name": 5}),
        json!({"name": "A"}),
        json!({"name": "a..b"}),
        json!({"name": "a_b"}),
        json!({"name": "ü"}),
        json!({"name": "a".repeat(253)}),
        json!({"name": "a".repeat(254)}),
        json!({"name": "a", "labels": {"a": true}}),
        json!({"name": "a", "labels": {"a": null}}),
        json!({"name": "a", "labels": {"a": 5}}),
        json!({"name": "a", "labels": {"a": "-"}}),
        json!({"name": "a", "labels": {"a": "b".repeat(63)}}),
        json!({"name": "a", "labels": {"a": "b".repeat(64)}}),
        json!({"name": "a", "labels": {"a b": "c"}}),
        json!({"name": "a", "labels": {"a/b/c": "c"}}),
        json!({"name": "a", "labels": {"/b": "c"}}),
        json!({"name": "a", "labels": {"A.example/b": "c"}}),
        json!({"name": "a", "labels": {"": "c"}}),
        json!({"name": "a", "labels": []}),
        json!({"name": "a", "labels": null}),
        json!({"name": "a", "annotations": {"a": 5}}),
        json!({"name": "a", "annotations": {"a b": "c"}}),
        json!({"name": "a", "annotations": {"a": "b".repeat(262_143)}}),
        json!({"name": "a", "annotations": {"a": "b".repeat(262_144)}}),
        json!({"name": "a", "finalizers": ["example.com/a"]}),
        json!({"name": "a", "finalizers": ["a b"]}),
        json!({"name": "a", "finalizers": [5]}),
        json!({"name": "a", "finalizers": "a"}),
        json!({"name": "a", "ownerReferences": owner(json!("u"))}),
        json!({"name": "a", "ownerReferences": owner(json!(""))}),
        json!({"name": "a", "ownerReferences": owner(json!(5))}),
        json!({"name": "a", "ownerReferences": [{}]}),
        json!({"name": "a", "ownerReferences": ["a"]}),
        json!({"name": "a", "creationTimestamp": null, "generation": 5}),
        json!({"name": "a", "generation": "5"}),
        json!({"name": "a", "Labels": {}}),
        json!({"name": "a", "nothing": 1}),
        json!([]),
        json!("a"),
    ]
}
