//! Transfers to the United States under the Data Privacy Framework: what CX105 and CX106 judge.

use super::basis::{Basis, Destination, basis, destinations_of};
use crate::api::{DataFlowSpec, Mechanism};
use crate::engine::{Protection, protection};
use crate::rules::{Case, Report};

/// Where data of a flow is in the United States, support staff included, by a claim of adequacy that the policy accepts.
///
/// Where no claim helps, because the country is not allowed or the decision does not hold, CX103 and CX104 report.
pub(crate) fn claims_of(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) -> Vec<Destination> {
    let residency = &case.policy.residency;
    let mut found = destinations_of(case, |_| true, report);
    found.retain(|to| {
        to.country.code() == "US"
            && residency.mechanisms.contains(&Mechanism::Adequacy)
            && to.claim().is_some()
            && protection(case.query, residency, to.country) == Protection::Partial
            && basis(case.query, residency, to) == Basis::Sound
    });
    found
}
