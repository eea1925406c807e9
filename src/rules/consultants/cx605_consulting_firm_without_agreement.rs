//! CX605: a consultant whose firm has no data processing agreement in force.

use crate::api::{PersonSpec, PersonType};
use crate::engine::{Cause, Query, lacks};
use crate::facts::{GrantFact, Kind, ObjectRef};
use crate::rules::access::{consultants, has_access, is_over, subject_path};
use crate::rules::agreement;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// The Person of a consultant names the firm in `vendor`, and that Vendor has a data processing agreement in
    /// force: signed on a day that has come (`agreement.signedOn`) and not over (`agreement.validUntil`, inclusive;
    /// without it, it is not known to hold). Nor has the relation with the firm ended (`ended.date`, inclusive). It is
    /// judged of the Person, and of every grant that reaches the consultant, where the finding names the Person and the
    /// Vendor. Not of who has left (`leftOn`) and has no access any more: the agreement may end when the work does.
    ///
    /// Where the rule is enforced, the grant is Suspended when the agreement or the relation ends, and Active again once
    /// the agreement is renewed, or the end taken back.
    ///
    /// # Why
    ///
    /// A firm whose people work on our data processes it on our behalf: Art. 28(3) GDPR demands a contract with the
    /// firm. The consultant's own confidentiality agreement is no substitute.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// metadata: {name: insight-partners}
    /// spec:
    ///   agreement: {signedOn: 2025-09-01, validUntil: 2026-08-31}     # and it is November 2026
    /// ```
    ///
    /// # Fix
    ///
    /// Name the firm in `vendor` of the Person. Sign or renew the agreement with the firm, and record its days in the
    /// Vendor. If the relation goes on, remove `ended` from it.
    ///
    /// # References
    ///
    /// GDPR Art. 28(1), 28(3), 29; ISO/IEC 27001:2022 A.5.19, A.5.20.
    605 "consulting-firm-without-agreement" Enforce since "0.1.0",
    Person: of_person,
    Grant: of_grant,
}

struct Defect {
    what: String,
    remedy: String,
    /// The firm's paper, if the firm is on record.
    cause: Option<Cause>,
}

fn of_person(case: &Case<'_, PersonSpec>, report: &mut Report<'_>) {
    if case.subject.type_ == PersonType::Consultant
        && !is_gone(case)
        && let Some(defect) = defect(case.query, (case.id, case.subject), report)
    {
        report.because(defect.cause).violation("/spec/vendor", defect.what, defect.remedy);
    }
}

/// Whether the person has left and has no access either: the firm's agreement may end with the work.
fn is_gone(case: &Case<'_, PersonSpec>) -> bool {
    let left = case.subject.left_on.is_some_and(|day| case.query.is_over(day));
    left && !has_access(case.query, case.subject)
}

fn of_grant(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    if is_over(case) {
        return;
    }
    for (id, person) in consultants(case, report) {
        if let Some(defect) = defect(case.query, (&id, &person), report) {
            let message = format!("{id} /spec/vendor: {}", defect.what);
            let reason = defect.cause.unwrap_or_else(|| Cause::at(&id, "/spec/vendor"));
            report.because(reason).violation(subject_path(case.subject), message, defect.remedy);
        }
    }
}

fn defect(
    query: &Query<'_>,
    (whose, person): (&ObjectRef, &PersonSpec),
    report: &mut Report<'_>,
) -> Option<Defect> {
    let Some(name) = &person.vendor else {
        return Some(Defect {
            what: "the consultant's firm is not on record".to_owned(),
            remedy: "name the Vendor that is the consultant's firm".to_owned(),
            cause: None,
        });
    };
    let id = ObjectRef::cluster(Kind::Vendor, name);
    let found = query.vendor(name);
    if lacks(&found, &id, report) {
        return None;
    }
    let firm = found.here()?;
    if let Some(ended) = firm.ended.as_ref().filter(|_| agreement::has_ended(query, &firm)) {
        return Some(Defect {
            what: format!("{id} /spec/ended/date: the relation with the firm ended with {}", ended.date),
            remedy: format!(
                "revoke the access, and record leftOn in {whose}; if the relation goes on, remove ended from {id}"
            ),
            cause: Some(Cause::at(&id, "/spec/ended/date")),
        });
    }
    let (field, problem) = agreement::defects(query, &firm).into_iter().next()?;
    Some(Defect {
        what: format!("{id} {field}: {problem}"),
        remedy: format!("sign or renew the agreement with the firm, and record it in {id}"),
        cause: Some(Cause::at(&id, field)),
    })
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Bench, EMPLOYEE, GRANT, PEOPLE, edit};

    const ID: &str = "AccessGrant/cx-feedback/churn";
    const PERSON: &str = "Person/analyst-7";
    const PAPER: &str = "  agreement: {signedOn: 2026-09-01, validUntil: 2027-08-31}\n";

    fn with(paper: &str) -> Bench {
        Bench::new(&edit(PEOPLE, PAPER, paper)).with(GRANT)
    }

    #[test]
    fn the_firm_has_an_agreement_in_force() {
        assert!(with(PAPER).findings(605, ID).is_empty() && with(PAPER).findings(605, PERSON).is_empty());
        let on = "Vendor/insight-partners /spec/agreement";
        for (paper, found) in [
            ("", format!("{on}: no data processing agreement is on record")),
            (
                "  agreement: {}\n",
                format!("{on}/signedOn: the day on which the agreement was signed is not on record"),
            ),
            (
                "  agreement: {signedOn: 2026-11-24}\n",
                format!("{on}/signedOn: the agreement is not in force before 2026-11-24"),
            ),
            (
                "  agreement: {signedOn: 2025-09-01}\n",
                format!("{on}/validUntil: the last day of the agreement is not on record"),
            ),
            (
                "  agreement: {signedOn: 2025-09-01, validUntil: 2026-11-22}\n",
                format!("{on}/validUntil: the agreement ended with 2026-11-22"),
            ),
        ] {
            let bench = with(paper);
            let [cause] = &bench.causes(605, ID)[..] else { panic!("{paper}") };
            assert!(found.starts_with(&format!("{cause}: ")), "{cause}");
            assert_eq!(&bench.causes(605, PERSON)[..], std::slice::from_ref(cause));
            assert_eq!(bench.findings(605, PERSON), [format!("/spec/vendor: {found}")]);
            let of_grant = format!("/spec/subject/name: Person/analyst-7 /spec/vendor: {found}");
            assert_eq!(bench.findings(605, ID), [of_grant]);
        }
    }

    #[test]
    fn the_last_day_counts_to_its_end() {
        let bench = with("  agreement: {signedOn: 2025-09-01, validUntil: 2026-11-23}\n");
        assert!(bench.findings(605, ID).is_empty());
        assert_eq!(bench.horizon(PERSON), "2026-11-24T00:00:00Z");
        assert_eq!(bench.at("2026-11-24T00:00:00Z").findings(605, ID).len(), 1);
    }

    #[test]
    fn a_consultant_has_a_firm() {
        let bench = Bench::new(&edit(PEOPLE, "  vendor: insight-partners\n", "")).with(GRANT);
        assert_eq!(bench.findings(605, PERSON), ["/spec/vendor: the consultant's firm is not on record"]);
        assert_eq!(bench.causes(605, ID), ["Person/analyst-7 /spec/vendor"]);
        assert_eq!(bench.causes(605, PERSON), ["-"]);
        assert!(bench.findings(605, "Person/support-12").is_empty());
        assert!(bench.with(EMPLOYEE).findings(605, ID).is_empty());
    }

    #[test]
    fn who_has_left_and_has_no_access_needs_no_firm_any_more() {
        let people = |left: &str| {
            let people = edit(PEOPLE, PAPER, "");
            edit(
                &people,
                "  vendor: insight-partners\n",
                &format!("  vendor: insight-partners\n  leftOn: {left}\n"),
            )
        };
        let found =
            |left: &str, grant: &str| Bench::new(&people(left)).with(grant).findings(605, PERSON).len();
        let revoked = edit(GRANT, "  reviewedOn:", "  revoked: {reason: done}\n  reviewedOn:");
        assert_eq!(found("2026-11-22", &revoked), 0);
        assert_eq!(found("2026-11-23", &revoked), 1, "the last day");
        assert_eq!(found("2026-11-22", GRANT), 1);
        // As the remedy says where the firm's work is over.
        let ended = edit(PEOPLE, PAPER, &format!("{PAPER}  ended: {{date: 2026-11-01}}\n"));
        let bench = Bench::new(&ended).with(&revoked);
        let remedy = bench.remedies(605, PERSON).concat();
        assert!(remedy.contains("record leftOn in Person/analyst-7"), "{remedy}");
        let left = edit(
            &ended,
            "  vendor: insight-partners\n",
            "  vendor: insight-partners\n  leftOn: 2026-11-01\n",
        );
        assert!(Bench::new(&left).with(&revoked).findings(605, PERSON).is_empty());
    }

    #[test]
    fn a_firm_that_does_not_exist_or_cannot_be_read_is_reported_elsewhere() {
        let missing = edit(PEOPLE, "vendor: insight-partners\n", "vendor: nobody\n");
        for people in [missing, edit(PEOPLE, PAPER, "  agreement: {signedOn: 5}\n")] {
            let bench = Bench::new(&people).with(GRANT);
            for subject in [PERSON, ID] {
                assert!(bench.findings(605, subject).is_empty() && bench.lacks(605, subject), "{subject}");
            }
        }
    }

    #[test]
    fn a_relation_that_is_over_is_no_ground() {
        let bench = with(&format!("{PAPER}  ended: {{date: 2026-11-23}}\n"));
        assert!(bench.findings(605, ID).is_empty());
        assert_eq!(bench.horizon(PERSON), "2026-11-24T00:00:00Z");
        let over = bench.at("2026-11-24T00:00:00Z");
        let found =
            "Vendor/insight-partners /spec/ended/date: the relation with the firm ended with 2026-11-23";
        assert_eq!(over.findings(605, PERSON), [format!("/spec/vendor: {found}")]);
        assert_eq!(
            over.findings(605, ID),
            [format!("/spec/subject/name: Person/analyst-7 /spec/vendor: {found}")]
        );
        assert_eq!(over.causes(605, ID), ["Vendor/insight-partners /spec/ended/date"]);
    }
}
