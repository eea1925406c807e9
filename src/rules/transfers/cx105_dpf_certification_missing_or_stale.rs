//! CX105: an importer in the United States that is not shown to be certified for the data it gets.

use std::collections::BTreeSet;

use super::framework::claims_of;
use super::wording::{joined, named};
use crate::api::{DataFlowSpec, DataPrivacyFramework, FrameworkData, FrameworkStatus, Transfer};
use crate::engine::Query;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};
use crate::values::Period;

rule! {
    /// # What it checks
    ///
    /// Where a vendor of a data flow, or a sub-processor of it, has the data in the United States and an entry under
    /// `transfers` claims Adequacy for it, `dataPrivacyFramework` of that entry shows a certification:
    ///
    /// - `status` is `Active`.
    /// - `covers` names the data of the flow: `HR` where its `dataSubjects` name `Employees`, `NonHR` where they name
    ///   anybody else, both where they name nobody.
    /// - `checkedOn`, the day on which somebody looked at the public list, has come and is at most 30 days ago.
    ///
    /// All uses count, Support too. For a sub-processor its own claim counts; if it has none, that of the vendor that
    /// passes data on to it. The claim is judged even beside contractual clauses: either it is true, or it goes from the
    /// record and the clauses carry the transfer. It is not judged where CX103 or CX104 reports the transfer, nor where
    /// `residency.mechanisms` of the policy does not accept Adequacy.
    ///
    /// # Why
    ///
    /// The United States are adequate only for organisations on the list of the Data Privacy Framework, and only for the
    /// kind of data that they certified. A certification lapses after a year unless it is renewed, and the list shows
    /// that on the day; from then on the transfer is without a basis.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   locations:
    ///     - {use: Storage, provider: aws, region: us-east-1}
    ///   transfers:
    ///     - to: "US"
    ///       mechanism: Adequacy
    ///       dataPrivacyFramework: {status: Active, covers: [NonHR], checkedOn: 2026-03-01}   # and it is November
    /// ```
    ///
    /// # Fix
    ///
    /// Look the vendor up on <https://www.dataprivacyframework.gov/list> and record what it says and the day. If the
    /// vendor is not on it, sign contractual clauses, record them, and remove the claim.
    ///
    /// # References
    ///
    /// GDPR Art. 45; Commission Implementing Decision (EU) 2023/1795.
    105 "dpf-certification-missing-or-stale" Enforce since "0.1.0",
    Flow: check,
}

/// For how long a look at the public list holds.
pub(super) const CHECK_HOLDS: Period = Period::days(30);

/// Whose data counts as HR data.
const EMPLOYEES: &str = "Employees";

fn check(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) {
    for to in claims_of(case, report) {
        let Some((claimant, entry)) = to.claim() else { continue };
        let (who, country, uses) = (to.who(), named(to.country), joined(&to.uses));
        for defect in defects(case.query, case.subject, entry) {
            report.because(to.by_claim()).violation(
                &*to.path,
                format!("{who} has data in {country} ({uses}) by the Data Privacy Framework: {defect}"),
                format!(
                    "look at the public list and record what it says in dataPrivacyFramework of {claimant}, or sign \
                     StandardContractualClauses and remove the claim of Adequacy"
                ),
            );
        }
    }
}

/// What is wrong with the certification that an entry shows, for the data of a flow.
fn defects(query: &Query<'_>, flow: &DataFlowSpec, entry: &Transfer) -> Vec<String> {
    let Some(shown) = &entry.data_privacy_framework else {
        return vec!["no certification is on record".to_owned()];
    };
    let mut defects = Vec::new();
    match shown.status {
        Some(FrameworkStatus::Active) => {}
        Some(FrameworkStatus::Inactive) => defects.push("the certification is inactive".to_owned()),
        None => defects.push("the status of the certification is not on record".to_owned()),
    }
    let subjects =
        if flow.data_subjects.is_empty() { "not on record".to_owned() } else { joined(&flow.data_subjects) };
    let uncovered = needed(flow).into_iter().filter(|kind| !shown.covers.contains(kind));
    defects.extend(uncovered.map(|kind| {
        format!("the certification does not cover {kind} data (dataSubjects of the flow: {subjects})")
    }));
    defects.extend(staleness(query, shown));
    defects
}

/// The kinds of data that a flow gives away. Of whom it is, if unsaid, it may be of anybody.
fn needed(flow: &DataFlowSpec) -> BTreeSet<FrameworkData> {
    let subjects = &flow.data_subjects;
    let mut kinds = BTreeSet::new();
    if subjects.is_empty() || subjects.iter().any(|subject| subject == EMPLOYEES) {
        kinds.insert(FrameworkData::Hr);
    }
    if subjects.is_empty() || subjects.iter().any(|subject| subject != EMPLOYEES) {
        kinds.insert(FrameworkData::NonHr);
    }
    kinds
}

fn staleness(query: &Query<'_>, shown: &DataPrivacyFramework) -> Option<String> {
    match shown.checked_on {
        None => Some("when somebody looked at the public list is not on record".to_owned()),
        Some(day) if !query.has_begun(day) => {
            Some(format!("the look at the public list is dated {day}, which has not come"))
        }
        Some(day) if query.older_than(day, CHECK_HOLDS) => {
            Some(format!("the public list was last looked at on {day}, which holds for {CHECK_HOLDS}"))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, flow, policy, vendor};
    use crate::rules::testing::Bench;

    const FLOW: &str = "DataFlow/cx/answers";
    const GOOD: &str = "{status: Active, covers: [NonHR], checkedOn: 2026-11-10}";

    fn claim(framework: &str) -> String {
        format!(r#"{{to: "US", mechanism: Adequacy, dataPrivacyFramework: {framework}}}"#)
    }

    fn hub(transfers: &str) -> Bench {
        of(&["Customers"], transfers)
    }

    fn of(subjects: &[&str], transfers: &str) -> Bench {
        let subjects = subjects.join(", ");
        Bench::new(SOUND)
            .with(&vendor("hub", &in_the_us("Storage", transfers)))
            .with(&flow(&format!("{{dataSubjects: [{subjects}], to: [{{vendor: hub}}]}}")))
    }

    fn in_the_us(used: &str, transfers: &str) -> String {
        format!(r#"{{locations: [{{use: {used}, country: "US"}}], transfers: [{transfers}]}}"#)
    }

    #[test]
    fn a_certification_is_shown() {
        for (framework, expected) in [
            (GOOD, None),
            ("null", Some("no certification is on record")),
            (
                "{status: Inactive, covers: [NonHR], checkedOn: 2026-11-10}",
                Some("the certification is inactive"),
            ),
            (
                "{covers: [NonHR], checkedOn: 2026-11-10}",
                Some("the status of the certification is not on record"),
            ),
            (
                "{status: Active, covers: [NonHR]}",
                Some("when somebody looked at the public list is not on record"),
            ),
            (
                "{status: Active, covers: [NonHR], checkedOn: 2026-10-23}",
                Some("the public list was last looked at on 2026-10-23, which holds for 30d"),
            ),
            ("{status: Active, covers: [NonHR], checkedOn: 2026-10-24}", None),
            (
                "{status: Active, covers: [NonHR], checkedOn: 2026-11-24}",
                Some("the look at the public list is dated 2026-11-24, which has not come"),
            ),
            (
                "{status: Active, checkedOn: 2026-11-10}",
                Some("the certification does not cover NonHR data (dataSubjects of the flow: Customers)"),
            ),
        ] {
            let expected = expected.map(|defect| {
                format!(
                    "/spec/to/0/vendor: Vendor/hub has data in United States (US) (Storage) by the Data Privacy \
                     Framework: {defect}"
                )
            });
            let bench = hub(&claim(framework));
            assert_eq!(bench.findings(105, FLOW), expected.into_iter().collect::<Vec<_>>(), "{framework}");
            assert!(bench.findings(103, FLOW).is_empty() && bench.findings(104, FLOW).is_empty());
        }
        assert_eq!(hub(&claim("{}")).findings(105, FLOW).len(), 3);
    }

    #[test]
    fn the_data_of_employees_is_hr_data() {
        for (subjects, covers, expected) in [
            (["Customers"].as_slice(), "[NonHR]", 0),
            (&["Customers"], "[HR]", 1),
            (&["Employees"], "[HR]", 0),
            (&["Employees"], "[NonHR]", 1),
            (&["Employees", "Customers"], "[HR]", 1),
            (&["Employees", "Customers"], "[NonHR]", 1),
            (&["Employees", "Customers"], "[HR, NonHR]", 0),
            (&["Customers", "Prospects"], "[NonHR]", 0),
            // It may be of anybody.
            (&[], "[NonHR]", 1),
            (&[], "[HR, NonHR]", 0),
        ] {
            let framework = format!("{{status: Active, covers: {covers}, checkedOn: 2026-11-10}}");
            let found = of(subjects, &claim(&framework)).findings(105, FLOW);
            assert_eq!(found.len(), expected, "{subjects:?} {covers}: {found:?}");
        }
    }

    #[test]
    fn a_look_at_the_list_holds_for_thirty_days() {
        let bench = hub(&claim(GOOD)).at("2026-12-10T23:59:59Z");
        assert!(bench.findings(105, FLOW).is_empty());
        assert_eq!(bench.horizon(FLOW), "2026-12-11T00:00:00Z");
        assert_eq!(bench.at("2026-12-11T00:00:00Z").findings(105, FLOW).len(), 1);
    }

    #[test]
    fn only_a_claim_for_the_united_states_is_judged() {
        let clauses = r#"{to: "US", mechanism: StandardContractualClauses}"#;
        for (residency, transfers, expected) in [
            ("{}", "", 0),
            ("{}", clauses, 0),
            ("{}", r#"{to: "CA", mechanism: Adequacy}"#, 0),
            // A claim beside clauses is true, or it goes.
            ("{}", &format!("{}, {clauses}", claim("{}")), 3),
            ("{mechanisms: [StandardContractualClauses]}", &claim("{}"), 0),
            (r#"{allowedCountries: ["DE"]}"#, &claim("{}"), 0),
            (r#"{allowedCountries: ["US"]}"#, &claim("{}"), 3),
            (r#"{regime: Custom, allowedCountries: ["US"]}"#, &claim("{}"), 0),
        ] {
            let bench = hub(transfers).with(&policy(residency));
            assert_eq!(bench.findings(105, FLOW).len(), expected, "{transfers} under {residency}");
        }
        let canada =
            r#"{locations: [{use: Storage, country: "CA"}], transfers: [{to: "CA", mechanism: Adequacy}]}"#;
        assert!(hub("").with(&vendor("hub", canada)).findings(105, FLOW).is_empty());
    }

    #[test]
    fn before_the_decision_there_was_no_adequacy() {
        let bench = hub(&claim(GOOD)).at("2023-07-09T12:00:00Z");
        assert!(bench.findings(105, FLOW).is_empty());
        assert_eq!(bench.findings(104, FLOW).len(), 1);
    }

    #[test]
    fn support_staff_have_the_data_too() {
        let support = hub("").with(&vendor("hub", &in_the_us("Support", &claim("null"))));
        assert!(
            support.findings(105, FLOW).concat().contains("(US) (Support) by the Data Privacy Framework")
        );
        assert!(support.findings(110, "Vendor/hub").is_empty());
    }

    #[test]
    fn a_sub_processor_has_its_own_claim_or_that_of_the_vendor() {
        for (hub_has, far_has, expected) in
            [(GOOD, "", 0), ("null", "", 1), ("null", GOOD, 0), (GOOD, "null", 1)]
        {
            let transfers = |framework: &str| match framework {
                "" => String::new(),
                shown => claim(shown),
            };
            let passing_on = format!(
                r#"{{locations: [{{use: Storage, country: "DE"}}], subProcessors: [{{vendor: far}}],
                     transfers: [{}]}}"#,
                transfers(hub_has)
            );
            let bench = hub("").with(&vendor("hub", &passing_on));
            let found = bench.with(&vendor("far", &in_the_us("Processing", &transfers(far_has))));
            let found = found.findings(105, FLOW);
            assert_eq!(found.len(), expected, "{hub_has} {far_has}: {found:?}");
            assert!(found.iter().all(|one| one.contains("Vendor/far, a sub-processor of Vendor/hub, has")));
        }
    }

    #[test]
    fn a_place_that_is_unknown_is_lacking() {
        let nowhere = vendor("hub", r#"{locations: [{use: Storage, country: "XX"}]}"#);
        assert!(hub("").with(&nowhere).lacks(105, FLOW));
        assert!(!hub(&claim(GOOD)).lacks(105, FLOW));
    }
}
