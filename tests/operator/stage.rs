//! A control plane with cxguard installed, and the people who use it.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::rbac::v1::RoleBinding;
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams};
use kube::{Client, Resource as _};
use serde_json::{Value, json};
use xtask::controlplane::{ControlPlane, NodeSpec, Options};

use crate::objects::{API, GENERAL, namespace};
use crate::process::{Operator, Start};
use crate::support::{self, OPERATOR, SOON, eventually, located, send};

/// The groups of the operator's account.
pub(crate) const OPERATORS: [&str; 3] =
    ["system:serviceaccounts", "system:serviceaccounts:cxguard-system", "system:authenticated"];

/// A control plane with cxguard installed.
pub(crate) struct Stage {
    pub(crate) plane: ControlPlane,
    pub(crate) admin: Client,
    pub(crate) start: Start,
}

impl Stage {
    /// Starts it, without an operator.
    pub(crate) async fn new(name: &str, scheduler: bool) -> Self {
        Self::on(ControlPlane::start(Options { scheduler, ..Options::default() }).await.unwrap(), name).await
    }

    /// Installs cxguard on a control plane, without an operator.
    pub(crate) async fn on(plane: ControlPlane, name: &str) -> Self {
        support::install(&plane).await;
        let admin = plane.admin().unwrap();
        support::apply(&admin, GENERAL).await;
        let start = Start::new(plane.kubeconfig(OPERATOR, &OPERATORS).unwrap(), name);
        Self { plane, admin, start }
    }

    /// Starts it, with an operator that is ready.
    pub(crate) async fn with_operator(name: &str) -> (Self, Operator) {
        let stage = Self::new(name, false).await;
        let operator = stage.start.ready().await;
        (stage, operator)
    }

    /// A node of a cloud, in the first zone of a region.
    pub(crate) async fn node(&self, name: &str, region: &str) {
        let mut node = NodeSpec::new(name).located(region, format!("{region}a"));
        node.provider_id = Some(format!("aws:///{region}a/i-0"));
        self.plane.create_node(&node).await.unwrap();
    }

    /// A protected namespace, and somebody in it who has no access yet.
    pub(crate) async fn person(&self, namespace_name: &str, user: &str) -> Person {
        self.apply(namespace(namespace_name)).await;
        self.person_in(namespace_name, user, &[])
    }

    /// Somebody with these groups, who looks into a namespace.
    pub(crate) fn person_in(&self, namespace: &str, user: &str, groups: &[&str]) -> Person {
        let client = self.plane.client(user, groups).unwrap();
        Person { client, user: user.to_owned(), namespace: namespace.to_owned() }
    }

    /// Applies an object as the administrator, who may vouch for others.
    pub(crate) async fn apply(&self, object: Value) -> DynamicObject {
        let stored = support::try_apply(&self.admin, &object, false).await;
        stored.unwrap_or_else(|error| panic!("{object}: {error}"))
    }

    /// Gives a user a role in a namespace.
    pub(crate) async fn may(&self, namespace: &str, user: &str, role: &str) {
        self.apply(json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": format!("{user}-{role}"), "namespace": namespace},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
        }))
        .await;
    }

    /// Merges a change into an object.
    pub(crate) async fn merge(&self, of: &Value, change: Value) -> kube::Result<DynamicObject> {
        let (api, object) = located(&self.admin, of).await;
        let name = object.metadata.name.unwrap();
        api.patch(&name, &PatchParams::default(), &Patch::Merge(change)).await
    }

    /// Deletes an object; what is gone already is fine.
    pub(crate) async fn delete(&self, of: &Value) {
        let (api, object) = located(&self.admin, of).await;
        let deleted = api.delete(&object.metadata.name.unwrap(), &DeleteParams::default()).await;
        assert!(deleted.as_ref().map_or_else(is_not_found, |_| true), "{deleted:?}");
    }

    /// The object as it stands, if there is one.
    pub(crate) async fn find(&self, of: &Value) -> Option<Value> {
        let (api, object) = located(&self.admin, of).await;
        let found = api.get_opt(&object.metadata.name.unwrap()).await.unwrap();
        found.map(|object| serde_json::to_value(object).unwrap())
    }

    /// Waits until an object is as it should be, and returns it.
    pub(crate) async fn until(&self, what: &str, of: &Value, mut is: impl FnMut(&Value) -> bool) -> Value {
        let ask = async || match self.find(of).await {
            Some(object) if is(&object) => Ok(object),
            other => Err(other.map_or_else(|| "it does not exist".to_owned(), |object| shown(&object))),
        };
        eventually(what, SOON, ask).await
    }

    /// Waits until an object is gone.
    pub(crate) async fn until_gone(&self, of: &Value) {
        let gone = async || match self.find(of).await {
            None => Ok(()),
            Some(object) => Err(shown(&object)),
        };
        eventually(&format!("the end of {} {}", of["kind"], of["metadata"]["name"]), SOON, gone).await;
    }

    /// Waits until a grant is in a phase, and returns it.
    pub(crate) async fn until_phase(&self, grant: &Value, phase: &str) -> Value {
        let what = format!("{} {phase}", grant["metadata"]["name"]);
        self.until(&what, grant, |grant| grant["status"]["phase"] == phase).await
    }

    /// The bindings of a namespace.
    pub(crate) fn bindings(&self, namespace: &str) -> Api<RoleBinding> {
        Api::namespaced(self.admin.clone(), namespace)
    }

    /// The texts of the events with this reason about an object of a namespace.
    pub(crate) async fn events(&self, namespace: &str, reason: &str) -> Vec<String> {
        let path = format!("/apis/events.k8s.io/v1/namespaces/{namespace}/events");
        let answer = send(&self.admin, "GET", &path, "application/json", &Value::Null).await;
        let items = answer.body["items"].as_array().unwrap().iter();
        let ours = items.filter(|event| event["reason"] == reason);
        ours.map(|event| event["note"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

fn is_not_found(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 404)
}

fn shown(object: &Value) -> String {
    let mut object = object.clone();
    object["metadata"]["managedFields"] = Value::Null;
    object.to_string()
}

/// A real user: a client certificate, and a namespace to look into.
pub(crate) struct Person {
    pub(crate) client: Client,
    pub(crate) user: String,
    pub(crate) namespace: String,
}

impl Person {
    /// Merges a change into an object, as they would.
    pub(crate) async fn merge(&self, of: &Value, change: Value) -> kube::Result<DynamicObject> {
        let (api, object) = located(&self.client, of).await;
        let name = object.metadata.name.unwrap();
        api.patch(&name, &PatchParams::default(), &Patch::Merge(change)).await
    }

    /// Deletes an object, as they would.
    pub(crate) async fn delete(&self, of: &Value) {
        let (api, object) = located(&self.client, of).await;
        api.delete(&object.metadata.name.unwrap(), &DeleteParams::default()).await.unwrap();
    }

    /// What the API server answers when they read there.
    pub(crate) async fn code(&self) -> u16 {
        let path = format!("/api/v1/namespaces/{}/configmaps?limit=1", self.namespace);
        send(&self.client, "GET", &path, "application/json", &Value::Null).await.code
    }

    pub(crate) async fn until_allowed(&self) {
        self.until(200).await;
    }

    pub(crate) async fn until_denied(&self) {
        self.until(403).await;
    }

    async fn until(&self, wanted: u16) {
        let asked = async || match self.code().await {
            code if code == wanted => Ok(()),
            code => Err(format!("HTTP {code}")),
        };
        eventually(&format!("HTTP {wanted} for {} in {}", self.user, self.namespace), SOON, asked).await;
    }

    /// That access stands until an instant.
    pub(crate) async fn keeps_access_until(&self, end: Timestamp) {
        loop {
            let code = self.code().await;
            // Asked before the end, answered perhaps after it.
            if now() >= end {
                return;
            }
            assert_eq!(code, 200, "{} in {} before {end}", self.user, self.namespace);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// That there is no access for as long.
    pub(crate) async fn stays_without_access(&self, seconds: i64) {
        let end = seconds_from_now(seconds);
        while now() < end {
            assert_eq!(self.code().await, 403, "{} in {}", self.user, self.namespace);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// That access stands until its deadline, and ends after it.
    pub(crate) async fn loses_access_at(&self, deadline: Timestamp) {
        self.keeps_access_until(deadline).await;
        self.until_denied().await;
    }

    /// That access comes, and ends after its deadline.
    pub(crate) async fn loses_access_after_use(&self, deadline: Timestamp) {
        self.until_allowed().await;
        self.loses_access_at(deadline).await;
    }

    /// A grant to this user in this namespace.
    pub(crate) fn grant(&self, name: &str, expires: Timestamp) -> Value {
        json!({
            "apiVersion": API, "kind": "AccessGrant",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {
                "subject": {"kind": "User", "name": self.user},
                "role": {"kind": "ClusterRole", "name": "feedback-reader"},
                "dataForm": "Pseudonymised",
                "expiresAt": expires.to_string(),
                "requestedBy": "rita",
                "approval": {"by": "lead", "at": seconds_from_now(-1).to_string()},
            },
        })
    }

    /// The binding of such a grant.
    pub(crate) fn binding(&self, grant: &str) -> Value {
        json!({
            "apiVersion": RoleBinding::api_version(&()), "kind": RoleBinding::kind(&()),
            "metadata": {"name": format!("cxguard-{grant}"), "namespace": self.namespace},
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "a test lives in real time")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// An instant to the second, as people write it. Never less than so many seconds ahead.
pub(crate) fn seconds_from_now(seconds: i64) -> Timestamp {
    let exact = now() + SignedDuration::from_secs(seconds);
    let whole = Timestamp::from_second(exact.as_second()).unwrap();
    if seconds > 0 { whole + SignedDuration::from_secs(1) } else { whole }
}

/// A day, so many from today.
pub(crate) fn day(days: i64) -> String {
    let instant = now() + SignedDuration::from_hours(24 * days);
    instant.to_string()[..10].to_owned()
}

/// The approval that extends or renews, given now.
pub(crate) fn approval() -> Value {
    json!({"by": "lead", "at": now().to_string()})
}
