//! Rules that are set aside for one object.

use jiff::Timestamp;

use super::query::Query;
use super::verdict::{Finding, Lacking};
use crate::api::{ExemptionSpec, stated};
use crate::facts::{Key, Kind, ObjectRef};
use crate::rules::Code;
use crate::values::Instant;

/// Until when a rule is set aside for an object, if it is.
///
/// What the schema refuses is refused here too, for a file may say it: an exemption is never exempted itself.
pub(super) fn until(query: &Query<'_>, subject: &ObjectRef, rule: Code) -> Option<Timestamp> {
    if subject.kind == Kind::Exemption {
        return None;
    }
    let exemptions = query.members(Key::ExemptionsFor(subject.clone())).into_iter();
    let named = exemptions
        .filter_map(|id| query.exemption(&id.name).here())
        .filter(|exemption| exemption.rules.iter().any(|code| code.parse() == Ok(rule)));
    let last = named.filter_map(|exemption| end(&exemption)).max()?;
    (!query.reached(last)).then_some(last)
}

impl Query<'_> {
    /// Whether an exemption sets a rule aside for an object.
    pub(crate) fn sets_aside(&self, subject: &ObjectRef, rule: Code) -> bool {
        until(self, subject, rule).is_some()
    }
}

/// When an exemption ends; nothing for one that is in force at no time, because nobody answers for it.
fn end(exemption: &ExemptionSpec) -> Option<Timestamp> {
    stated(exemption.approved_by.as_ref()).and(stated(exemption.reason.as_ref()))?;
    exemption.expires_at.map(Instant::timestamp)
}

/// Marks what the rules that are set aside found, or could not judge.
pub(super) fn set_aside(
    query: &Query<'_>,
    subject: &ObjectRef,
    findings: &mut [Finding],
    lacking: &mut [Lacking],
) {
    for finding in findings {
        finding.exempted = until(query, subject, finding.rule).is_some();
    }
    for lack in lacking {
        lack.exempted = until(query, subject, lack.rule).is_some();
    }
}

#[cfg(test)]
mod tests;
