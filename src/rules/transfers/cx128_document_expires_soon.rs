//! CX128: a document that ends soon.

use jiff::Timestamp;

use super::cx105_dpf_certification_missing_or_stale::CHECK_HOLDS;
use crate::api::{ExemptionSpec, PersonSpec, Transfer, VendorSpec};
use crate::engine::Query;
use crate::rules::agreement::has_ended;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};
use crate::values::{Date, Period};

rule! {
    /// # What it checks
    ///
    /// Each document that ends is reported 90, 30 and 7 days ahead, until it is over; then the rule that demands it
    /// speaks. These are the documents:
    ///
    /// - of a vendor, `agreement.validUntil`; of each certificate `validUntil`, and `bridgeUntil` of a report's bridge
    ///   letter;
    /// - of each entry under a vendor's `transfers`, the assessment, which holds for `residency.assessmentMaxAge` of the
    ///   policy (default 365d), and the look at the list of the Data Privacy Framework, which holds for 30 days;
    /// - of a person, `confidentiality.validUntil` and `engagement.until`;
    /// - of an exemption, `expiresAt`.
    ///
    /// A notice longer than the time for which a document holds is left out, so that no document is about to end from its
    /// first day. Nothing is reported of a vendor whose relation is over (`ended.date`), nor of a person who has left
    /// (`leftOn`).
    ///
    /// # Why
    ///
    /// A new agreement takes weeks, an audit months. Who hears of the end on the day itself has to stop the work.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   agreement:
    ///     signedOn: 2025-01-15
    ///     validUntil: 2027-01-14   # and it is November 2026
    /// ```
    ///
    /// # Fix
    ///
    /// Renew the document in time and record its new end.
    ///
    /// # References
    ///
    /// GDPR Art. 24(1), 28(3), 32(1)(d); ISO/IEC 27001:2022 A.5.20, A.5.22.
    128 "document-expires-soon" Audit since "0.1.0",
    Vendor: of_vendor,
    Person: of_person,
    Exemption: of_exemption,
}

/// How long ahead a notice is given, the longest first.
const NOTICES: [Period; 3] = [Period::days(90), Period::days(30), Period::days(7)];

/// A document that ends.
struct Document {
    path: String,
    what: &'static str,
    from: Option<Timestamp>,
    until: Timestamp,
    /// How its end is put, such as `ends with 2027-01-14`.
    end: String,
}

impl Document {
    /// A document with a last day, and the first instant of it if that is known.
    fn dated(path: &str, what: &'static str, from: Option<Timestamp>, last: Option<Date>) -> Option<Self> {
        let last = last?;
        let end = format!("ends with {last}");
        Some(Self { path: path.to_owned(), what, from, until: last.end(), end })
    }

    /// A document that holds for some time after a day.
    fn aging(path: String, what: &'static str, day: Date, holds: Period) -> Self {
        let until = holds.after(day.end());
        let end = format!("of {day} is too old from {until} on");
        Self { path, what, from: Some(day.end()), until, end }
    }
}

fn of_vendor(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    if has_ended(case.query, case.subject) {
        return;
    }
    let agreement = case.subject.agreement.iter().filter_map(|paper| {
        let from = paper.signed_on.map(Date::start);
        Document::dated("/spec/agreement/validUntil", "data processing agreement", from, paper.valid_until)
    });
    let certificates = case.subject.certifications.iter().enumerate().flat_map(|(at, paper)| {
        let path = |field| format!("/spec/certifications/{at}/{field}");
        let issued = paper.issued_on.map(Date::start);
        let covered = paper.period_to.map(Date::end);
        [
            Document::dated(&path("validUntil"), "certificate", issued, paper.valid_until),
            Document::dated(&path("bridgeUntil"), "bridge letter", covered, paper.bridge_until),
        ]
    });
    let transfers = case.subject.transfers.iter().enumerate();
    let max_age = case.policy.residency.assessment_max_age;
    let papers = transfers.flat_map(|(at, entry)| of_transfer(at, entry, max_age));
    for document in agreement.chain(certificates.flatten()).chain(papers) {
        check(case.query, &document, report);
    }
}

fn of_transfer(at: usize, entry: &Transfer, max_age: Period) -> impl Iterator<Item = Document> {
    let assessed = entry.assessment.as_ref().and_then(|assessment| assessment.completed_on);
    let looked = entry.data_privacy_framework.as_ref().and_then(|shown| shown.checked_on);
    let path = |field| format!("/spec/transfers/{at}/{field}");
    let assessment = assessed.map(|day| {
        Document::aging(path("assessment/completedOn"), "assessment of the transfer", day, max_age)
    });
    let framework = looked.map(|day| {
        let field = path("dataPrivacyFramework/checkedOn");
        Document::aging(field, "look at the list of the Data Privacy Framework", day, CHECK_HOLDS)
    });
    assessment.into_iter().chain(framework)
}

fn of_person(case: &Case<'_, PersonSpec>, report: &mut Report<'_>) {
    if case.subject.left_on.is_some_and(|day| case.query.is_over(day)) {
        return;
    }
    let promise = case.subject.confidentiality.iter().filter_map(|paper| {
        let from = paper.signed_on.map(Date::start);
        Document::dated(
            "/spec/confidentiality/validUntil",
            "confidentiality agreement",
            from,
            paper.valid_until,
        )
    });
    let engagement = case.subject.engagement.iter().filter_map(|paper| {
        Document::dated("/spec/engagement/until", "engagement", paper.from.map(Date::start), paper.until)
    });
    for document in promise.chain(engagement) {
        check(case.query, &document, report);
    }
}

fn of_exemption(case: &Case<'_, ExemptionSpec>, report: &mut Report<'_>) {
    let Some(end) = case.subject.expires_at else { return };
    let document = Document {
        path: "/spec/expiresAt".to_owned(),
        what: "exemption",
        from: None,
        until: end.timestamp(),
        end: format!("ends at {end}"),
    };
    check(case.query, &document, report);
}

fn check(query: &Query<'_>, document: &Document, report: &mut Report<'_>) {
    let given = NOTICES.iter().map(|notice| (notice, notice.before(document.until)));
    let mut given = given.filter(|(_, at)| document.from.is_none_or(|from| from < *at));
    // The next one is asked for as well, which sets the horizon.
    let mut last = None;
    while let Some((notice, at)) = given.next().filter(|(_, at)| query.reached(*at)) {
        last = Some((notice, at));
    }
    let Some((notice, at)) = last.filter(|_| !query.reached(document.until)) else { return };
    report.violation(
        &*document.path,
        format!("the {} {}; less than {notice} are left since {at}", document.what, document.end),
        "renew it in time and record the new date",
    );
}

#[cfg(test)]
mod tests {
    use super::super::samples::{policy, vendor};
    use crate::engine::Outcome;
    use crate::rules::testing::{Bench, vendor_in_use};

    const HUB: &str = "Vendor/hub";

    fn found(spec: &str, at: &str) -> Vec<String> {
        vendor_in_use(spec).at(at).findings(128, HUB)
    }

    #[test]
    fn an_end_is_announced_three_times() {
        let spec = "{agreement: {signedOn: 2025-01-15, validUntil: 2027-01-14}}";
        let path =
            "/spec/agreement/validUntil: the data processing agreement ends with 2027-01-14; less than";
        let (ninety, thirty, seven) = (
            format!("{path} 90d are left since 2026-10-17T00:00:00Z"),
            format!("{path} 30d are left since 2026-12-16T00:00:00Z"),
            format!("{path} 7d are left since 2027-01-08T00:00:00Z"),
        );
        for (at, expected, horizon) in [
            ("2026-10-16T23:59:59Z", None, "2026-10-17T00:00:00Z"),
            ("2026-10-17T00:00:00Z", Some(&ninety), "2026-12-16T00:00:00Z"),
            ("2026-12-15T23:59:59Z", Some(&ninety), "2026-12-16T00:00:00Z"),
            ("2026-12-16T00:00:00Z", Some(&thirty), "2027-01-08T00:00:00Z"),
            ("2027-01-08T00:00:00Z", Some(&seven), "2027-01-15T00:00:00Z"),
            ("2027-01-14T23:59:59Z", Some(&seven), "2027-01-15T00:00:00Z"),
            // CX111 reports.
            ("2027-01-15T00:00:00Z", None, "9999-12-30T22:00:00.999999999Z"),
        ] {
            let bench = vendor_in_use(spec).at(at);
            assert_eq!(bench.findings(128, HUB), expected.into_iter().cloned().collect::<Vec<_>>(), "{at}");
            assert_eq!(bench.horizon(HUB), horizon, "{at}");
        }
    }

    #[test]
    fn each_document_of_a_vendor_counts() {
        for (spec, expected) in [
            ("{agreement: {validUntil: 2026-12-31}}", "/spec/agreement/validUntil"),
            (
                "{certifications: [{standard: ISO27001, validUntil: 2026-12-31}]}",
                "/spec/certifications/0/validUntil",
            ),
            (
                "{certifications: [{standard: ISO27001}, {standard: SOC2, bridgeUntil: 2026-12-31}]}",
                "/spec/certifications/1/bridgeUntil",
            ),
            (
                r#"{transfers: [{to: "IN", mechanism: BindingCorporateRules, assessment: {completedOn: 2026-01-01}}]}"#,
                "/spec/transfers/0/assessment/completedOn",
            ),
            (
                r#"{transfers: [{to: "US", mechanism: Adequacy, dataPrivacyFramework: {checkedOn: 2026-10-30}}]}"#,
                "/spec/transfers/0/dataPrivacyFramework/checkedOn",
            ),
            ("{agreement: {}, certifications: [{standard: SOC2}]}", ""),
            ("{agreement: {validUntil: 2026-12-31}, ended: {date: 2026-11-22}}", ""),
        ] {
            let found = found(spec, "2026-11-23T12:00:00Z");
            let paths: Vec<_> = found.iter().filter_map(|one| one.split(':').next()).collect();
            assert_eq!(paths.concat(), expected, "{spec}: {found:?}");
        }
    }

    #[test]
    fn a_document_does_not_end_soon_from_its_first_day() {
        // A look at the list holds for 30 days: seven days ahead are left.
        let framework = |day: &str| {
            format!(
                r#"{{transfers: [{{to: "US", mechanism: Adequacy, dataPrivacyFramework: {{checkedOn: {day}}}}}]}}"#
            )
        };
        assert!(found(&framework("2026-11-01"), "2026-11-23T12:00:00Z").is_empty());
        assert_eq!(
            found(&framework("2026-11-01"), "2026-11-25T00:00:00Z"),
            [
                "/spec/transfers/0/dataPrivacyFramework/checkedOn: the look at the list of the Data Privacy Framework of \
                 2026-11-01 is too old from 2026-12-02T00:00:00Z on; less than 7d are left since 2026-11-25T00:00:00Z"
            ]
        );
        let sixty_days = "{agreement: {signedOn: 2026-11-20, validUntil: 2027-01-18}}";
        assert!(found(sixty_days, "2026-11-23T12:00:00Z").is_empty());
        assert_eq!(found(sixty_days, "2026-12-20T00:00:00Z").len(), 1);
    }

    #[test]
    fn the_policy_says_how_long_an_assessment_holds() {
        let spec = r#"{transfers: [{to: "IN", mechanism: BindingCorporateRules, assessment: {completedOn: 2026-10-01}}]}"#;
        assert!(found(spec, "2026-11-23T12:00:00Z").is_empty());
        let strict = vendor_in_use(spec).with(&policy("{assessmentMaxAge: 60d}"));
        assert!(strict.findings(128, HUB).concat().contains("is too old from 2026-12-01T00:00:00Z on"));
    }

    #[test]
    fn the_papers_of_people_count() {
        let person = |papers: &str| {
            Bench::new(&format!(
                "apiVersion: cxguard.dev/v1alpha1\nkind: Person\nmetadata: {{name: analyst}}\n\
                 spec: {{type: Employee, {papers}}}"
            ))
        };
        for (papers, expected) in [
            ("confidentiality: {validUntil: 2026-12-31}", 1),
            ("engagement: {until: 2026-12-31}", 1),
            ("confidentiality: {validUntil: 2026-12-31}, engagement: {until: 2026-12-31}", 2),
            ("confidentiality: {validUntil: 2027-12-31}", 0),
            ("confidentiality: {}, engagement: {}", 0),
            ("confidentiality: {validUntil: 2026-12-31}, leftOn: 2026-11-22", 0),
            ("confidentiality: {validUntil: 2026-12-31}, leftOn: 2026-11-23", 1),
        ] {
            assert_eq!(person(papers).findings(128, "Person/analyst").len(), expected, "{papers}");
        }
    }

    #[test]
    fn an_exemption_ends_at_its_instant() {
        let exemption = |end: &str| {
            let spec = format!("{{rules: [CX408], subject: {{kind: Vendor, name: hub}}, expiresAt: {end}}}");
            let bench = Bench::new(&format!(
                "apiVersion: cxguard.dev/v1alpha1\nkind: Exemption\nmetadata: {{name: gap}}\nspec: {spec}"
            ));
            bench.findings(128, "Exemption/gap")
        };
        assert_eq!(
            exemption("2026-12-01T18:00:00Z"),
            ["/spec/expiresAt: the exemption ends at 2026-12-01T18:00:00Z; less than 30d are left since \
                 2026-11-01T18:00:00Z"]
        );
        assert_eq!(exemption("2026-11-23T12:00:01Z").len(), 1);
        assert!(exemption("2026-11-23T12:00:00Z").is_empty());
        assert!(exemption("2027-02-21T12:00:01Z").is_empty());
    }

    #[test]
    fn a_notice_is_no_violation() {
        let bench = Bench::new(&vendor(
            "alone",
            r#"{role: Controller, locations: [{use: Storage, country: "DE"}],
            agreement: {validUntil: 2026-12-31},
            certifications: [{standard: SOC2, type: II, periodFrom: 2025-10-01, periodTo: 2026-09-30,
            opinion: Unqualified, categories: [Security, Privacy]}]}"#,
        ));
        assert_eq!(bench.findings(128, "Vendor/alone").len(), 1);
        assert_eq!(bench.outcome("Vendor/alone"), Outcome::Compliant);
    }
}
