//! What an incident contains.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::Name;
use crate::api::{Containment, IncidentSpec};
use crate::values::Instant;

/// Namespaces in which every grant is suspended, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contains {
    /// The namespaces of the incident's flows.
    pub namespaces: Vec<Name>,
    /// When the incident is closed; absent while it is open.
    pub until: Option<Timestamp>,
}

impl Contains {
    /// What an incident contains, if it asks for containment.
    pub fn of(incident: &IncidentSpec) -> Option<Self> {
        (incident.containment == Some(Containment::SuspendGrants)).then(|| Self {
            namespaces: incident.flows.iter().map(|flow| flow.namespace.as_str().into()).collect(),
            until: incident.closed_at.map(Instant::timestamp),
        })
    }
}
