//! Reading claims, volumes and storage classes.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::{items, name, names, text};
use crate::facts::{Claim, Fact, Name, Storage, StorageSite};
use crate::json::within;

const NODE: &str = "kubernetes.io/hostname";

pub(super) fn claim(object: &Value) -> Fact {
    let filled = |pointer| name(object, pointer).filter(|name| !name.is_empty());
    Fact::Claim(Claim { class: filled("/spec/storageClassName"), volume: filled("/spec/volumeName") })
}

/// A StorageClass. Its topologies are alternatives.
pub(super) fn class(object: &Value) -> Fact {
    let driver = text(object, "/provisioner").unwrap_or_default();
    let parameter =
        within(object, "/parameters").and_then(|parameters| parameters.get("encrypted")?.as_str());
    let topologies: Vec<&Value> = items(object, "/allowedTopologies").collect();
    Fact::Storage(Arc::new(Storage {
        driver: driver.into(),
        class: None,
        encrypted: encrypted(driver, parameter),
        sites: sites(&topologies, "/matchLabelExpressions", |_| true),
    }))
}

/// A PersistentVolume: where its node affinity says, else where its labels say.
pub(super) fn volume(object: &Value) -> Fact {
    let driver = driver_of(object);
    let attributes = within(object, "/spec/csi/volumeAttributes");
    let attribute = attributes.and_then(|attributes| attributes.get("encrypted")?.as_str());
    let terms: Vec<&Value> = items(object, "/spec/nodeAffinity/required/nodeSelectorTerms").collect();
    let mut sites =
        sites(&terms, "/matchExpressions", |expression| text(expression, "/operator") == Some("In"));
    if sites.is_empty() {
        let label = |key| name(object, &format!("/metadata/labels/topology.kubernetes.io~1{key}"));
        let labelled = StorageSite { region: label("region"), zone: label("zone"), node: None };
        sites.extend((labelled != StorageSite::default()).then_some(labelled));
    }
    // What a class asked for is not in a volume of Amazon's; the class is asked.
    let encrypted = encrypted(driver, attribute).filter(|encrypted| *encrypted);
    let class = name(object, "/spec/storageClassName").filter(|name| !name.is_empty());
    Fact::Storage(Arc::new(Storage { driver: driver.into(), class, encrypted, sites }))
}

fn driver_of(volume: &Value) -> &str {
    let in_tree = [
        ("/spec/awsElasticBlockStore", "kubernetes.io/aws-ebs"),
        ("/spec/gcePersistentDisk", "kubernetes.io/gce-pd"),
        ("/spec/azureDisk", "kubernetes.io/azure-disk"),
    ];
    let old = || in_tree.iter().find(|(field, _)| within(volume, field).is_some()).map(|(_, driver)| *driver);
    text(volume, "/spec/csi/driver").or_else(old).unwrap_or_default()
}

/// Whether a driver encrypts, by what its class or volume says of it.
///
/// Google's and Azure's disks are always encrypted, Amazon's if asked. Ceph encrypts a volume if asked; if not, the
/// cluster beneath may. Of Cinder, the volume type decides, which Kubernetes does not show.
fn encrypted(driver: &str, asked: Option<&str>) -> Option<bool> {
    let asked = asked.is_some_and(|asked| asked.eq_ignore_ascii_case("true"));
    match driver {
        "pd.csi.storage.gke.io"
        | "kubernetes.io/gce-pd"
        | "disk.csi.azure.com"
        | "kubernetes.io/azure-disk" => Some(true),
        "ebs.csi.aws.com" | "ebs.csi.eks.amazonaws.com" | "kubernetes.io/aws-ebs" => Some(asked),
        // Rook puts the name of its namespace before.
        _ if driver.ends_with("rbd.csi.ceph.com") || driver.ends_with("cephfs.csi.ceph.com") => {
            asked.then_some(true)
        }
        _ => None,
    }
}

/// The sites that alternatives name. If one of them names none, the data may be anywhere, and none is known.
fn sites(alternatives: &[&Value], expressions: &str, counts: impl Fn(&Value) -> bool) -> Vec<StorageSite> {
    let mut sites = BTreeSet::new();
    for alternative in alternatives.iter().copied() {
        let values = |is_key: &dyn Fn(&str) -> bool| -> Vec<Option<Name>> {
            let found = items(alternative, expressions)
                .filter(|one| counts(one) && text(*one, "/key").is_some_and(is_key))
                .flat_map(|one| names(one, "/values"))
                // Azure's disks outside of zones have an empty one.
                .filter(|value| !value.is_empty());
            let found: Vec<Option<Name>> = found.map(Some).collect();
            if found.is_empty() { vec![None] } else { found }
        };
        // Each driver has a key of its own for the zone, such as topology.ebs.csi.aws.com/zone.
        let regions = values(&|key| key.ends_with("/region"));
        let zones = values(&|key| key.ends_with("/zone"));
        let nodes = values(&|key| key == NODE);
        for region in &regions {
            for zone in &zones {
                for node in &nodes {
                    let site = StorageSite { region: region.clone(), zone: zone.clone(), node: node.clone() };
                    sites.insert(site);
                }
            }
        }
    }
    if sites.contains(&StorageSite::default()) { Vec::new() } else { sites.into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn storage(fact: Fact) -> Arc<Storage> {
        let Fact::Storage(storage) = fact else { panic!("it is about storage") };
        storage
    }

    fn words(storage: &Storage) -> Vec<String> {
        let word = |part: &Option<Name>| part.as_deref().unwrap_or("-").to_owned();
        let sites = storage.sites.iter();
        sites.map(|site| [&site.region, &site.zone, &site.node].map(word).join(" ")).collect()
    }

    #[test]
    fn drivers_tell_whether_they_encrypt() {
        for (driver, asked, expected) in [
            ("ebs.csi.aws.com", Some("true"), Some(true)),
            ("ebs.csi.aws.com", Some("false"), Some(false)),
            ("ebs.csi.aws.com", None, Some(false)),
            ("pd.csi.storage.gke.io", None, Some(true)),
            ("disk.csi.azure.com", None, Some(true)),
            ("rbd.csi.ceph.com", Some("true"), Some(true)),
            ("rook-ceph.cephfs.csi.ceph.com", Some("true"), Some(true)),
            ("rook-ceph.rbd.csi.ceph.com", None, None),
            ("cinder.csi.openstack.org", Some("true"), None),
            ("nfs.csi.k8s.io", None, None),
        ] {
            let parameters = asked.map(|asked| json!({"encrypted": asked}));
            let found = storage(class(&json!({"provisioner": driver, "parameters": parameters})));
            assert_eq!(found.encrypted, expected, "{driver} {asked:?}");
        }
        let volume = |driver, attributes| {
            storage(volume(&json!({"spec": {"csi": {"driver": driver, "volumeAttributes": attributes}}})))
                .encrypted
        };
        assert_eq!(volume("ebs.csi.aws.com", json!({})), None);
        assert_eq!(volume("pd.csi.storage.gke.io", json!({})), Some(true));
        assert_eq!(volume("rbd.csi.ceph.com", json!({"encrypted": "true"})), Some(true));
    }

    #[test]
    fn a_volume_is_where_its_affinity_says_or_its_labels() {
        let at = |terms: Value| json!({"nodeAffinity": {"required": {"nodeSelectorTerms": terms}}});
        let term = |key: &str, values: &[&str]| json!({"matchExpressions": [{"key": key, "operator": "In", "values": values}]});
        let labels = json!({"topology.kubernetes.io/zone": "eu-west-1a"});
        for (spec, expected) in [
            (
                at(json!([term("topology.ebs.csi.aws.com/zone", &["eu-central-1a"])])),
                vec!["- eu-central-1a -"],
            ),
            (at(json!([term("kubernetes.io/hostname", &["n1"])])), vec!["- - n1"]),
            (
                at(json!([
                    term("topology.gke.io/zone", &["a", "b"]),
                    term("topology.kubernetes.io/region", &["r"])
                ])),
                vec!["- a -", "- b -", "r - -"],
            ),
            // One alternative without a place, and the affinity says nothing.
            (
                at(json!([term("topology.gke.io/zone", &["a"]), term("disk", &["ssd"])])),
                vec!["- eu-west-1a -"],
            ),
            (at(json!([term("topology.disk.csi.azure.com/zone", &[""])])), vec!["- eu-west-1a -"]),
            (json!({}), vec!["- eu-west-1a -"]),
        ] {
            let found = storage(volume(&json!({"metadata": {"labels": labels}, "spec": spec})));
            assert_eq!(words(&found), expected, "{spec}");
        }
        assert!(words(&storage(volume(&json!({"spec": {}})))).is_empty());
    }

    #[test]
    fn a_class_names_the_topologies_that_it_allows() {
        let topologies = json!([{"matchLabelExpressions": [
            {"key": "topology.kubernetes.io/region", "values": ["eu-west-1"]},
            {"key": "topology.kubernetes.io/zone", "values": ["eu-west-1a", "eu-west-1b"]},
        ]}]);
        let found = storage(class(&json!({"provisioner": "p", "allowedTopologies": topologies})));
        assert_eq!(words(&found), ["eu-west-1 eu-west-1a -", "eu-west-1 eu-west-1b -"]);
    }
}
