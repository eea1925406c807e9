//! CX110: staff abroad who can see data, without anything that makes it lawful.

use super::basis::{Basis, Destination, basis, destinations_by};
use super::cx111_agreement_missing_or_expired::is_used;
use super::wording::named;
use crate::api::{LocationUse, VendorRole, VendorSpec};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Every country in which a vendor, or a sub-processor of it at any depth, has support staff may have the data, as
    /// CX103 and CX104 demand it where data is kept: the law of `residency.regime` is in force there, or the country is
    /// adequate, or an entry under `transfers` names a mechanism that `residency.mechanisms` accepts. The entry stands in
    /// the vendor that has the location; for a sub-processor, one in the vendor that passes data on to it will do as well.
    /// `residency.allowedCountries` narrows what the law allows.
    ///
    /// It concerns every vendor. One with the role `SubProcessor` that neither a flow nor a consultant uses directly is
    /// judged with the vendors that pass data on to it. Whether an entry is in order is judged by others: CX105, CX107,
    /// CX108, CX109.
    ///
    /// # Why
    ///
    /// Who reads data on a screen abroad has received it: remote access is a transfer, even if every copy stays here.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   locations:
    ///     - {use: Storage, provider: aws, region: eu-west-1}
    ///     - {use: Support, country: "IN"}
    ///   # and no entry under transfers for India
    /// ```
    ///
    /// # Fix
    ///
    /// Have the vendor keep that team away from the data, or sign a mechanism and record it under `transfers`.
    ///
    /// # References
    ///
    /// GDPR Art. 44 to 46; EDPB Guidelines 05/2021, section 2.2.
    110 "support-access-from-third-country" Enforce since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    if case.subject.role == Some(VendorRole::SubProcessor) && !is_used(case) {
        return;
    }
    let Some(vendor) = case.query.vendor(&case.id.name).here() else { return };
    let residency = &case.policy.residency;
    let is_support = |used| used == LocationUse::Support;
    for to in destinations_by(case.query, case.id, &vendor, is_support, report) {
        let basis = basis(case.query, residency, &to);
        let Some(fault) = basis.fault(residency, &to) else { continue };
        let (path, whose) = staff(&to);
        // Its own location is the field at fault, not another object's.
        let reason = to.of.is_some().then(|| to.by_location());
        report.because(reason).violation(
            path,
            format!("{whose} in {} can see data: {fault}", named(to.country)),
            remedy(basis, &to),
        );
    }
}

/// The field of the vendor, and whose staff it is. The location of a sub-processor is a field of another object.
fn staff(to: &Destination) -> (String, String) {
    if to.of.is_some() {
        ("/spec/subProcessors".to_owned(), format!("support staff of the sub-processor {}", to.keeper))
    } else {
        (to.path.clone(), "support staff".to_owned())
    }
}

fn remedy(basis: Basis, to: &Destination) -> String {
    if basis == Basis::Unlisted {
        return "have that team kept away from the data, or list the country in residency.allowedCountries"
            .to_owned();
    }
    let (country, keeper) = (to.country, &to.keeper);
    format!(
        "have that team kept away from the data, or sign a mechanism that holds and record it with to: \"{country}\" \
         under transfers of {keeper}"
    )
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, policy, vendor};
    use crate::rules::testing::Bench;

    const HUB: &str = "Vendor/hub";

    fn hub(country: &str, transfers: &str) -> Bench {
        let spec = format!(
            r#"{{locations: [{{use: Storage, country: "DE"}}, {{use: Support, country: "{country}"}}],
                 transfers: [{transfers}]}}"#
        );
        Bench::new(SOUND).with(&vendor("hub", &spec))
    }

    #[test]
    fn staff_abroad_need_a_mechanism() {
        let missing = "no mechanism that the policy accepts for GDPR is on record";
        let claimed = "transfers of Vendor/hub claims Adequacy, which IN has not under GDPR";
        for (country, transfers, expected) in [
            ("DE", "", None),
            ("CH", "", None),
            ("US", "", Some(format!("United States (US) can see data: {missing}"))),
            ("IN", "", Some(format!("India (IN) can see data: {missing}"))),
            ("IN", r#"{to: "IN", mechanism: StandardContractualClauses}"#, None),
            (
                "IN",
                r#"{to: "US", mechanism: StandardContractualClauses}"#,
                Some(format!("India (IN) can see data: {missing}")),
            ),
            ("IN", r#"{to: "IN", mechanism: Adequacy}"#, Some(format!("India (IN) can see data: {claimed}"))),
            ("US", r#"{to: "US", mechanism: Adequacy}"#, None),
        ] {
            let expected = expected.map(|end| format!("/spec/locations/1: support staff in {end}"));
            let found = hub(country, transfers).findings(110, HUB);
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{country} {transfers}");
        }
    }

    #[test]
    fn data_that_is_kept_is_no_support() {
        let spec = r#"{locations: [{use: Storage, country: "IN"}, {use: Backup, country: "IN"}]}"#;
        let bench = Bench::new(SOUND).with(&vendor("hub", spec));
        assert!(bench.findings(110, HUB).is_empty());
        assert!(hub("IN", "").findings(103, "DataFlow/cx/answers").is_empty());
    }

    #[test]
    fn the_policy_narrows_and_accepts() {
        let clauses = r#"{to: "US", mechanism: StandardContractualClauses}"#;
        for (residency, expected) in [
            ("{}", None),
            (r#"{allowedCountries: ["DE", "US"]}"#, None),
            (r#"{allowedCountries: ["DE"]}"#, Some("residency.allowedCountries narrows it to DE")),
            (
                "{mechanisms: [BindingCorporateRules]}",
                Some("no mechanism that the policy accepts for GDPR is on record"),
            ),
        ] {
            let found = hub("US", clauses).with(&policy(residency)).findings(110, HUB);
            assert_eq!(found.is_empty(), expected.is_none(), "{residency}: {found:?}");
            assert!(expected.is_none_or(|end| found.concat().ends_with(end)), "{residency}: {found:?}");
        }
    }

    #[test]
    fn adequacy_ends_with_its_decision() {
        let bench = hub("GB", "").at("2031-12-27T23:59:59Z");
        assert!(bench.findings(110, HUB).is_empty());
        assert_eq!(bench.horizon(HUB), "2031-12-28T00:00:00Z");
        assert_eq!(
            bench.at("2031-12-28T00:00:00Z").findings(110, HUB),
            [
                "/spec/locations/1: support staff in United Kingdom (GB) can see data: its adequacy ended with \
                 2031-12-27, and no other entry under transfers holds"
            ]
        );
    }

    #[test]
    fn the_staff_of_a_sub_processor_count_where_data_is_passed_on() {
        let entry = r#"{to: "IN", mechanism: StandardContractualClauses}"#;
        for (hub_has, far_has, expected) in [("", "", 1), (entry, "", 0), ("", entry, 0)] {
            let hub = format!(
                r#"{{locations: [{{use: Storage, country: "DE"}}], subProcessors: [{{vendor: far}}],
                     transfers: [{hub_has}]}}"#
            );
            let far = format!(
                r#"{{role: SubProcessor, locations: [{{use: Support, country: "IN"}}], transfers: [{far_has}]}}"#
            );
            let bench = Bench::new(SOUND).with(&vendor("hub", &hub)).with(&vendor("far", &far));
            let found = bench.findings(110, HUB);
            assert_eq!(found.len(), expected, "{hub_has} {far_has}: {found:?}");
            let start = "/spec/subProcessors: support staff of the sub-processor Vendor/far in India (IN)";
            assert!(found.iter().all(|one| one.starts_with(start)), "{found:?}");
            assert!(bench.causes(110, HUB).iter().all(|cause| cause == "Vendor/far /spec/locations/0"));
            // One cause, one finding: the sub-processor is judged with the vendor that passes data on to it.
            assert!(bench.findings(110, "Vendor/far").is_empty());
        }
    }

    #[test]
    fn a_place_that_is_unknown_is_lacking() {
        assert!(hub("XX", "").lacks(110, HUB));
        assert!(Bench::new(SOUND).with(&vendor("hub", "{}")).lacks(110, HUB));
        assert!(!hub("DE", "").lacks(110, HUB));
        // Where copies rest is not this rule's.
        let storage = vendor("hub", r#"{locations: [{use: Storage, country: "XX"}]}"#);
        assert!(!Bench::new(SOUND).with(&storage).lacks(110, HUB));
    }
}
