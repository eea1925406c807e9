//! CX101: a workload in a country where it must not be.

use super::wording::{allowed, few, named, pod_spec};
use crate::engine::may_run_in;
use crate::facts::Workload;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Every country in which a workload runs, or may run, is allowed. It concerns the workloads of a protected
    /// namespace that a data flow covers. Where their pods run counts; while there are none, where the pod template
    /// may be scheduled.
    ///
    /// The policy's `residency.workloads` says what is allowed:
    ///
    /// - `EEA` (default): the European Economic Area, or the country whose law `residency.regime` names;
    /// - `Adequate`: also countries that are adequate as a whole today;
    /// - `Listed`: the countries of `residency.allowedCountries`.
    ///
    /// If `residency.allowedCountries` is set, it narrows each of them. A mechanism such as contractual clauses does
    /// not help: it allows giving data to somebody, and a workload is one's own.
    ///
    /// # Why
    ///
    /// Data on a node abroad has left the area in which the law protects it, and the law there decides who may read
    /// it. Replicas and failover count like the original.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Deployment           # covered by a data flow
    /// spec:
    ///   template:
    ///     spec:
    ///       nodeSelector:
    ///         topology.kubernetes.io/region: us-east-1
    /// ```
    ///
    /// # Fix
    ///
    /// Pin the workload to a region in an allowed country, or change the policy's `residency`.
    ///
    /// # References
    ///
    /// GDPR Art. 44 to 46; Art. 45 for adequacy, whose decisions and dates are in the reference data.
    101 "workload-outside-allowed-countries" Enforce since "0.1.0",
    Workload: check,
}

fn check(case: &Case<'_, Workload>, report: &mut Report<'_>) {
    let places = case.query.places(case.id);
    if !places.unknown.is_empty() {
        report.lacks(format!(
            "the country of {} is unknown",
            few(places.unknown.iter().map(|place| &place.at))
        ));
    }
    let residency = &case.policy.residency;
    for (country, shown_by) in &places.countries {
        if !may_run_in(case.query, residency, *country) {
            let (country, at) = (named(*country), few(shown_by));
            report.violation(
                pod_spec(case.id),
                format!("runs, or may run, in {country} by {at}; allowed is {}", allowed(residency)),
                "pin it to a region in an allowed country: nodeSelector on topology.kubernetes.io/region",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, policy};
    use crate::rules::testing::Bench;

    const SENDER: &str = "Deployment/cx/sender";

    fn pinned(region: &str, labels: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: sender, namespace: cx, labels: {labels}}}\n\
             spec: {{template: {{spec: {{nodeSelector: {{topology.kubernetes.io/region: {region}}}}}}}}}\n"
        )
    }

    #[test]
    fn where_a_workload_may_run_is_for_the_policy_to_say() {
        for (residency, region, allowed) in [
            ("provider: aws", "eu-central-1", true),
            ("provider: aws", "eu-west-2", false),
            ("provider: aws", "us-east-1", false),
            ("provider: aws, workloads: Adequate", "eu-west-2", true),
            ("provider: aws, workloads: Adequate", "us-east-1", false),
            (r#"provider: aws, allowedCountries: ["DE"]"#, "eu-central-1", true),
            (r#"provider: aws, allowedCountries: ["DE"]"#, "eu-west-1", false),
            (r#"provider: aws, workloads: Listed, allowedCountries: ["US"]"#, "us-east-1", true),
            (r#"regionOverrides: {home: "NL"}"#, "home", true),
            (r#"regionOverrides: {home: "US"}"#, "home", false),
            // The same name at another provider is in another country.
            ("provider: alibaba", "eu-west-1", false),
        ] {
            let bench = Bench::new(SOUND)
                .with(&policy(&format!("{{{residency}}}")))
                .with(&pinned(region, "{part-of: feedback}"));
            assert_eq!(bench.findings(101, SENDER).is_empty(), allowed, "{region} under {residency}");
        }
    }

    #[test]
    fn the_message_says_what_is_allowed_and_by_what() {
        let bench = Bench::new(SOUND).with(&pinned("us-east-1", "{part-of: feedback}"));
        assert_eq!(
            bench.findings(101, SENDER),
            [
                "/spec/template/spec: runs, or may run, in United States (US) by region us-east-1; allowed is the home \
                 area of GDPR (residency.workloads: EEA)"
            ]
        );
        let narrowed = bench.with(&policy(r#"{provider: aws, allowedCountries: ["DE", "NL"]}"#));
        let found = narrowed.findings(101, SENDER).concat();
        assert!(
            found.ends_with("(residency.workloads: EEA), narrowed to DE, NL (residency.allowedCountries)"),
            "{found}"
        );
    }

    #[test]
    fn an_unknown_place_is_neither_allowed_nor_a_finding_of_this_rule() {
        let bench = Bench::new(SOUND).with(&pinned("eu-nowhere-1", "{part-of: feedback}"));
        assert!(bench.findings(101, SENDER).is_empty());
        assert!(bench.lacks(101, SENDER));
        assert!(!Bench::new(SOUND).lacks(101, SENDER));
    }

    #[test]
    fn what_no_flow_covers_may_run_anywhere() {
        let bench = Bench::new(SOUND).with(&pinned("us-east-1", "{}"));
        assert!(bench.findings(101, SENDER).is_empty());
    }

    #[test]
    fn adequacy_ends_with_its_decision() {
        let bench = Bench::new(SOUND)
            .with(&policy("{provider: aws, workloads: Adequate}"))
            .with(&pinned("eu-west-2", "{part-of: feedback}"));
        assert!(bench.findings(101, SENDER).is_empty());
        let bench = bench.at("2031-12-27T23:59:59Z");
        assert_eq!(bench.horizon(SENDER), "2031-12-28T00:00:00Z");
        assert_eq!(bench.at("2031-12-28T00:00:00Z").findings(101, SENDER).len(), 1);
    }
}
