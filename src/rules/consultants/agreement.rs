//! What is wrong with the agreement of a consulting firm.

use crate::api::VendorSpec;
use crate::engine::Query;

/// The field of the vendor that is at fault and what is wrong with it; nothing if an agreement is in force. An
/// agreement without an end holds until it is replaced.
pub(super) fn defect(query: &Query<'_>, firm: &VendorSpec) -> Option<(&'static str, String)> {
    let Some(agreement) = &firm.agreement else {
        return Some(("/spec/agreement", "there is no data processing agreement".to_owned()));
    };
    match (agreement.signed_on, agreement.valid_until) {
        (None, _) => {
            Some(("/spec/agreement/signedOn", "the data processing agreement is not signed".to_owned()))
        }
        (Some(day), _) if !query.has_begun(day) => Some((
            "/spec/agreement/signedOn",
            format!("the data processing agreement is not in force before {day}"),
        )),
        (_, Some(day)) if query.is_over(day) => {
            Some(("/spec/agreement/validUntil", format!("the data processing agreement ended on {day}")))
        }
        _ => None,
    }
}
