//! What a cluster knows, as a file: so that what is checked before a merge meets what is there already.

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fact::Fact;
use super::id::{Kind, Name, ObjectRef};
use super::outside::outside;
use super::read::pointer;
use super::world::OPERATOR_NAMESPACE;
use crate::pointer::unescaped;

/// The version of the format. Within it facts may get further members, which older readers pass over and whose absence
/// newer ones understand; none is removed or changes its meaning.
const VERSION: u64 = 1;

/// What to do with a file that cannot be read as a whole.
const AGAIN: &str =
    "export it again with this version of cxguard, or check with the version that exported it";

/// What a cluster knew at an instant, without what must not leave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// When it was read.
    pub at: Timestamp,
    /// From where.
    pub server: String,
    /// The namespace of the operator.
    pub operator: Name,
    /// The resources that could not be listed, as roles name them: `nodes`.
    pub missing: Vec<String>,
    facts: BTreeMap<ObjectRef, Fact>,
}

/// Why a file is no snapshot that can be read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// It is not what the command writes.
    #[error("is not what `cxguard facts export` writes: {0}")]
    Shape(#[from] serde_json::Error),
    /// It has a version of the format that is not known.
    #[error("has version {0} of the format, and this cxguard reads version {VERSION}: {AGAIN}")]
    Version(Value),
    /// A fact in it cannot be read.
    #[error("fact {nth}: {problem}: {AGAIN}")]
    Fact {
        /// Which one, from 1.
        nth: usize,
        /// What is wrong with it.
        problem: String,
    },
}

#[derive(Serialize)]
struct Header<'s> {
    version: u64,
    at: Timestamp,
    server: &'s str,
    operator: &'s str,
    missing: &'s [String],
}

#[derive(Serialize)]
struct Entry<'s> {
    #[serde(flatten)]
    id: &'s ObjectRef,
    fact: &'s Fact,
}

/// The file as it is read: facts one by one, so that a mistake in one says in which.
#[derive(Deserialize)]
struct File {
    at: Timestamp,
    server: String,
    #[serde(default = "operator_namespace")]
    operator: Name,
    #[serde(default)]
    missing: Vec<String>,
    facts: Vec<Value>,
}

fn operator_namespace() -> Name {
    OPERATOR_NAMESPACE.into()
}

impl Snapshot {
    /// Of what was read, what may leave the cluster.
    pub fn new(
        at: Timestamp,
        server: String,
        missing: Vec<String>,
        facts: impl IntoIterator<Item = (ObjectRef, Fact)>,
    ) -> Self {
        let facts = facts.into_iter().filter_map(|(id, fact)| {
            let fact = outside(id.kind, fact)?;
            Some((id, fact))
        });
        Self { at, server, operator: operator_namespace(), missing, facts: facts.collect() }
    }

    /// The facts, in order.
    pub fn facts(&self) -> impl Iterator<Item = (&ObjectRef, &Fact)> {
        self.facts.iter()
    }

    /// How many facts there are.
    pub fn len(&self) -> usize {
        self.facts.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// Writes it as one JSON object, a line for each fact: so that two of them can be compared.
    pub fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let header = Header {
            version: VERSION,
            at: self.at,
            server: &self.server,
            operator: &self.operator,
            missing: &self.missing,
        };
        let header = serde_json::to_string(&header)?;
        write!(out, "{},\"facts\":[", header.trim_end_matches('}'))?;
        for (nth, (id, fact)) in self.facts.iter().enumerate() {
            out.write_all(if nth == 0 { b"\n" } else { b",\n" })?;
            serde_json::to_writer(&mut *out, &Entry { id, fact })?;
        }
        out.write_all(b"\n]}\n")
    }

    /// Reads what was written.
    pub fn parse(text: &str) -> Result<Self, SnapshotError> {
        let file: Value = serde_json::from_str(text)?;
        if let Some(version) = file.get("version").filter(|version| version.as_u64() != Some(VERSION)) {
            return Err(SnapshotError::Version(version.clone()));
        }
        let File { at, server, operator, missing, facts } = serde_json::from_value(file)?;
        let facts = facts.into_iter().enumerate().map(|(nth, entry)| {
            parse_entry(entry).map_err(|problem| SnapshotError::Fact { nth: nth + 1, problem })
        });
        Ok(Self { at, server, operator, missing, facts: facts.collect::<Result<_, _>>()? })
    }
}

fn parse_entry(mut entry: Value) -> Result<(ObjectRef, Fact), String> {
    let id = ObjectRef::deserialize(&entry).map_err(|error| error.to_string())?;
    let fact = entry.get_mut("fact").map(Value::take).ok_or("it has no fact")?;
    let fact = parse_fact(fact).map_err(|problem| format!("{id}: {problem}"))?;
    if is_of(&fact, id.kind) { Ok((id, fact)) } else { Err(format!("{id}: a fact of another kind")) }
}

/// Reads a fact, and passes over members that it does not know: of the specs of manifests they are mistakes, here a
/// newer version has added them. A value that it does not know is an error: what it means cannot be guessed.
fn parse_fact(mut fact: Value) -> Result<Fact, String> {
    loop {
        let error = match serde_path_to_error::deserialize::<_, Fact>(&fact) {
            Ok(fact) => return Ok(fact),
            Err(error) => error,
        };
        let (at, problem) = (pointer("", error.path()), error.inner().to_string());
        if !(problem.starts_with("unknown field") && remove(&mut fact, &at)) {
            return Err(if at.is_empty() { problem } else { format!("{at}: {problem}") });
        }
    }
}

/// Takes out what a pointer names, and says whether it was there.
fn remove(value: &mut Value, pointer: &str) -> bool {
    let Some((parent, member)) = pointer.rsplit_once('/') else { return false };
    let member = &*unescaped(member);
    let parent = value.pointer_mut(parent).and_then(Value::as_object_mut);
    parent.is_some_and(|parent| parent.remove(member).is_some())
}

/// Whether a fact can be that of an object of a kind.
fn is_of(fact: &Fact, kind: Kind) -> bool {
    match fact {
        Fact::Policy(_) => kind == Kind::CompliancePolicy,
        Fact::Vendor(_) => kind == Kind::Vendor,
        Fact::Person(_) => kind == Kind::Person,
        Fact::Flow(_) => kind == Kind::DataFlow,
        Fact::Survey(_) => kind == Kind::Survey,
        Fact::Grant(_) => kind == Kind::AccessGrant,
        Fact::Plan(_) => kind == Kind::IncidentPlan,
        Fact::Incident(_) => kind == Kind::Incident,
        Fact::Exemption(_) => kind == Kind::Exemption,
        Fact::GrantEnd(_) => kind == Kind::GrantEnd,
        Fact::Namespace(_) => kind == Kind::Namespace,
        Fact::Node(_) => kind == Kind::Node,
        Fact::Pod(_) => kind == Kind::Pod,
        Fact::Link(_) | Fact::Workload(_) => kind.runs(),
        Fact::Role(_) => matches!(kind, Kind::Role | Kind::ClusterRole),
        Fact::Binding(_) => matches!(kind, Kind::RoleBinding | Kind::ClusterRoleBinding),
        Fact::Account(_) => kind == Kind::ServiceAccount,
        Fact::ExternalName(_) => kind == Kind::Service,
        Fact::Mentions(_) => matches!(kind, Kind::ConfigMap | Kind::Ingress | Kind::HttpRoute),
        Fact::Egress(_) => kind == Kind::NetworkPolicy,
        Fact::Claim(_) => kind == Kind::PersistentVolumeClaim,
        Fact::Storage(_) => matches!(kind, Kind::PersistentVolume | Kind::StorageClass),
        Fact::Webhooks(_) => {
            matches!(kind, Kind::ValidatingWebhookConfiguration | Kind::MutatingWebhookConfiguration)
        }
        Fact::Unreadable(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::facts::read;

    const AT: &str = "2026-11-23T12:00:00Z";

    fn file(facts: &Value) -> String {
        json!({"version": 1, "at": AT, "server": "s", "missing": ["nodes"], "facts": facts}).to_string()
    }

    #[test]
    fn what_was_written_is_read() {
        let objects = [
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "spec": {"providerID": "aws:///x"}}),
            json!({"apiVersion": "cxguard.dev/v1alpha1", "kind": "Vendor", "metadata": {"name": "hub"}, "spec": {"country": "NL"}}),
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "cx"}, "spec": {
                "template": {"spec": {"nodeSelector": {"topology.kubernetes.io/region": "r"},
                    "containers": [{"args": ["https://s.example/r?u=a.b%40mail.example&x={email}"]}]}}}}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "b", "namespace": "cx"},
                "roleRef": {"kind": "Role", "name": "r"}, "subjects": [{"kind": "User", "name": "anna"}]}),
            json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "cx"},
                "spec": {"policyTypes": ["Egress"]}}),
            json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "c"}, "provisioner": "ebs.csi.aws.com"}),
            json!({"apiVersion": "cxguard.dev/v1alpha1", "kind": "Incident", "metadata": {"name": "i"},
                "spec": {"containment": "SuspendGrants", "flows": [{"namespace": "cx", "name": "f"}], "awareAt": "soon"}}),
        ];
        let facts = objects.iter().map(|object| read(object).unwrap());
        let end = super::super::GrantEnd { at: AT.parse().unwrap(), cause: crate::api::EndCause::Expired };
        let end = (ObjectRef::namespaced(Kind::GrantEnd, "cx", "g"), Fact::GrantEnd(end));
        let mut snapshot =
            Snapshot::new(AT.parse().unwrap(), "s".to_owned(), vec!["nodes".to_owned()], facts.chain([end]));
        snapshot.operator = "guard".into();
        assert_eq!(snapshot.len(), objects.len() + 1);
        let mut bytes = Vec::new();
        snapshot.write(&mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text.lines().count(), snapshot.len() + 2, "{text}");
        assert_eq!(Snapshot::parse(&text).unwrap(), snapshot);
    }

    #[test]
    fn a_file_that_does_not_say_where_the_operator_runs_is_of_the_usual_place() {
        assert_eq!(&*Snapshot::parse(&file(&json!([]))).unwrap().operator, "cxguard-system");
    }

    #[test]
    fn members_that_a_newer_version_added_are_passed_over() {
        let with = json!([{"kind": "Vendor", "name": "hub", "note": 1, "fact": {"vendor": {
            "country": "NL", "stars": 5, "agreement": {"a/b": 1, "validUntil": "2027-01-01", "seal": {"by": "x"}}}}}]);
        let without = json!([{"kind": "Vendor", "name": "hub", "fact": {"vendor": {
            "country": "NL", "agreement": {"validUntil": "2027-01-01"}}}}]);
        assert_eq!(Snapshot::parse(&file(&with)).unwrap(), Snapshot::parse(&file(&without)).unwrap());
    }

    #[test]
    fn what_cannot_be_understood_says_what_to_do() {
        let one = |kind: &str, fact: &Value| file(&json!([{"kind": kind, "name": "x", "fact": fact}]));
        let vendor = json!({"vendor": {}});
        for (text, part) in [
            (String::new(), "is not what `cxguard facts export` writes"),
            ("{\"version\": 1}".to_owned(), "missing field"),
            (file(&json!([])).replace("\"version\":1", "\"version\":2"), "version 2 of the format"),
            (one("Ghost", &vendor), "unknown variant `Ghost`"),
            (one("Vendor", &json!({"ghost": {}})), "Vendor/x: unknown variant `ghost`"),
            (one("Vendor", &json!({"vendor": {"country": 5}})), "Vendor/x: /vendor/country: invalid type"),
            (one("Vendor", &json!({"vendor": {"role": "Ghost"}})), "/vendor/role: unknown variant"),
            (one("Person", &vendor), "a fact of another kind"),
            (file(&json!([{"kind": "Vendor", "name": "x"}])), "fact 1: it has no fact"),
        ] {
            let problem = Snapshot::parse(&text).unwrap_err().to_string();
            assert!(problem.contains(part), "{problem}");
            assert!(problem.contains("export"), "{problem}");
        }
    }
}
