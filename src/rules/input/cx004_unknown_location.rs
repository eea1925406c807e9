//! CX004: a place whose country cannot be told.

use std::collections::BTreeMap;

use crate::api::{IncidentPlanSpec, VendorSpec};
use crate::facts::Workload;
use crate::rules::rule::rule;
use crate::rules::transfers::locations::{of_backup, own};
use crate::rules::transfers::wording::{few, pod_spec};
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// The country is known of every place where customer data is:
    ///
    /// - of a workload that a data flow covers: the nodes of its pods, by provider, region and zone; while it has no
    ///   pods, the node that its template names or the regions to which it is pinned, itself or by `residency.pin` of
    ///   the policy, or else `residency.regions`;
    /// - of a vendor: each of its locations, which names a country, or a provider and its region. A region without a
    ///   provider counts if it is in the same country at all providers that have one of that name. A vendor that names no
    ///   location at all is somewhere, and nobody knows where;
    /// - of a backup of an incident plan: its location, likewise.
    ///
    /// `residency.provider` of the policy says whose regions those of the cluster are, where its nodes do not;
    /// `residency.regionOverrides` gives the countries of regions of one's own.
    ///
    /// # Why
    ///
    /// The name of a region proves nothing by itself: `eu-west-1` is in Ireland at one provider and in the United
    /// Kingdom at another. What is not known to be allowed is not allowed, so the outcome is Unknown, which is not
    /// Compliant.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: StatefulSet          # covered by a data flow, no pods yet
    /// spec:
    ///   template:
    ///     spec:
    ///       containers: []       # no nodeSelector, no required node affinity
    /// ```
    ///
    /// # Fix
    ///
    /// Pin the workload with a nodeSelector on `topology.kubernetes.io/region`, label the nodes, or complete the
    /// policy, as the finding says. Of a vendor or a backup, write down the country of the location.
    ///
    /// # References
    ///
    /// GDPR Art. 44 (transfers need a basis, so their destination must be known), Art. 5(2) (accountability).
    4 "unknown-location" Enforce since "0.1.0",
    Workload: workload,
    Vendor: vendor,
    Plan: plan,
}

fn workload(case: &Case<'_, Workload>, report: &mut Report<'_>) {
    let places = case.query.places(case.id);
    let mut causes: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for place in &places.unknown {
        causes.entry((&place.why, &place.remedy)).or_default().push(&place.at);
    }
    for ((why, remedy), at) in causes {
        report.unknown(pod_spec(case.id), format!("the country of {} is unknown: {why}", few(at)), remedy);
    }
}

fn vendor(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    for located in own(&case.id.name, case.subject) {
        if let Err(unplaced) = located.country {
            report.unknown(
                located.path,
                format!("the country is unknown: {}", unplaced.why),
                unplaced.remedy,
            );
        }
    }
}

fn plan(case: &Case<'_, IncidentPlanSpec>, report: &mut Report<'_>) {
    for (at, backup) in case.subject.backups.iter().enumerate() {
        if let Err(unplaced) = of_backup(backup) {
            report.unknown(
                format!("/spec/backups/{at}/location"),
                format!("the country of the backup {} is unknown: {}", backup.name, unplaced.why),
                unplaced.remedy,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::api::FindingOutcome;
    use crate::rules::Code;
    use crate::rules::testing::Bench;

    const WORLD: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: cx, labels: {cxguard.dev/protected: "true"}}
---
apiVersion: cxguard.dev/v1alpha1
kind: DataFlow
metadata: {name: all, namespace: cx}
spec: {workloads: {selector: {}}, encryption: {inTransit: TLS13}}
"#;

    fn workload(kind: &str, spec: &str) -> String {
        let group = if kind == "CronJob" { "batch/v1" } else { "apps/v1" };
        format!("apiVersion: {group}\nkind: {kind}\nmetadata: {{name: it, namespace: cx}}\nspec: {spec}\n")
    }

    #[test]
    fn a_workload_that_may_run_anywhere() {
        let why = "the country of the pod template is unknown: no pod runs yet, and neither nodeSelector nor \
                   required node affinity names a region";
        let bench = Bench::new(WORLD).with(&workload("StatefulSet", "{}"));
        assert_eq!(bench.findings(4, "StatefulSet/cx/it"), [format!("/spec/template/spec: {why}")]);
        let (verdict, _) = bench.judge("StatefulSet/cx/it");
        let outcome = verdict.findings.iter().find(|found| found.rule == Code(4)).map(|found| found.outcome);
        assert_eq!(outcome, Some(FindingOutcome::Unknown));
        let bench = Bench::new(WORLD).with(&workload("CronJob", "{}"));
        assert_eq!(
            bench.findings(4, "CronJob/cx/it"),
            [format!("/spec/jobTemplate/spec/template/spec: {why}")]
        );
    }

    #[test]
    fn a_workload_whose_region_is_known() {
        let pinned = "{template: {spec: {nodeSelector: {topology.kubernetes.io/region: eu-central-1}}}}";
        let bench = Bench::new(WORLD).with(&workload("Deployment", pinned));
        assert!(bench.findings(4, "Deployment/cx/it").is_empty());
    }

    #[test]
    fn nodes_with_the_same_fault_are_one_finding() {
        let mut bench = Bench::new(WORLD).with(&workload("DaemonSet", "{}"));
        for node in ["n1", "n2", "n3", "n4", "n5"] {
            bench = bench.with(&format!(
                "apiVersion: v1\nkind: Pod\n\
                 metadata:\n  name: it-{node}\n  namespace: cx\n  ownerReferences:\n\
                 \x20 - {{apiVersion: apps/v1, kind: DaemonSet, name: it, controller: true}}\n\
                 spec: {{nodeName: {node}}}\n"
            ));
            if node != "n5" {
                bench = bench.with(&format!("apiVersion: v1\nkind: Node\nmetadata: {{name: {node}}}\n"));
            }
        }
        assert_eq!(
            bench.findings(4, "DaemonSet/cx/it"),
            [
                "/spec/template/spec: the country of node n1, node n2, node n3, and 1 more is unknown: no region is \
                 known: the label topology.kubernetes.io/region is missing",
                "/spec/template/spec: the country of node n5 is unknown: the node does not exist",
            ]
        );
    }

    #[test]
    fn locations_of_a_vendor() {
        for (locations, expected) in [
            (r#"[{use: Storage, country: "DE"}, {use: Backup, provider: aws, region: eu-west-1}]"#, None),
            (
                r#"[{use: Storage, country: "DE"}, {use: Support, country: "XX"}]"#,
                Some("/1: the country is unknown: XX is no country that the reference data knows"),
            ),
            (
                "[{use: Storage, provider: aws, region: eu-nowhere-1}]",
                Some("/0: the country is unknown: the reference data has no region \"eu-nowhere-1\" of aws"),
            ),
            (
                r#"[{use: Storage, country: "DE", provider: aws, region: us-east-1}]"#,
                Some(
                    "/0: the country is unknown: both a country and a region are named, and they may differ",
                ),
            ),
            ("[{use: Storage, region: eu-central-1}]", None),
            (
                "[{use: Storage, region: eu-west-1}]",
                Some(
                    "/0: the country is unknown: the region \"eu-west-1\" is not the same country everywhere: IE at aws, \
                     GB at alibaba",
                ),
            ),
            (
                "[{use: Storage, provider: aws}]",
                Some("/0: the country is unknown: neither a country nor a region is named"),
            ),
            ("[{use: Storage}]", Some("/0: the country is unknown: neither a country nor a region is named")),
            ("[]", Some(": the country is unknown: no location is named, so where the data is, is unknown")),
        ] {
            let bench = Bench::new(&format!(
                "apiVersion: cxguard.dev/v1alpha1\nkind: Vendor\nmetadata: {{name: hub}}\nspec: {{locations: {locations}}}"
            ));
            let expected = expected.map(|expected| format!("/spec/locations{expected}"));
            assert_eq!(
                bench.findings(4, "Vendor/hub"),
                expected.into_iter().collect::<Vec<_>>(),
                "{locations}"
            );
        }
    }
}
