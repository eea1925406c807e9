//! Where workloads run.

use std::collections::{BTreeMap, BTreeSet};

use super::query::Query;
use super::scope::Scope;
use crate::facts::{Key, Kind, Name, ObjectRef, Pin};
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

/// The nodes on which pods of the workload run, by way of ReplicaSets and Jobs. None of these owns another of its own
/// kind, so the way ends.
fn nodes_of(query: &Query<'_>, workload: &ObjectRef) -> BTreeSet<Name> {
    let (mut nodes, mut open) = (BTreeSet::new(), vec![workload.clone()]);
    while let Some(id) = open.pop() {
        if id.kind == Kind::Pod {
            nodes.extend(query.pod(&id).here().and_then(|pod| pod.node));
        } else {
            open.extend(query.members(Key::OwnedBy(id)));
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
            at: if workload.kind == Kind::Pod { "the pod" } else { "the pod template" }.to_owned(),
            why: "no pod runs yet, and neither nodeSelector nor required node affinity names a region"
                .to_owned(),
            remedy:
                "pin it with a nodeSelector on topology.kubernetes.io/region, or name the cluster's regions \
                     in residency.regions of a policy"
                    .to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::Bench;

    #[test]
    fn owners_that_lead_in_a_circle_are_none() {
        let bench = Bench::new(
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: cx, labels: {cxguard.dev/protected: 'true'}}\n---\n\
             apiVersion: cxguard.dev/v1alpha1\nkind: DataFlow\nmetadata: {name: f, namespace: cx}\n\
             spec: {workloads: {selector: {}}}\n---\n\
             apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: j\n  namespace: cx\n  ownerReferences:\n  \
             - {apiVersion: batch/v1, kind: Job, name: j, uid: u, controller: true}\n",
        );
        assert_eq!(bench.findings(4, "Job/cx/j").len(), 1);
    }
}
