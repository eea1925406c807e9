//! What the API server asks: the request of an `AdmissionReview` (admission.k8s.io/v1).

use serde::Deserialize;
use serde_json::Value;

/// One question of the API server, before it stores or connects.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Names the question; the answer repeats it.
    pub uid: String,
    /// What is about to be done.
    pub operation: Operation,
    /// To which resource, as the rule of the webhook names it.
    pub resource: Resource,
    /// Through which subresource, such as `binding`; empty for the object itself.
    #[serde(default)]
    pub sub_resource: String,
    /// In which namespace; empty for what has none.
    #[serde(default)]
    pub namespace: String,
    /// The name of the object; empty where the API server has yet to make one up (`generateName`).
    #[serde(default)]
    pub name: String,
    /// Who asks.
    pub user_info: User,
    /// The object as it would be; `null` for a deletion.
    #[serde(default)]
    pub object: Value,
    /// The object as it is; `null` for a creation.
    #[serde(default)]
    pub old_object: Value,
    /// Whether nothing is to be stored.
    #[serde(default)]
    pub dry_run: bool,
}

/// What is about to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operation {
    /// A new object.
    Create,
    /// A change of one.
    Update,
    /// The end of one.
    Delete,
    /// A session through the API server: `kubectl exec`, a proxy.
    Connect,
}

/// A resource of the API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Resource {
    /// Its group; empty for the core.
    #[serde(default)]
    pub group: String,
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// Its name in the plural, such as `pods`.
    pub resource: String,
}

/// Who asks, as the API server knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct User {
    /// The name.
    #[serde(default)]
    pub username: String,
    /// The groups.
    #[serde(default)]
    pub groups: Vec<String>,
}
