//! Facts about what the API server asks before it stores something.

use serde::{Deserialize, Serialize};

use super::id::Name;
use crate::api::LabelSelector;

/// One webhook of the operator's configurations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its name, which says what it is for.
    pub name: Name,
    /// The namespaces about whose objects it is asked.
    pub namespaces: LabelSelector,
}
