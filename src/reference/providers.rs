//! Whose node it is: what `spec.providerID` says.

/// What a providerID tells about the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin<'a> {
    /// This provider, as the table of regions calls it.
    Provider(&'static str),
    /// One of these, which share a scheme.
    OneOf(&'static [&'static str]),
    /// Nothing: such a node can run anywhere.
    Silent,
    /// A provider that the data does not cover; its scheme. Its region names are its own: that a covered provider
    /// has one of the same name proves nothing.
    Foreign(&'a str),
}

/// What stands before `://`, as each provider's cloud controller manager or kubelet configuration writes it.
const SCHEMES: &[(&str, Origin<'static>)] = &[
    // aws:///eu-central-1a/i-0abc. Hybrid nodes have `eks-hybrid`, run on the user's premises, and are foreign.
    ("aws", Origin::Provider("aws")),
    // azure:///subscriptions/…/virtualMachines/0
    ("azure", Origin::Provider("azure")),
    // gce://project/europe-west1-b/name: the cloud's name in Kubernetes is older than its present one.
    ("gce", Origin::Provider("gcp")),
    // oci://ocid1.instance.…; managed nodes leave out the scheme.
    ("oci", Origin::Provider("oci")),
    // ibm://account///cluster/worker
    ("ibm", Origin::Provider("ibm")),
    // alicloud://cn-hangzhou.i-abc; mostly without the scheme.
    ("alicloud", Origin::Provider("alibaba")),
    // scaleway://instance/fr-par-1/uuid
    ("scaleway", Origin::Provider("scaleway")),
    // hcloud://123 for cloud servers, hrobot://123 for dedicated ones: the same controller, the same places.
    ("hcloud", Origin::Provider("hetzner")),
    ("hrobot", Origin::Provider("hetzner")),
    // ionos://uuid
    ("ionos", Origin::Provider("ionos")),
    // exoscale://uuid
    ("exoscale", Origin::Provider("exoscale")),
    // stackit://project/server; older clusters have openstack.
    ("stackit", Origin::Provider("stackit")),
    // digitalocean://123
    ("digitalocean", Origin::Provider("digitalocean")),
    // linode://123
    ("linode", Origin::Provider("linode")),
    // vultr://uuid
    ("vultr", Origin::Provider("vultr")),
    // upcloud:////uuid, with two empty parts
    ("upcloud", Origin::Provider("upcloud")),
    // openstack:///uuid or openstack://region/uuid: the software, not who runs it. A private cloud is possible too.
    ("openstack", Origin::OneOf(&["ovhcloud", "otc", "stackit"])),
    // Distributions that name the node after themselves, on whatever machine they run.
    ("k3s", Origin::Silent),
    ("rke2", Origin::Silent),
    // Nodes that are containers or simulated: for tests.
    ("kind", Origin::Silent),
    ("docker", Origin::Silent),
    ("kwok", Origin::Silent),
];

/// Whose node has this `spec.providerID`. `is_alibaba` says whether a name is a region of Alibaba's.
pub(super) fn origin(id: &str, is_alibaba: impl Fn(&str) -> bool) -> Origin<'_> {
    if let Some((scheme, _)) = id.split_once("://") {
        let known = SCHEMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(scheme));
        return known.map_or(Origin::Foreign(scheme), |(_, origin)| *origin);
    }
    // Without a scheme two kinds are still unmistakable; the rest (Open Telekom Cloud's managed nodes have a bare
    // UUID) says nothing.
    if id.starts_with("ocid1.") {
        return Origin::Provider("oci");
    }
    match id.split_once('.') {
        Some((region, _)) if is_alibaba(region) => Origin::Provider("alibaba"),
        _ => Origin::Silent,
    }
}

/// The zone or region in a providerID, of the providers that put one there.
pub(super) fn location<'a>(provider: &str, id: &'a str) -> Option<&'a str> {
    let path = id.split_once("://").map_or(id, |(_, path)| path);
    let location = match provider {
        // /zone/instance, project/zone/name, instance/zone/uuid
        "aws" | "gcp" | "scaleway" => path.split('/').nth(1),
        "alibaba" => path.split_once('.').map(|(region, _)| region),
        _ => None,
    };
    // Old forms leave the part empty, or put the identifier in its place: aws:///i-0abc, scaleway://12345.
    location.filter(|location| location.contains('-') && !location.starts_with("i-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{reference, regions};
    use std::collections::BTreeSet;

    fn of(id: &str) -> Origin<'_> {
        origin(id, |region| reference().has_region("alibaba", region))
    }

    #[test]
    fn each_form_names_its_provider() {
        for (id, provider) in [
            ("aws:///eu-central-1a/i-0abc", "aws"),
            ("aws:///eu-central-1a/0f1/fargate-ip-10-0-0-1.eu-central-1.compute.internal", "aws"),
            (
                "azure:///subscriptions/1/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/0",
                "azure",
            ),
            ("gce://project/europe-west1-b/node", "gcp"),
            ("oci://ocid1.instance.oc1.eu-frankfurt-1.abc", "oci"),
            ("ocid1.instance.oc1.eu-frankfurt-1.abc", "oci"),
            ("ibm://a0bc///c0d1/kube-c0d1-000002", "ibm"),
            ("alicloud://cn-hangzhou.i-abc", "alibaba"),
            ("cn-hangzhou.i-abc", "alibaba"),
            ("scaleway://instance/fr-par-1/1111", "scaleway"),
            ("hcloud://123", "hetzner"),
            ("hrobot://123", "hetzner"),
            ("ionos://1111", "ionos"),
            ("exoscale://1111", "exoscale"),
            ("stackit://project/1111", "stackit"),
            ("digitalocean://123", "digitalocean"),
            ("linode://123", "linode"),
            ("vultr://1111", "vultr"),
            ("upcloud:////1111", "upcloud"),
        ] {
            assert_eq!(of(id), Origin::Provider(provider), "{id}");
        }
    }

    #[test]
    fn others_name_none() {
        for id in ["k3s://node", "kind://docker/kind/kind-worker", "3b4a-11", "node.example.com", ""] {
            assert_eq!(of(id), Origin::Silent, "{id}");
        }
        assert!(matches!(of("openstack:///1111"), Origin::OneOf(_)));
        for (id, scheme) in [
            ("eks-hybrid:///eu-central-1/cluster/mi-1", "eks-hybrid"),
            ("vsphere://4211", "vsphere"),
            ("tencentcloud:///ap-guangzhou-3/ins-1", "tencentcloud"),
        ] {
            assert_eq!(of(id), Origin::Foreign(scheme), "{id}");
        }
    }

    #[test]
    fn schemes_and_regions_speak_of_the_same_providers() {
        let mut named = BTreeSet::new();
        for (_, origin) in SCHEMES {
            match origin {
                Origin::Provider(provider) => drop(named.insert((*provider).to_owned())),
                Origin::OneOf(providers) => named.extend(providers.iter().map(|name| (*name).to_owned())),
                Origin::Silent | Origin::Foreign(_) => {}
            }
        }
        assert_eq!(named, regions::tests::providers());
    }

    #[test]
    fn locations_are_found_where_they_stand() {
        for (provider, id, expected) in [
            ("aws", "aws:///eu-central-1a/i-0abc", Some("eu-central-1a")),
            ("aws", "aws:///i-0abc", None),
            ("aws", "aws:////i-0abc", None),
            ("gcp", "gce://project/europe-west1-b/node", Some("europe-west1-b")),
            ("scaleway", "scaleway://instance/fr-par-1/1111", Some("fr-par-1")),
            ("scaleway", "scaleway://12345", None),
            ("alibaba", "cn-hangzhou.i-abc", Some("cn-hangzhou")),
            ("alibaba", "alicloud://cn-hangzhou.i-abc", Some("cn-hangzhou")),
            ("azure", "azure:///subscriptions/1", None),
        ] {
            assert_eq!(location(provider, id), expected, "{id}");
        }
    }
}
