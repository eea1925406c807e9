//! CX106: a transfer that nothing but the Data Privacy Framework carries.

use super::framework::claims_of;
use super::wording::{joined, named};
use crate::api::DataFlowSpec;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Where CX105 judges a claim of Adequacy for the United States, there is a second entry under `transfers` for that
    /// country, with a mechanism that `residency.mechanisms` of the policy accepts. It may stand in the vendor that has
    /// the data there or in the one that passes data on to it. Whether the second entry is in order is judged by others:
    /// CX107, CX108, CX109.
    ///
    /// # Why
    ///
    /// Two decisions on transfers to the United States were annulled overnight, in 2015 and in 2020. An appeal against
    /// the present one is pending, and the authority that enforces it has lost its independence. Clauses that are signed
    /// beforehand take over on the day.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   transfers:
    ///     - to: "US"
    ///       mechanism: Adequacy
    ///       dataPrivacyFramework: {status: Active, covers: [NonHR], checkedOn: 2026-11-10}
    ///   # and no other entry for the United States
    /// ```
    ///
    /// # Fix
    ///
    /// Sign contractual clauses as a fallback, assess the transfer, and record both beside the claim.
    ///
    /// # References
    ///
    /// GDPR Art. 45(3) to (5), Art. 46; judgments C-362/14 (Schrems I) and C-311/18 (Schrems II); appeal C-703/25 P.
    106 "dpf-without-fallback" Warn since "0.1.0",
    Flow: check,
}

fn check(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) {
    for to in claims_of(case, report) {
        if to.has_instrument(&case.policy.residency) {
            continue;
        }
        let (who, country, uses, keeper) = (to.who(), named(to.country), joined(&to.uses), &to.keeper);
        report.because(to.by_claim()).violation(
            &*to.path,
            format!("{who} has data in {country} ({uses}) by Adequacy alone"),
            format!(
                "sign StandardContractualClauses as a fallback, and record them under transfers of {keeper}"
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, policy, vendor};
    use crate::rules::testing::Bench;

    const FLOW: &str = "DataFlow/cx/answers";
    const CLAIM: &str = r#"{to: "US", mechanism: Adequacy}"#;

    fn hub(transfers: &str) -> Bench {
        let spec = format!(r#"{{locations: [{{use: Storage, country: "US"}}], transfers: [{transfers}]}}"#);
        Bench::new(SOUND).with(&vendor("hub", &spec))
    }

    #[test]
    fn a_second_entry_stands_by() {
        for (other, expected) in [
            ("", false),
            (r#", {to: "US", mechanism: StandardContractualClauses}"#, true),
            (r#", {to: "US", mechanism: BindingCorporateRules}"#, true),
            (r#", {to: "US", mechanism: Derogation}"#, true),
            (r#", {to: "IN", mechanism: StandardContractualClauses}"#, false),
            // The policy would not accept it on the day.
            (r#", {to: "US", mechanism: ApprovedCode}"#, false),
        ] {
            let accepted =
                policy("{mechanisms: [Adequacy, StandardContractualClauses, BindingCorporateRules]}");
            let found = hub(&format!("{CLAIM}{other}")).with(&accepted).findings(106, FLOW);
            assert_eq!(found.is_empty(), expected, "{other}: {found:?}");
        }
        assert_eq!(
            hub(CLAIM).findings(106, FLOW),
            ["/spec/to/0/vendor: Vendor/hub has data in United States (US) (Storage) by Adequacy alone"]
        );
        assert_eq!(hub(CLAIM).causes(106, FLOW), ["Vendor/hub /spec/transfers/0"]);
    }

    #[test]
    fn a_warning_leaves_the_rest_as_it_is() {
        let certified = r#"{to: "US", mechanism: Adequacy,
                            dataPrivacyFramework: {status: Active, covers: [HR, NonHR], checkedOn: 2026-11-10}}"#;
        let bench = hub(certified);
        assert!((103..=105).all(|code| bench.findings(code, FLOW).is_empty()));
        assert_eq!(bench.findings(106, FLOW).len(), 1);
    }

    #[test]
    fn only_where_a_claim_counts() {
        assert!(hub("").findings(106, FLOW).is_empty());
        assert!(hub(r#"{to: "US", mechanism: StandardContractualClauses}"#).findings(106, FLOW).is_empty());
        assert!(hub(CLAIM).with(&policy(r#"{allowedCountries: ["DE"]}"#)).findings(106, FLOW).is_empty());
        assert!(hub(CLAIM).with(&policy("{mechanisms: []}")).findings(106, FLOW).is_empty());
        assert!(hub(CLAIM).at("2023-07-09T12:00:00Z").findings(106, FLOW).is_empty());
    }

    #[test]
    fn the_vendor_that_passes_data_on_may_have_the_fallback() {
        let far = format!(r#"{{locations: [{{use: Storage, country: "US"}}], transfers: [{CLAIM}]}}"#);
        for (transfers, expected) in [("", 1), (r#"{to: "US", mechanism: BindingCorporateRules}"#, 0)] {
            let hub = format!(
                r#"{{locations: [{{use: Storage, country: "DE"}}], subProcessors: [{{vendor: far}}],
                     transfers: [{transfers}]}}"#
            );
            let bench = Bench::new(SOUND).with(&vendor("hub", &hub)).with(&vendor("far", &far));
            assert_eq!(bench.findings(106, FLOW).len(), expected, "{transfers}");
        }
    }

    #[test]
    fn a_place_that_is_unknown_is_lacking() {
        let nowhere = vendor("hub", r#"{locations: [{use: Storage, country: "XX"}]}"#);
        assert!(hub("").with(&nowhere).lacks(106, FLOW));
    }
}
