//! Facts about where data is stored.

use super::id::Name;

/// A PersistentVolumeClaim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// Its storage class, if it names one.
    pub class: Option<Name>,
    /// The volume that it is bound to.
    pub volume: Option<Name>,
}

/// A PersistentVolume, or what a StorageClass says of those that it makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Storage {
    /// The driver.
    pub driver: Name,
    /// The storage class of a volume.
    pub class: Option<Name>,
    /// Whether data is encrypted where it is stored, as far as the driver tells.
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
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct StorageSite {
    /// The region.
    pub region: Option<Name>,
    /// The zone.
    pub zone: Option<Name>,
    /// The node that has the disk.
    pub node: Option<Name>,
}
