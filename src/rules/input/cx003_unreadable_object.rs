//! CX003: an object that cannot be read.

use crate::engine::Query;
use crate::facts::{ObjectRef, Problem};
use crate::rules::Report;
use crate::rules::rule::rule;

rule! {
    /// # What it checks
    ///
    /// The object has the shape that its schema demands: no unknown field, no value that cannot be read. The finding
    /// names the field.
    ///
    /// # Why
    ///
    /// What cannot be read cannot be judged. The object still exists: what refers to it is Unknown rather than broken,
    /// and nothing that is not shown to be compliant passes.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   agreement: {validUntil: 31.12.2027}
    /// ```
    ///
    /// # Fix
    ///
    /// Correct the field that the finding names. An object that was stored before the schema changed is corrected the
    /// same way: edit and apply it.
    ///
    /// # References
    ///
    /// GDPR Art. 5(2): who is accountable must be able to show compliance.
    3 "unreadable-object" Enforce since "0.1.0",
    Any: check,
}

fn check(subject: &ObjectRef, query: &Query<'_>, report: &mut Report<'_>) {
    let Some(why) = query.unreadable(subject) else { return };
    for Problem { path, problem } in &why.problems {
        report.unknown(
            &**path,
            format!("cannot be read: {problem}"),
            "correct the field and apply the object again",
        );
    }
}
