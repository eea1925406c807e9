//! Facts about where data is stored.

use serde::{Deserialize, Serialize};

use super::id::Name;

/// A PersistentVolumeClaim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Claim {
    /// Its storage class, if it names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Name>,
    /// The volume that it is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<Name>,
}

/// A PersistentVolume, or what a StorageClass says of those that it makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Storage {
    /// The driver.
    pub driver: Name,
    /// The storage class of a volume.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Name>,
    /// Whether data is encrypted where it is stored, as far as the driver tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<bool>,
    /// Where the data is, or may be; empty where nothing tells.
    pub sites: Vec<StorageSite>,
}

impl Storage {
    /// The cloud that the driver belongs to, as the reference data calls it.
    pub(crate) fn provider(&self) -> Option<&'static str> {
        match &*self.driver {
            "ebs.csi.aws.com" | "ebs.csi.eks.amazonaws.com" | "kubernetes.io/aws-ebs" => Some("aws"),
            "pd.csi.storage.gke.io" | "kubernetes.io/gce-pd" => Some("gcp"),
            "disk.csi.azure.com" | "kubernetes.io/azure-disk" => Some("azure"),
            _ => None,
        }
    }
}

/// One place where the data of a volume may be. At least one field is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct StorageSite {
    /// The region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Name>,
    /// The zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<Name>,
    /// The node that has the disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<Name>,
}
