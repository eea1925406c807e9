//! Which country a node is in.

use std::collections::BTreeMap;

use super::providers::{Origin, location, origin};
use super::zones::starts_with;
use super::{Reference, Unresolved};
use crate::values::Country;

/// What a node says of its place. For a workload without pods: what its node selector demands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeLabels<'a> {
    /// `spec.providerID`
    pub provider_id: Option<&'a str>,
    /// The label `topology.kubernetes.io/region`.
    pub region: Option<&'a str>,
    /// The label `topology.kubernetes.io/zone`.
    pub zone: Option<&'a str>,
}

/// What the policy says of the cluster's places.
#[derive(Clone, Copy, Debug)]
pub struct Hints<'a> {
    /// `residency.provider`: counts where the node does not name its provider.
    pub provider: Option<&'a str>,
    /// `residency.regionOverrides`: countries of the operator's own regions, by exact name.
    pub overrides: &'a BTreeMap<String, Country>,
}

impl Reference {
    /// The country of a node.
    ///
    /// The operator's override for the region decides first, then an entry for the zone, then the region itself.
    /// The provider is the one that the providerID names, whatever the policy says; a providerID that can be of
    /// several, or of any, leaves the choice to the policy; then all must agree.
    ///
    /// Without a region label there is no country, even where a providerID contains a zone: whoever writes the
    /// providerID writes the label too, so its absence means that the node is not set up as its provider does it.
    /// A zone in the providerID is compared with the label instead, for a kubelet may set either, and counts
    /// like a zone label.
    pub fn node(&self, node: &NodeLabels<'_>, hints: &Hints<'_>) -> Result<Country, Unresolved> {
        let region = node.region.filter(|region| !region.is_empty()).ok_or(Unresolved::NoRegion)?;
        if let Some(country) = hints.overrides.get(region) {
            return match self.country(*country) {
                Some(_) => Ok(*country),
                None => Err(Unresolved::NotACountry { region: region.to_owned(), country: *country }),
            };
        }
        let zone = node.zone.filter(|zone| !zone.is_empty());
        let id = node.provider_id.unwrap_or_default();
        let (provider, named) = self.provider(id, hints.provider)?;
        consistent(provider, region, zone, named)?;
        // The providerID is asked first: it never changes, and a label can be missing or wrong.
        let abroad = [named, zone].into_iter().flatten().find_map(|zone| self.zone(provider, region, zone));
        abroad.unwrap_or_else(|| self.region(provider, region))
    }

    /// The provider of a node by its providerID and the policy's word, none if unknown; and the zone or region
    /// that the providerID names.
    fn provider<'a>(
        &self,
        id: &'a str,
        hint: Option<&'a str>,
    ) -> Result<(Option<&'a str>, Option<&'a str>), Unresolved> {
        match origin(id, |region| self.has_region("alibaba", region)) {
            Origin::Provider(provider) => Ok((Some(provider), location(provider, id))),
            Origin::OneOf(providers) => {
                Ok((hint.filter(|hint| providers.iter().any(|one| one.eq_ignore_ascii_case(hint))), None))
            }
            Origin::Silent => Ok((hint, None)),
            Origin::Foreign(scheme) => Err(Unresolved::ForeignNode { scheme: scheme.to_owned() }),
        }
    }
}

/// The providers whose zones are named after their region. Alibaba's are too, but for those of closed user groups.
const ZONES_NAMED_AFTER_REGION: [&str; 3] = ["aws", "gcp", "scaleway"];

/// Checks that the zone label, and what the providerID names, lie in the region.
fn consistent(
    provider: Option<&str>,
    region: &str,
    zone: Option<&str>,
    named: Option<&str>,
) -> Result<(), Unresolved> {
    let comparable = provider.is_some_and(|provider| {
        ZONES_NAMED_AFTER_REGION.iter().any(|one| one.eq_ignore_ascii_case(provider))
    });
    for (place, found_in) in [(zone.filter(|_| comparable), "zone label"), (named, "providerID")] {
        if let Some(place) = place.filter(|place| !within(region, place)) {
            return Err(Unresolved::Contradiction {
                region: region.to_owned(),
                zone: place.to_owned(),
                found_in,
            });
        }
    }
    Ok(())
}

/// Whether a zone's name is that of the region and a suffix. A digit is none: europe-west10-a is in Berlin, and
/// europe-west1 in Belgium.
pub(super) fn within(region: &str, zone: &str) -> bool {
    starts_with(zone, region) && !zone.as_bytes().get(region.len()).is_some_and(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::reference;

    fn node<'a>(provider_id: &'a str, region: &'a str, zone: &'a str) -> NodeLabels<'a> {
        NodeLabels { provider_id: Some(provider_id), region: Some(region), zone: Some(zone) }
    }

    fn country(node: &NodeLabels<'_>, provider: Option<&str>) -> Result<String, Unresolved> {
        let overrides = BTreeMap::new();
        reference().node(node, &Hints { provider, overrides: &overrides }).map(|country| country.to_string())
    }

    #[test]
    fn the_provider_decides_what_a_region_means() {
        for (id, zone, hint, expected) in [
            ("aws:///eu-west-1a/i-0abc", "eu-west-1a", None, "IE"),
            ("eu-west-1.i-abc", "eu-west-1a", None, "GB"),
            ("alicloud://eu-west-1.i-abc", "eu-west-1a", None, "GB"),
            // The node knows better than the policy.
            ("alicloud://eu-west-1.i-abc", "eu-west-1a", Some("aws"), "GB"),
            ("", "eu-west-1a", Some("aws"), "IE"),
            ("k3s://node", "", Some("alibaba"), "GB"),
            // What looks like a path with a zone is none.
            ("kind://docker/my-cluster/my-node", "eu-west-1a", Some("aws"), "IE"),
        ] {
            assert_eq!(country(&node(id, "eu-west-1", zone), hint).as_deref(), Ok(expected), "{id} {hint:?}");
        }
        let found = country(&node("", "eu-west-1", ""), None);
        assert!(matches!(found, Err(Unresolved::AmbiguousRegion { .. })), "{found:?}");
    }

    #[test]
    fn a_shared_scheme_takes_the_hint_only_if_it_fits() {
        assert_eq!(country(&node("openstack:///1", "eu-de", ""), Some("otc")).as_deref(), Ok("DE"));
        // aws does not run OpenStack: the hint is ignored, and the names must agree.
        assert_eq!(country(&node("openstack:///1", "GRA9", "nova"), Some("aws")).as_deref(), Ok("FR"));
        let found = country(&node("openstack:///1", "eu-west-1", ""), Some("aws"));
        assert!(matches!(found, Err(Unresolved::AmbiguousRegion { .. })), "{found:?}");
        let found = country(&node("openstack:///1", "RegionOne", "nova"), None);
        assert!(matches!(found, Err(Unresolved::NoSuchRegion { .. })), "{found:?}");
    }

    #[test]
    fn nodes_of_uncovered_providers_borrow_no_region() {
        let found = country(&node("huaweicloud://1", "ap-southeast-1", ""), Some("aws"));
        assert_eq!(found, Err(Unresolved::ForeignNode { scheme: "huaweicloud".into() }));
    }

    #[test]
    fn the_zone_may_lie_abroad() {
        for (id, region, zone, expected) in [
            ("aws:///eu-central-1-ist-1a/i-0abc", "eu-central-1", "eu-central-1-ist-1a", "TR"),
            ("", "eu-central-1", "eu-central-1-ist-1a", "TR"),
            ("aws:///eu-central-1-ist-1a/i-0abc", "eu-central-1", "", "TR"),
            ("aws:///eu-central-1-ist-1a/i-0abc", "eu-central-1", "eu-central-1a", "TR"),
            ("aws:///eu-central-1a/i-0abc", "eu-central-1", "eu-central-1a", "DE"),
            ("aws:///eu-central-1a/i-0abc", "eu-central-1", "", "DE"),
            ("gce://p/europe-west10-a/n", "europe-west10", "europe-west10-a", "DE"),
            ("azure:///subscriptions/1", "westeurope", "westeurope-1", "NL"),
            ("azure:///subscriptions/1", "westeurope", "0", "NL"),
            ("hcloud://1", "fsn1", "fsn1-dc14", "DE"),
            ("ocid1.instance.oc1.iad.abc", "iad", "US-ASHBURN-AD-1", "US"),
        ] {
            assert_eq!(country(&node(id, region, zone), None).as_deref(), Ok(expected), "{id} {zone}");
        }
    }

    #[test]
    fn labels_that_do_not_belong_together_prove_nothing() {
        for (id, region, zone) in [
            ("aws:///us-east-1a/i-0abc", "eu-central-1", "eu-central-1a"),
            ("aws:///eu-central-1a/i-0abc", "eu-central-1", "us-east-1a"),
            ("aws:///eu-central-1-ist-1a/i-0abc", "eu-west-3", ""),
            ("gce://p/europe-west10-a/n", "europe-west1", ""),
            ("cn-hangzhou.i-abc", "eu-central-1", ""),
            ("", "eu-west-3", "eu-central-1-ist-1a"),
        ] {
            let found = country(&node(id, region, zone), None);
            assert!(
                matches!(found, Err(Unresolved::Contradiction { .. })),
                "{id} {region} {zone}: {found:?}"
            );
        }
    }

    #[test]
    fn without_a_region_there_is_no_country() {
        let mut nowhere = node("aws:///eu-central-1a/i-0abc", "", "eu-central-1a");
        assert_eq!(country(&nowhere, Some("aws")), Err(Unresolved::NoRegion));
        nowhere.region = None;
        assert_eq!(country(&nowhere, Some("aws")), Err(Unresolved::NoRegion));
    }

    #[test]
    fn the_operators_word_comes_first() {
        let overrides: BTreeMap<String, Country> = [
            ("onprem-ams".to_owned(), "NL".parse().unwrap()),
            ("de-fra".to_owned(), "DE".parse().unwrap()),
            ("munich".to_owned(), "EP".parse().unwrap()),
        ]
        .into();
        let hints = Hints { provider: Some("aws"), overrides: &overrides };
        let found = |id, region| reference().node(&node(id, region, ""), &hints).map(|c| c.to_string());
        assert_eq!(found("vsphere://1", "onprem-ams").as_deref(), Ok("NL"));
        assert_eq!(found("ionos://1", "de-fra").as_deref(), Ok("DE"));
        assert!(matches!(found("", "munich"), Err(Unresolved::NotACountry { .. })));
        // Names are exact here: they are the operator's own.
        assert!(matches!(found("", "ONPREM-AMS"), Err(Unresolved::NoSuchRegion { .. })));
    }
}
