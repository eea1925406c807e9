//! Whether a vendor's data processing agreement is in force: for CX111 and CX605.

use crate::api::VendorSpec;
use crate::engine::Query;

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
