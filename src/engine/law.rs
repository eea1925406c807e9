//! What the laws say of a country, at the time of the query.

use crate::api::{Mechanism, Regime, WorkloadPlaces};
use crate::reference::{self, Adequacy, Jurisdiction, Standing, reference};
use crate::values::{Country, Date};

use super::policy::Residency;
use super::query::Query;

/// How a country stands under all the regimes of a policy, the least of them counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Protection {
    /// A third country: a transfer needs a mechanism.
    None,
    /// It was adequate, and the decision has run out with this day.
    Lapsed(Date),
    /// Adequate for some importers only.
    Partial,
    /// Adequate.
    Adequate,
    /// The law itself is in force there.
    Domestic,
}

/// How a country stands. Custom is no law: the countries that it lists are as good as domestic, and no others are.
pub(crate) fn protection(query: &Query<'_>, residency: &Residency, country: Country) -> Protection {
    let Some(jurisdiction) = reference().country(country) else { return Protection::None };
    let law = |law| standing(query, jurisdiction, law);
    let each = residency.regimes.iter().map(|regime| match regime {
        Regime::Gdpr => law(reference::Regime::Gdpr),
        Regime::UkGdpr => law(reference::Regime::UkGdpr),
        Regime::Fadp => law(reference::Regime::Fadp),
        Regime::Custom if residency.allowed_countries.is_some() && listed(residency, country) => {
            Protection::Domestic
        }
        Regime::Custom => Protection::None,
    });
    each.min().unwrap_or(Protection::None)
}

fn standing(query: &Query<'_>, jurisdiction: &Jurisdiction, law: reference::Regime) -> Protection {
    match jurisdiction.standing(law) {
        Standing::Domestic => Protection::Domestic,
        Standing::Full(adequacy) => in_force(query, adequacy, Protection::Adequate),
        Standing::Partial(adequacy) => in_force(query, adequacy, Protection::Partial),
        Standing::None => Protection::None,
    }
}

fn in_force(query: &Query<'_>, adequacy: &Adequacy, holds: Protection) -> Protection {
    if adequacy.since.is_some_and(|since| !query.has_begun(since)) {
        return Protection::None;
    }
    match adequacy.until.filter(|until| query.is_over(*until)) {
        Some(until) => Protection::Lapsed(until),
        None => holds,
    }
}

/// Whether data may be in a country without a paper for it: the law is at home there, or holds the country adequate as
/// a whole and the policy accepts that.
pub(crate) fn needs_no_paper(query: &Query<'_>, residency: &Residency, country: Country) -> bool {
    match protection(query, residency, country) {
        Protection::Domestic => true,
        Protection::Adequate => residency.mechanisms.contains(&Mechanism::Adequacy),
        Protection::Partial | Protection::Lapsed(_) | Protection::None => false,
    }
}

/// Whether `allowedCountries` admits a country; absent, it admits all.
pub(crate) fn listed(residency: &Residency, country: Country) -> bool {
    residency.allowed_countries.as_ref().is_none_or(|allowed| allowed.contains(&country))
}

/// Whether a workload may run in a country, by every policy's `residency.workloads` and `allowedCountries`.
pub(crate) fn may_run_in(query: &Query<'_>, residency: &Residency, country: Country) -> bool {
    let listed = listed(residency, country);
    listed
        && residency.workloads.iter().all(|places| match places {
            WorkloadPlaces::Eea => {
                // Where a law other than the GDPR is the only one, its own country is as close as the EEA.
                let eea = reference().country(country).is_some_and(|jurisdiction| jurisdiction.eea);
                eea || protection(query, residency, country) == Protection::Domestic
            }
            WorkloadPlaces::Adequate => protection(query, residency, country) >= Protection::Adequate,
            WorkloadPlaces::Listed => residency.allowed_countries.is_some(),
        })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::api::CompliancePolicySpec;
    use crate::engine::{Memos, Policy};
    use crate::facts::World;

    fn residency(yaml: &str) -> Residency {
        let spec: CompliancePolicySpec = serde_saphyr::from_str(&format!("residency: {yaml}")).unwrap();
        Policy::from_spec(&spec).residency
    }

    fn ask<T>(question: impl FnOnce(&Query<'_>) -> T) -> T {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        question(&Query::new(&World::new(), &Memos::new(), now))
    }

    #[test]
    fn the_least_protection_under_all_regimes_counts() {
        let gdpr = residency("{}");
        let both = gdpr_and("{regime: FADP}");
        let custom = residency(r#"{regime: Custom, allowedCountries: ["US"]}"#);
        for (residency, country, expected) in [
            (&gdpr, "DE", Protection::Domestic),
            (&gdpr, "GB", Protection::Adequate),
            (&gdpr, "US", Protection::Partial),
            (&gdpr, "IN", Protection::None),
            (&gdpr, "XX", Protection::None),
            // The decision on Japan is the EU's alone, and nobody's home is everybody's.
            (&both, "JP", Protection::None),
            (&both, "CH", Protection::Adequate),
            (&custom, "US", Protection::Domestic),
            (&custom, "DE", Protection::None),
            // Without its list, Custom allows nothing rather than everything.
            (&residency("{regime: Custom}"), "DE", Protection::None),
        ] {
            let found = ask(|query| protection(query, residency, country.parse().unwrap()));
            assert_eq!(found, expected, "{country} under {:?}", residency.regimes);
        }
    }

    fn gdpr_and(yaml: &str) -> Residency {
        let specs = ["{}", yaml].map(|yaml| {
            serde_saphyr::from_str::<CompliancePolicySpec>(&format!("residency: {yaml}")).unwrap()
        });
        Policy::compose(&specs).residency
    }

    #[test]
    fn workloads_run_where_the_law_is_at_home_or_as_the_policy_says() {
        for (yaml, allowed, refused) in [
            ("{}", "DE NO RE", "GB CH US XX"),
            (r#"{allowedCountries: ["DE", "US"]}"#, "DE", "NL US"),
            ("{workloads: Adequate}", "DE GB CH", "US JP IN"),
            (r#"{workloads: Listed, allowedCountries: ["US"]}"#, "US", "DE"),
            ("{workloads: Listed}", "", "DE US"),
            ("{regime: UK-GDPR}", "GB DE", "US CH"),
            (r#"{regime: Custom, allowedCountries: ["US"]}"#, "US", "DE"),
        ] {
            let residency = residency(yaml);
            let may = |country: &str| ask(|query| may_run_in(query, &residency, country.parse().unwrap()));
            for country in allowed.split_whitespace() {
                assert!(may(country), "{country} under {yaml}");
            }
            for country in refused.split_whitespace() {
                assert!(!may(country), "{country} under {yaml}");
            }
        }
    }
}
