//! What is demanded: the policies that apply, composed into one.
//!
//! Several policies may select a namespace. The strictest value of each field wins, so that adding a policy never
//! allows more. Composition is commutative, associative and idempotent; with no policy the defaults hold.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::{
    ApprovalPolicy, CompliancePolicySpec, DataForm, Mechanism, Mode, PersonType, Regime, RuleMode,
    WorkloadPlaces,
};
use crate::rules::{Code, Rule};
use crate::values::{Country, Period};

/// The demands on a namespace, or on an object that several namespaces use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether the namespace holds customer data: by its label, or because a policy selects it.
    pub protected: bool,
    /// The policies that exist and cannot be read: with one of them, nothing is known to be compliant.
    pub unreadable: BTreeSet<String>,
    /// Where data may be and how it may get there.
    pub residency: Residency,
    /// What is demanded of grants.
    pub access: AccessDemands,
    modes: BTreeSet<Modes>,
}

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

/// What is demanded of grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessDemands {
    /// The longest grant to an employee.
    pub employee: Period,
    /// The longest grant to a consultant.
    pub consultant: Period,
    /// Whether somebody else must approve.
    pub approval: bool,
    /// How often a grant is reviewed.
    pub review_every: Period,
    /// How often a consultant's grant is reviewed.
    pub consultant_review_every: Period,
    /// For how long an overdue review is tolerated.
    pub review_grace: Period,
    /// The roles that may be granted; absent: any.
    pub grantable_roles: Option<BTreeSet<String>>,
    /// The most that a job role may see; `consultant` is the ceiling of every consultant.
    pub data_forms: BTreeMap<String, DataForm>,
}

impl AccessDemands {
    /// The longest grant to such a person. Of somebody unknown the shorter is demanded.
    pub fn max_duration(&self, person: Option<PersonType>) -> Period {
        match person {
            Some(PersonType::Employee) => self.employee,
            Some(PersonType::Consultant) => self.consultant,
            None => self.employee.min(self.consultant),
        }
    }

    /// How often a grant to such a person is reviewed.
    pub fn review_period(&self, person: Option<PersonType>) -> Period {
        match person {
            Some(PersonType::Consultant) => self.review_every.min(self.consultant_review_every),
            Some(PersonType::Employee) | None => self.review_every,
        }
    }
}

/// One policy's say on modes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Modes {
    most: Mode,
    exactly: BTreeMap<String, RuleMode>,
}

impl Modes {
    fn of(&self, rule: &Rule) -> Option<Mode> {
        match self.exactly.get(&rule.code.to_string()) {
            Some(RuleMode::Disabled) => None,
            Some(RuleMode::Audit) => Some(Mode::Audit),
            Some(RuleMode::Warn) => Some(Mode::Warn),
            Some(RuleMode::Enforce) => Some(Mode::Enforce),
            None => Some(rule.mode.min(self.most)),
        }
    }
}

impl Policy {
    /// The demands of one policy, its defaults filled in.
    pub fn from_spec(spec: &CompliancePolicySpec) -> Self {
        let exactly = spec.rules.iter().flatten().map(|rule| (rule.code.clone(), rule.mode)).collect();
        Self {
            protected: false,
            unreadable: BTreeSet::new(),
            residency: Residency::from_spec(spec),
            access: AccessDemands::from_spec(spec),
            modes: BTreeSet::from([Modes { most: spec.mode.unwrap_or(Mode::Enforce), exactly }]),
        }
    }

    /// The strictest of both in every field.
    #[must_use]
    pub fn strictest(mut self, other: Self) -> Self {
        self.protected |= other.protected;
        self.unreadable.extend(other.unreadable);
        self.modes.extend(other.modes);
        self.residency = self.residency.strictest(other.residency);
        self.access = self.access.strictest(other.access);
        self
    }

    /// All policies composed; the built-in defaults if there are none.
    pub fn compose<'s>(specs: impl IntoIterator<Item = &'s CompliancePolicySpec>) -> Self {
        let policies = specs.into_iter().map(Self::from_spec);
        policies.reduce(Self::strictest).unwrap_or_else(|| Self::from_spec(&CompliancePolicySpec::default()))
    }

    /// What a violation of the rule does: the strongest that a policy says; nothing if all disable it.
    pub fn mode(&self, rule: &Rule) -> Option<Mode> {
        self.modes.iter().map(|modes| modes.of(rule)).max().flatten()
    }

    /// Whether a violation of the rule is at least a warning.
    pub fn reports(&self, code: Code) -> bool {
        crate::rules::find(code).is_some_and(|rule| self.mode(rule) >= Some(Mode::Warn))
    }

    /// Whether a violation of the rule denies.
    pub fn enforces(&self, code: Code) -> bool {
        crate::rules::find(code).is_some_and(|rule| self.mode(rule) == Some(Mode::Enforce))
    }
}

impl Residency {
    fn from_spec(spec: &CompliancePolicySpec) -> Self {
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
            providers: given.provider.into_iter().collect(),
            regions: given.regions.map(BTreeSet::from_iter),
            region_overrides: overrides.into_iter().map(|(name, at)| (name, BTreeSet::from([at]))).collect(),
        }
    }

    fn strictest(mut self, other: Self) -> Self {
        self.regimes.extend(other.regimes);
        self.allowed_countries = narrower(self.allowed_countries, other.allowed_countries);
        self.workloads.extend(other.workloads);
        self.mechanisms = &self.mechanisms & &other.mechanisms;
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

impl AccessDemands {
    fn from_spec(spec: &CompliancePolicySpec) -> Self {
        let given = spec.access.clone().unwrap_or_default();
        let longest = given.max_duration.unwrap_or_default();
        Self {
            employee: longest.employee.unwrap_or(Period::days(180)),
            consultant: longest.consultant.unwrap_or(Period::days(90)),
            approval: given.approval.unwrap_or(ApprovalPolicy::Required) == ApprovalPolicy::Required,
            review_every: given.review_every.unwrap_or(Period::days(90)),
            consultant_review_every: given.consultant_review_every.unwrap_or(Period::days(30)),
            review_grace: given.review_grace.unwrap_or(Period::days(14)),
            grantable_roles: given.grantable_roles.map(BTreeSet::from_iter),
            data_forms: given.data_forms.unwrap_or_default(),
        }
    }

    fn strictest(mut self, other: Self) -> Self {
        self.employee = self.employee.min(other.employee);
        self.consultant = self.consultant.min(other.consultant);
        self.approval |= other.approval;
        self.review_every = self.review_every.min(other.review_every);
        self.consultant_review_every = self.consultant_review_every.min(other.consultant_review_every);
        self.review_grace = self.review_grace.min(other.review_grace);
        self.grantable_roles = narrower(self.grantable_roles, other.grantable_roles);
        for (job, form) in other.data_forms {
            let ceiling = self.data_forms.entry(job).or_insert(form);
            *ceiling = form.min(*ceiling);
        }
        self
    }
}

/// The intersection, where an absent set is any.
fn narrower<T: Ord + Clone>(one: Option<BTreeSet<T>>, two: Option<BTreeSet<T>>) -> Option<BTreeSet<T>> {
    match (one, two) {
        (Some(one), Some(two)) => Some(&one & &two),
        (one, two) => one.or(two),
    }
}

#[cfg(test)]
mod tests;
