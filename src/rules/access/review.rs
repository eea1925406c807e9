//! Whether somebody has reviewed a grant in time: CX505 judges it of all, CX606 of consultants' grants more often.

use crate::engine::counted_from;
use crate::facts::GrantFact;
use crate::rules::{Case, Report};
use crate::values::Period;

/// What to do about a review that is due.
pub(in crate::rules) const REVIEW: &str =
    "check that the access is still needed and set reviewedOn, or set revoked";

/// Reports a grant that was not reviewed within the period. Before the first review it counts from the later of start
/// and approval, else from activation. A review that is dated ahead has not been made.
pub(in crate::rules) fn overdue(case: &Case<'_, GrantFact>, every: Period, report: &mut Report<'_>) {
    let reviewed = case.subject.spec.reviewed_on.filter(|day| case.query.has_begun(*day));
    let (since, was) = match (reviewed, counted_from(case.subject)) {
        (Some(day), _) => (day.end(), format!("last reviewed on {day}")),
        (None, Some(base)) => (base, format!("not reviewed since it began at {base}")),
        (None, None) => {
            report.lacks("from when reviews count: there is no reviewedOn, approval, startsAt or activation");
            return;
        }
    };
    let due = every.after(since);
    if case.query.reached(due) {
        let message = format!("{was}: a review every {every} was due by {due}");
        report.violation("/spec/reviewedOn", message, REVIEW);
    }
}
