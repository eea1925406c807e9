//! What the laws say of a country, at the time of the query.

use crate::api::{Regime, WorkloadPlaces};
use crate::engine::{Query, Residency};
use crate::reference::{self, Adequacy, Jurisdiction, Standing, reference};
use crate::values::Country;

/// How a country stands under all the regimes of a policy, the least of them counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Protection {
    /// A third country: a transfer needs a mechanism.
    None,
    /// It was adequate, and the decision has run out.
    Lapsed,
    /// Adequate for some importers only.
    Partial,
    /// Adequate.
    Adequate,
    /// The law itself is in force there.
    Domestic,
}

/// The laws behind the regimes; a Custom regime names countries and no law.
fn laws(residency: &Residency) -> impl Iterator<Item = reference::Regime> {
    residency.regimes.iter().filter_map(|regime| match regime {
        Regime::Gdpr => Some(reference::Regime::Gdpr),
        Regime::UkGdpr => Some(reference::Regime::UkGdpr),
        Regime::Fadp => Some(reference::Regime::Fadp),
        Regime::Custom => None,
    })
}

/// How a country stands. Without a law, under Custom alone, the listed countries are as good as domestic.
pub(crate) fn protection(query: &Query<'_>, residency: &Residency, country: Country) -> Protection {
    let Some(jurisdiction) = reference().country(country) else { return Protection::None };
    let by_law = laws(residency).map(|law| standing(query, jurisdiction, law)).min();
    by_law.unwrap_or_else(|| if listed(residency, country) { Protection::Domestic } else { Protection::None })
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
        Protection::None
    } else if adequacy.until.is_some_and(|until| query.is_over(until)) {
        Protection::Lapsed
    } else {
        holds
    }
}

fn listed(residency: &Residency, country: Country) -> bool {
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
