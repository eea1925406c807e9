//! What is said without a server is what the server says.

use std::collections::BTreeSet;

use cxguard::api::crds;
use cxguard::facts::{Fact, Kind, read};
use cxguard::manifests::schema::problems;
use futures::StreamExt;
use kube::Client;
use serde_json::{Value, json};

use crate::mutants::{Mutant, all};
use crate::support::{Answer, send};

/// How many requests are under way at once.
const AT_ONCE: usize = 16;

/// The fields of an object that are wrong, as JSON pointers, and all that is said.
struct Said {
    fields: BTreeSet<String>,
    text: String,
}

/// Creates each object as if it were, and compares. Returns every text that a refusal had.
pub(crate) async fn agrees(admin: &Client, documents: Vec<Value>) {
    let definitions = crds();
    let mut mutants = all();
    for mut object in documents {
        object.as_object_mut().unwrap().remove("refusal");
        let crd = definitions.iter().find(|crd| object["kind"] == *crd.spec.names.kind).unwrap();
        let namespaced = crd.spec.scope == "Namespaced";
        mutants.push(Mutant { plural: crd.spec.names.plural.clone(), namespaced, object });
    }
    let count = mutants.len();
    let answers = futures::stream::iter(mutants).map(async |mutant| (create(admin, &mutant).await, mutant));
    let answers: Vec<(Answer, Mutant)> = answers.buffered(AT_ONCE).collect().await;
    let mut wrong = Vec::new();
    let mut refusals = String::new();
    let mut refused = 0;
    for (answer, mutant) in &answers {
        let offline = offline(&mutant.object);
        refused += usize::from(answer.code != 201);
        refusals.push_str(&offline.text);
        if let Some(difference) = difference(&mutant.object, answer, &offline) {
            let shown: String = mutant.object.to_string().chars().take(600).collect();
            wrong.push(format!("{shown}\n  {difference}\n  offline: {}", offline.text));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(25)].join("\n")
    );
    assert!(count > 2_000 && (count / 10..count).contains(&refused), "{refused} of {count} refused");
    every_rule_was_violated(&refusals);
}

/// Foreign kinds: what is refused offline, the server refuses too.
pub(crate) async fn agrees_on_foreign_kinds(admin: &Client, documents: Vec<Value>) {
    for mut object in documents {
        let field = object.as_object_mut().unwrap().remove("field");
        let version = object["apiVersion"].as_str().unwrap();
        let group = if version == "v1" { "/api/v1".to_owned() } else { format!("/apis/{version}") };
        let namespace = match object["metadata"]["namespace"].as_str() {
            Some(namespace) => format!("/namespaces/{namespace}"),
            None => String::new(),
        };
        let plural = match object["kind"].as_str().unwrap().to_lowercase() {
            kind if kind.ends_with("class") || kind.ends_with("ingress") => format!("{kind}es"),
            kind if kind.ends_with("policy") => format!("{}ies", kind.trim_end_matches('y')),
            kind => format!("{kind}s"),
        };
        let path = format!("{group}{namespace}/{plural}?dryRun=All&fieldValidation=Strict");
        let answer = send(admin, "POST", &path, "application/json", &object).await;
        let expected: BTreeSet<String> =
            field.iter().map(|field| field.as_str().unwrap().to_owned()).collect();
        let said = offline(&object);
        assert_eq!(said.fields, expected, "{object}: {}", said.text);
        assert_eq!(answer.code == 201, expected.is_empty(), "{object}: {}", answer.body["message"]);
        assert!([201, 400, 422].contains(&answer.code), "{object}: {}", answer.body);
    }
}

async fn create(admin: &Client, mutant: &Mutant) -> Answer {
    let namespace = if mutant.namespaced { "namespaces/default/" } else { "" };
    let path = format!("/apis/cxguard.dev/v1alpha1/{namespace}{}", mutant.plural);
    let path = format!("{path}?dryRun=All&fieldValidation=Strict");
    send(admin, "POST", &path, "application/json", &mutant.object).await
}

fn offline(object: &Value) -> Said {
    let kind = Kind::named(object["kind"].as_str().unwrap()).unwrap();
    let found = problems(kind, object);
    let text = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    Said { fields: found.into_iter().map(|found| found.path).collect(), text }
}

/// How the two verdicts differ, if they do.
fn difference(object: &Value, answer: &Answer, offline: &Said) -> Option<String> {
    let said = answer.body["message"].as_str().unwrap_or_default();
    match answer.code {
        // An empty list passes for a date: then the operator cannot read the object, and says the same.
        201 => {
            let unreadable = || match read(object) {
                Some((_, Fact::Unreadable(why))) => {
                    why.problems.iter().map(|problem| problem.path.clone()).collect()
                }
                _ => BTreeSet::new(),
            };
            (!offline.fields.is_empty() && unreadable() != offline.fields).then(|| "is accepted".to_owned())
        }
        // A body that is not even read is refused without a field, unless it has unknown ones.
        400 => {
            let unknown = said.split("unknown field \"").skip(1).filter_map(|rest| rest.split('"').next());
            let unknown: BTreeSet<String> = unknown.map(pointer).collect();
            let missed: Vec<&String> = unknown.difference(&offline.fields).collect();
            (offline.fields.is_empty() || !missed.is_empty()).then(|| format!("{missed:?}: {said}"))
        }
        422 => {
            let causes = answer.body["details"]["causes"].as_array().into_iter().flatten();
            let causes = causes.filter(|cause| {
                // That a rule could not be asked is not the fault of another field.
                cause["field"] != "<nil>" && !cause["message"].as_str().unwrap().contains("evaluating rule")
            });
            let fields = causes.map(|cause| shortened(&pointer(cause["field"].as_str().unwrap()))).collect();
            let own: BTreeSet<String> = offline.fields.iter().map(|field| shortened(field)).collect();
            let agrees = own == fields || fields.is_empty() && !own.is_empty();
            (!agrees).then(|| format!("{:?}: {said}", own.symmetric_difference(&fields)))
        }
        code => Some(format!("{code}: {said}")),
    }
}

/// Within metadata, the server names the field above, and the name that it has made of a prefix.
fn shortened(field: &str) -> String {
    match field.strip_prefix("/metadata/").and_then(|rest| rest.split('/').next()) {
        Some("generateName") => "/metadata/name".to_owned(),
        Some(step) => format!("/metadata/{step}"),
        None => field.to_owned(),
    }
}

/// `spec.to[0].vendor` as a JSON pointer.
fn pointer(field: &str) -> String {
    format!("/{}", field.replace('[', "/").replace(']', "").replace('.', "/"))
}

/// A rule that no manifest violates is not known to be asked.
fn every_rule_was_violated(refusals: &str) {
    let mut messages = Vec::new();
    collect(&json!(crds()), &mut messages);
    assert!(messages.len() > 20, "{messages:?}");
    let missing: Vec<_> = messages.iter().filter(|message| !refusals.contains(message.as_str())).collect();
    assert!(missing.is_empty(), "never violated: {missing:#?}");
}

/// The messages of the rules that apply to a new object.
fn collect(value: &Value, messages: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let rules = fields.get("x-kubernetes-validations").and_then(Value::as_array);
            for rule in rules.into_iter().flatten() {
                if !rule["rule"].as_str().unwrap().contains("oldSelf") {
                    messages.push(rule["message"].as_str().unwrap().to_owned());
                }
            }
            fields.values().for_each(|value| collect(value, messages));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, messages)),
        _ => {}
    }
}
