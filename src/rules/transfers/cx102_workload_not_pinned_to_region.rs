//! CX102: a workload that could be scheduled anywhere.

use super::wording::pod_spec;
use crate::engine::{allows_region, is_pinned, pinned_regions};
use crate::facts::{Pin, Workload};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// The pods of a covered workload are pinned: nodeSelector, or each alternative of the required node affinity,
    /// names `topology.kubernetes.io/region`. Into which countries it is pinned is CX101's to judge.
    ///
    /// Nothing needs to be pinned where the policy's `residency.regions` names the regions of the cluster's nodes, and
    /// each is in an allowed country: without that field, the nodes that exist today prove nothing about those of
    /// tomorrow. Nor where the policy pins the pods itself (`residency.pin`) and knows a region that is allowed. What
    /// names its node, in the template or since it was scheduled, stays there.
    ///
    /// # Why
    ///
    /// A workload that runs in an allowed country by chance moves with the next node: GDPR Art. 44 asks that the
    /// protection be not undermined, and Art. 25 that it be built in.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: StatefulSet          # covered by a data flow
    /// spec:
    ///   template:
    ///     spec:
    ///       containers: []       # neither nodeSelector nor affinity
    /// ```
    ///
    /// # Fix
    ///
    /// Add a nodeSelector on `topology.kubernetes.io/region`, or a required node affinity to the regions that are
    /// allowed. If all nodes are and will be in allowed regions, name them in `residency.regions`.
    ///
    /// # References
    ///
    /// GDPR Art. 25(1), 44; ISO/IEC 27001:2022 A.5.23.
    102 "workload-not-pinned-to-region" Warn since "0.1.0",
    Workload: check,
}

fn check(case: &Case<'_, Workload>, report: &mut Report<'_>) {
    let residency = &case.policy.residency;
    if case.subject.pin != Pin::Anywhere || every_region_is_allowed(case) {
        return;
    }
    let is_pinned = is_pinned(case.query, case.id, residency);
    if is_pinned && !pinned_regions(case.query, residency).is_empty() {
        return;
    }
    let what = "neither nodeSelector nor required node affinity names a region, so its pods could be scheduled in any \
                country where the cluster has or gets nodes";
    if is_pinned {
        report.violation(
            pod_spec(case.id),
            format!("{what}; residency.pin holds them to nothing, since no region is known to be allowed"),
            "pin it: nodeSelector on topology.kubernetes.io/region; or name residency.provider, residency.regions or \
             residency.regionOverrides in a policy",
        );
    } else {
        report.violation(pod_spec(case.id), what, "pin it: nodeSelector on topology.kubernetes.io/region");
    }
}

/// Whether the policy names the regions of the cluster's nodes, and all are in allowed countries.
fn every_region_is_allowed(case: &Case<'_, Workload>) -> bool {
    let residency = &case.policy.residency;
    let allows = allows_region(case.query, residency);
    let mut regions = residency.regions.iter().flatten().peekable();
    regions.peek().is_some() && regions.all(|region| allows(region))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, policy};
    use crate::rules::testing::Bench;

    const SENDER: &str = "Deployment/cx/sender";

    fn sender(pods: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: sender, namespace: cx, labels: {{part-of: feedback}}}}\n\
             spec: {{template: {{spec: {pods}}}}}\n"
        )
    }

    #[test]
    fn a_workload_is_pinned_or_found() {
        let affinity = |operator: &str| {
            format!(
                "{{affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: \
                 [{{matchExpressions: [{{key: topology.kubernetes.io/region, operator: {operator}, values: [eu-west-1]}}]}}]}}}}}}}}"
            )
        };
        for (pods, pinned) in [
            ("{}".to_owned(), false),
            ("{nodeSelector: {disk: ssd}}".to_owned(), false),
            ("{nodeSelector: {topology.kubernetes.io/zone: eu-west-1a}}".to_owned(), false),
            ("{nodeSelector: {topology.kubernetes.io/region: eu-west-1}}".to_owned(), true),
            // In the wrong country is CX101's.
            ("{nodeSelector: {topology.kubernetes.io/region: us-east-1}}".to_owned(), true),
            (affinity("In"), true),
            (affinity("NotIn"), false),
        ] {
            let found = Bench::new(SOUND).with(&sender(&pods)).findings(102, SENDER);
            assert_eq!(found.is_empty(), pinned, "{pods}: {found:?}");
        }
    }

    #[test]
    fn where_every_region_of_the_cluster_is_allowed_nothing_needs_to_be_pinned() {
        for (residency, enough) in [
            ("{provider: aws, regions: [eu-central-1, eu-west-1]}", true),
            ("{provider: aws, regions: [eu-central-1, us-east-1]}", false),
            ("{provider: aws, regions: [eu-central-1, eu-nowhere-1]}", false),
            ("{provider: aws, regions: []}", false),
            ("{provider: aws}", false),
            (r#"{regions: [home], regionOverrides: {home: "NL"}}"#, true),
        ] {
            let bench = Bench::new(SOUND).with(&policy(residency)).with(&sender("{}"));
            assert_eq!(bench.findings(102, SENDER).is_empty(), enough, "{residency}");
        }
    }

    #[test]
    fn an_allowed_region_may_cease_to_be_one() {
        let bench = Bench::new(SOUND)
            .with(&policy("{provider: aws, workloads: Adequate, regions: [eu-west-2]}"))
            .with(&sender("{}"));
        assert!(bench.findings(102, SENDER).is_empty());
        // The adequacy of the United Kingdom runs out.
        let bench = bench.at("2031-12-27T23:59:59Z");
        assert_eq!(bench.horizon(SENDER), "2031-12-28T00:00:00Z");
        assert_eq!(bench.at("2031-12-28T00:00:00Z").findings(102, SENDER).len(), 1);
    }

    #[test]
    fn what_no_flow_covers_may_run_anywhere() {
        let bare = sender("{}").replace("part-of: feedback", "part-of: other");
        assert!(Bench::new(SOUND).with(&bare).findings(102, SENDER).is_empty());
    }
}
