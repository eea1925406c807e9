//! How findings name countries and enumerate.

use std::fmt::Display;

use crate::api::WorkloadPlaces;
use crate::engine::Residency;
use crate::facts::{Kind, ObjectRef};
use crate::reference::reference;
use crate::values::Country;

/// `United States (US)`.
pub(crate) fn named(country: Country) -> String {
    match reference().country(country) {
        Some(jurisdiction) => format!("{} ({country})", jurisdiction.name),
        None => country.to_string(),
    }
}

/// The first few items, and how many more there are: a message must stay readable with a thousand nodes.
pub(crate) fn few<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    const SHOWN: usize = 3;
    let mut items = items.into_iter();
    let shown = joined(items.by_ref().take(SHOWN));
    match items.count() {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}

/// All items, separated by commas.
pub(crate) fn joined<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

/// `GDPR`, or all of them where policies name several.
pub(crate) fn regimes(residency: &Residency) -> String {
    joined(&residency.regimes)
}

/// What `allowedCountries` lists, if it is set.
pub(crate) fn allowed_countries(residency: &Residency) -> Option<String> {
    let allowed = residency.allowed_countries.as_ref()?;
    Some(if allowed.is_empty() { "no country".to_owned() } else { joined(allowed) })
}

/// Where workloads may run and volumes may be, and by which fields of the policy.
pub(crate) fn allowed(residency: &Residency) -> String {
    let each = residency.workloads.iter().map(|places| match places {
        WorkloadPlaces::Eea => format!("the home area of {}", regimes(residency)),
        WorkloadPlaces::Adequate => format!("what {} regards as adequate", regimes(residency)),
        WorkloadPlaces::Listed => "what allowedCountries lists".to_owned(),
    });
    let workloads = format!("{} (residency.workloads: {})", joined(each), joined(&residency.workloads));
    match allowed_countries(residency) {
        Some(countries) => format!("{workloads}, narrowed to {countries} (residency.allowedCountries)"),
        None => workloads,
    }
}

/// The field of a workload that says where its pods may run.
pub(crate) fn pod_spec(workload: &ObjectRef) -> &'static str {
    match workload.kind {
        Kind::Pod => "/spec",
        Kind::CronJob => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_cut() {
        assert_eq!(few(["a"]), "a");
        assert_eq!(few(["a", "b", "c"]), "a, b, c");
        assert_eq!(few(["a", "b", "c", "d", "e"]), "a, b, c, and 2 more");
    }

    #[test]
    fn a_country_is_named_if_it_is_one() {
        assert_eq!(named("US".parse().unwrap()), "United States (US)");
        assert_eq!(named("XX".parse().unwrap()), "XX");
    }
}
