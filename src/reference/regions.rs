//! Which country a provider's region is in.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, de};

use super::node::within;
use super::{Reference, Unresolved, rows};
use crate::values::Country;

const TABLE: &str = include_str!("data/regions.csv");

/// A region of a provider, or a spelling of one.
#[derive(Debug, Deserialize)]
struct Region {
    provider: String,
    #[serde(rename = "region")]
    name: String,
    country_iso2: Country,
    #[serde(rename = "jurisdiction_note")]
    certainty: Certainty,
}

/// Whether a row can be relied on, and if not, why.
///
/// A place that was announced, or closed, or is only believed to be where it is, proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Certainty(Option<&'static str>);

impl Certainty {
    /// Why the row is not to be relied on; none: it is.
    pub(super) fn doubt(self) -> Option<&'static str> {
        self.0
    }
}

impl<'de> Deserialize<'de> for Certainty {
    /// Reads `class=…; hq=…; conf=…; note=…`. A class or confidence that this build does not know is an error: a
    /// new kind of doubt must not pass for certainty.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let value = |key| {
            text.split("; ")
                .filter_map(|pair| pair.split_once('='))
                .find(|pair| pair.0 == key)
                .map(|pair| pair.1)
        };
        let class = match value("class") {
            Some("announced") => Some("it was announced, but not seen in service"),
            Some("legacy") => Some("it is closed, or closed to new use"),
            Some(
                "commercial" | "government" | "sovereign" | "isolated" | "restricted" | "alias"
                | "local-zone" | "wavelength" | "distributed",
            ) => None,
            _ => return Err(de::Error::custom(format!("no known class in {text:?}"))),
        };
        let confidence = match value("conf") {
            Some("high" | "medium") => None,
            Some("low") => Some("its name or place is not confirmed"),
            _ => return Err(de::Error::custom(format!("no known confidence in {text:?}"))),
        };
        Ok(Self(class.or(confidence)))
    }
}

/// Sorted by the name of the region without regard to case, so that all providers of one name are neighbours.
#[derive(Debug)]
pub(super) struct Regions(Vec<Region>);

/// A name as it is compared. Label values are case-sensitive, and `OVHcloud` writes upper case where its users may
/// not; no two regions of a provider differ by case alone.
fn folded(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().map(|byte| byte.to_ascii_lowercase())
}

impl Regions {
    pub(super) fn load() -> Self {
        let mut regions: Vec<Region> = rows(TABLE).filter_map(Result::ok).collect();
        regions.sort_by(|a, b| folded(&a.name).cmp(folded(&b.name)));
        Self(regions)
    }

    /// The regions of this name, of whatever provider.
    fn named(&self, name: &str) -> impl Iterator<Item = &Region> {
        let start = self.0.partition_point(|region| folded(&region.name).lt(folded(name)));
        self.0.iter().skip(start).take_while(move |region| region.name.eq_ignore_ascii_case(name))
    }

    /// Whether this provider has a region of this name.
    pub(super) fn has(&self, provider: &str, name: &str) -> bool {
        self.named(name).any(|region| region.provider == provider)
    }

    /// The region that a zone is named after: the longest name with which the zone's begins.
    fn of_zone(&self, provider: Option<&str>, zone: &str) -> Option<&str> {
        let regions = self.0.iter().filter(|region| {
            provider.is_none_or(|provider| region.provider.eq_ignore_ascii_case(provider))
                && within(&region.name, zone)
        });
        regions.map(|region| region.name.as_str()).max_by_key(|name| name.len())
    }

    fn of_provider(&self, provider: &str, name: &str) -> Result<Country, Unresolved> {
        let Some(region) = self.named(name).find(|region| region.provider.eq_ignore_ascii_case(provider))
        else {
            // Only on this way out is it worth a walk through the table to tell the two mistakes apart.
            return Err(if self.0.iter().any(|region| region.provider.eq_ignore_ascii_case(provider)) {
                Unresolved::NoSuchRegion { provider: Some(provider.to_owned()), region: name.to_owned() }
            } else {
                let known: BTreeSet<&str> = self.0.iter().map(|region| region.provider.as_str()).collect();
                let known = known.into_iter().map(str::to_owned).collect();
                Unresolved::NoSuchProvider { provider: provider.to_owned(), known }
            });
        };
        match region.certainty.doubt() {
            None => Ok(region.country_iso2),
            Some(why) => Err(Unresolved::UnsureRegion { region: name.to_owned(), why }),
        }
    }

    /// Every provider that has a region of this name must agree, also one whose row is in doubt: it is doubtful
    /// enough not to prove a country, and likely enough to question another's.
    fn of_any(&self, name: &str) -> Result<Country, Unresolved> {
        let Some(first) = self.named(name).next() else {
            return Err(Unresolved::NoSuchRegion { provider: None, region: name.to_owned() });
        };
        if self.named(name).any(|region| region.country_iso2 != first.country_iso2) {
            let places =
                self.named(name).map(|region| (region.provider.clone(), region.country_iso2)).collect();
            return Err(Unresolved::AmbiguousRegion { region: name.to_owned(), places });
        }
        match first.certainty.doubt() {
            Some(why) if self.named(name).all(|region| region.certainty.doubt().is_some()) => {
                Err(Unresolved::UnsureRegion { region: name.to_owned(), why })
            }
            _ => Ok(first.country_iso2),
        }
    }
}

impl Reference {
    /// The country of a provider's region, such as that of a vendor's location or a backup.
    ///
    /// Without a provider, all that have a region of this name must agree on the country.
    pub fn region(&self, provider: Option<&str>, region: &str) -> Result<Country, Unresolved> {
        match provider {
            Some(provider) => self.regions.of_provider(provider, region),
            None => self.regions.of_any(region),
        }
    }

    /// The regions of a provider that can be relied on, in order.
    pub(crate) fn regions_of(&self, provider: &str) -> BTreeSet<&str> {
        let of = self.regions.0.iter().filter(|region| region.provider.eq_ignore_ascii_case(provider));
        of.filter(|region| region.certainty.doubt().is_none()).map(|region| region.name.as_str()).collect()
    }

    /// The region that a zone is named after, as eu-central-1a is after eu-central-1.
    pub fn region_of_zone(&self, provider: Option<&str>, zone: &str) -> Option<&str> {
        self.regions.of_zone(provider, zone)
    }

    pub(super) fn has_region(&self, provider: &str, region: &str) -> bool {
        self.regions.has(provider, region)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::reference::reference;

    /// The providers that the table covers.
    pub(in crate::reference) fn providers() -> BTreeSet<String> {
        rows::<Region>(TABLE).map(|row| row.unwrap().provider).collect()
    }

    fn country(provider: &str, region: &str) -> String {
        reference().region(Some(provider), region).unwrap().to_string()
    }

    #[test]
    fn every_row_is_read_and_names_a_known_country() {
        let mut keys = BTreeSet::new();
        for row in rows::<Region>(TABLE) {
            let row = row.unwrap();
            assert!(reference().country(row.country_iso2).is_some(), "{row:?}");
            assert!(
                keys.insert((row.provider.to_lowercase(), row.name.to_lowercase())),
                "two rows differ by case alone: {row:?}"
            );
            let found = reference().region(Some(&row.provider), &row.name);
            assert_eq!(found.is_ok(), row.certainty.doubt().is_none(), "{row:?}");
        }
    }

    #[test]
    fn the_same_name_is_another_country_elsewhere() {
        for (region, aws, alibaba) in [
            ("eu-west-1", "IE", "GB"),
            ("eu-west-2", "GB", "FR"),
            ("me-central-1", "AE", "SA"),
            ("ap-southeast-3", "ID", "MY"),
            ("ap-southeast-5", "MY", "ID"),
            ("ap-southeast-6", "NZ", "PH"),
        ] {
            assert_eq!(country("aws", region), aws);
            assert_eq!(country("alibaba", region), alibaba);
        }
        // Linode's is closed, and still reason enough to ask for the provider.
        assert_eq!(country("aws", "ap-northeast-2"), "KR");
        for region in ["eu-west-1", "eu-west-2", "me-central-1", "ap-southeast-3", "ap-northeast-2"] {
            let found = reference().region(None, region);
            assert!(matches!(found, Err(Unresolved::AmbiguousRegion { .. })), "{region}: {found:?}");
        }
    }

    #[test]
    fn exactly_the_listed_names_are_ambiguous() {
        let names: BTreeSet<String> =
            rows::<Region>(TABLE).map(|row| row.unwrap().name.to_lowercase()).collect();
        let ambiguous: Vec<_> = names
            .iter()
            .filter(|name| matches!(reference().region(None, name), Err(Unresolved::AmbiguousRegion { .. })))
            .collect();
        assert_eq!(
            ambiguous,
            [
                "ap-northeast-2",
                "ap-southeast-3",
                "ap-southeast-5",
                "ap-southeast-6",
                "eu-west-1",
                "eu-west-2",
                "me-central-1"
            ]
        );
    }

    #[test]
    fn europe_in_a_name_says_nothing() {
        for (provider, region, expected) in [
            ("aws", "eu-west-2", "GB"),
            ("aws", "eu-central-2", "CH"),
            ("gcp", "europe-west2", "GB"),
            ("gcp", "europe-west6", "CH"),
            ("oci", "eu-zurich-1", "CH"),
            ("oci", "eu-jovanovac-1", "RS"),
            ("ibm", "eu-gb", "GB"),
            ("linode", "eu-west", "GB"),
            ("otc", "eu-ch2", "CH"),
            ("exoscale", "ch-gva-2", "CH"),
            ("ovhcloud", "EU-WEST-LZ-ZRH-A", "CH"),
        ] {
            assert_eq!(country(provider, region), expected, "{provider} {region}");
        }
    }

    #[test]
    fn other_spellings_are_read() {
        for (provider, region, expected) in [
            ("oci", "iad", "US"),
            ("oci", "phx", "US"),
            ("ovhcloud", "gra11", "FR"),
            ("ovhcloud", "GRA11", "FR"),
            ("ovhcloud", "eu-west-lz-zrh-a", "CH"),
            ("AWS", "eu-central-1", "DE"),
            ("ionos", "de/fra", "DE"),
        ] {
            assert_eq!(country(provider, region), expected, "{provider} {region}");
        }
    }

    #[test]
    fn what_is_doubtful_is_unknown() {
        for (provider, region) in [
            ("ionos", "de-fra"),
            ("azure", "finlandcentral"),
            ("azure", "germanycentral"),
            ("alibaba", "ap-south-1"),
            ("aws", "eu-isoe-west-1"),
            ("exoscale", "es-mad-1"),
        ] {
            let found = reference().region(Some(provider), region);
            assert!(matches!(found, Err(Unresolved::UnsureRegion { .. })), "{provider} {region}: {found:?}");
        }
        let unsure = reference().region(None, "finlandcentral");
        assert!(matches!(unsure, Err(Unresolved::UnsureRegion { .. })), "{unsure:?}");
    }

    #[test]
    fn without_a_provider_all_must_agree() {
        for (region, expected) in
            [("eu-central-1", "DE"), ("eu-de", "DE"), ("sgp1", "SG"), ("ap-south-1", "IN"), ("fr-par", "FR")]
        {
            assert_eq!(reference().region(None, region).unwrap().to_string(), expected, "{region}");
        }
    }

    #[test]
    fn an_unknown_name_says_whether_provider_or_region_is_unknown() {
        assert_eq!(
            reference().region(Some("aws"), "eu-centrl-1"),
            Err(Unresolved::NoSuchRegion { provider: Some("aws".into()), region: "eu-centrl-1".into() })
        );
        assert_eq!(
            reference().region(Some("amazon"), "eu-central-1"),
            Err(Unresolved::NoSuchProvider {
                provider: "amazon".into(),
                known: providers().into_iter().collect()
            })
        );
        for region in ["", "zzz", "\u{e9}"] {
            assert_eq!(
                reference().region(None, region),
                Err(Unresolved::NoSuchRegion { provider: None, region: region.into() })
            );
        }
    }
}
