//! A control plane, and what every test asks of it.

use cxguard::cluster::execute::Executor;
use cxguard::cluster::{Answer, Change, Effect, Lease, Seen, Target};
use cxguard::facts::{BindingSubject, Kind, ObjectRef};
use jiff::Timestamp;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::DynamicObject;
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Api, Client, Config};
use serde_json::{Value, json};
use xtask::controlplane::{ControlPlane, Options};

pub(crate) const OWN: &str = "cxguard-system";

pub(crate) struct Server {
    plane: ControlPlane,
    pub(crate) admin: Client,
    pub(crate) executor: Executor,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let options = Options { scheduler: false, controller_manager: false, ..Options::default() };
        let plane = ControlPlane::start(options).await.unwrap();
        let admin = plane.admin().unwrap();
        let config = config_of(&plane, "admin", &["system:masters"]).await;
        let executor = Executor::new(&config, OWN, "test", Timestamp::now).unwrap();
        let server = Self { plane, admin, executor };
        for name in [OWN, "cx"] {
            server
                .create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
                .await;
        }
        server
    }

    /// Installs the definitions of our kinds.
    pub(crate) async fn define(&self) {
        let api: Api<CustomResourceDefinition> = Api::all(self.admin.clone());
        let definitions = cxguard::api::crds();
        for definition in &definitions {
            api.create(&PostParams::default(), definition).await.unwrap();
        }
        for definition in &definitions {
            let name = definition.metadata.name.as_deref().unwrap();
            eventually("the definition", async || {
                let conditions = api.get(name).await.ok()?.status?.conditions?;
                conditions
                    .iter()
                    .any(|found| found.type_ == "Established" && found.status == "True")
                    .then_some(())
            })
            .await;
        }
        // Established and served are not the same instant.
        let grants = self.api("cxguard.dev/v1alpha1", "AccessGrant", "cx");
        eventually("the grants", async || grants.list(&kube::api::ListParams::default()).await.ok()).await;
    }

    pub(crate) async fn config(&self, user: &str, groups: &[&str]) -> Config {
        config_of(&self.plane, user, groups).await
    }

    fn api(&self, version: &str, kind: &str, namespace: &str) -> Api<DynamicObject> {
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        if namespace.is_empty() {
            Api::all_with(self.admin.clone(), &resource)
        } else {
            Api::namespaced_with(self.admin.clone(), namespace, &resource)
        }
    }

    fn api_of(&self, object: &Value) -> (Api<DynamicObject>, String) {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let api = self.api(text("/apiVersion"), text("/kind"), text("/metadata/namespace"));
        (api, text("/metadata/name").to_owned())
    }

    pub(crate) async fn create(&self, object: &Value) -> Value {
        let (api, _) = self.api_of(object);
        let created: DynamicObject = serde_json::from_value(object.clone()).unwrap();
        json!(api.create(&PostParams::default(), &created).await.unwrap())
    }

    pub(crate) async fn get(&self, object: &Value) -> Option<Value> {
        let (api, name) = self.api_of(object);
        api.get_opt(&name).await.unwrap().map(|found| json!(found))
    }

    pub(crate) async fn merge(&self, object: &Value, patch: &Value) -> Value {
        let (api, name) = self.api_of(object);
        json!(api.patch(&name, &PatchParams::default(), &Patch::Merge(patch)).await.unwrap())
    }

    pub(crate) async fn delete(&self, object: &Value) {
        let (api, name) = self.api_of(object);
        api.delete(&name, &DeleteParams::default()).await.unwrap();
    }

    pub(crate) async fn run(&self, effect: Effect) -> Answer {
        self.executor.run(effect).await
    }

    /// Runs an effect that must be carried out, on one object.
    pub(crate) async fn done(&self, effect: Effect) -> Change {
        match self.run(effect).await {
            Answer::Done(changes) if changes.len() == 1 => changes.into_iter().next().unwrap(),
            answer => panic!("not done: {answer:?}"),
        }
    }
}

async fn config_of(plane: &ControlPlane, user: &str, groups: &[&str]) -> Config {
    let kubeconfig = Kubeconfig::read_from(plane.kubeconfig(user, groups).unwrap()).unwrap();
    Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap()
}

/// Asks again and again until the answer is there.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
    };
    let patience = std::time::Duration::from_secs(30);
    tokio::time::timeout(patience, wait).await.unwrap_or_else(|_| panic!("not in time: {what}"))
}

pub(crate) fn grant(name: &str, spec: &Value) -> Value {
    let mut object = json!({
        "apiVersion": "cxguard.dev/v1alpha1",
        "kind": "AccessGrant",
        "metadata": {"name": name, "namespace": "cx"},
        "spec": {"subject": {"kind": "User", "name": name}, "role": {"kind": "ClusterRole", "name": "view"}},
    });
    object["spec"].as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    object
}

pub(crate) fn binding(name: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": "cx"},
    })
}

/// The lease of a grant as it was created.
pub(crate) fn lease(grant: &Value) -> Lease {
    let name = grant["metadata"]["name"].as_str().unwrap();
    Lease {
        id: ObjectRef::namespaced(Kind::RoleBinding, "cx", &format!("cxguard-{name}")),
        grant: name.into(),
        grant_uid: grant["metadata"]["uid"].as_str().unwrap().into(),
        role: ObjectRef::cluster(Kind::ClusterRole, "view"),
        subjects: vec![BindingSubject {
            kind: cxguard::api::SubjectKind::User,
            namespace: "".into(),
            name: name.into(),
        }],
        deadline: None,
        approved_at: None,
        returned_at: None,
    }
}

/// The version of an object that an effect is bound to.
pub(crate) fn target(kind: Kind, object: &Value) -> Target {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    Target {
        id: ObjectRef::namespaced(kind, text("/metadata/namespace"), text("/metadata/name")),
        uid: text("/metadata/uid").into(),
        resource_version: text("/metadata/resourceVersion").into(),
    }
}

/// The version in which a change left an object.
pub(crate) fn now(change: &Change) -> (Target, Seen) {
    let (_, seen) = change.now.clone().unwrap();
    let target = Target {
        id: change.id.clone(),
        uid: seen.uid.clone(),
        resource_version: seen.resource_version.clone(),
    };
    (target, seen)
}
