//! CX104: an adequacy decision that is relied on and not there.

use super::basis::{Basis, basis, destinations_of, is_kept};
use super::wording::{joined, named};
use crate::api::DataFlowSpec;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Wherever a data flow's vendors and their sub-processors take the data (the places are those of CX103), adequacy
    /// is relied on only while it holds:
    ///
    /// - An entry under `transfers` claims Adequacy for a country that has no decision of adequacy. Such a claim is
    ///   reported even beside a mechanism that holds: it is an error in the record.
    /// - A country was adequate as a whole and its decision has run out, and no other entry for that country holds. An
    ///   entry holds if `residency.mechanisms` accepts its mechanism and, for contractual clauses, CX107 finds no fault
    ///   in it. So a fallback that was signed in time takes over on the day.
    ///
    /// With several regimes in force for a namespace, a country is adequate if it is so for each of them. Countries that
    /// are adequate for some importers only (the United States, Canada, Japan) are not judged here.
    ///
    /// # Why
    ///
    /// A decision of adequacy has an end, and can end early. On the next day each transfer that rested on it is without
    /// a basis. The decision on the United Kingdom ends with 2031-12-27.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   locations:
    ///     - {use: Storage, country: "IN"}
    ///   transfers:
    ///     - {to: "IN", mechanism: Adequacy}   # there is no such decision
    /// ```
    ///
    /// # Fix
    ///
    /// Sign contractual clauses or another mechanism and record it under `transfers` in place of the claim, or move the
    /// data.
    ///
    /// # References
    ///
    /// GDPR Art. 45 and Art. 46; the decisions and their dates are in the reference data.
    104 "adequacy-missing-or-expired" Enforce since "0.1.0",
    Flow: check,
}

fn check(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) {
    let residency = &case.policy.residency;
    for to in destinations_of(case, is_kept, report) {
        let sign = "StandardContractualClauses or another mechanism";
        let keeper = &to.keeper;
        let basis = basis(case.query, residency, &to);
        let (first, reason) = match basis {
            Basis::Sound | Basis::Missing | Basis::Unlisted => continue,
            Basis::FalseClaim => ("remove the claim; ", to.by_claim()),
            Basis::Lapsed(_) => ("", Some(to.by_location())),
        };
        let fault = basis.fault(residency, &to).unwrap_or_default();
        let (who, country, uses) = (to.who(), named(to.country), joined(&to.uses));
        report.because(reason).violation(
            &*to.path,
            format!("{who} keeps data in {country} ({uses}): {fault}"),
            format!("{first}sign {sign} and record it under transfers of {keeper}, or move the data"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, policy, vendor};
    use crate::rules::testing::Bench;

    const FLOW: &str = "DataFlow/cx/answers";
    const LAST_DAY: &str = "2031-12-27T23:59:59Z";
    const DAY_AFTER: &str = "2031-12-28T00:00:00Z";

    fn hub(country: &str, transfers: &str) -> Bench {
        Bench::new(SOUND).with(&vendor(
            "hub",
            &format!(
                r#"{{role: Processor, locations: [{{use: Storage, country: "{country}"}}], transfers: {transfers},
                     agreement: {{signedOn: 2025-01-15, validUntil: 2099-12-31, countries: ["{country}"], measures: [AccessControl]}}}}"#
            ),
        ))
    }

    #[test]
    fn a_claim_needs_a_decision() {
        for (country, transfers, expected) in [
            ("CH", r#"[{to: "CH", mechanism: Adequacy}]"#, true),
            ("DE", r#"[{to: "DE", mechanism: Adequacy}]"#, true),
            ("IN", r#"[{to: "IN", mechanism: Adequacy}]"#, false),
            (
                "IN",
                r#"[{to: "IN", mechanism: Adequacy}, {to: "IN", mechanism: BindingCorporateRules}]"#,
                false,
            ),
            ("IN", r#"[{to: "BR", mechanism: Adequacy}]"#, true),
            ("US", r#"[{to: "US", mechanism: Adequacy}]"#, true),
            ("JP", r#"[{to: "JP", mechanism: Adequacy}]"#, true),
        ] {
            let found = hub(country, transfers).findings(104, FLOW);
            assert_eq!(found.is_empty(), expected, "{country} {transfers}: {found:?}");
        }
        assert_eq!(
            hub("IN", r#"[{to: "IN", mechanism: Adequacy}]"#).findings(104, FLOW),
            [
                "/spec/to/0/vendor: Vendor/hub keeps data in India (IN) (Storage): transfers of Vendor/hub claims \
                 Adequacy, which IN has not under GDPR"
            ]
        );
        let second = hub("IN", r#"[{to: "BR", mechanism: Adequacy}, {to: "IN", mechanism: Adequacy}]"#);
        assert_eq!(second.causes(104, FLOW), ["Vendor/hub /spec/transfers/1"]);
    }

    #[test]
    fn adequacy_for_one_regime_is_not_adequacy_for_all() {
        let fadp = "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {name: swiss}\n\
                    spec: {residency: {regime: FADP}}";
        let bench = hub("KR", r#"[{to: "KR", mechanism: Adequacy}]"#);
        assert!(bench.findings(104, FLOW).is_empty());
        assert!(bench.with(fadp).findings(104, FLOW).concat().ends_with("not under GDPR, FADP"));
    }

    #[test]
    fn the_united_kingdom_is_adequate_until_its_decision_ends() {
        for transfers in ["[]", r#"[{to: "GB", mechanism: Adequacy}]"#] {
            assert!(hub("GB", transfers).findings(104, FLOW).is_empty());
            let after = hub("GB", transfers).at(DAY_AFTER);
            assert_eq!(after.causes(104, FLOW), ["Vendor/hub /spec/locations/0"]);
            let bench = hub("GB", transfers).at(LAST_DAY);
            assert!(bench.findings(104, FLOW).is_empty());
            assert_eq!(bench.horizon(FLOW), DAY_AFTER);
            assert_eq!(
                bench.at(DAY_AFTER).findings(104, FLOW),
                [
                    "/spec/to/0/vendor: Vendor/hub keeps data in United Kingdom (GB) (Storage): its adequacy ended with \
                     2031-12-27, and no other entry under transfers holds"
                ]
            );
        }
    }

    #[test]
    fn a_fallback_takes_over_if_it_holds() {
        for (entry, expected) in [
            (
                "mechanism: StandardContractualClauses, module: ControllerToProcessor, signedOn: 2031-01-10",
                true,
            ),
            ("mechanism: BindingCorporateRules", true),
            (
                "mechanism: StandardContractualClauses, module: ProcessorToProcessor, signedOn: 2031-01-10",
                false,
            ),
            ("mechanism: StandardContractualClauses, module: ControllerToProcessor", false),
            (
                "mechanism: StandardContractualClauses, module: ControllerToProcessor, signedOn: 2032-01-10",
                false,
            ),
            ("mechanism: ApprovedCode", false),
        ] {
            let transfers = format!(r#"[{{to: "GB", mechanism: Adequacy}}, {{to: "GB", {entry}}}]"#);
            let accepted = "{mechanisms: [Adequacy, StandardContractualClauses, BindingCorporateRules]}";
            let bench = hub("GB", &transfers).with(&policy(accepted)).at(DAY_AFTER);
            assert_eq!(bench.findings(104, FLOW).is_empty(), expected, "{entry}");
        }
    }

    #[test]
    fn one_transfer_is_reported_by_one_rule() {
        for country in ["DE", "GB", "US", "JP", "IN"] {
            for mechanism in ["Adequacy", "StandardContractualClauses", "Derogation", "ApprovedCode"] {
                for mechanisms in
                    ["[Adequacy, StandardContractualClauses]", "[StandardContractualClauses]", "[]"]
                {
                    for allowed in ["", r#", allowedCountries: ["DE"]"#] {
                        for now in [LAST_DAY, DAY_AFTER] {
                            let transfers = format!(r#"[{{to: "{country}", mechanism: {mechanism}}}]"#);
                            let demands = policy(&format!("{{mechanisms: {mechanisms}{allowed}}}"));
                            let bench = hub(country, &transfers).with(&demands).at(now);
                            let found: usize =
                                [103, 104, 105].map(|code| bench.findings(code, FLOW).len()).iter().sum();
                            assert!(found <= 1, "{country} {mechanism} under {mechanisms}{allowed} at {now}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn an_unknown_country_is_lacking() {
        assert!(hub("XX", "[]").lacks(104, FLOW));
        assert!(!hub("DE", "[]").lacks(104, FLOW));
    }
}
