//! What the operator says about a policy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::status::Status;
use super::words::words;
use crate::values::Instant;

/// What the operator says about a policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyStatus {
    /// What every kind has.
    #[serde(flatten)]
    pub common: Status,
    /// The RoleBindings that are to be removed because no grant covers them, at most 50, then those that were removed
    /// last, at most 50. The time of a binding counts from here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub ungoverned: Vec<UngovernedBinding>,
}

/// A RoleBinding that no grant covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UngovernedBinding {
    /// Its namespace.
    #[schemars(length(max = 63))]
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID: another binding of that name has a time of its own.
    #[schemars(length(max = 128))]
    pub uid: String,
    /// Waiting, Due or Removed.
    pub phase: UngovernedPhase,
    /// When it was first seen that no grant covers it.
    pub since: Instant,
    /// When it is to be removed, unless a grant covers it or the policy trusts its subjects by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remove_at: Option<Instant>,
    /// When it was seen to be gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Instant>,
}

words! {
    /// What becomes of a RoleBinding that no grant covers.
    UngovernedPhase {
        /// Its time is not up.
        Waiting = "Waiting",
        /// Its time is up: it is about to be removed.
        Due = "Due",
        /// It is gone.
        Removed = "Removed",
    }
}
