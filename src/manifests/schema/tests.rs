use serde_json::{Value, json};

use super::*;
use crate::api::crds;

/// What is said of an object of ours with that spec.
fn said(kind: &str, spec: &str) -> Vec<String> {
    let text =
        format!("{{apiVersion: cxguard.dev/v1alpha1, kind: {kind}, metadata: {{name: x}}, spec: {spec}}}");
    of(&serde_saphyr::from_str(&text).unwrap())
}

fn of(object: &Value) -> Vec<String> {
    let kind = Kind::named(object["kind"].as_str().unwrap()).unwrap();
    problems(kind, object).iter().map(ToString::to_string).collect()
}

#[test]
fn every_definition_is_understood_with_its_rules() {
    fn rules(node: &Node) -> usize {
        let inside = match &node.shape {
            node::Shape::Fields { fields, .. } => fields.values().map(rules).sum(),
            node::Shape::Map { values, .. } => rules(values),
            node::Shape::List { items, .. } => rules(items),
            _ => 0,
        };
        node.rules.len() + inside
    }
    let schemas: Vec<_> =
        kinds().map(|name| (name, definition(Kind::named(name).unwrap()).unwrap())).collect();
    assert_eq!(schemas.len(), crds().len());
    for (kind, schema) in &schemas {
        assert!(schema.is_ok(), "{kind}: {:?}", schema.as_ref().err());
    }
    let read: usize = schemas.iter().filter_map(|(_, schema)| schema.as_ref().ok()).map(rules).sum();
    assert_eq!(read, on_creation(&serde_json::to_value(crds()).unwrap()));
}

/// How many rules apply to an object that is created.
fn on_creation(value: &Value) -> usize {
    match value {
        Value::Object(fields) => {
            let rules =
                fields.get("x-kubernetes-validations").and_then(Value::as_array).into_iter().flatten();
            let here = rules.filter(|rule| !rule["rule"].as_str().unwrap().contains("oldSelf")).count();
            here + fields.values().map(on_creation).sum::<usize>()
        }
        Value::Array(items) => items.iter().map(on_creation).sum(),
        _ => 0,
    }
}

/// Kind, spec, and what is said of it.
type Case<'c> = (&'c str, &'c str, &'c [&'c str]);

fn assert_said(cases: &[Case<'_>]) {
    for (kind, spec, expected) in cases {
        assert_eq!(said(kind, spec), *expected, "{kind} {spec}");
    }
}

/// The same of a grant, with the rest of its spec.
fn assert_said_of_grants(cases: &[(&str, &[&str])]) {
    for (rest, expected) in cases {
        let spec =
            format!("{{subject: {{kind: User, name: sam}}, role: {{kind: Role, name: read}}, {rest}}}");
        assert_said(&[("AccessGrant", &spec, expected)]);
    }
}

#[test]
fn unknown_fields_and_words_come_with_the_nearest() {
    let forms = "is not one of Aggregate, Anonymised, Pseudonymised, Identifiable";
    let raw = format!("/spec/dataForm: \"Raw\" {forms}");
    let lower = format!("/spec/dataForm: \"aggregate\" {forms}: did you mean \"Aggregate\"?");
    let nested = format!("/spec/access/dataForms/marketing: \"Raw\" {forms}");
    assert_said_of_grants(&[
        ("", &[]),
        ("owner: null, revoked: {reason: null}", &[]),
        ("expires: soon", &["/spec/expires: unknown field \"expires\": did you mean \"expiresAt\"?"]),
        ("dataForm: Raw", &[&raw]),
        ("dataForm: aggregate", &[&lower]),
    ]);
    assert_said(&[("CompliancePolicy", "{access: {dataForms: {marketing: Raw}}}", &[&nested])]);
}

/// One that no rule has would set nothing, and nobody would see it. Those that are kept for rules are good.
#[test]
fn codes_are_those_of_rules() {
    let said = |field: &str, code: &str| {
        format!(
            "/spec/{field}: \"{code}\" is not the code of a rule such as CX101: `cxguard rules` lists them"
        )
    };
    let exempts = |codes: &str| format!("{{rules: [{codes}], subject: {{kind: Vendor, name: hub}}}}");
    assert_said(&[
        ("CompliancePolicy", "{rules: [{code: CX101, mode: Warn}, {code: CX509, mode: Audit}]}", &[]),
        (
            "CompliancePolicy",
            "{rules: [{code: CX999, mode: Enforce}, {code: cx101, mode: Warn}]}",
            &[&said("rules/0/code", "CX999"), &said("rules/1/code", "cx101")],
        ),
        ("Exemption", &exempts("CX408, CX512"), &[]),
        ("Exemption", &exempts("CX408, CX100"), &[&said("rules/1", "CX100")]),
    ]);
}

#[test]
fn other_types_and_missing_fields() {
    assert_said(&[
        (
            "AccessGrant",
            "{subject: {kind: User}, role: read}",
            &[
                "/spec/role: expected a map, found the string \"read\"",
                "/spec/subject/name: the required field \"name\" is missing",
            ],
        ),
        ("AccessGrant", "null", &["/spec: the required field \"spec\" is missing"]),
        ("Vendor", "{}", &[]),
        (
            "Vendor",
            "{country: false}",
            &["/spec/country: expected a string, found the boolean false: quote it"],
        ),
        (
            "Survey",
            "{respondentId: {bits: 1.5}}",
            &["/spec/respondentId/bits: expected a whole number, found the number 1.5"],
        ),
        (
            "Survey",
            "{respondentId: {bits: '128'}}",
            &[
                "/spec/respondentId/bits: expected a whole number, found the string \"128\": remove the quotes",
            ],
        ),
    ]);
}

#[test]
fn bounds_patterns_and_dates() {
    let duration = "is not a duration: a number and one of s, m, h, d such as 72h or 90d";
    let duration = format!("/spec/agreement/breachNotice: \"P1D\" {duration}");
    assert_said_of_grants(&[(
        "expiresAt: tomorrow",
        &[
            "/spec/expiresAt: \"tomorrow\" is not an RFC 3339 instant between 1900 and 2199, with the zone, such as \
            2026-12-31T18:00:00Z",
        ],
    )]);
    assert_said(&[
        (
            "Vendor",
            "{agreement: {signedOn: 2026-02-30, breachNotice: P1D}}",
            &[
                &duration,
                "/spec/agreement/signedOn: \"2026-02-30\" is not a day of the calendar such as 2026-12-31",
            ],
        ),
        (
            "Vendor",
            "{subProcessors: [{vendor: a}, {vendor: b}, {vendor: a}, {vendor: a}]}",
            &["/spec/subProcessors/2: has the same vendor as item 0 (counted from 0)"],
        ),
        (
            "Exemption",
            "{rules: [], subject: {kind: Vendor, name: a}}",
            &["/spec/rules: has 0 items, and at least 1 are needed"],
        ),
        (
            "Exemption",
            "{rules: [CX408, CX1, CX408], subject: {kind: Vendor, name: a}}",
            &[
                "/spec/rules/1: \"CX1\" is not the code of a rule such as CX101: `cxguard rules` lists them",
                "/spec/rules/2: is the same as item 0 (counted from 0)",
            ],
        ),
        (
            "Survey",
            "{respondentId: {bits: 5000}}",
            &["/spec/respondentId/bits: 5000 is too large: the most is 4096"],
        ),
    ]);
}

#[test]
fn rules_are_asked_where_the_shape_lets_them() {
    assert_said_of_grants(&[
        (
            "startsAt: 2026-12-18T18:00:00Z, expiresAt: '2026-12-18T19:00:00+01:00'",
            &["/spec/startsAt: startsAt must be before expiresAt"],
        ),
        // The same, but that another field is of another type.
        (
            "owner: 5, startsAt: 2026-12-18T18:00:00Z, expiresAt: 2026-12-18T18:00:00Z",
            &["/spec/owner: expected a string, found the number 5: quote it"],
        ),
        (
            "expiresAt: '2026-12-31T18:00:00+99:99'",
            &[
                "/spec: it cannot be told whether \"expiresAt must be before 2200-01-01: to grant access without end, \
                leave it out\" applies: \"2026-12-31T18:00:00+99:99\" is no point in time",
            ],
        ),
        (
            "expiresAt: '2026-12-31T18:00:00-25:00'",
            &[
                "/spec: it cannot be told whether \"expiresAt must be before 2200-01-01: to grant access without end, \
                leave it out\" applies: \"2026-12-31T18:00:00-25:00\" is no point in time",
            ],
        ),
        ("expiresAt: '2026-12-31T18:00:00.5+24:00'", &[]),
    ]);
    assert_said(&[
        (
            "AccessGrant",
            "{subject: {kind: IssuedServiceAccount, name: Bot}, role: {kind: Role, name: read}}",
            &[
                "/spec: subject.kind IssuedServiceAccount needs issuedTo: who may fetch its tokens",
                "/spec/subject/name: the name of a service account is lower case letters, digits, - and .",
            ],
        ),
        // What does not fit a pattern keeps no rule from being asked.
        (
            "Vendor",
            "{legalName: '', country: nl, agreement: {signedOn: 2027-01-01, validUntil: 2026-12-31}}",
            &[
                "/spec/agreement/validUntil: validUntil must not be before signedOn",
                "/spec/country: \"nl\" is not a country of two capital letters such as \"NO\", in quotes",
            ],
        ),
        (
            "IncidentPlan",
            "{backups: [{name: db, location: {country: \"DE\", region: eu-central-1}}]}",
            &["/spec/backups/0/location: a location names a country or a region, and not both"],
        ),
    ]);
}

#[test]
fn metadata_is_held_to_what_every_kind_must_have() {
    let name = "lower case letters, digits, - and .";
    for (metadata, path, part) in [
        (json!({"name": "a.b-1"}), "", ""),
        (json!({"generateName": "a-"}), "", ""),
        (
            json!({"name": "a", "labels": {"example.com/team": ""}, "annotations": {"Example.com/A_b": "any text"}}),
            "",
            "",
        ),
        // What a server has filled in.
        (
            json!({"name": "a", "uid": "u", "resourceVersion": "5", "creationTimestamp": null, "generation": 1}),
            "",
            "",
        ),
        (json!({}), "/metadata/name", "has no name"),
        (json!({"name": "A"}), "/metadata/name", name),
        (json!({"name": "a..b"}), "/metadata/name", name),
        (json!({"name": "a".repeat(254)}), "/metadata/name", "at most 253"),
        (json!({"name": 5}), "/metadata/name", "expected a string"),
        (json!({"generateName": "-"}), "/metadata/generateName", name),
        (json!({"name": "a", "labels": {"a": true}}), "/metadata/labels/a", "quote it"),
        (json!({"name": "a", "labels": {"a": "no spaces"}}), "/metadata/labels/a", "no value of a label"),
        (json!({"name": "a", "labels": {"/a": "b"}}), "/metadata/labels/~1a", "no name such as"),
        (json!({"name": "a", "labels": {"a": "b".repeat(64)}}), "/metadata/labels/a", "at most 63"),
        (json!({"name": "a", "annotations": {"a b": ""}}), "/metadata/annotations/a b", "no name such as"),
        (
            json!({"name": "a", "annotations": {"a": "b".repeat(262_144)}}),
            "/metadata/annotations",
            "262145 bytes",
        ),
        (json!({"name": "a", "annotations": []}), "/metadata/annotations", "expected a map"),
        (json!({"name": "a", "finalizers": ["a b"]}), "/metadata/finalizers/0", "no name such as"),
        (
            json!({"name": "a", "ownerReferences": [{"name": "b", "kind": "B", "apiVersion": "v1"}]}),
            "/metadata/ownerReferences/0/uid",
            "missing",
        ),
        (json!({"name": "a", "lables": {}}), "/metadata/lables", "did you mean \"labels\"?"),
    ] {
        let object =
            json!({"apiVersion": "cxguard.dev/v1alpha1", "kind": "Vendor", "metadata": metadata, "spec": {}});
        let found = problems(Kind::Vendor, &object);
        if path.is_empty() {
            assert_eq!(found, [], "{metadata}");
        } else {
            let [found] = found.as_slice() else { panic!("{metadata}: {found:?}") };
            assert!(found.path == path && found.problem.contains(part), "{metadata}: {found:?}");
        }
    }
}

#[test]
fn the_object_as_a_whole() {
    let whole = |object: Value| of(&object);
    let metadata = json!({"name": "a"});
    for (object, expected) in [
        (
            json!({"apiVersion": "cxguard.dev/v1", "kind": "Vendor", "metadata": metadata, "spec": {}}),
            "/apiVersion: \"cxguard.dev/v1\" is not served: write cxguard.dev/v1alpha1",
        ),
        (
            json!({"apiVersion": "cxguard.dev/v1alpha1", "kind": "Vendor", "metadata": metadata, "spec": {}, "sepc": {}}),
            "/sepc: unknown field \"sepc\": did you mean \"spec\"?",
        ),
        (
            json!({"apiVersion": "cxguard.dev/v1alpha1", "kind": "Vendor", "metadata": metadata, "spec": {}, "status": {"phase": 1}}),
            "/status/phase: unknown field \"phase\"",
        ),
        (
            json!({"apiVersion": "cxguard.dev/v1alpha1", "kind": "Vendor", "metadata": [], "spec": {}}),
            "/metadata: expected a map, found a list",
        ),
    ] {
        let found = whole(object);
        assert!(found.iter().any(|found| found == expected), "{found:?}");
    }
    // The status is the operator's: it is dropped, whatever its fields say.
    let filled = json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "Vendor", "metadata": metadata, "spec": {},
        "status": {"observedGeneration": "many", "conditions": [{"type": "Ready"}]},
    });
    assert_eq!(of(&filled), Vec::<String>::new());
    assert_eq!(problems(Kind::Vendor, &json!("text")).len(), 1);
}

#[test]
fn no_object_has_more_problems_than_somebody_reads() {
    let rules: Vec<Value> = (0..70).map(|at| json!({ format!("field-{at}"): 1 })).collect();
    let object = json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "CompliancePolicy", "metadata": {"name": "a"},
        "spec": {"rules": rules},
    });
    let found = problems(Kind::CompliancePolicy, &object);
    assert_eq!(found.len(), 65);
    let last = found.last().unwrap();
    assert_eq!((last.path.as_str(), last.problem.contains("more problems are not shown")), ("", true));
}
