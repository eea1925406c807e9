//! CX126: a vendor that still has, or still gets, data after the end.

use std::collections::BTreeSet;

use crate::api::{DataFlowSpec, Ended, VendorSpec};
use crate::engine::{Cause, lacks};
use crate::facts::{Key, Kind, ObjectRef, destinations};
use crate::rules::access::grants_to;
use crate::rules::agreement::{has_ended, is_processor};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};
use crate::values::Period;

rule! {
    /// # What it checks
    ///
    /// Once the last day of the relation with a vendor (`ended.date`) is over:
    ///
    /// - No data flow names the vendor, neither under `to` nor under `ai.retrieval`. The finding is on the flow.
    /// - No survey runs at the vendor, and no grant gives access to its people. The finding is on the vendor and names the
    ///   survey, or grant and person.
    /// - 30 days later the vendor has certified that our data is deleted (`ended.deletionCertifiedOn`, a day that has
    ///   come). The finding is on the vendor; those with the role `Controller` or `JointController` keep what is theirs.
    ///
    /// # Why
    ///
    /// With the contract ends every promise about the data. What a vendor still holds then is protected by nothing, and
    /// forgotten by everybody.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// metadata: {name: feedbackhub}
    /// spec:
    ///   ended: {date: 2026-09-30}   # and it is November, and a flow still goes to feedbackhub
    /// ```
    ///
    /// # Fix
    ///
    /// Take the vendor out of flows and surveys, revoke the grants, have the deletion certified, and record the day. If the
    /// relation goes on, remove `ended`.
    ///
    /// # References
    ///
    /// GDPR Art. 28(3)(g); ISO/IEC 27001:2022 A.5.11, A.5.18.
    126 "ended-vendor-in-use-or-undeleted" Enforce since "0.1.0",
    Vendor: of_vendor,
    Flow: of_flow,
}

/// The time for which a vendor may take to delete our data.
const DELETED_WITHIN: Period = Period::days(30);

fn of_flow(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) {
    for (path, to) in destinations(case.subject) {
        let Some(name) = &to.vendor else { continue };
        let id = ObjectRef::cluster(Kind::Vendor, name);
        let found = case.query.vendor(name);
        lacks(&found, &id, report);
        let Some(vendor) = found.here() else { continue };
        if let Some(ended) = vendor.ended.as_ref().filter(|_| has_ended(case.query, &vendor)) {
            report.because(Cause::at(&id, "/spec/ended/date")).violation(
                format!("{path}/vendor"),
                format!("data goes to {id}, and the relation with it ended with {}", ended.date),
                format!("take the vendor out of the flow; if the relation goes on, remove ended from {id}"),
            );
        }
    }
}

fn of_vendor(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    let Some(ended) = case.subject.ended.as_ref().filter(|_| has_ended(case.query, case.subject)) else {
        return;
    };
    for survey in case.query.members(Key::SurveysOf(case.id.name.clone())) {
        report.because(Cause::at(&survey, "/spec/vendor")).violation(
            "/spec/ended/date",
            format!("the relation ended with {}, and {survey} still uses the vendor", ended.date),
            format!("take the vendor out of {survey}; if the relation goes on, remove ended"),
        );
    }
    for person in case.query.members(Key::PeopleOf(case.id.name.clone())) {
        let Some(known) = case.query.person(&person.name).here() else { continue };
        for grant in grants_to(case.query, &known).collect::<BTreeSet<_>>() {
            report.because(Cause::at(&grant, "/spec/subject")).violation(
                "/spec/ended/date",
                format!("the relation ended with {}, and {grant} gives access to {person}", ended.date),
                format!("revoke {grant}; if the relation goes on, remove ended"),
            );
        }
    }
    if is_processor(case.subject.role) {
        undeleted(case, ended, report);
    }
}

fn undeleted(case: &Case<'_, VendorSpec>, ended: &Ended, report: &mut Report<'_>) {
    let certified = ended.deletion_certified_on.is_some_and(|day| case.query.has_begun(day));
    if !certified && case.query.older_than(ended.date, DELETED_WITHIN) {
        report.violation(
            "/spec/ended/deletionCertifiedOn",
            format!(
                "the relation ended with {}, and {DELETED_WITHIN} later no certificate of deletion is on record",
                ended.date
            ),
            "have the vendor certify that our data is deleted, and record deletionCertifiedOn",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, flow, vendor};
    use crate::rules::testing::{Bench, GRANT, PEOPLE, edit};

    const FLOW: &str = "DataFlow/cx/answers";
    const HUB: &str = "Vendor/hub";

    fn hub(spec: &str) -> Bench {
        Bench::new(SOUND).with(&vendor("hub", spec))
    }

    #[test]
    fn no_data_goes_to_a_vendor_after_the_end() {
        let found =
            "/spec/to/0/vendor: data goes to Vendor/hub, and the relation with it ended with 2026-11-22";
        for (ended, expected) in [
            ("{ended: {date: 2026-11-22}}", [found].as_slice()),
            ("{ended: {date: 2026-11-22, deletionCertifiedOn: 2026-11-23}}", &[found]),
            ("{ended: {date: 2026-11-23}}", &[]),
            ("{}", &[]),
        ] {
            assert_eq!(hub(ended).findings(126, FLOW), expected, "{ended}");
        }
        assert_eq!(hub("{ended: {date: 2026-11-22}}").causes(126, FLOW), ["Vendor/hub /spec/ended/date"]);
        let bench = hub("{ended: {date: 2026-11-23}}");
        assert_eq!(bench.horizon(FLOW), "2026-11-24T00:00:00Z");
        assert_eq!(bench.at("2026-11-24T00:00:00Z").findings(126, FLOW).len(), 1);
        let index = flow("{to: [{namespace: cx}], ai: {retrieval: {index: {vendor: hub}}}}");
        let found = hub("{ended: {date: 2026-11-22}}").with(&index).findings(126, FLOW);
        assert!(found.concat().starts_with("/spec/ai/retrieval/index/vendor: data goes to"), "{found:?}");
    }

    #[test]
    fn data_is_deleted_within_thirty_days() {
        let found = "/spec/ended/deletionCertifiedOn: the relation ended with 2026-10-23, and 30d later no \
                     certificate of deletion is on record";
        for (spec, expected) in [
            ("{ended: {date: 2026-10-23}}", [found].as_slice()),
            ("{role: Processor, ended: {date: 2026-10-23}}", &[found]),
            ("{ended: {date: 2026-10-23, deletionCertifiedOn: 2026-11-24}}", &[found]),
            ("{ended: {date: 2026-10-23, deletionCertifiedOn: 2026-11-23}}", &[]),
            ("{ended: {date: 2026-10-24}}", &[]),
            ("{role: Controller, ended: {date: 2026-10-23}}", &[]),
            ("{role: JointController, ended: {date: 2026-10-23}}", &[]),
        ] {
            assert_eq!(hub(spec).findings(126, HUB), expected, "{spec}");
        }
        let bench = hub("{ended: {date: 2026-11-20}}").at("2026-12-20T23:59:59Z");
        assert!(bench.findings(126, HUB).is_empty());
        assert_eq!(bench.horizon(HUB), "2026-12-21T00:00:00Z");
        assert_eq!(bench.at("2026-12-21T00:00:00Z").findings(126, HUB).len(), 1);
    }

    #[test]
    fn no_survey_runs_at_a_vendor_after_the_end() {
        let survey = "apiVersion: cxguard.dev/v1alpha1\nkind: Survey\nmetadata: {name: after-call, namespace: cx}\n\
                      spec: {vendor: hub}";
        assert_eq!(
            hub("{ended: {date: 2026-11-22}}").with(survey).findings(126, HUB),
            [
                "/spec/ended/date: the relation ended with 2026-11-22, and Survey/cx/after-call still uses the vendor"
            ]
        );
        assert!(hub("{ended: {date: 2026-11-23}}").with(survey).findings(126, HUB).is_empty());
    }

    #[test]
    fn nobody_of_the_vendor_has_access_after_the_end() {
        const PAPER: &str = "  agreement: {signedOn: 2026-09-01, validUntil: 2027-08-31}\n";
        let firm = "Vendor/insight-partners";
        let people = edit(PEOPLE, PAPER, &format!("{PAPER}  ended: {{date: 2026-11-22}}\n"));
        for (grant, expected) in [
            (GRANT.to_owned(), 1),
            (edit(GRANT, "2026-12-18T18", "2026-11-23T12"), 0),
            (edit(GRANT, "2026-12-18T18:00:00Z", "2026-12-18T18:00:00Z\n  revoked: {reason: done}"), 0),
            (edit(GRANT, "analyst-7@insight", "somebody@else"), 0),
        ] {
            let found = Bench::new(&people).with(&grant).findings(126, firm);
            assert_eq!(found.len(), expected, "{found:?}");
        }
        assert_eq!(
            Bench::new(&people).with(GRANT).findings(126, firm),
            [
                "/spec/ended/date: the relation ended with 2026-11-22, and AccessGrant/cx-feedback/churn gives access to \
                 Person/analyst-7"
            ]
        );
        let later = edit(&people, "{date: 2026-11-22}", "{date: 2026-12-31}");
        assert!(Bench::new(&later).with(GRANT).findings(126, firm).is_empty());
    }

    #[test]
    fn a_vendor_that_is_missing_or_cannot_be_read_is_reported_elsewhere() {
        let broken = hub("{ended: {}}");
        let missing = Bench::new(SOUND).with(&flow("{to: [{vendor: nobody}]}"));
        for bench in [broken, missing] {
            assert!(bench.findings(126, FLOW).is_empty() && bench.lacks(126, FLOW));
        }
        assert!(!Bench::new(SOUND).lacks(126, FLOW));
    }
}
