//! CX127: a volume or a backup of customer data in a country where it must not be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::locations::of_backup;
use super::wording::{allowed, few, named};
use crate::api::IncidentPlanSpec;
use crate::engine::{Cause, Found, may_run_in};
use crate::facts::{Claim, Kind, ObjectRef, Storage, StorageSite};
use crate::reference::{Hints, NodeLabels, Unresolved, reference};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};
use crate::values::Country;

rule! {
    /// # What it checks
    ///
    /// Every volume claim of a protected namespace is stored in an allowed country. Where the volume is counts: by the
    /// region or zone in its node affinity or its labels, or by the node that has the disk. While there is no volume,
    /// where its StorageClass allows volumes to be made counts. A volume that says nothing may be wherever the policy's
    /// `residency.regions` says that the cluster has nodes; without that, its country is unknown.
    ///
    /// Every backup of an incident plan is kept in an allowed country: `backups[].location`. Where that does not tell the
    /// country, CX004 says so.
    ///
    /// Allowed is what is allowed for workloads: `residency.workloads` (default `EEA`), narrowed to
    /// `residency.allowedCountries` if that is set.
    ///
    /// # Why
    ///
    /// A volume abroad is a transfer like any other, and stays one when the pod that wrote it has long moved: GDPR
    /// Art. 44.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: PersistentVolume     # of a claim in a protected namespace
    /// spec:
    ///   nodeAffinity:
    ///     required:
    ///       nodeSelectorTerms:
    ///         - matchExpressions:
    ///             - {key: topology.kubernetes.io/zone, operator: In, values: [us-east-1a]}
    /// ```
    ///
    /// # Fix
    ///
    /// Move the data to a volume, or the backup to a place, in an allowed country. Give the StorageClass
    /// `allowedTopologies`.
    ///
    /// # References
    ///
    /// GDPR Art. 32, 44 to 46; ISO/IEC 27001:2022 A.5.23, A.8.13.
    127 "volume-or-backup-outside-allowed-countries" Enforce since "0.1.0",
    Claim: claim,
    Plan: backups,
}

fn claim(case: &Case<'_, Claim>, report: &mut Report<'_>) {
    let path = if case.subject.volume.is_some() { "/spec/volumeName" } else { "/spec/storageClassName" };
    let Some(storage) = storage(case, report) else { return };
    let reason = cause(case.subject, &storage);
    let residency = &case.policy.residency;
    let mut countries: BTreeMap<Country, BTreeSet<String>> = BTreeMap::new();
    for (at, country) in places(case, &storage) {
        match country {
            Ok(country) => drop(countries.entry(country).or_default().insert(at)),
            Err(Some(why)) => {
                let message = format!("the country of {at} is unknown: {why}");
                report.because(reason.clone()).unknown(path, message, why.remedy());
            }
            Err(None) => report.unknown(
                path,
                format!("the country of {at} is unknown: neither its affinity nor its labels name a place"),
                "label the volume with topology.kubernetes.io/region, or name the cluster's regions in \
                 residency.regions of a policy",
            ),
        }
    }
    for (country, at) in countries {
        if !may_run_in(case.query, residency, country) {
            report.because(reason.clone()).violation(
                path,
                format!(
                    "is stored, or may be stored, in {} by {}; allowed is {}",
                    named(country),
                    few(at),
                    allowed(residency)
                ),
                "move the data to a volume in an allowed country, and set allowedTopologies of the StorageClass",
            );
        }
    }
}

fn backups(case: &Case<'_, IncidentPlanSpec>, report: &mut Report<'_>) {
    let residency = &case.policy.residency;
    for (at, backup) in case.subject.backups.iter().enumerate() {
        match of_backup(backup) {
            Ok(country) if !may_run_in(case.query, residency, country) => report.violation(
                format!("/spec/backups/{at}/location"),
                format!(
                    "the backup {} is kept in {}; allowed is {}",
                    backup.name,
                    named(country),
                    allowed(residency)
                ),
                "keep it in an allowed country, and have what is abroad deleted",
            ),
            Ok(_) => {}
            Err(unplaced) => {
                report.lacks(format!("where the backup {} is kept: {}", backup.name, unplaced.why));
            }
        }
    }
}

/// What stores the claim's data, or will: its volume, or its class if that says where. Nothing where there is no data.
fn storage(case: &Case<'_, Claim>, report: &mut Report<'_>) -> Option<Arc<Storage>> {
    let Some(name) = &case.subject.volume else {
        let class = case.query.storage_class(case.subject.class.as_deref()?).here()?;
        return (!class.sites.is_empty()).then_some(class);
    };
    match case.query.volume(name) {
        Found::Here(volume) => Some(volume),
        Found::Missing | Found::Unreadable(_) => {
            report.lacks(format!("PersistentVolume/{name} does not exist"));
            None
        }
    }
}

/// What says where the data is; nothing if only a policy does.
fn cause(claim: &Claim, storage: &Storage) -> Option<Cause> {
    let (kind, name, path) = match (&claim.volume, &claim.class) {
        (Some(volume), _) => (Kind::PersistentVolume, volume, ""),
        (None, class) => (Kind::StorageClass, class.as_ref()?, "/allowedTopologies"),
    };
    (!storage.sites.is_empty()).then(|| Cause::at(&ObjectRef::cluster(kind, name), path))
}

/// A place in words, and its country: or why it cannot be told, if there is a place at all.
type Place = (String, Result<Country, Option<Unresolved>>);

fn places(case: &Case<'_, Claim>, storage: &Storage) -> Vec<Place> {
    let residency = &case.policy.residency;
    let overrides = residency.overrides();
    let hints = Hints { provider: storage.provider().or(residency.provider()), overrides: &overrides };
    if !storage.sites.is_empty() {
        return storage.sites.iter().map(|site| place(case, site, &hints)).collect();
    }
    let regions = residency
        .regions
        .iter()
        .flatten()
        .map(|region| StorageSite { region: Some(region.as_str().into()), ..StorageSite::default() });
    let places: Vec<Place> = regions.map(|site| place(case, &site, &hints)).collect();
    if places.is_empty() { vec![("the volume".to_owned(), Err(None))] } else { places }
}

fn place(case: &Case<'_, Claim>, site: &StorageSite, hints: &Hints<'_>) -> Place {
    let country = |labels: &NodeLabels<'_>| reference().node(labels, hints).map_err(Some);
    if let Some(name) = &site.node {
        let node = case.query.node(name).here().unwrap_or_default();
        let labels = NodeLabels {
            provider_id: node.provider_id.as_deref(),
            region: node.region.as_deref(),
            zone: node.zone.as_deref(),
        };
        return (format!("node {name}"), country(&labels));
    }
    let zone = site.zone.as_deref();
    // Drivers name the zone alone.
    let of_zone = || reference().region_of_zone(hints.provider, zone?);
    let region = site.region.as_deref().or_else(of_zone);
    let at = match (zone, &site.region) {
        (Some(zone), _) => format!("zone {zone}"),
        (None, region) => format!("region {}", region.as_deref().unwrap_or_default()),
    };
    (at, country(&NodeLabels { provider_id: None, region, zone }))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, policy};
    use crate::api::FindingOutcome;
    use crate::engine::Outcome;
    use crate::rules::testing::Bench;

    const DATA: &str = "PersistentVolumeClaim/cx/data";

    fn claim(spec: &str) -> String {
        format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data, namespace: cx}}\nspec: {spec}\n"
        )
    }

    fn volume(driver: &str, key: &str, value: &str) -> String {
        format!(
            "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: pv}}\nspec:\n  csi: {{driver: {driver}}}\n  \
             nodeAffinity: {{required: {{nodeSelectorTerms: [{{matchExpressions: [{{key: {key}, operator: In, values: \
             [{value}]}}]}}]}}}}\n"
        )
    }

    fn bound(volume: &str) -> Bench {
        Bench::new(SOUND).with(&claim("{volumeName: pv}")).with(volume)
    }

    #[test]
    fn a_volume_is_where_its_zone_or_region_is() {
        let zone = "topology.kubernetes.io/zone";
        for (driver, key, value, found) in [
            ("ebs.csi.aws.com", zone, "eu-central-1a", None),
            (
                "ebs.csi.aws.com",
                "topology.ebs.csi.aws.com/zone",
                "us-east-1a",
                Some("United States (US) by zone us-east-1a"),
            ),
            (
                "ebs.csi.aws.com",
                zone,
                "eu-central-1-ist-1a",
                Some("Türkiye (TR) by zone eu-central-1-ist-1a"),
            ),
            ("pd.csi.storage.gke.io", "topology.gke.io/zone", "europe-west1-b", None),
            (
                "pd.csi.storage.gke.io",
                "topology.gke.io/zone",
                "us-central1-a",
                Some("United States (US) by zone us-central1-a"),
            ),
            ("disk.csi.azure.com", "topology.disk.csi.azure.com/zone", "westeurope-1", None),
            (
                "other",
                "topology.kubernetes.io/region",
                "us-east-1",
                Some("United States (US) by region us-east-1"),
            ),
        ] {
            let findings = bound(&volume(driver, key, value)).findings(127, DATA);
            let expected = found.map(|at| {
                format!(
                    "/spec/volumeName: is stored, or may be stored, in {at}; allowed is the home area of GDPR \
                     (residency.workloads: EEA)"
                )
            });
            assert_eq!(findings, expected.into_iter().collect::<Vec<_>>(), "{driver} {value}");
        }
    }

    #[test]
    fn a_local_disk_is_where_its_node_is() {
        let node = |region: &str| {
            format!(
                "apiVersion: v1\nkind: Node\nmetadata: {{name: n1, labels: {{topology.kubernetes.io/region: {region}}}}}\n"
            )
        };
        let disk = volume("local", "kubernetes.io/hostname", "n1");
        assert!(bound(&disk).with(&node("eu-west-1")).findings(127, DATA).is_empty());
        assert_eq!(bound(&disk).with(&node("us-east-1")).findings(127, DATA).len(), 1);
        assert!(bound(&disk).findings(127, DATA).concat().contains("the country of node n1 is unknown"));
    }

    #[test]
    fn an_unknown_place_is_neither_allowed_nor_forbidden() {
        for volume in [
            volume("cinder.csi.openstack.org", "topology.cinder.csi.openstack.org/zone", "nova"),
            volume("rbd.csi.ceph.com", "disk", "ssd"),
        ] {
            let (verdict, _) = bound(&volume).judge(DATA);
            let found: Vec<_> = verdict.findings.iter().filter(|found| found.rule.0 == 127).collect();
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].outcome, FindingOutcome::Unknown);
        }
        let network = volume("rbd.csi.ceph.com", "disk", "ssd");
        let with = |regions: &str| {
            bound(&network).with(&policy(&format!("{{provider: aws, regions: [{regions}]}}")))
        };
        assert!(with("eu-central-1").findings(127, DATA).is_empty());
        // By the policy's regions: no other object says it.
        assert_eq!(with("us-east-1").causes(127, DATA), ["-"]);
        assert!(
            with("eu-central-1, us-east-1")
                .findings(127, DATA)
                .concat()
                .contains("United States (US) by region")
        );
    }

    #[test]
    fn without_a_volume_the_class_says_where_it_may_be() {
        let class = |region: &str| {
            format!(
                "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {{name: fast}}\nprovisioner: ebs.csi.aws.com\n\
                 allowedTopologies: [{{matchLabelExpressions: [{{key: topology.kubernetes.io/region, values: [{region}]}}]}}]\n"
            )
        };
        let pending = || Bench::new(SOUND).with(&claim("{storageClassName: fast}"));
        assert!(pending().with(&class("eu-west-1")).findings(127, DATA).is_empty());
        assert!(
            pending()
                .with(&class("us-east-1"))
                .findings(127, DATA)
                .concat()
                .starts_with("/spec/storageClassName: is stored")
        );
        let causes = pending().with(&class("us-east-1")).causes(127, DATA);
        assert_eq!(causes, ["StorageClass/fast /allowedTopologies"]);
        assert_eq!(pending().outcome(DATA), Outcome::Compliant);
        // Once there is a volume, it alone counts.
        let bench = Bench::new(SOUND).with(&claim("{storageClassName: fast, volumeName: pv}"));
        let bench = bench.with(&class("us-east-1")).with(&volume(
            "ebs.csi.aws.com",
            "topology.kubernetes.io/zone",
            "eu-west-1a",
        ));
        assert!(bench.findings(127, DATA).is_empty());
    }

    #[test]
    fn a_volume_that_is_not_there_is_lacking() {
        let bench = Bench::new(SOUND).with(&claim("{volumeName: pv}"));
        assert!(bench.lacks(127, DATA) && bench.findings(127, DATA).is_empty());
    }

    #[test]
    fn only_protected_namespaces_count_and_tell_of_it() {
        let abroad = volume("ebs.csi.aws.com", "topology.kubernetes.io/zone", "us-east-1a");
        assert_eq!(bound(&abroad).outcome("Namespace/cx"), Outcome::Violating);
        let open = bound(&abroad).with("apiVersion: v1\nkind: Namespace\nmetadata: {name: cx}\n");
        assert!(open.findings(127, DATA).is_empty());
    }

    #[test]
    fn a_backup_is_kept_where_data_may_be() {
        let plan = |location: &str| {
            format!(
                "apiVersion: cxguard.dev/v1alpha1\nkind: IncidentPlan\nmetadata: {{name: plan}}\n\
                 spec: {{backups: [{{name: db}}, {{name: db, {location}}}]}}\n"
            )
        };
        let found = |location| Bench::new(SOUND).with(&plan(location)).findings(127, "IncidentPlan/plan");
        assert!(found("location: {provider: aws, region: eu-west-1}").is_empty());
        assert!(found("location: {country: \"DE\"}").is_empty());
        assert_eq!(
            found("location: {provider: aws, region: us-east-1}"),
            [
                "/spec/backups/1/location: the backup db is kept in United States (US); allowed is the home area of \
                 GDPR (residency.workloads: EEA)"
            ]
        );
        assert_eq!(found("location: {country: \"GB\"}").len(), 1);
        let bench = Bench::new(SOUND).with(&plan("location: {region: nowhere}"));
        assert!(bench.findings(127, "IncidentPlan/plan").is_empty() && bench.lacks(127, "IncidentPlan/plan"));
        assert_eq!(
            bench.findings(4, "IncidentPlan/plan"),
            [
                "/spec/backups/0/location: the country of the backup db is unknown: where the backup is kept, is not on \
                 record",
                "/spec/backups/1/location: the country of the backup db is unknown: the reference data has no region \"nowhere\" of \
                 any provider"
            ]
        );
    }

    #[test]
    fn adequacy_ends_with_its_decision() {
        let bench = bound(&volume("ebs.csi.aws.com", "topology.kubernetes.io/zone", "eu-west-2a"))
            .with(&policy("{provider: aws, workloads: Adequate}"));
        assert!(bench.findings(127, DATA).is_empty());
        assert_eq!(bench.horizon(DATA), "2031-12-28T00:00:00Z");
        assert_eq!(bench.at("2031-12-28T00:00:00Z").findings(127, DATA).len(), 1);
    }
}
