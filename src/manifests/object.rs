//! From a document to the objects in it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::schema;
use super::yaml::{Content, SyntaxError, Tree};
use crate::api::{GROUP, VERSION};
use crate::facts::{Ambiguity, Fact, Kind, Name, ObjectRef, Problem, read_fact, unreadable};

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
    /// Whether it names no name, and the API server will make one up: other objects may be written like it.
    pub(crate) generated: bool,
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
    let known = api_version.zip(kind).and_then(|(api_version, kind)| Kind::parse(api_version, kind));
    match (api_version, kind, known) {
        (None, Some(LIST), _) => document.add(tree.content(), namespace),
        (Some(_), Some(kind), _) if is_list(kind) => document.add(tree.content(), namespace),
        (_, _, Some(kind)) => {
            document.add(if kind.runs() { tree.content_of_workload() } else { tree.content() }, namespace);
        }
        // Nothing but its kind is read of what no rule reads.
        _ => document.ignore(&Header::of(tree.fields()), ""),
    }
    Ok(document)
}

/// The list that says nothing of its items.
const LIST: &str = "List";

/// The kinds of lists end so, `List` itself included.
fn is_list(kind: &str) -> bool {
    kind.ends_with(LIST)
}

impl Document {
    /// Whether anything in it is meant to be an object of Kubernetes.
    pub(crate) fn is_manifest(&self) -> bool {
        !self.objects.is_empty()
            || !self.problems.is_empty()
            || self.ignored.keys().any(|kind| kind != NO_KIND)
    }

    fn add(&mut self, content: Content, namespace: &str) {
        let Content { value, ambiguous, problems } = content;
        let problems = problems.into_iter().map(|(path, problem)| Problem { path, problem });
        let found = Found { ambiguous, problems: problems.collect() };
        match value {
            Value::Object(mut fields) if is_list(text(&fields, "kind")) => {
                let Some(Value::Array(items)) = fields.remove("items") else {
                    return self.ignore(&Header::of(written(&fields)), "");
                };
                self.objects.reserve_exact(items.len());
                for (nth, item) in items.into_iter().enumerate() {
                    let pointer = format!("/items/{nth}");
                    let within = found.within(&pointer);
                    self.item(typed(item, &fields), pointer, within, namespace);
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
            return self.ignore(&Header::of(written(&fields)), &pointer);
        };
        let (id, generated) = identify(kind, &mut fields, namespace);
        let value = Value::Object(fields);
        let Found { ambiguous, mut problems } = found;
        problems.extend(schema::problems(kind, &value));
        let fact = if problems.is_empty() {
            if id.name.is_empty() { None } else { read_fact(&id, &value) }
        } else {
            // That the API server reads a scalar otherwise is said by CX002, and not again of the value that comes of it.
            problems.retain(|problem| ambiguous.iter().all(|one| one.path != problem.path));
            Some(unreadable(&value, problems))
        };
        self.objects.push(Object { id, fact, ambiguous, pointer, generated });
    }

    /// Counts an object of a kind that no rule reads. One of ours that is none, by a mistake in its head, is a problem.
    fn ignore(&mut self, header: &Header<'_>, pointer: &str) {
        if let Some((field, problem)) = header.mistake() {
            self.problems.push(Problem { path: format!("{pointer}/{field}"), problem });
        } else {
            self.count(if header.kind.is_empty() { NO_KIND } else { header.kind });
        }
    }

    fn count(&mut self, kind: &str) {
        *self.ignored.entry(kind.to_owned()).or_default() += 1;
    }
}

/// What says of which kind an object is.
#[derive(Default)]
struct Header<'f> {
    api_version: &'f str,
    kind: &'f str,
    /// The same as they would be without regard to the case of the fields' names.
    meant: (&'f str, &'f str),
    /// Whether it has a field that most objects have.
    is_object: bool,
}

impl<'f> Header<'f> {
    /// From fields, each with its text if it has one.
    fn of(fields: impl Iterator<Item = (&'f str, Option<&'f str>)>) -> Self {
        let mut header = Self::default();
        for (field, text) in fields {
            let text = text.unwrap_or_default();
            match field {
                "apiVersion" => header.api_version = text,
                "kind" => header.kind = text,
                "metadata" | "spec" | "items" => header.is_object = true,
                _ => {}
            }
            if field.eq_ignore_ascii_case("apiVersion") {
                header.meant.0 = text;
            } else if field.eq_ignore_ascii_case("kind") {
                header.meant.1 = text;
            }
        }
        header
    }

    /// What is wrong with it, and in which field, if it is meant to be that of a kind of ours.
    fn mistake(&self) -> Option<(&'static str, String)> {
        let Self { api_version, kind, meant: (meant_version, meant_kind), is_object } = *self;
        let served = format!("{GROUP}/{VERSION}");
        let is_ours = meant_version.split('/').next() == Some(GROUP);
        let item = meant_kind.strip_suffix(LIST).unwrap_or(meant_kind);
        let is_own = is_object && Kind::named(item).is_some_and(Kind::is_own);
        if is_ours && !kind.is_empty() && api_version.contains('/') {
            let is_list =
                kind.strip_suffix(LIST).is_some_and(|item| Kind::parse(api_version, item).is_some());
            return Some(if is_list {
                ("items", format!("{kind} has no list of items"))
            } else {
                ("kind", format!("{GROUP} has no kind {kind:?}"))
            });
        }
        if !api_version.contains('/') && (is_ours || is_own) {
            return Some(("apiVersion", format!("is missing, or misspelt: write apiVersion: {served}")));
        }
        is_ours.then(|| ("kind", format!("is missing, or misspelt: {served} alone says not what it is")))
    }
}

/// The fields of an object, each with its text if it has one.
fn written(fields: &Map<String, Value>) -> impl Iterator<Item = (&str, Option<&str>)> {
    fields.iter().map(|(field, value)| (field.as_str(), value.as_str()))
}

/// An item of a list. The list may say once for all what each of them is: `VendorList`.
fn typed(mut item: Value, list: &Map<String, Value>) -> Value {
    let kind = text(list, "kind").strip_suffix(LIST).unwrap_or_default();
    if let Value::Object(fields) = &mut item
        && !kind.is_empty()
        && !fields.contains_key("kind")
        && !fields.contains_key("apiVersion")
    {
        fields.insert("kind".to_owned(), Value::from(kind));
        fields.insert("apiVersion".to_owned(), Value::from(text(list, "apiVersion")));
    }
    item
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

/// Stands in a name for what the API server makes up. No name of its making holds it, so it cannot be another's.
pub(super) const MADE_UP: char = '*';

/// The name of an object, with the namespace into which it would be applied, and whether that name is yet to be made up.
fn identify(kind: Kind, fields: &mut Map<String, Value>, namespace: &str) -> (ObjectRef, bool) {
    let metadata = fields.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(metadata) = metadata else { return (ObjectRef::namespaced(kind, "", ""), false) };
    let start = text(metadata, "generateName");
    // Of a kind of ours, that there is no name at all is a finding; others must be judged all the same.
    let generated = text(metadata, "name").is_empty() && !(start.is_empty() && kind.is_own());
    let name =
        if generated { format!("{start}{MADE_UP}").into() } else { Name::from(text(metadata, "name")) };
    if kind.is_namespaced() {
        if text(metadata, "namespace").is_empty() {
            metadata.insert("namespace".to_owned(), Value::String(namespace.to_owned()));
        }
    } else {
        metadata.remove("namespace");
    }
    (ObjectRef { kind, namespace: text(metadata, "namespace").into(), name }, generated)
}

fn text<'f>(fields: &'f Map<String, Value>, field: &str) -> &'f str {
    fields.get(field).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::read_as;
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
