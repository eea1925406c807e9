//! What the API server is answered: the response of an `AdmissionReview` (admission.k8s.io/v1).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::engine::Finding;

/// One answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Why not, for the person who asked, the code of the rule first; `None` lets the request pass.
    pub denied: Option<String>,
    /// What the person should know all the same, a line each.
    pub warnings: Vec<String>,
    /// What the API server's audit log should know.
    pub audit: BTreeMap<String, String>,
    /// Changes to the object, as operations of a JSON patch (RFC 6902); none leaves it as it is.
    pub patch: Vec<Value>,
    /// Whether it is refused for want of something that may be known in a moment: what was applied just before, and the
    /// watch has not shown yet. Not sent.
    pub hasty: bool,
    /// All that was found, whatever it does. Not sent.
    pub findings: Vec<Finding>,
}

impl Answer {
    /// Lets the request pass.
    pub fn allowed() -> Self {
        Self::default()
    }

    /// Refuses it.
    pub fn denied(why: impl Into<String>) -> Self {
        Self { denied: Some(why.into()), ..Self::default() }
    }
}
