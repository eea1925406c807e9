//! CX115: a vendor with data where the agreement does not allow it.

use super::locations::of_chain;
use super::wording::{joined, named};
use crate::api::VendorSpec;
use crate::engine::Cause;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Every location of a vendor, and of its sub-processors at any depth, is in a country that `agreement.countries`
    /// names. All uses count, Support too; the legal seat does not. Where there is no agreement CX111 reports, and where
    /// it names no country CX113; then this rule is silent.
    ///
    /// # Why
    ///
    /// A processor may keep data only where it is instructed to. The agreement is that instruction, and it binds the
    /// sub-processors as well.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   locations:
    ///     - {use: Backup, provider: aws, region: us-east-1}
    ///   agreement:
    ///     countries: ["IE", "NL"]
    /// ```
    ///
    /// # Fix
    ///
    /// Have the data moved, or amend the agreement and record the country.
    ///
    /// # References
    ///
    /// GDPR Art. 28(3)(a), and Art. 28(4) for sub-processors.
    115 "vendor-outside-agreed-countries" Enforce since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    let Some(agreement) = &case.subject.agreement else { return };
    if agreement.countries.is_empty() {
        return;
    }
    let places = of_chain(case.query, &case.id.name, case.subject).by_country(|_| true, report);
    for ((keeper, country), presence) in places {
        if agreement.countries.contains(&country) {
            continue;
        }
        let (at, uses, agreed) = (named(country), joined(&presence.uses), joined(&agreement.countries));
        // The location of a sub-processor is a field of another object; what is wrong in this one is the agreement.
        let (path, message, reason) = if keeper == *case.id {
            (presence.path, format!("in {at} ({uses}), and the agreement allows {agreed}"), None)
        } else {
            let message =
                format!("the sub-processor {keeper} is in {at} ({uses}), and the agreement allows {agreed}");
            ("/spec/agreement/countries".to_owned(), message, Some(Cause::at(&keeper, presence.path)))
        };
        report.because(reason).violation(
            path,
            message,
            "have the data moved, or amend the agreement and record the country",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, vendor};
    use crate::rules::testing::Bench;

    fn hub(spec: &str) -> Vec<String> {
        Bench::new(SOUND).with(&vendor("hub", spec)).findings(115, "Vendor/hub")
    }

    #[test]
    fn every_use_counts_and_the_seat_does_not() {
        for (spec, expected) in [
            (
                r#"{country: "US", locations: [{use: Storage, country: "DE"}], agreement: {countries: ["DE"]}}"#,
                None,
            ),
            (
                r#"{locations: [{use: Storage, country: "DE"}, {use: Support, country: "US"}], agreement: {countries: ["DE", "NL"]}}"#,
                Some("/spec/locations/1: in United States (US) (Support), and the agreement allows DE, NL"),
            ),
            (
                r#"{locations: [{use: Backup, provider: aws, region: us-east-1}, {use: Storage, country: "US"}], agreement: {countries: ["DE"]}}"#,
                Some(
                    "/spec/locations/0: in United States (US) (Storage, Backup), and the agreement allows DE",
                ),
            ),
            (r#"{locations: [{use: Storage, country: "US"}], agreement: {}}"#, None),
            (r#"{locations: [{use: Storage, country: "US"}]}"#, None),
        ] {
            assert_eq!(hub(spec), expected.into_iter().collect::<Vec<_>>(), "{spec}");
        }
    }

    #[test]
    fn the_agreement_binds_sub_processors() {
        let far =
            vendor("far", r#"{locations: [{use: Storage, country: "IN"}, {use: Backup, country: "DE"}]}"#);
        let hub = vendor(
            "hub",
            r#"{locations: [{use: Storage, country: "DE"}], agreement: {countries: ["DE"]}, subProcessors: [{vendor: far}]}"#,
        );
        assert_eq!(
            Bench::new(SOUND).with(&far).with(&hub).findings(115, "Vendor/hub"),
            [
                "/spec/agreement/countries: the sub-processor Vendor/far is in India (IN) (Storage), and the agreement \
                 allows DE"
            ]
        );
        let bench = Bench::new(SOUND).with(&far).with(&hub);
        assert_eq!(bench.causes(115, "Vendor/hub"), ["Vendor/far /spec/locations/0"]);
        let gone = Bench::new(SOUND).with(&hub);
        assert!(gone.findings(115, "Vendor/hub").is_empty());
        assert!(gone.lacks(115, "Vendor/hub"));
    }

    #[test]
    fn a_country_that_is_unknown_is_lacking() {
        let nowhere = r#"{locations: [{use: Storage, country: "XX"}], agreement: {countries: ["DE"]}}"#;
        let bench = Bench::new(SOUND).with(&vendor("hub", nowhere));
        assert!(bench.findings(115, "Vendor/hub").is_empty());
        assert!(bench.lacks(115, "Vendor/hub"));
        assert!(!Bench::new(SOUND).lacks(115, "Vendor/hub"));
    }
}
