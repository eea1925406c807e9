//! Whom an incident has to be told, and until when.

use jiff::Timestamp;

use super::policy::Policy;
use super::query::Query;
use crate::api::{IncidentRole, IncidentSpec, Risk};
use crate::values::Instant;

/// Whether the incident concerns data for which we answer ourselves. It does unless it is known that we do not.
pub(crate) fn is_ours(incident: &IncidentSpec) -> bool {
    incident.role != Some(IncidentRole::Processor)
}

/// Whether the supervisory authority is to be told: of every breach of our data, unless a risk is unlikely.
pub(crate) fn concerns_authority(incident: &IncidentSpec) -> bool {
    is_ours(incident) && incident.risk != Some(Risk::Unlikely)
}

/// Until when the authority is to be told, if it is, and if it is on record since when we are aware.
pub(crate) fn authority_deadline(policy: &Policy, incident: &IncidentSpec) -> Option<Timestamp> {
    let aware = incident.aware_at.filter(|_| concerns_authority(incident))?;
    Some(policy.incidents.notify_within.after(aware.timestamp()))
}

/// When somebody was told. What is dated ahead has not happened.
pub(crate) fn told(query: &Query<'_>, at: Option<Instant>) -> Option<Instant> {
    at.filter(|at| query.reached(at.timestamp()))
}
