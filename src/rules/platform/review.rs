//! Whether something was looked at again in time: for CX407 and CX409.

use crate::api::VendorSpec;
use crate::rules::Case;
use crate::values::Date;

/// What is wrong with a review of the vendor that is demanded every `vendors.reviewEvery`, if so.
pub(super) fn due(case: &Case<'_, VendorSpec>, last: Option<Date>, what: &str) -> Option<String> {
    let Some(day) = last else { return Some(format!("no {what} is on record")) };
    if !case.query.has_begun(day) {
        return Some(format!("the {what} is dated {day}, which has not come"));
    }
    let every = case.policy.vendors.review_every;
    case.query.older_than(day, every).then(|| {
        let due = every.after(day.end());
        format!("the last {what} is of {day}: one every {every} was due by {due}")
    })
}
