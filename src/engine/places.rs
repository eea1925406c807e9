//! Where workloads run.

use std::collections::{BTreeMap, BTreeSet};

use super::query::Query;
use super::scope::Scope;
use crate::facts::{Key, Kind, Name, ObjectRef, Pin, Pod};
use crate::reference::{Hints, NodeLabels, Unresolved, reference};
use crate::values::Country;

/// Where a workload runs, or would run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The countries, each with what shows it, such as `node ip-10-0-1-7` or `region eu-central-1`.
    pub countries: BTreeMap<Country, BTreeSet<String>>,
    /// What cannot be resolved: what shows it, why, and what to do.
    pub unknown: Vec<UnknownPlace>,
}

/// A place of which the country cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnknownPlace {
    /// What shows the place.
    pub at: String,
    /// Why its country cannot be told.
    pub why: String,
    /// What to do.
    pub remedy: String,
}

impl Places {
    fn add(&mut self, at: String, country: Result<Country, Unresolved>) {
        match country {
            Ok(country) => drop(self.countries.entry(country).or_default().insert(at)),
            Err(why) => {
                self.unknown.push(UnknownPlace { at, why: why.to_string(), remedy: why.remedy().to_owned() });
            }
        }
    }
}

/// Where a workload runs: by the nodes of its pods; without pods, by where its template may be scheduled.
pub(super) fn of(query: &Query<'_>, workload: &ObjectRef) -> Places {
    let policy = query.policy(&Scope::Namespace(workload.namespace.clone()));
    let overrides = policy.residency.overrides();
    let hints = Hints { provider: policy.residency.provider(), overrides: &overrides };
    let mut places = Places::default();
    let nodes = nodes_of(query, workload);
    for name in &nodes {
        let at = format!("node {name}");
        let Some(node) = query.node(name).here() else {
            places.unknown.push(UnknownPlace {
                at,
                why: "the node does not exist".to_owned(),
                remedy: "wait until the node is back or its pods are gone".to_owned(),
            });
            continue;
        };
        let labels = NodeLabels {
            provider_id: node.provider_id.as_deref(),
            region: node.region.as_deref(),
            zone: node.zone.as_deref(),
        };
        places.add(at, reference().node(&labels, &hints));
    }
    if nodes.is_empty() {
        declared(query, workload, policy.residency.regions.as_ref(), &hints, &mut places);
    }
    places.unknown.sort();
    places
}

/// The nodes on which pods of the workload run, by way of ReplicaSets and Jobs.
fn nodes_of(query: &Query<'_>, owner: &ObjectRef) -> BTreeSet<Name> {
    let mut nodes = BTreeSet::new();
    for owned in query.members(Key::OwnedBy(owner.clone())) {
        match owned.kind {
            Kind::Pod => {
                if let Some(Pod { node: Some(node), finished: false, .. }) = query.pod(&owned).here() {
                    nodes.insert(node);
                }
            }
            Kind::ReplicaSet | Kind::Job => nodes.extend(nodes_of(query, &owned)),
            _ => {}
        }
    }
    nodes
}

/// Where a workload without pods would run.
fn declared(
    query: &Query<'_>,
    workload: &ObjectRef,
    regions: Option<&BTreeSet<String>>,
    hints: &Hints<'_>,
    places: &mut Places,
) {
    let Some(fact) = query.workload(workload).here() else { return };
    let mut add = |region: &str, zone: Option<&str>| {
        let at =
            zone.map_or_else(|| format!("region {region}"), |zone| format!("zone {zone} of region {region}"));
        let labels = NodeLabels { provider_id: None, region: Some(region), zone };
        places.add(at, reference().node(&labels, hints));
    };
    match (&fact.pin, regions) {
        (Pin::Sites(sites), _) if !sites.is_empty() => {
            for site in sites {
                add(&site.region, site.zone.as_deref());
            }
        }
        (Pin::Anywhere, Some(regions)) if !regions.is_empty() => {
            for region in regions {
                add(region, None);
            }
        }
        _ => places.unknown.push(UnknownPlace {
            at: "the pod template".to_owned(),
            why: "no pod runs yet, and neither nodeSelector nor required node affinity names a region"
                .to_owned(),
            remedy:
                "pin it with a nodeSelector on topology.kubernetes.io/region, or name the cluster's regions \
                     in residency.regions of a policy"
                    .to_owned(),
        }),
    }
}
