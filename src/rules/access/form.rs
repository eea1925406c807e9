//! How much of people a grant may show: CX502 judges it of employees, CX604 of consultants.

use crate::api::DataForm;
use crate::engine::{CONSULTANT, Cause, same_name};
use crate::facts::{GrantFact, ObjectRef};
use crate::rules::Report;

/// The most that a person may see.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rules) struct Ceiling<'p> {
    /// The form of the data.
    pub(in crate::rules) most: DataForm,
    /// The entry of `dataForms` that says so.
    pub(in crate::rules) entry: &'p str,
    /// The person.
    pub(in crate::rules) who: &'p ObjectRef,
}

/// Whether an entry of the policy is the ceiling of all consultants, whatever their job.
pub(in crate::rules) fn is_of_consultants(entry: &str) -> bool {
    same_name(entry, CONSULTANT)
}

/// Reports a grant that shows more than the lowest of the ceilings, or does not say how much it shows.
pub(in crate::rules) fn beyond<'p>(
    grant: &GrantFact,
    ceilings: impl Iterator<Item = Ceiling<'p>>,
    report: &mut Report<'_>,
) {
    let Some(Ceiling { most, entry, who }) = ceilings.min() else { return };
    // The entry for consultants is there because of what the person is, the others because of what the job is.
    let field = if is_of_consultants(entry) { "/spec/type" } else { "/spec/jobRole" };
    let cause = Cause::at(who, field);
    let remedy = format!("give {most} data or less, and say so in dataForm");
    match grant.spec.data_form {
        None => report.because(cause).violation(
            "/spec/dataForm",
            format!("dataForm is missing; {who} may see {most} data (dataForms: {entry})"),
            remedy,
        ),
        Some(form) if form > most => report.because(cause).violation(
            "/spec/dataForm",
            format!("{form} data is more than {who} may see: {most} (dataForms: {entry})"),
            remedy,
        ),
        Some(_) => {}
    }
}
