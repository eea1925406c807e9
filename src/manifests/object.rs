//! From a document to the objects in it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::schema;
use super::yaml::{Content, SyntaxError, Tree};
use crate::api::GROUP;
use crate::facts::{Ambiguity, Fact, Kind, Name, ObjectRef, Problem, read_as, unreadable};

/// An object of a kind that rules read, as a file has it.
#[derive(Debug)]
pub(crate) struct Object {
    /// Its name.
    pub(crate) id: ObjectRef,
    /// What it says; nothing if it says nothing that a rule reads.
    pub(crate) fact: Option<Fact>,
    /// Scalars in it that the API server reads otherwise than people do.
    pub(crate) ambiguous: Vec<Ambiguity>,
    /// Where it is in its document, as a JSON pointer: empty, or an item of a list.
    pub(crate) pointer: String,
}

/// What a document holds.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) objects: Vec<Object>,
    /// How many objects there are of kinds that no rule reads, by kind.
    pub(crate) ignored: BTreeMap<String, usize>,
    /// What is wrong with it as a whole: where, as a JSON pointer, and what.
    pub(crate) problems: Vec<Problem>,
}

/// How an object without kind is counted.
const NO_KIND: &str = "(no kind)";

/// The text of a document as the parser takes it. JSON may be indented with tabs, YAML may not.
pub(crate) fn prepared(text: &str) -> Cow<'_, str> {
    if text.trim_start().starts_with('{') && text.contains('\t') {
        Cow::Owned(text.replace('\t', " "))
    } else {
        Cow::Borrowed(text)
    }
}

/// The objects of a document. `namespace` is that of objects which name none.
pub(crate) fn objects(text: &str, namespace: &str) -> Result<Document, SyntaxError> {
    let text = prepared(text);
    let tree = Tree::parse(&text)?;
    let mut document = Document::default();
    let (api_version, kind) = (tree.text("apiVersion"), tree.text("kind"));
    match (api_version, kind) {
        // Nothing but its kind is read of what no rule reads.
        (Some(api_version), Some(kind)) if !is_list(kind) && Kind::parse(api_version, kind).is_none() => {
            document.ignore(api_version, kind);
        }
        (Some(api_version), Some(kind)) => {
            let runs = Kind::parse(api_version, kind).is_some_and(Kind::runs);
            let content = if runs { tree.content_of_workload() } else { tree.content() };
            document.add(content, namespace);
        }
        _ => document.count(NO_KIND),
    }
    Ok(document)
}

/// The kinds of lists end so, `List` itself included.
fn is_list(kind: &str) -> bool {
    kind.ends_with("List")
}

impl Document {
    fn add(&mut self, content: Content, namespace: &str) {
        let Content { value, ambiguous, problems } = content;
        let problems = problems.into_iter().map(|(path, problem)| Problem { path, problem });
        let found = Found { ambiguous, problems: problems.collect() };
        match value {
            Value::Object(mut fields) if is_list(text(&fields, "kind")) => {
                let Some(Value::Array(items)) = fields.remove("items") else {
                    return self.count(text(&fields, "kind"));
                };
                self.objects.reserve_exact(items.len());
                for (nth, item) in items.into_iter().enumerate() {
                    let pointer = format!("/items/{nth}");
                    let within = found.within(&pointer);
                    self.item(item, pointer, within, namespace);
                }
            }
            value => {
                self.objects.reserve_exact(1);
                self.item(value, String::new(), found, namespace);
            }
        }
    }

    /// One object: the document's only one, or an item of a list.
    fn item(&mut self, value: Value, pointer: String, found: Found, namespace: &str) {
        let Value::Object(mut fields) = value else { return self.count(NO_KIND) };
        let (api_version, kind_name) = (text(&fields, "apiVersion"), text(&fields, "kind"));
        let Some(kind) = Kind::parse(api_version, kind_name) else {
            let (api_version, kind_name) = (api_version.to_owned(), kind_name.to_owned());
            return self.ignore(&api_version, &kind_name);
        };
        let id = identify(kind, &mut fields, namespace);
        let value = Value::Object(fields);
        let Found { ambiguous, mut problems } = found;
        problems.extend(schema::problems(kind, &value));
        let fact = if problems.is_empty() {
            read_as(kind, &value).map(|(_, fact)| fact)
        } else {
            // That the API server reads a scalar otherwise is said by CX002, and not again of the value that comes of it.
            problems.retain(|problem| ambiguous.iter().all(|one| one.path != problem.path));
            Some(unreadable(&value, problems))
        };
        self.objects.push(Object { id, fact, ambiguous, pointer });
    }

    /// Counts an object of a kind that no rule reads. A kind of ours that does not exist is a mistake.
    fn ignore(&mut self, api_version: &str, kind: &str) {
        if api_version.split_once('/').is_some_and(|(group, _)| group == GROUP) {
            let problem = format!("{GROUP} has no kind {kind:?}");
            self.problems.push(Problem { path: "/kind".to_owned(), problem });
        } else {
            self.count(if kind.is_empty() { NO_KIND } else { kind });
        }
    }

    fn count(&mut self, kind: &str) {
        *self.ignored.entry(kind.to_owned()).or_default() += 1;
    }
}

/// What was found in the text of an object.
#[derive(Default)]
struct Found {
    ambiguous: Vec<Ambiguity>,
    problems: Vec<Problem>,
}

impl Found {
    /// What of it is below a place, with paths from there.
    fn within(&self, pointer: &str) -> Self {
        let below = |path: &str| {
            let rest = path.strip_prefix(pointer)?;
            (rest.is_empty() || rest.starts_with('/')).then(|| rest.to_owned())
        };
        let ambiguous = self
            .ambiguous
            .iter()
            .filter_map(|one| Some(Ambiguity { path: below(&one.path)?, ..one.clone() }));
        let problems =
            self.problems.iter().filter_map(|one| Some(Problem { path: below(&one.path)?, ..one.clone() }));
        Self { ambiguous: ambiguous.collect(), problems: problems.collect() }
    }
}

/// The name of an object, with the namespace into which it would be applied.
fn identify(kind: Kind, fields: &mut Map<String, Value>, namespace: &str) -> ObjectRef {
    let metadata = fields.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(metadata) = metadata else { return ObjectRef::namespaced(kind, "", "") };
    let name = match text(metadata, "name") {
        "" => text(metadata, "generateName"),
        name => name,
    };
    let name = Name::from(name);
    if kind.is_namespaced() {
        if text(metadata, "namespace").is_empty() {
            metadata.insert("namespace".to_owned(), Value::String(namespace.to_owned()));
        }
    } else {
        metadata.remove("namespace");
    }
    ObjectRef { kind, namespace: text(metadata, "namespace").into(), name }
}

fn text<'f>(fields: &'f Map<String, Value>, field: &str) -> &'f str {
    fields.get(field).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifests::split::split;

    /// Of what is left out, nothing must be missed.
    #[test]
    fn of_a_workload_all_is_read_that_a_rule_reads() {
        let mut workloads = 0;
        for text in [
            include_str!("../../examples/compliant/cx-feedback.yaml"),
            include_str!("../../examples/violating/outside-region.yaml"),
            include_str!("../../tests/fixtures/cx101-pod.yaml"),
            include_str!("../../tests/fixtures/cx124.yaml"),
            include_str!("../../tests/fixtures/cx127.yaml"),
            include_str!("../../tests/fixtures/cx209.yaml"),
            include_str!("../../tests/fixtures/cx710.yaml"),
        ] {
            for part in split(text) {
                let tree = Tree::parse(&text[part.range]).unwrap();
                let field = |field| tree.text(field).unwrap_or_default();
                let kind = Kind::parse(field("apiVersion"), field("kind"));
                let Some(kind) = kind.filter(|kind| kind.runs()) else { continue };
                let (all, some) = (tree.content().value, tree.content_of_workload().value);
                assert_eq!(read_as(kind, &some), read_as(kind, &all));
                assert_eq!(schema::problems(kind, &some), schema::problems(kind, &all));
                workloads += 1;
            }
        }
        assert!(workloads > 6, "{workloads} workloads");
    }
}
