//! A control plane with an operator whose clock starts at the instant of the fixtures.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use cxguard::cluster::admission::{Callers, Files, Source, Webhook};
use cxguard::cluster::health::Health;
use cxguard::cluster::shell::StartError;
use cxguard::cluster::{Configuration, Pace, Settings, shell};
use cxguard::facts::Kind;
use jiff::{SignedDuration, Timestamp};
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::GroupVersionKind;
use kube::discovery::{ApiResource, Scope, pinned_kind};
use kube::{Client, Config, ResourceExt};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use xtask::controlplane::{ControlPlane, Options};
use xtask::webhooks::pointed_at;

use crate::offline::{NOW, Said, annotated, lines, undated};
use crate::support::{OPERATOR, SOON, apply, eventually, install_without_admission};

const GROUPS: [&str; 3] =
    ["system:serviceaccounts", "system:serviceaccounts:cxguard-system", "system:authenticated"];

const KEYS: [&str; 3] = ["cxguard.dev/compliance", "cxguard.dev/findings", "cxguard.dev/data-flows"];

/// A kind that the API server does not have by itself; its own definition says more.
const HTTP_ROUTES: &str = r#"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: httproutes.gateway.networking.k8s.io
  annotations: {api-approved.kubernetes.io: "https://github.com/kubernetes-sigs/gateway-api"}
spec:
  group: gateway.networking.k8s.io
  names: {kind: HTTPRoute, listKind: HTTPRouteList, plural: httproutes, singular: httproute}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"#;

/// When this process first asked for the time.
static START: LazyLock<Instant> = LazyLock::new(started);

#[expect(clippy::disallowed_methods, reason = "how long the test has run")]
fn started() -> Instant {
    Instant::now()
}

/// The operator's clock: it starts at the instant of the fixtures and runs on at normal speed.
fn clock() -> Timestamp {
    NOW + SignedDuration::try_from(START.elapsed()).unwrap()
}

/// The control plane and the operator. Nobody is kept from storing what is judged: no admission policy is installed.
pub(crate) struct Server {
    pub(crate) plane: ControlPlane,
    pub(crate) admin: Client,
    stop: watch::Sender<bool>,
    operator: JoinHandle<Result<(), StartError>>,
    kinds: BTreeMap<(String, String), Option<(ApiResource, Scope)>>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::serving(None).await
    }

    /// With the webhooks as they are shipped, which ask this operator, and what they ask about.
    pub(crate) async fn start_asking() -> (Self, Vec<Value>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut server = Self::serving(Some(listener)).await;
        let webhooks = pointed_at(address, &server.plane).unwrap();
        server.put_all(&webhooks).await;
        (server, webhooks)
    }

    async fn serving(listener: Option<TcpListener>) -> Self {
        let plane = ControlPlane::start(Options { scheduler: false, ..Options::default() }).await.unwrap();
        let admin = plane.admin().unwrap();
        apply(&admin, HTTP_ROUTES).await;
        install_without_admission(&admin).await;
        let kubeconfig = Kubeconfig::read_from(plane.kubeconfig(OPERATOR, &GROUPS).unwrap()).unwrap();
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
        let configuration = Configuration {
            settings: Settings::default(),
            namespace: "cxguard-system".to_owned(),
            webhooks: "cxguard".to_owned(),
            instance: "parity".to_owned(),
            pace: Pace::of_seconds(15),
            shutdown_delay: Duration::ZERO,
        };
        let webhook = listener.map(|listener| {
            let (certificate, key) = plane.serving();
            let certificate = Source::Files(Files { certificate, key });
            Webhook { listener, certificate, callers: Callers::anybody() }
        });
        let (stop, stopped) = watch::channel(false);
        let run = shell::run(config, configuration, webhook, clock, Arc::new(Health::new()), stopped);
        Self { plane, admin, stop, operator: tokio::spawn(run), kinds: BTreeMap::new() }
    }

    /// Ends the operator, and with it the control plane.
    pub(crate) async fn stop(self) {
        self.stop.send(true).unwrap();
        self.operator.await.unwrap().unwrap();
    }

    /// Applies an object as its user would, or says why the API server refuses it.
    pub(crate) async fn put(&mut self, object: &Value) -> Result<(), String> {
        let (api, object) = self.locate(object).await?;
        let how = PatchParams::apply("test").force();
        let stored = api.patch(&object.name_any(), &how, &Patch::Apply(&object)).await;
        stored.map(drop).map_err(|error| error.to_string())
    }

    /// Applies objects in their order; none is refused.
    pub(crate) async fn put_all(&mut self, objects: &[Value]) {
        for object in objects {
            self.put(object).await.unwrap_or_else(|why| panic!("{object}: {why}"));
        }
    }

    /// Waits until namespaces have the account without which no pod is taken.
    pub(crate) async fn until_accounts(&mut self, namespaces: &[Value]) {
        for namespace in namespaces {
            let metadata = json!({"name": "default", "namespace": namespace["metadata"]["name"]});
            let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata});
            eventually("an account", SOON, async || self.find(&account).await).await;
        }
    }

    /// Deletes objects in the reverse of their order, and returns when they are gone.
    pub(crate) async fn remove_all(&mut self, objects: &[Value]) {
        for object in objects.iter().rev() {
            let (api, object) = self.locate(object).await.unwrap();
            let deleted = api.delete(&object.name_any(), &DeleteParams::background().grace_period(0)).await;
            assert!(deleted.as_ref().map_or_else(is_not_found, |_| true), "{deleted:?}");
        }
        for object in objects {
            let (api, object) = self.locate(object).await.unwrap();
            let gone = async || match api.get_opt(&object.name_any()).await {
                Ok(None) => Ok(()),
                other => Err(format!("{other:?}")),
            };
            eventually(&format!("the end of {}", object.name_any()), SOON, gone).await;
        }
    }

    /// Waits until the operator says of these objects what is wanted, twice in a row. Otherwise: what differs.
    pub(crate) async fn until_said(&mut self, objects: &[Value], wanted: &Said) -> Result<(), String> {
        self.until_same(objects, wanted, |said| said).await
    }

    /// The same, whatever the operator says on until when it holds.
    pub(crate) async fn until_found(&mut self, objects: &[Value], wanted: &Said) -> Result<(), String> {
        self.until_same(objects, &undated(wanted.clone()), undated).await
    }

    async fn until_same(
        &mut self,
        objects: &[Value],
        wanted: &Said,
        compared: fn(Said) -> Said,
    ) -> Result<(), String> {
        let (mut same, mut last) = (0, String::new());
        let settled = async {
            while same < 2 {
                match self.said(objects).await.map(compared) {
                    Ok(said) if said == *wanted => same += 1,
                    Ok(said) => (same, last) = (0, difference(&said, wanted)),
                    Err(why) => (same, last) = (0, why),
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(SOON, settled).await.map_err(|_| last)
    }

    /// What the operator says of each of these objects that has a status or annotations of ours.
    async fn said(&mut self, objects: &[Value]) -> Result<Said, String> {
        let mut said = Said::new();
        for object in objects {
            let text = |field| object[field].as_str().unwrap_or_default();
            let kind = Kind::parse(text("apiVersion"), text("kind"));
            let Some(kind) = kind.filter(|kind| kind.is_own() || kind.is_workload()) else { continue };
            let (name, stored) = (full_name(object), self.find(object).await?);
            said.insert(
                name.clone(),
                if kind.is_own() {
                    status(kind, &stored).map_err(|why| format!("{name}: {why}"))?
                } else {
                    BTreeSet::from([annotations(&stored)])
                },
            );
        }
        Ok(said)
    }

    /// Every finding that a status tells, where the cause is: `CODE Kind/namespace/name /field: message`.
    pub(crate) async fn told(&mut self, objects: &[Value]) -> BTreeSet<String> {
        let mut told = BTreeSet::new();
        for object in objects {
            let (name, stored) = (full_name(object), self.find(object).await.unwrap());
            for finding in stored["status"]["findings"].as_array().into_iter().flatten() {
                let text = |field| finding[field].as_str().unwrap_or_default();
                let subject = finding["object"].as_str().unwrap_or(&name);
                told.insert(format!("{} {subject} {}: {}", text("rule"), text("path"), text("message")));
            }
        }
        told
    }

    /// The object as it stands.
    pub(crate) async fn find(&mut self, object: &Value) -> Result<Value, String> {
        let (api, object) = self.locate(object).await?;
        let found = api.get(&object.name_any()).await.map_err(|error| error.to_string())?;
        Ok(serde_json::to_value(found).unwrap())
    }

    /// Where an object lives.
    pub(crate) async fn locate(
        &mut self,
        object: &Value,
    ) -> Result<(Api<DynamicObject>, DynamicObject), String> {
        let object: DynamicObject = serde_json::from_value(object.clone()).unwrap();
        let types = object.types.clone().unwrap();
        let key = (types.api_version.clone(), types.kind.clone());
        if !self.kinds.contains_key(&key) {
            let found = pinned_kind(&self.admin, &GroupVersionKind::try_from(&types).unwrap()).await;
            self.kinds.insert(key.clone(), found.ok().map(|(resource, more)| (resource, more.scope)));
        }
        let Some((resource, scope)) = &self.kinds[&key] else {
            return Err(format!("the API server does not serve {}", key.1));
        };
        let client = self.admin.clone();
        let api = match (scope, object.namespace()) {
            (Scope::Cluster, _) => Api::all_with(client, resource),
            (Scope::Namespaced, namespace) => {
                Api::namespaced_with(client, namespace.as_deref().unwrap_or("default"), resource)
            }
        };
        Ok((api, object))
    }
}

fn is_not_found(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 404)
}

/// As findings name objects.
pub(crate) fn full_name(object: &Value) -> String {
    let text = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let parts = [text("/kind"), text("/metadata/namespace"), text("/metadata/name")];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

fn status(kind: Kind, object: &Value) -> Result<BTreeSet<String>, String> {
    let status = &object["status"];
    if status["observedGeneration"] != object["metadata"]["generation"] {
        return Err(format!("its generation {} is not judged yet", object["metadata"]["generation"]));
    }
    let conditions = status["conditions"].as_array().into_iter().flatten();
    let mut compliant = conditions.filter(|condition| condition["type"] == "Compliant");
    let compliant = compliant.find_map(|condition| condition["status"].as_str()).unwrap_or_default();
    let findings = status["findings"].as_array().into_iter().flatten().cloned();
    Ok(lines(kind, compliant, &status["findingsTotal"], &status["compliantUntil"], findings))
}

fn annotations(object: &Value) -> String {
    annotated(KEYS.map(|key| object["metadata"]["annotations"][key].as_str()))
}

/// What is said on one side only.
fn difference(server: &Said, offline: &Said) -> String {
    let empty = BTreeSet::new();
    let mut shown = Vec::new();
    for name in server.keys().chain(offline.keys()).collect::<BTreeSet<_>>() {
        let (here, there) = (server.get(name).unwrap_or(&empty), offline.get(name).unwrap_or(&empty));
        shown.extend(here.difference(there).map(|line| format!("  server only: {name}: {line}")));
        shown.extend(there.difference(here).map(|line| format!("  offline only: {name}: {line}")));
    }
    format!("\n{}\n", shown.join("\n"))
}
