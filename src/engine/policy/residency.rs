//! Where data may be, composed.

use std::collections::{BTreeMap, BTreeSet};

use super::narrower;
use crate::api::{CompliancePolicySpec, Mechanism, Regime, WorkloadPlaces};
use crate::values::{Country, Period};

/// Where data may be, and how it may get there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Residency {
    /// The laws that must all hold.
    pub regimes: BTreeSet<Regime>,
    /// The countries to which data is narrowed; absent: what the regimes allow.
    pub allowed_countries: Option<BTreeSet<Country>>,
    /// Where workloads may run; all must hold.
    pub workloads: BTreeSet<WorkloadPlaces>,
    /// The mechanisms that are accepted for a transfer.
    pub mechanisms: BTreeSet<Mechanism>,
    /// How old a transfer impact assessment may be.
    pub assessment_max_age: Period,
    /// Whether pods of covered workloads are held to allowed places by a required node affinity.
    pub pin: bool,
    /// The clouds that the policies name for the cluster. More than one contradict each other (CX003).
    pub providers: BTreeSet<String>,
    /// Where the cluster has nodes, for workloads that are not pinned and have no pods.
    pub regions: Option<BTreeSet<String>>,
    /// The countries of regions of one's own. More than one for a region contradict each other (CX003).
    pub region_overrides: BTreeMap<String, BTreeSet<Country>>,
}

impl Residency {
    /// The cluster's cloud, if the policies agree on one.
    pub fn provider(&self) -> Option<&str> {
        if self.providers.len() == 1 { self.providers.first().map(String::as_str) } else { None }
    }

    /// The countries of one's own regions, where the policies agree.
    pub fn overrides(&self) -> BTreeMap<String, Country> {
        let agreed = self.region_overrides.iter().filter(|(_, countries)| countries.len() == 1);
        agreed.filter_map(|(region, countries)| Some((region.clone(), *countries.first()?))).collect()
    }
}

impl Residency {
    pub(super) fn from_spec(spec: &CompliancePolicySpec) -> Self {
        let given = spec.residency.clone().unwrap_or_default();
        let all = [
            Mechanism::Adequacy,
            Mechanism::StandardContractualClauses,
            Mechanism::BindingCorporateRules,
            Mechanism::ApprovedCode,
            Mechanism::ApprovedCertification,
        ];
        let overrides = given.region_overrides.unwrap_or_default();
        Self {
            regimes: BTreeSet::from([given.regime.unwrap_or(Regime::Gdpr)]),
            allowed_countries: given.allowed_countries.map(BTreeSet::from_iter),
            workloads: BTreeSet::from([given.workloads.unwrap_or(WorkloadPlaces::Eea)]),
            mechanisms: given.mechanisms.map_or_else(|| BTreeSet::from(all), BTreeSet::from_iter),
            assessment_max_age: given.assessment_max_age.unwrap_or(Period::days(365)),
            pin: given.pin.unwrap_or(false),
            providers: given.provider.iter().map(|name| name.to_ascii_lowercase()).collect(),
            regions: given.regions.map(BTreeSet::from_iter),
            region_overrides: overrides.into_iter().map(|(name, at)| (name, BTreeSet::from([at]))).collect(),
        }
    }

    pub(super) fn strictest(mut self, other: Self) -> Self {
        self.regimes.extend(other.regimes);
        self.allowed_countries = narrower(self.allowed_countries, other.allowed_countries);
        self.workloads.extend(other.workloads);
        self.mechanisms = &self.mechanisms & &other.mechanisms;
        self.assessment_max_age = self.assessment_max_age.min(other.assessment_max_age);
        self.pin |= other.pin;
        self.providers.extend(other.providers);
        // Facts, not demands: the cluster has the nodes that any policy says it has.
        self.regions = match (self.regions, other.regions) {
            (Some(one), Some(two)) => Some(&one | &two),
            (one, two) => one.or(two),
        };
        for (region, countries) in other.region_overrides {
            self.region_overrides.entry(region).or_default().extend(countries);
        }
        self
    }
}
