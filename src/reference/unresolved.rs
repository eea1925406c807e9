//! Why a place has no known country.

use crate::values::Country;

/// Why a country could not be determined. The text says what is wrong; [`Unresolved::remedy`] what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// Nothing names a region.
    #[error("no region is known: the label topology.kubernetes.io/region is missing")]
    NoRegion,
    /// The provider named in a manifest is not in the data.
    #[error("the provider {provider:?} is not in the reference data, which has {}", known.join(", "))]
    NoSuchProvider {
        /// As written.
        provider: String,
        /// Those that are.
        known: Vec<String>,
    },
    /// The node's `spec.providerID` is of a kind that the data does not cover.
    #[error("nodes whose providerID starts with {scheme}:// are of no provider in the reference data")]
    ForeignNode {
        /// What stands before `://`.
        scheme: String,
    },
    /// The provider, or if it is unknown no provider, has a region of that name.
    #[error("the reference data has no region {region:?} of {}", provider.as_deref().unwrap_or("any provider"))]
    NoSuchRegion {
        /// The provider that was searched; none: all were.
        provider: Option<String>,
        /// As written.
        region: String,
    },
    /// The provider is unknown, and providers use the name for different countries.
    #[error("the region {region:?} is not the same country everywhere: {}", listed(places))]
    AmbiguousRegion {
        /// As written.
        region: String,
        /// Each provider that has a region of that name, and its country.
        places: Vec<(String, Country)>,
    },
    /// The region is in the data, but its entry proves nothing.
    #[error("the place of the region {region:?} is not certain: {why}")]
    UnsureRegion {
        /// As written.
        region: String,
        /// What is in doubt.
        why: &'static str,
    },
    /// Region label, zone label and providerID do not belong together.
    #[error("the region {region:?} does not contain {zone:?}, which the node's {found_in} names")]
    Contradiction {
        /// The region label.
        region: String,
        /// The zone or region that does not fit it.
        zone: String,
        /// Where that stands.
        found_in: &'static str,
    },
    /// `residency.regionOverrides` gives a code that is no country.
    #[error("residency.regionOverrides says {country} for {region:?}, which is no country")]
    NotACountry {
        /// The region.
        region: String,
        /// What was given for it.
        country: Country,
    },
}

impl Unresolved {
    /// What to do about it, where the place is a node. For other places the cure is to write down the country.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NoRegion => "label the node, or pin the workload, with topology.kubernetes.io/region",
            Self::NoSuchProvider { .. } => {
                "use one of these names, or give the region's country under residency.regionOverrides"
            }
            Self::ForeignNode { .. } | Self::UnsureRegion { .. } => {
                "give the region's country under residency.regionOverrides"
            }
            Self::NoSuchRegion { .. } => {
                "correct the region's name, or give its country under residency.regionOverrides"
            }
            Self::AmbiguousRegion { .. } => {
                "set residency.provider, or give the region's country under residency.regionOverrides"
            }
            Self::Contradiction { .. } => "correct the node's topology labels",
            Self::NotACountry { .. } => "use an ISO 3166-1 alpha-2 code such as \"NL\"",
        }
    }
}

fn listed(places: &[(String, Country)]) -> String {
    let places: Vec<String> =
        places.iter().map(|(provider, country)| format!("{country} at {provider}")).collect();
    places.join(", ")
}

#[cfg(test)]
mod tests {
    use crate::reference::reference;

    #[test]
    fn texts_say_what_is_wrong() {
        let ambiguous = reference().region(None, "eu-west-1").unwrap_err();
        assert_eq!(
            ambiguous.to_string(),
            "the region \"eu-west-1\" is not the same country everywhere: IE at aws, GB at alibaba"
        );
        assert!(ambiguous.remedy().contains("residency.provider"));
        let unknown = reference().region(Some("aws"), "eu-x").unwrap_err();
        assert_eq!(unknown.to_string(), "the reference data has no region \"eu-x\" of aws");
        let unknown = reference().region(None, "eu-x").unwrap_err();
        assert_eq!(unknown.to_string(), "the reference data has no region \"eu-x\" of any provider");
        let provider = reference().region(Some("amazon"), "eu-central-1").unwrap_err().to_string();
        assert!(
            provider.contains("\"amazon\" is not in the reference data, which has alibaba, aws, azure, ")
        );
        let unsure = reference().region(Some("ionos"), "de-fra").unwrap_err();
        assert_eq!(
            unsure.to_string(),
            "the place of the region \"de-fra\" is not certain: its name or place is not confirmed"
        );
    }
}
