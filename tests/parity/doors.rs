//! Parity at the door: each object of the fixtures and the examples, asked for through a real API server, is found to
//! be what `cxguard check` finds of it.
//!
//! A world is stored with every rule in mode Audit, so that nothing is refused, and the operator's statuses say what a
//! check says. Then one object after the other is taken out of it and asked for again as a dry run: a new object, with
//! all others known, is what a check judges. (An update with nothing changed is not asked about, and one with a change
//! is another object.) What was found of it stands in the API server's audit log.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Duration;

use cxguard::engine::Finding;
use cxguard::facts::Kind;
use cxguard::rules::{Code, RULES};
use kube::api::PostParams;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::fixtures::{put_world, remove_world, worlds};
use crate::offline::{Offline, objects};
use crate::server::{Server, full_name};
use crate::support::{SOON, eventually};

/// Rules of which no request tells: how a file is written (CX002), what cannot be read and is not stored (CX003), what
/// only policies tell of since its objects have no door (CX125, CX701), and what only a cluster shows (CX513).
const WITHOUT: [Code; 5] = [Code(2), Code(3), Code(125), Code(513), Code(701)];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn what_is_asked_for_is_found_to_be_what_a_check_finds() {
    let (mut server, webhooks) = Server::start_asking().await;
    let mut asks = Asks::new(&server, webhooks);
    asks.until_answered(&mut server).await;
    let mut problems = Vec::new();
    for paths in worlds() {
        if let Err(problem) = asks.of_world(&mut server, &paths).await {
            problems.push(format!("{paths:?}: {problem}"));
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(asks.count > 300, "{} objects asked for", asks.count);
    let all: BTreeSet<Code> = RULES.iter().map(|rule| rule.code).collect();
    let missing: Vec<&Code> = all.difference(&asks.rules).filter(|code| !WITHOUT.contains(code)).collect();
    assert!(missing.is_empty(), "no request was found to violate {missing:?}");
    server.stop().await;
}

/// The requests of this test, and where to read what became of them.
struct Asks {
    /// The webhooks as they are shipped.
    webhooks: Vec<Value>,
    log: BufReader<File>,
    /// The last line of the log, as far as it is written.
    line: String,
    /// How many objects were asked for.
    count: usize,
    /// The rules of which something was found.
    rules: BTreeSet<Code>,
    /// The number of the last request, its mark in the log.
    last: usize,
}

impl Asks {
    #[expect(clippy::disallowed_methods, reason = "a test reads what the API server wrote")]
    fn new(server: &Server, webhooks: Vec<Value>) -> Self {
        let log = BufReader::new(File::open(server.plane.audit_log()).unwrap());
        Self { webhooks, log, line: String::new(), count: 0, rules: BTreeSet::new(), last: 0 }
    }

    /// Waits until the API server asks, and the operator knows what to answer.
    async fn until_answered(&mut self, server: &mut Server) {
        let flow = json!({
            "apiVersion": "cxguard.dev/v1alpha1", "kind": "DataFlow",
            "metadata": {"name": "probe", "namespace": "default"},
            "spec": {"to": [{"vendor": "nobody"}], "workloads": {"selector": {"matchLabels": {"a": "b"}}}},
        });
        let found = async || match self.ask(server, &flow).await {
            (_, found) if !found.is_empty() => Ok(()),
            other => Err(format!("{other:?}")),
        };
        eventually("an answer of the operator", SOON, found).await;
    }

    /// Stores a world, asks for each of its objects, and takes it away again.
    async fn of_world(&mut self, server: &mut Server, paths: &[PathBuf]) -> Result<(), String> {
        let mut objects = only_audited(objects(paths));
        let mut offline = Offline::new(&[written(&objects)]);
        if !offline.only_audits() {
            protect(&mut objects);
            offline = Offline::new(&[written(&objects)]);
        }
        // Until the policies are known, what is stored after them may be refused. A grant that needs no approval now
        // counts from when it began, which no file says: so until when all this holds is not compared.
        eventually("a world that is stored", SOON, async || put_world(server, &objects).await).await;
        let mut outcome = server.until_found(&objects, &offline.said()).await;
        for object in &objects {
            if outcome.is_ok() {
                outcome = self.of_object(server, &offline, &objects, object).await;
            }
        }
        remove_world(server, &objects).await;
        outcome
    }

    /// Takes an object out of its world, asks for it, and puts it back.
    async fn of_object(
        &mut self,
        server: &mut Server,
        offline: &Offline,
        world: &[Value],
        object: &Value,
    ) -> Result<(), String> {
        let (kind, name) = (kind(object), full_name(object));
        if !self.is_asked_about(world, object) {
            return Ok(());
        }
        let stands = |subject: &str| subject == name || !stands_for_itself(kind);
        let expected = offline.found(&name).iter().filter(|finding| stands(&finding.subject.to_string()));
        let wanted: BTreeSet<String> = expected.clone().map(|finding| told(&noted(finding))).collect();
        assert!(wanted.iter().all(|line| line.contains("(Audit, ")), "nothing is to be refused: {wanted:#?}");
        self.count += 1;
        self.rules.extend(expected.map(|finding| finding.rule));

        server.remove_all(std::slice::from_ref(object)).await;
        let mut last = String::new();
        // What has no status may have come back a moment ago, and is not known yet.
        let same = async {
            loop {
                let (answer, found) = self.ask(server, object).await;
                let of_it =
                    found.iter().filter(|found| stands(found["subject"].as_str().unwrap_or_default()));
                let said: BTreeSet<String> = of_it.map(told).collect();
                if answer.is_ok() && said == wanted {
                    return;
                }
                last = format!("{answer:?}, {said:#?}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let same = timeout(SOON, same).await;
        server.put(object).await?;
        let known = offline.said().into_iter().filter(|(said_of, _)| *said_of == name).collect();
        server.until_found(std::slice::from_ref(object), &known).await?;
        same.map_err(|_| format!("{name}: a check finds {wanted:#?}, the door {last}"))
    }

    /// Asks for an object, without storing it. Returns the answer, and what the audit log says was found.
    async fn ask(&mut self, server: &mut Server, object: &Value) -> (Result<(), String>, Vec<Value>) {
        self.last += 1;
        let mark = format!("ask-{}", self.last);
        let (api, object) = server.locate(object).await.unwrap();
        let how = PostParams { dry_run: true, field_manager: Some(mark.clone()) };
        let answer = api.create(&how, &object).await;
        let logged = async || self.logged(&format!("fieldManager={mark}\"")).ok_or("it is not written yet");
        let event = eventually("an entry of the audit log", SOON, logged).await;
        let notes = event["annotations"].as_object().into_iter().flatten();
        let notes = notes.filter(|(key, _)| key.ends_with(".cxguard.dev/findings"));
        let found =
            notes.flat_map(|(_, note)| serde_json::from_str::<Vec<Value>>(note.as_str().unwrap()).unwrap());
        (answer.map(drop).map_err(|error| error.to_string()), found.collect())
    }

    /// The next event in the audit log with this in it.
    fn logged(&mut self, mark: &str) -> Option<Value> {
        loop {
            // A line may be half written.
            if self.log.read_line(&mut self.line).unwrap() == 0 || !self.line.ends_with('\n') {
                return None;
            }
            let line = std::mem::take(&mut self.line);
            if line.contains(mark) {
                return Some(serde_json::from_str(&line).unwrap());
            }
        }
    }

    /// Whether the API server asks about a new object, as the webhooks say that are shipped: of what is not ours, only
    /// in the namespaces that carry the label.
    fn is_asked_about(&self, world: &[Value], object: &Value) -> bool {
        let kind = kind(object);
        let namespace = &object["metadata"]["namespace"];
        let mut namespaces = world.iter().filter(|other| other["kind"] == "Namespace");
        let labels = namespaces.find(|other| other["metadata"]["name"] == *namespace);
        let labels = labels.map_or(&Value::Null, |namespace| &namespace["metadata"]["labels"]);
        let named = |list: &Value, name: &str| list.as_array().unwrap().iter().any(|item| item == name);
        let matches = |rule: &Value| {
            named(&rule["operations"], "CREATE")
                && named(&rule["apiGroups"], kind.group())
                && named(&rule["resources"], kind.plural())
        };
        let selects = |webhook: &Value| {
            let wanted = webhook["namespaceSelector"]["matchLabels"].as_object().into_iter().flatten();
            wanted.into_iter().all(|(key, value)| labels[key] == *value)
        };
        let validating = self.webhooks.iter().filter(|one| one["kind"] == "ValidatingWebhookConfiguration");
        let mut webhooks = validating.flat_map(|one| one["webhooks"].as_array().unwrap());
        webhooks.any(|webhook| selects(webhook) && webhook["rules"].as_array().unwrap().iter().any(matches))
    }
}

/// Whether only what is wrong with an object itself is its own at the door. A policy's status tells of its namespaces,
/// and what a new role makes of others is said of it too.
fn stands_for_itself(kind: Kind) -> bool {
    matches!(kind, Kind::CompliancePolicy | Kind::Role | Kind::ClusterRole)
}

fn kind(object: &Value) -> Kind {
    Kind::parse(object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap()).unwrap()
}

/// A finding, as the note in the audit log has it.
fn noted(finding: &Finding) -> Value {
    json!({
        "code": finding.rule.to_string(), "mode": finding.mode.0.as_str(), "outcome": finding.outcome.as_str(),
        "exempted": finding.exempted, "subject": finding.subject.to_string(), "path": finding.path,
        "message": finding.message,
    })
}

/// The same note, as a line.
fn told(note: &Value) -> String {
    let text = |field| note[field].as_str().unwrap_or_default();
    let [code, mode, outcome, subject, path] = ["code", "mode", "outcome", "subject", "path"].map(text);
    format!(
        "{code} {subject} {path}: {} ({mode}, {outcome}, exempted: {})",
        text("message"),
        note["exempted"]
    )
}

/// A world in which every rule that is not switched off is in mode Audit where a policy speaks, and one speaks for all
/// protected namespaces. Its policies come first.
fn only_audited(mut objects: Vec<Value>) -> Vec<Value> {
    let is_policy = |object: &Value| object["kind"] == "CompliancePolicy";
    if !objects.iter().any(|object| is_policy(object) && object["spec"]["namespaceSelector"].is_null()) {
        objects.push(json!({
            "apiVersion": "cxguard.dev/v1alpha1", "kind": "CompliancePolicy", "metadata": {"name": "general"}, "spec": {},
        }));
    }
    objects.sort_by_key(|object| !is_policy(object));
    for policy in objects.iter_mut().filter(|object| is_policy(object)) {
        policy["spec"]["mode"] = json!("Audit");
        let rules = policy["spec"].get_mut("rules").and_then(Value::as_array_mut).into_iter().flatten();
        for rule in rules.filter(|rule| rule["mode"] != "Disabled") {
            rule["mode"] = json!("Audit");
        }
    }
    objects
}

/// Makes every namespace of a world a protected one, so that a policy speaks for it.
fn protect(objects: &mut Vec<Value>) {
    let said: Vec<&Value> = objects.iter().filter(|object| object["kind"] == "Namespace").collect();
    let is_said = |name: &str| said.iter().any(|namespace| namespace["metadata"]["name"] == name);
    let used = objects.iter().filter_map(|object| object["metadata"]["namespace"].as_str());
    let unsaid: BTreeSet<String> =
        used.filter(|name| !name.is_empty() && !is_said(name)).map(ToOwned::to_owned).collect();
    let namespace = |name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    objects.extend(unsaid.into_iter().map(namespace));
    for namespace in objects.iter_mut().filter(|object| object["kind"] == "Namespace") {
        namespace["metadata"]["labels"]["cxguard.dev/protected"] = json!("true");
    }
}

/// A file with these objects.
#[expect(clippy::disallowed_methods, reason = "a test writes what is checked")]
fn written(objects: &[Value]) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("doors.yaml");
    let documents: Vec<String> = objects.iter().map(Value::to_string).collect();
    std::fs::write(&file, documents.join("\n---\n")).unwrap();
    file
}
