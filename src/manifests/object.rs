//! From a document to the objects in it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::schema;
use super::yaml::{Content, SyntaxError, Tree};
use crate::api::{GROUP, VERSION};
use crate::facts::{Ambiguity, Fact, Kind, Name, ObjectRef, Problem, read_fact, read_running, unreadable};
use crate::json::{Json, Seen};

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
        Cow::Owned(text.split_inclusive(['\n', '\r']).map(spaced).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// A line indented with as many spaces as it was with anything.
fn spaced(line: &str) -> String {
    let rest = line.trim_start_matches([' ', '\t']);
    format!("{:1$}{rest}", "", line.len() - rest.len())
}

/// The objects of a document. `namespace` is that of objects which name none.
pub(crate) fn objects(text: &str, namespace: &str) -> Result<Document, SyntaxError> {
    let text = prepared(text);
    let tree = Tree::parse(&text)?;
    let mut document = Document::default();
    let (api_version, kind) = (tree.text("apiVersion"), tree.text("kind"));
    let known = api_version.zip(kind).and_then(|(api_version, kind)| Kind::parse(api_version, kind));
    match (api_version, kind, known) {
        _ if !tree.is_written_out() => document.add(tree.content(), namespace),
        (None, Some(LIST), _) => document.add(tree.content(), namespace),
        (Some(_), Some(kind), _) if is_list(kind) => document.add(tree.content(), namespace),
        (_, _, Some(kind)) => match running(kind, &tree, namespace) {
            // With no room for others: there may be very many documents.
            Some(object) => document.objects = vec![object],
            None => document.add(tree.content(), namespace),
        },
        // Nothing but its kind is read of what no rule reads.
        _ => document.ignore(&Header::of(tree.fields()), ""),
    }
    Ok(document)
}

/// What runs pods, read where it is written. Nearly all of it can be; of what cannot, or of which something is wrong, the
/// object is made as of everything else.
fn running(kind: Kind, tree: &Tree<'_>, namespace: &str) -> Option<Object> {
    let written = tree.written().filter(|_| kind.runs())?;
    if !schema::admits(kind, written) || schema::null_labels(written).next().is_some() {
        return None;
    }
    let (id, generated) = identify(kind, written, namespace);
    let fact = read_running(&id, written);
    Some(Object { id, fact, ambiguous: Vec::new(), pointer: String::new(), generated })
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
        self.put(value, String::new(), found, namespace);
    }

    /// What is at the root, or an item of a list, which may be a list too.
    fn put(&mut self, value: Value, pointer: String, found: Found, namespace: &str) {
        match value {
            Value::Object(fields) if is_list(text(&fields, "kind")) => {
                self.list(fields, &pointer, &found, namespace);
            }
            Value::Object(fields) => {
                self.objects.reserve_exact(1);
                self.item(fields, pointer, found, namespace);
            }
            Value::Array(items) if pointer.is_empty() => self.array(&items),
            // What aliases make too large is null.
            _ if !found.problems.is_empty() => self.problems.extend(found.above(&pointer, |_| true)),
            _ => self.count(NO_KIND),
        }
    }

    fn list(&mut self, mut fields: Map<String, Value>, pointer: &str, found: &Found, namespace: &str) {
        let Some(Value::Array(items)) = fields.remove("items") else {
            return self.ignore(&Header::of(written(&fields)), pointer);
        };
        self.objects.reserve(items.len());
        for (nth, item) in items.into_iter().enumerate() {
            let step = format!("/items/{nth}");
            let within = found.within(&step);
            self.put(typed(item, &fields), format!("{pointer}{step}"), within, namespace);
        }
        self.problems.extend(found.above(pointer, |path| matches!(path, "" | "/items")));
    }

    /// A sequence at the root, which kubectl refuses. Only of one with manifests in it somebody will think otherwise.
    fn array(&mut self, items: &[Value]) {
        let is_manifest = |item: &Value| {
            let header = Header::of(item.as_object().into_iter().flat_map(written));
            (!header.api_version.is_empty() && !header.kind.is_empty()) || header.mistake().is_some()
        };
        if !items.iter().any(is_manifest) {
            return self.count(NO_KIND);
        }
        let problem = "a bare list is no manifest, and kubectl refuses it: put what it holds under items of a \
                       `kind: List`, or write each by itself";
        self.problems.push(Problem { path: String::new(), problem: problem.to_owned() });
    }

    /// One object: the document's only one, or an item of a list.
    fn item(&mut self, fields: Map<String, Value>, pointer: String, found: Found, namespace: &str) {
        let (api_version, kind_name) = (text(&fields, "apiVersion"), text(&fields, "kind"));
        let Some(kind) = Kind::parse(api_version, kind_name) else {
            return self.ignore(&Header::of(written(&fields)), &pointer);
        };
        let mut value = Value::Object(fields);
        let (id, generated) = identify(kind, &value, namespace);
        let Found { ambiguous, mut problems } = found;
        problems.extend(schema::problems(kind, &value));
        if kind.is_own() {
            schema::drop_nulls(&mut value);
        } else {
            problems.extend(schema::null_labels(&value));
        }
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

    /// The problems at some paths, with paths from above the place where they were found.
    fn above(&self, pointer: &str, which: impl Fn(&str) -> bool) -> Vec<Problem> {
        let some = self.problems.iter().filter(|one| which(&one.path));
        some.map(|one| Problem { path: format!("{pointer}{}", one.path), ..one.clone() }).collect()
    }
}

/// Stands in a name for what the API server makes up. No name of its making holds it, so it cannot be another's.
pub(super) const MADE_UP: char = '*';

/// The name of an object, with the namespace into which it would be applied, and whether that name is yet to be made up.
fn identify<'o>(kind: Kind, object: impl Json<'o>, namespace: &str) -> (ObjectRef, bool) {
    let metadata = object.field("metadata");
    if metadata.is_some_and(|metadata| metadata.seen() != Seen::Map) {
        return (ObjectRef::namespaced(kind, "", ""), false);
    }
    let text = |field| metadata.and_then(|metadata| metadata.field(field)?.text()).unwrap_or_default();
    let (name, start) = (text("name"), text("generateName"));
    // Of a kind of ours, that there is no name at all is a finding; others must be judged all the same.
    let generated = name.is_empty() && !(start.is_empty() && kind.is_own());
    let name = if generated { format!("{start}{MADE_UP}").into() } else { Name::from(name) };
    let namespace = match text("namespace") {
        _ if !kind.is_namespaced() => "",
        "" => namespace,
        given => given,
    };
    (ObjectRef { kind, namespace: namespace.into(), name }, generated)
}

fn text<'f>(fields: &'f Map<String, Value>, field: &str) -> &'f str {
    fields.get(field).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifests::split::split;

    /// What is read where it is written says the same as the object that is made of it.
    #[test]
    fn a_workload_is_read_where_it_is_written() {
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
                let object = running(kind, &tree, "cx").unwrap();
                let mut made = Document::default();
                made.add(tree.content(), "cx");
                assert_eq!(format!("{:?}", [object]), format!("{:?}", made.objects));
                workloads += 1;
            }
        }
        assert!(workloads > 6, "{workloads} workloads");
    }

    /// Of what is wrong, the object that is made of it says what; it is not passed over where it is written.
    #[test]
    fn a_workload_of_which_something_is_wrong_is_not_read_where_it_is_written() {
        let workload = |labels: &str, spec: &str| {
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d, labels: {{{labels}}}}}\nspec: {spec}\n"
            )
        };
        for (labels, spec, is_right) in [
            ("a: b", "{replicas: 2}", true),
            ("a: null", "{}", false),
            ("a: 5", "{}", false),
            ("-: b", "{}", false),
            ("a: b", "{template: {spec: {containers: {}}}}", false),
            ("a: b", "{template: {spec: {nodeSelector: {disk: yes}}}}", false),
            ("a: b", "{template: &t {}, other: *t}", false),
        ] {
            let text = workload(labels, spec);
            let tree = Tree::parse(&text).unwrap();
            assert_eq!(running(Kind::Deployment, &tree, "cx").is_some(), is_right, "{text}");
            let fact = objects(&text, "cx").unwrap().objects.remove(0).fact;
            let is_wrong =
                matches!(fact, Some(Fact::Unreadable(_))) || spec.contains("*t") || spec.contains("yes");
            assert_eq!(is_wrong, !is_right, "{text}");
        }
    }

    /// The pointers of the objects in a document, what is ignored in it, and the problems of it as a whole.
    fn found(text: &str) -> (Vec<String>, String, Vec<String>) {
        let document = objects(text, "cx").unwrap();
        let objects = document.objects.iter().map(|object| format!("{} {}", object.id, object.pointer));
        let ignored = document.ignored.iter().map(|(kind, count)| format!("{count} {kind}"));
        let problems = document.problems.iter().map(|one| format!("{}: {}", one.path, one.problem));
        (objects.collect(), ignored.collect::<Vec<_>>().join(", "), problems.collect())
    }

    #[test]
    fn what_kubectl_applies_is_an_object_however_it_is_written() {
        let head = "apiVersion: cxguard.dev/v1alpha1, kind: Vendor";
        let vendor = |name: &str| format!("{{{head}, metadata: {{name: {name}}}, spec: {{}}}}");
        let list = |items: &str| format!("{{apiVersion: v1, kind: List, items: [{items}]}}");
        let (a, b) = (vendor("a"), vendor("b"));
        let both = list(&[list(&a), list(""), b.clone()].join(", "));
        for (text, expected) in [
            (a.clone(), &["Vendor/a "][..]),
            (format!("<<: {{{head}}}\nmetadata: {{name: a}}\nspec: {{}}\n"), &["Vendor/a "]),
            (
                format!("<<: [{{kind: Other}}, {{{head}}}]\nkind: Vendor\nmetadata: {{name: a}}\n"),
                &["Vendor/a "],
            ),
            (format!("<<: {{apiVersion: v1, kind: List}}\nitems: [{a}]\n"), &["Vendor/a /items/0"]),
            (list(&a), &["Vendor/a /items/0"]),
            (both.clone(), &["Vendor/a /items/0/items/0", "Vendor/b /items/2"]),
            (list(&both), &["Vendor/a /items/0/items/0/items/0", "Vendor/b /items/0/items/2"]),
            (
                format!(
                    "{{apiVersion: cxguard.dev/v1alpha1, kind: VendorList, items: [{}]}}",
                    "{metadata: {name: a}}"
                ),
                &["Vendor/a /items/0"],
            ),
        ] {
            let (objects, ignored, problems) = found(&text);
            assert_eq!((objects, &*ignored, problems.is_empty()), (strings(expected), "", true), "{text}");
        }
        assert_eq!(found("<<: {apiVersion: v1, kind: Secret}\nmetadata: {name: s}\n").1, "1 Secret");
        assert_eq!(found("<<: {note: x}\n").1, "1 (no kind)");
    }

    /// Of two keys alike the last counts for kubectl, and a tag may make a key or a kind of what looks like nothing.
    #[test]
    fn no_object_passes_for_one_of_another_kind() {
        let rest = "metadata: {name: a}\nspec: {}\n";
        for head in [
            "apiVersion: cxguard.dev/v1alpha1\nkind: Secret\nkind: Vendor\n",
            "apiVersion: cxguard.dev/v1alpha1\nkind: Secret\n\"kind\": Vendor\n",
            "apiVersion: x.example/v1\nkind: Vendor\napiVersion: cxguard.dev/v1alpha1\n",
            "apiVersion: cxguard.dev/v1alpha1\nkind: !!binary VmVuZG9y\n",
            "apiVersion: !!binary Y3hndWFyZC5kZXYvdjFhbHBoYTE=\nkind: Vendor\n",
            "apiVersion: cxguard.dev/v1alpha1\n!!binary a2luZA==: Vendor\n",
        ] {
            let (objects, ignored, _) = found(&format!("{head}{rest}"));
            assert_eq!((objects, &*ignored), (strings(&["Vendor/a "]), ""), "{head}");
        }
    }

    /// The server drops it from maps of ours. A label that is null is there or not, by how it is applied.
    #[test]
    fn null_says_what_it_says_to_the_server() {
        let problems = |text: &str| {
            let document = objects(text, "cx").unwrap();
            match document.objects.first().and_then(|object| object.fact.clone()) {
                Some(Fact::Unreadable(why)) => why.problems.iter().map(ToString::to_string).collect(),
                fact => vec![format!("{}", fact.is_some())],
            }
        };
        let own = |kind: &str, spec: &str| {
            problems(&format!(
                "{{apiVersion: cxguard.dev/v1alpha1, kind: {kind}, metadata: {{name: a}}, spec: {spec}}}"
            ))
        };
        for (kind, spec) in [
            ("Vendor", "{owner: , certifications: , agreement: {countries: }}"),
            ("DataFlow", "{to: , workloads: {selector: {matchLabels: {a: }}}}"),
            ("CompliancePolicy", "{rules: , access: {dataForms: {x: }}}"),
        ] {
            assert_eq!(own(kind, spec), ["true"], "{spec}");
        }
        let item = "/spec/certifications/0: expected a map, found nothing (null)";
        assert_eq!(own("Vendor", "{certifications: [null]}"), [item]);
        let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: cx, labels: {a/b: , c: x}}\n";
        let said = problems(namespace);
        assert!(said.len() == 1 && said[0].starts_with("/metadata/labels/a~1b: is null"), "{said:?}");
    }

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_bare_list_of_manifests_is_none_and_not_passed_over() {
        for (text, is_one) in [
            ("[{apiVersion: v1, kind: Secret}]", true),
            ("- 1\n- apiVersion: cxguard.dev/v1alpha1\n  kind: Vendor\n", true),
            ("[{kind: Vendor, metadata: {name: a}}]", true),
            ("- {op: replace, path: /spec/country, value: NO}\n", false),
            ("- hosts: all\n  tasks: []\n", false),
            ("[]", false),
        ] {
            let (objects, ignored, problems) = found(text);
            assert_eq!(
                (objects.len(), ignored.is_empty(), problems.len()),
                (0, is_one, usize::from(is_one)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_aliases_make_too_large_in_a_list_is_said() {
        let list = |level: usize, item: &str| {
            format!("- &l{level} {{kind: List, items: [{}]}}\n", [item; 9].join(", "))
        };
        let lists: Vec<String> = (1..8).map(|level| list(level, &format!("*l{}", level - 1))).collect();
        let text = format!("apiVersion: v1\nkind: List\nitems:\n{}{}", list(0, "x"), lists.concat());
        let (objects, _, problems) = found(&text);
        assert!(
            objects.is_empty() && problems.iter().any(|problem| problem.contains("too large")),
            "{problems:?}"
        );
    }
}
