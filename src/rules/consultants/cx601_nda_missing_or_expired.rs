//! CX601: a consultant with access and without a confidentiality agreement in force.

use crate::api::PersonSpec;
use crate::engine::{Cause, Query};
use crate::facts::GrantFact;
use crate::rules::access::{consultants, is_over, subject_path};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Every consultant behind the grant has a confidentiality agreement (NDA) in force: the Person names
    /// `confidentiality` with `signedOn`, a day that has come, and `validUntil`, the last day on which it holds. The
    /// finding is on the grant and names the Person and the field.
    ///
    /// Where the rule is enforced, the grant is Suspended when the agreement ends, and Active again once a new one is
    /// on record.
    ///
    /// # Why
    ///
    /// A consultant is bound by no contract of employment. Art. 28(3)(b) GDPR demands that whoever processes personal
    /// data has committed to confidentiality; ISO/IEC 27001 A.6.6 wants such agreements signed and reviewed.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Person
    /// spec:
    ///   type: Consultant
    ///   confidentiality: {signedOn: 2025-10-01, validUntil: 2026-09-30}     # and it is November 2026
    /// ```
    ///
    /// # Fix
    ///
    /// Have the agreement signed or renewed, and put its days into `confidentiality` of the Person.
    ///
    /// # References
    ///
    /// GDPR Art. 28(3)(b), 29, 32(4); ISO/IEC 27001:2022 A.6.6.
    601 "nda-missing-or-expired" Enforce since "0.1.0",
    Grant: check,
}

fn check(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    if is_over(case) {
        return;
    }
    for (id, person) in consultants(case, report) {
        for (field, problem) in defects(case.query, &person) {
            report.because(Cause::at(&id, field)).violation(
                subject_path(case.subject),
                format!("{id} {field}: {problem}"),
                format!("have the confidentiality agreement signed or renewed, and record it in {id}"),
            );
        }
    }
}

/// What is wrong with the paper, each with its field.
fn defects(query: &Query<'_>, person: &PersonSpec) -> Vec<(&'static str, String)> {
    let Some(paper) = &person.confidentiality else {
        return vec![("/spec/confidentiality", "no confidentiality agreement is on record".to_owned())];
    };
    let mut defects = Vec::new();
    match paper.signed_on {
        None => {
            let problem = "the confidentiality agreement is not signed";
            defects.push(("/spec/confidentiality/signedOn", problem.to_owned()));
        }
        Some(day) if !query.has_begun(day) => {
            let problem = format!("the confidentiality agreement is not in force before {day}");
            defects.push(("/spec/confidentiality/signedOn", problem));
        }
        Some(_) => {}
    }
    match paper.valid_until {
        None => {
            let problem = "until when the confidentiality agreement holds is not on record";
            defects.push(("/spec/confidentiality/validUntil", problem.to_owned()));
        }
        Some(day) if query.is_over(day) => {
            let problem = format!("the confidentiality agreement ended on {day}");
            defects.push(("/spec/confidentiality/validUntil", problem));
        }
        Some(_) => {}
    }
    defects
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Bench, EMPLOYEE, GRANT, PEOPLE, edit};

    const ID: &str = "AccessGrant/cx-feedback/churn";
    const PAPER: &str = "  confidentiality: {signedOn: 2026-09-28, validUntil: 2027-09-30}\n";

    fn with(paper: &str) -> Bench {
        Bench::new(&edit(PEOPLE, PAPER, paper)).with(GRANT)
    }

    #[test]
    fn a_paper_in_force_is_demanded() {
        assert!(with(PAPER).findings(601, ID).is_empty());
        let on = "/spec/subject/name: Person/analyst-7 /spec/confidentiality";
        for (paper, found) in [
            ("", format!("{on}: no confidentiality agreement is on record")),
            (
                "  confidentiality: {validUntil: 2027-09-30}\n",
                format!("{on}/signedOn: the confidentiality agreement is not signed"),
            ),
            (
                "  confidentiality: {signedOn: 2026-11-24, validUntil: 2027-09-30}\n",
                format!("{on}/signedOn: the confidentiality agreement is not in force before 2026-11-24"),
            ),
            (
                "  confidentiality: {signedOn: 2026-09-28}\n",
                format!("{on}/validUntil: until when the confidentiality agreement holds is not on record"),
            ),
            (
                "  confidentiality: {signedOn: 2025-09-28, validUntil: 2026-11-22}\n",
                format!("{on}/validUntil: the confidentiality agreement ended on 2026-11-22"),
            ),
        ] {
            let [cause] = &with(paper).causes(601, ID)[..] else { panic!("{paper}") };
            assert!(found.starts_with(&format!("/spec/subject/name: {cause}: ")), "{cause}");
            assert_eq!(with(paper).findings(601, ID), [found]);
        }
    }

    #[test]
    fn the_last_day_counts_to_its_end() {
        let bench = with("  confidentiality: {signedOn: 2025-09-28, validUntil: 2026-11-23}\n");
        assert!(bench.findings(601, ID).is_empty());
        assert_eq!(bench.horizon(ID), "2026-11-24T00:00:00Z");
        assert_eq!(bench.at("2026-11-24T00:00:00Z").findings(601, ID).len(), 1);
    }

    #[test]
    fn employees_are_bound_by_their_contract() {
        let bench = with("").with(EMPLOYEE);
        assert!(bench.findings(601, ID).is_empty() && !bench.lacks(601, ID));
    }

    #[test]
    fn papers_that_cannot_be_read_prove_nothing() {
        let bench = with("  confidentiality: {signedOn: yesterday}\n");
        assert!(bench.findings(601, ID).is_empty() && bench.lacks(601, ID));
    }
}
