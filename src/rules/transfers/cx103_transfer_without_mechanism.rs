//! CX103: data given to a third country without anything that makes it lawful.

use super::basis::{Basis, Destination, basis, destinations_of, is_kept, open_to};
use super::wording::{joined, named};
use crate::api::DataFlowSpec;
use crate::engine::{Query, Residency};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Every country to which a data flow's vendors take the data may have it. The vendors are those under `to` and
    /// under `ai.retrieval`; of each, its own locations count and those of its sub-processors, whatever they are used
    /// for except Support (CX110). The legal seat does not count.
    ///
    /// - Where the law of `residency.regime` is itself in force, nothing is needed.
    /// - An adequate country needs nothing either, as long as `residency.mechanisms` of the policy accepts Adequacy.
    /// - Any other country needs an entry under `transfers` for that country, with a mechanism that
    ///   `residency.mechanisms` accepts. The entry stands in the vendor that has the location; for a sub-processor,
    ///   one in the vendor that passes data on to it will do as well. A country that is adequate for some importers
    ///   only (such as the United States, Canada and Japan) needs such an entry too, and Adequacy may be its mechanism.
    /// - If `residency.allowedCountries` is set, data is in these countries only. It narrows what the law allows, so no
    ///   mechanism helps elsewhere. To allow a country with a mechanism, list the country and record the mechanism.
    ///
    /// Whether the entry itself is in order is judged by others: CX105 (Data Privacy Framework), CX107 (contractual
    /// clauses), CX109 (derogations). An entry that claims an adequacy that is not there is CX104's.
    ///
    /// # Why
    ///
    /// Outside the European Economic Area the law does not protect the data any more; a contract, or a decision on the
    /// law there, must do so in its place. Passing on to a sub-processor is a transfer like any other. Without a basis
    /// it is forbidden, and fined with up to 20 million euros or 4 % of the turnover.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   locations:
    ///     - {use: Storage, provider: aws, region: us-east-1}
    ///   # and no entry under transfers
    /// ```
    ///
    /// # Fix
    ///
    /// Move the data to an allowed country, or sign what is missing and record it:
    ///
    /// ```yaml
    /// transfers:
    ///   - to: "US"
    ///     mechanism: StandardContractualClauses
    ///     module: ControllerToProcessor
    ///     signedOn: 2026-11-02
    /// ```
    ///
    /// # References
    ///
    /// GDPR Art. 44 to 46 and 49; Art. 83(5)(c) for the fine; EDPB Opinion 22/2024 on chains of processors.
    103 "transfer-without-mechanism" Enforce since "0.1.0",
    Flow: check,
}

fn check(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) {
    let residency = &case.policy.residency;
    for to in destinations_of(case, is_kept, report) {
        let basis = basis(case.query, residency, &to);
        let remedy = match basis {
            Basis::Missing => record(case.query, residency, &to),
            Basis::Unlisted => {
                "move the data to an allowed country, or list the country in residency.allowedCountries"
                    .to_owned()
            }
            Basis::Sound | Basis::FalseClaim | Basis::Lapsed(_) => continue,
        };
        let fault = basis.fault(residency, &to).unwrap_or_default();
        let (who, country, uses) = (to.who(), named(to.country), joined(&to.uses));
        report.because(to.by_location()).violation(
            &*to.path,
            format!("{who} keeps data in {country} ({uses}): {fault}"),
            remedy,
        );
    }
}

fn record(query: &Query<'_>, residency: &Residency, to: &Destination) -> String {
    let (country, keeper) = (to.country, &to.keeper);
    let accepted = open_to(query, residency, country);
    if accepted.is_empty() {
        return "move the data: residency.mechanisms accepts none by which it may be there".to_owned();
    }
    let accepted = joined(&accepted);
    format!(
        "move the data, or record an entry with to: \"{country}\" under transfers of {keeper}; accepted: {accepted}"
    )
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, flow, policy, vendor};
    use crate::engine::Outcome;
    use crate::rules::Code;
    use crate::rules::testing::Bench;

    const FLOW: &str = "DataFlow/cx/answers";

    fn hub(spec: &str) -> Bench {
        Bench::new(SOUND).with(&vendor("hub", spec))
    }

    #[test]
    fn each_country_needs_what_its_law_demands() {
        for (country, transfers, expected) in [
            ("DE", "[]", true),
            ("NO", "[]", true),
            ("CH", "[]", true),
            ("IN", "[]", false),
            ("IN", r#"[{to: "IN", mechanism: StandardContractualClauses}]"#, true),
            ("IN", r#"[{to: "IN", mechanism: BindingCorporateRules}]"#, true),
            ("IN", r#"[{to: "IN", mechanism: Derogation}]"#, true),
            ("IN", r#"[{to: "BR", mechanism: StandardContractualClauses}]"#, false),
            // A claim that is not so is CX104's.
            ("IN", r#"[{to: "IN", mechanism: Adequacy}]"#, true),
            ("US", "[]", false),
            ("US", r#"[{to: "US", mechanism: Adequacy}]"#, true),
            ("JP", "[]", false),
            ("JP", r#"[{to: "JP", mechanism: Adequacy}]"#, true),
        ] {
            let spec =
                format!(r#"{{locations: [{{use: Storage, country: "{country}"}}], transfers: {transfers}}}"#);
            let found = hub(&spec).findings(103, FLOW);
            assert_eq!(found.is_empty(), expected, "{country} {transfers}: {found:?}");
        }
        let second = r#"{locations: [{use: Storage, country: "DE"}, {use: Storage, country: "IN"}]}"#;
        assert_eq!(hub(second).causes(103, FLOW), ["Vendor/hub /spec/locations/1"]);
    }

    #[test]
    fn the_policy_says_which_mechanisms_it_accepts() {
        for (country, mechanisms, entry, expected) in [
            ("IN", "[BindingCorporateRules]", "StandardContractualClauses", false),
            ("IN", "[BindingCorporateRules]", "BindingCorporateRules", true),
            ("IN", "[]", "BindingCorporateRules", false),
            ("US", "[StandardContractualClauses]", "Adequacy", false),
            // Adequacy that the policy does not accept is as good as none.
            ("CH", "[StandardContractualClauses]", "Adequacy", false),
            ("CH", "[StandardContractualClauses]", "StandardContractualClauses", true),
            ("DE", "[]", "Adequacy", true),
        ] {
            let spec = format!(
                r#"{{locations: [{{use: Storage, country: "{country}"}}],
                     transfers: [{{to: "{country}", mechanism: {entry}}}]}}"#
            );
            let bench = hub(&spec).with(&policy(&format!("{{mechanisms: {mechanisms}}}")));
            assert_eq!(
                bench.findings(103, FLOW).is_empty(),
                expected,
                "{country} {entry} under {mechanisms}"
            );
        }
    }

    #[test]
    fn the_remedy_names_mechanisms_that_would_end_the_finding() {
        for (country, mechanisms, expected) in [
            // An entry that claims the adequacy of India would be CX104's.
            ("IN", "[Adequacy, ApprovedCode]", "; accepted: ApprovedCode"),
            ("US", "[Adequacy, ApprovedCode]", "; accepted: Adequacy, ApprovedCode"),
            ("IN", "[Adequacy]", "move the data: residency.mechanisms accepts none by which it may be there"),
            ("IN", "[]", "move the data: residency.mechanisms accepts none by which it may be there"),
        ] {
            let bench = hub(&format!(r#"{{locations: [{{use: Storage, country: "{country}"}}]}}"#));
            let (verdict, _) = bench.with(&policy(&format!("{{mechanisms: {mechanisms}}}"))).judge(FLOW);
            let remedy =
                verdict.findings.iter().find(|found| found.rule == Code(103)).map(|found| &*found.remedy);
            assert!(remedy.is_some_and(|remedy| remedy.ends_with(expected)), "{country}: {remedy:?}");
        }
    }

    #[test]
    fn one_finding_per_country_names_all_uses_but_support() {
        let bench = hub(
            r#"{locations: [{use: Support, country: "IN"}, {use: Backup, provider: aws, region: us-west-2},
                            {use: Storage, provider: aws, region: us-east-1}]}"#,
        );
        assert_eq!(
            bench.findings(103, FLOW),
            [
                "/spec/to/0/vendor: Vendor/hub keeps data in United States (US) (Storage, Backup): no mechanism that \
                 the policy accepts for GDPR is on record"
            ]
        );
        assert_eq!(bench.outcome("Deployment/cx/sender"), Outcome::Violating);
    }

    #[test]
    fn a_sub_processor_is_a_transfer_of_its_own() {
        let hub_entry = r#", transfers: [{to: "IN", mechanism: StandardContractualClauses}]"#;
        for (hub_has, sub_has, expected) in [("", "", 1), ("", hub_entry, 0), (hub_entry, "", 0)] {
            let bench = hub(&format!(
                r#"{{locations: [{{use: Storage, country: "DE"}}], subProcessors: [{{vendor: far}}] {hub_has}}}"#
            ));
            let bench = bench.with(&vendor(
                "far",
                r#"{locations: [{use: Storage, country: "FR"}],
                subProcessors: [{vendor: farther}, {vendor: hub}]}"#,
            ));
            let farther = format!(r#"{{locations: [{{use: Processing, country: "IN"}}] {sub_has}}}"#);
            let found = bench.with(&vendor("farther", &farther)).findings(103, FLOW);
            assert_eq!(found.len(), expected, "{found:?}");
            assert!(found.iter().all(|one| one.contains("Vendor/farther, a sub-processor of Vendor/hub,")));
        }
    }

    #[test]
    fn who_holds_the_index_or_the_embeddings_has_the_data() {
        let far = vendor("far", r#"{locations: [{use: Storage, country: "IN"}]}"#);
        for place in ["index", "embeddings"] {
            let retrieval =
                format!("{{to: [{{vendor: hub}}], ai: {{retrieval: {{{place}: {{vendor: far}}}}}}}}");
            let found = Bench::new(SOUND).with(&far).with(&flow(&retrieval)).findings(103, FLOW);
            assert_eq!(found.len(), 1, "{place}");
            assert!(found.concat().starts_with(&format!("/spec/ai/retrieval/{place}/vendor: ")), "{found:?}");
        }
    }

    #[test]
    fn allowed_countries_narrow_what_any_mechanism_allows() {
        let transfers = r#"[{to: "US", mechanism: StandardContractualClauses}]"#;
        for (allowed, country, expected) in [
            (r#"["DE"]"#, "DE", ""),
            (r#"["DE"]"#, "FR", "residency.allowedCountries narrows it to DE"),
            (r#"["DE"]"#, "US", "residency.allowedCountries narrows it to DE"),
            (r#"["DE", "US"]"#, "US", ""),
            // Listing a country is no mechanism.
            (r#"["DE", "IN"]"#, "IN", "no mechanism that the policy accepts for GDPR is on record"),
            ("[]", "DE", "residency.allowedCountries narrows it to no country"),
        ] {
            let spec =
                format!(r#"{{locations: [{{use: Storage, country: "{country}"}}], transfers: {transfers}}}"#);
            let bench = hub(&spec).with(&policy(&format!("{{allowedCountries: {allowed}}}")));
            let found = bench.findings(103, FLOW);
            assert_eq!(found.is_empty(), expected.is_empty(), "{country} in {allowed}: {found:?}");
            assert!(found.concat().ends_with(expected), "{country} in {allowed}: {found:?}");
        }
    }

    #[test]
    fn what_is_missing_is_reported_elsewhere() {
        for hub_spec in [
            r#"{locations: [{use: Storage, country: "XX"}]}"#,
            "{}",
            r#"{locations: [{use: Storage, country: "DE"}], subProcessors: [{vendor: nobody}]}"#,
            "{agreement: {validUntil: soon}}",
        ] {
            let bench = hub(hub_spec);
            assert!(bench.findings(103, FLOW).is_empty(), "{hub_spec}");
            assert!(bench.lacks(103, FLOW), "{hub_spec}");
        }
        let gone = Bench::new(SOUND).with(&flow("{to: [{vendor: nobody}], encryption: {inTransit: TLS13}}"));
        assert!(gone.lacks(103, FLOW));
        // Where nobody stores anything, an unknown place of support staff is not this rule's.
        let support = hub(r#"{locations: [{use: Storage, country: "DE"}, {use: Support, country: "XX"}]}"#);
        assert!(!support.lacks(103, FLOW));
    }
}
