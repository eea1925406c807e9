//! In which regions workloads may run, and where pods are held to if a policy asks for it (`residency.pin`).

use std::collections::BTreeSet;

use super::law::may_run_in;
use super::policy::Residency;
use super::query::Query;
use crate::facts::ObjectRef;
use crate::reference::{Hints, NodeLabels, reference};
use crate::rules::Code;

/// The rule on where workloads run. Where it is set aside, nothing is held.
const PLACE: Code = Code(101);

/// Whether a workload may run in a region of the cluster's provider, or one of one's own. A region that is not known is not
/// allowed.
pub(crate) fn allows_region<'q>(query: &'q Query<'_>, residency: &'q Residency) -> impl Fn(&str) -> bool {
    let overrides = residency.overrides();
    move |region| {
        let hints = Hints { provider: residency.provider(), overrides: &overrides };
        let labels = NodeLabels { provider_id: None, region: Some(region), zone: None };
        reference().node(&labels, &hints).is_ok_and(|country| may_run_in(query, residency, country))
    }
}

/// The regions in which pods may run, of those that the policy says the cluster has, or else of all that its provider
/// has and of one's own. None is known to be allowed: pods cannot be held to any.
pub(crate) fn pinned_regions<'r>(query: &Query<'_>, residency: &'r Residency) -> BTreeSet<&'r str> {
    let allows = allows_region(query, residency);
    let is_allowed = |region: &&str| allows(region);
    if let Some(regions) = &residency.regions {
        return regions.iter().map(String::as_str).filter(is_allowed).collect();
    }
    let known = reference().regions_of(residency.provider().unwrap_or_default()).into_iter();
    known.chain(residency.region_overrides.keys().map(String::as_str)).filter(is_allowed).collect()
}

/// Whether policy holds the pods of a workload to allowed regions: it asks for that, and no exemption lets the workload
/// run elsewhere.
pub(crate) fn is_pinned(query: &Query<'_>, workload: &ObjectRef, residency: &Residency) -> bool {
    residency.pin && !query.sets_aside(workload, PLACE)
}
