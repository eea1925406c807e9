//! Data processing agreements: who needs one, whether it is in force, and whether the relation is over.

use crate::api::{Agreement, VendorRole, VendorSpec};
use crate::engine::Query;

/// Whether Art. 28 demands an agreement. Who is not known to decide for itself works for us.
pub(super) fn is_processor(role: Option<VendorRole>) -> bool {
    !matches!(role, Some(VendorRole::Controller | VendorRole::JointController))
}

/// The agreement that a processor has on record. That there is none, CX111 reports.
pub(super) fn of_processor(vendor: &VendorSpec) -> Option<&Agreement> {
    vendor.agreement.as_ref().filter(|_| is_processor(vendor.role))
}

/// What is wrong with the agreement of a vendor: the field at fault, and what is wrong with it. Nothing if an agreement
/// is in force. One whose last day is not on record is not known to be.
pub(super) fn defects(query: &Query<'_>, vendor: &VendorSpec) -> Vec<(&'static str, String)> {
    let Some(agreement) = &vendor.agreement else {
        return vec![("/spec/agreement", "no data processing agreement is on record".to_owned())];
    };
    let mut defects = Vec::new();
    let (signed, until) = ("/spec/agreement/signedOn", "/spec/agreement/validUntil");
    match agreement.signed_on {
        None => {
            defects.push((signed, "the day on which the agreement was signed is not on record".to_owned()));
        }
        Some(day) if !query.has_begun(day) => {
            defects.push((signed, format!("the agreement is not in force before {day}")));
        }
        Some(_) => {}
    }
    match agreement.valid_until {
        None => defects.push((until, "the last day of the agreement is not on record".to_owned())),
        Some(day) if query.is_over(day) => defects.push((until, format!("the agreement ended with {day}"))),
        Some(_) => {}
    }
    defects
}

/// Whether the relation with a vendor is over.
pub(super) fn has_ended(query: &Query<'_>, vendor: &VendorSpec) -> bool {
    vendor.ended.as_ref().is_some_and(|ended| query.is_over(ended.date))
}
