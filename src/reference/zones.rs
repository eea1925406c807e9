//! Zones that lie in another country than their region.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::regions::Certainty;
use super::{Reference, Unresolved, rows};
use crate::values::Country;

const TABLE: &str = include_str!("data/zone_overrides.csv");

/// A group of zones, by the beginning of their names.
#[derive(Debug, Deserialize)]
struct Zone {
    provider: String,
    #[serde(rename = "zone_prefix")]
    prefix: String,
    parent_region: String,
    country_iso2: Country,
    #[serde(rename = "jurisdiction_note")]
    certainty: Certainty,
}

/// The longest prefix first, so that the first match is the closest.
#[derive(Debug)]
pub(super) struct Zones(Vec<Zone>);

impl Zones {
    pub(super) fn load() -> Self {
        let mut zones: Vec<Zone> = rows(TABLE).filter_map(Result::ok).collect();
        zones.sort_by_key(|zone| std::cmp::Reverse(zone.prefix.len()));
        Self(zones)
    }

    /// The closest match of one provider; of every provider if it is unknown.
    fn matching<'a>(&'a self, provider: Option<&'a str>, zone: &'a str) -> impl Iterator<Item = &'a Zone> {
        self.0.iter().filter(move |row| {
            provider.is_none_or(|provider| row.provider.eq_ignore_ascii_case(provider))
                && starts_with(zone, &row.prefix)
        })
    }
}

/// Whether `text` begins with `prefix`, without regard to case.
pub(super) fn starts_with(text: &str, prefix: &str) -> bool {
    text.as_bytes().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

impl Reference {
    /// The zones of a region that have a country of their own, by the beginning of their names, in order.
    pub(crate) fn zones_abroad(&self, provider: &str, region: &str) -> BTreeMap<&str, Country> {
        let within = self.zones.0.iter().filter(|zone| {
            zone.provider.eq_ignore_ascii_case(provider) && zone.parent_region.eq_ignore_ascii_case(region)
        });
        within.map(|zone| (zone.prefix.as_str(), zone.country_iso2)).collect()
    }

    /// The country of a zone, where the data has one of its own for it. None: the region's country counts.
    ///
    /// A zone of another region than the label says is no zone that the labels can prove anything about.
    pub(super) fn zone(
        &self,
        provider: Option<&str>,
        region: &str,
        zone: &str,
    ) -> Option<Result<Country, Unresolved>> {
        let mut matching = self.zones.matching(provider, zone);
        let closest = matching.next()?;
        // Further matches are shorter prefixes of the same provider, which the closest overrules, or another
        // provider's, which must agree.
        let rival = matching
            .find(|other| other.provider != closest.provider && other.country_iso2 != closest.country_iso2);
        Some(if !closest.parent_region.eq_ignore_ascii_case(region) {
            Err(Unresolved::Contradiction {
                region: region.to_owned(),
                zone: zone.to_owned(),
                found_in: "zone label",
            })
        } else if let Some(rival) = rival {
            let places = [closest, rival].map(|row| (row.provider.clone(), row.country_iso2));
            Err(Unresolved::AmbiguousRegion { region: zone.to_owned(), places: places.to_vec() })
        } else if let Some(why) = closest.certainty.doubt() {
            Err(Unresolved::UnsureRegion { region: zone.to_owned(), why })
        } else {
            Ok(closest.country_iso2)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::reference;

    #[test]
    fn every_row_is_read_and_finds_itself() {
        for row in rows::<Zone>(TABLE) {
            let row = row.unwrap();
            assert!(reference().country(row.country_iso2).is_some(), "{row:?}");
            assert!(reference().has_region(&row.provider, &row.parent_region), "{row:?}");
            let zone = format!("{}a", row.prefix);
            for provider in [Some(row.provider.as_str()), None] {
                assert_eq!(
                    reference().zone(provider, &row.parent_region, &zone),
                    Some(Ok(row.country_iso2)),
                    "{row:?}"
                );
            }
        }
    }

    #[test]
    fn a_zone_may_lie_abroad() {
        for (region, zone, expected) in [
            ("eu-west-3", "eu-west-3-cmn-wlz-1a", "MA"),
            ("eu-central-1", "eu-central-1-ist-1a", "TR"),
            ("eu-central-1", "eu-central-1-ham-1a", "DE"),
            ("us-east-1", "us-east-1-lim-1a", "PE"),
            ("us-east-1", "us-east-1-scl-1a", "CL"),
            ("us-east-1", "us-east-1-bue-1a", "AR"),
            ("us-east-1", "us-east-1-qro-1a", "MX"),
            ("af-south-1", "af-south-1-los-1a", "NG"),
            ("me-south-1", "me-south-1-mct-1a", "OM"),
            ("ap-northeast-1", "ap-northeast-1-tpe-1a", "TW"),
            ("ap-southeast-1", "ap-southeast-1-bkk-1a", "TH"),
            ("ap-southeast-1", "ap-southeast-1-mnl-1a", "PH"),
            ("ap-southeast-2", "ap-southeast-2-akl-1a", "NZ"),
        ] {
            let found = reference().zone(Some("aws"), region, zone).unwrap().unwrap();
            assert_eq!(found.to_string(), expected, "{zone}");
        }
    }

    #[test]
    fn an_ordinary_zone_has_no_country_of_its_own() {
        assert_eq!(reference().zone(Some("aws"), "eu-central-1", "eu-central-1a"), None);
        assert_eq!(reference().zone(Some("alibaba"), "eu-central-1", "eu-central-1-ist-1a"), None);
    }

    #[test]
    fn a_zone_of_another_region_contradicts() {
        let found = reference().zone(Some("aws"), "eu-west-3", "eu-central-1-ist-1a");
        assert!(matches!(found, Some(Err(Unresolved::Contradiction { .. }))), "{found:?}");
    }
}
