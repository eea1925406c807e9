//! A control plane with an operator, and the people who type.

use std::process::{Command, Output};

use jiff::{SignedDuration, Timestamp};
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};
use xtask::controlplane::{ControlPlane, Options};

use crate::objects::{consultant, employee, firm, namespace};
use crate::process::{Operator, Start};
use crate::support::{self, OPERATOR, SOON, eventually, send};

/// Lena asks and Ana gets; both may approve, as may Olga. Rolf may ask and no more, Nils may do nothing, Aud reads all.
const USERS: [(&str, &str); 6] = [
    ("lena", "create"),
    ("ana", "approve"),
    ("olga", "approve"),
    ("rolf", "create"),
    ("nils", ""),
    ("aud", "list"),
];

const SETUP: &str = include_str!("setup.yaml");

const OPERATORS: [&str; 3] =
    ["system:serviceaccounts", "system:serviceaccounts:cxguard-system", "system:authenticated"];

pub(crate) struct Stage {
    plane: ControlPlane,
}

impl Stage {
    pub(crate) async fn with_operator() -> (Self, Operator) {
        let plane = ControlPlane::start(Options { scheduler: false, ..Options::default() }).await.unwrap();
        support::install(&plane).await;
        let admin = plane.admin().unwrap();
        for object in [namespace("cx"), firm("insight"), consultant("ana", "insight"), employee("ben")] {
            support::try_apply(&admin, &object, false).await.unwrap();
        }
        support::apply(&admin, SETUP).await;
        for (user, verb) in USERS.into_iter().filter(|(_, verb)| !verb.is_empty()) {
            let right =
                json!({"verb": verb, "group": "cxguard.dev", "resource": "accessgrants", "namespace": "cx"});
            support::until_allowed(&plane.client(user, &[]).unwrap(), right).await;
        }
        let start = Start::new(plane.kubeconfig(OPERATOR, &OPERATORS).unwrap(), "commands");
        let operator = start.ready().await;
        (Self { plane }, operator)
    }

    fn run(&self, user: &str, arguments: &[&str]) -> Output {
        self.run_in(user, &[], arguments)
    }

    /// How a command of a user ends whom the API server knows in groups.
    pub(crate) fn run_in(&self, user: &str, groups: &[&str], arguments: &[&str]) -> Output {
        let kubeconfig = self.plane.kubeconfig(user, groups).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cxguard"));
        command.args(arguments).arg("--kubeconfig").arg(kubeconfig).output().unwrap()
    }

    /// What a command of a user prints, if it does what it was asked to.
    pub(crate) fn said(&self, user: &str, arguments: &[&str]) -> String {
        let output = self.run(user, arguments);
        assert_eq!(output.status.code(), Some(0), "{user}: {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command of a user warns of while it does what it was asked to.
    pub(crate) fn warned(&self, user: &str, arguments: &[&str]) -> String {
        let output = self.run(user, arguments);
        assert_eq!(output.status.code(), Some(0), "{user}: {arguments:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// That the API server would take an object from who may vouch for others.
    pub(crate) async fn would_create(&self, object: &Value) {
        let admin = self.plane.admin().unwrap();
        support::try_create(&admin, object, true).await.unwrap();
    }

    /// What a command of a user says that is refused.
    pub(crate) fn refused(&self, user: &str, arguments: &[&str]) -> String {
        let output = self.run(user, arguments);
        assert_eq!(output.status.code(), Some(2), "{user}: {arguments:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Waits until a command prints something.
    pub(crate) async fn until_said(&self, user: &str, arguments: &[&str], part: &str) -> String {
        let ask = async || {
            let said = self.said(user, arguments);
            if said.contains(part) { Ok(said) } else { Err(said) }
        };
        eventually(part, SOON, ask).await
    }

    /// Applies objects, as an administrator does.
    pub(crate) async fn apply(&self, objects: &[Value]) {
        let admin = self.plane.admin().unwrap();
        for object in objects {
            support::try_apply(&admin, object, false).await.unwrap();
        }
    }

    /// Waits until a user holds a verb on the grants of a namespace.
    pub(crate) async fn until_may(&self, user: &str, verb: &str, namespace: &str) {
        let right =
            json!({"verb": verb, "group": "cxguard.dev", "resource": "accessgrants", "namespace": namespace});
        support::until_allowed(&self.plane.client(user, &[]).unwrap(), right).await;
    }

    /// Waits until the API server answers a user so who reads in the namespace.
    pub(crate) async fn until_code(&self, user: &str, wanted: u16) {
        let client = self.plane.client(user, &[]).unwrap();
        let path = "/api/v1/namespaces/cx/configmaps?limit=1";
        let asked = async || match send(&client, "GET", path, "application/json", &Value::Null).await.code {
            code if code == wanted => Ok(()),
            code => Err(format!("HTTP {code}")),
        };
        eventually(&format!("HTTP {wanted} for {user}"), SOON, asked).await;
    }

    fn grants(&self, user: &str) -> Api<DynamicObject> {
        let client = if user == "admin" { self.plane.admin() } else { self.plane.client(user, &[]) };
        let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("cxguard.dev", "v1alpha1", "AccessGrant"));
        Api::namespaced_with(client.unwrap(), "cx", &kind)
    }

    /// A grant as it stands.
    pub(crate) async fn grant(&self, name: &str) -> Value {
        serde_json::to_value(self.grants("admin").get(name).await.unwrap()).unwrap()
    }

    /// Changes a grant by hand.
    pub(crate) async fn try_merge(
        &self,
        user: &str,
        name: &str,
        change: Value,
    ) -> kube::Result<DynamicObject> {
        self.grants(user).patch(name, &PatchParams::default(), &Patch::Merge(change)).await
    }

    /// Changes a grant by hand, which must not be refused.
    pub(crate) async fn merge(&self, user: &str, name: &str, change: Value) {
        self.try_merge(user, name, change).await.unwrap();
    }

    /// What the API server answers to a JSON patch of a grant.
    pub(crate) async fn patch(&self, user: &str, name: &str, patch: &Value) -> u16 {
        let request = http::Request::patch(format!("{}/{name}", self.grants(user).resource_url()))
            .header("content-type", "application/json-patch+json")
            .body(patch.to_string().into_bytes());
        let client = self.plane.client(user, &[]).unwrap();
        match client.request::<DynamicObject>(request.unwrap()).await {
            Ok(_) => 200,
            Err(kube::Error::Api(status)) => status.code,
            Err(error) => panic!("{error}"),
        }
    }
}

fn now() -> Timestamp {
    Timestamp::now()
}

/// An instant so many seconds from now, as people write it.
pub(crate) fn later(seconds: i64) -> String {
    let instant = now() + SignedDuration::from_secs(seconds);
    Timestamp::from_second(instant.as_second()).unwrap().to_string()
}

/// A day, so many from today.
pub(crate) fn day(days: i64) -> String {
    later(24 * 3600 * days)[..10].to_owned()
}
