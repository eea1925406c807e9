//! Where workloads run.

use std::collections::{BTreeMap, BTreeSet};

use super::pinned::{is_pinned, pinned_regions};
use super::policy::Residency;
use super::query::Query;
use super::scope::Scope;
use crate::facts::{Key, Kind, Name, ObjectRef, Pin, Site};
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
        on_node(query, name, &hints, &mut places);
    }
    if nodes.is_empty() {
        declared(query, workload, &policy.residency, &hints, &mut places);
    }
    places.unknown.sort();
    places
}

fn on_node(query: &Query<'_>, name: &Name, hints: &Hints<'_>, places: &mut Places) {
    let at = format!("node {name}");
    let Some(node) = query.node(name).here() else {
        places.unknown.push(UnknownPlace {
            at,
            why: "the node does not exist".to_owned(),
            remedy: "wait until the node is back or its pods are gone".to_owned(),
        });
        return;
    };
    let labels = NodeLabels {
        provider_id: node.provider_id.as_deref(),
        region: node.region.as_deref(),
        zone: node.zone.as_deref(),
    };
    places.add(at, reference().node(&labels, hints));
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
    residency: &Residency,
    hints: &Hints<'_>,
    places: &mut Places,
) {
    let Some(fact) = query.workload(workload).here() else { return };
    let is_pinned = is_pinned(query, workload, residency);
    let held = if is_pinned { pinned_regions(query, residency) } else { BTreeSet::new() };
    let mut add = |region: &str, zone: Option<&str>| {
        let at =
            zone.map_or_else(|| format!("region {region}"), |zone| format!("zone {zone} of region {region}"));
        let labels = NodeLabels { provider_id: None, region: Some(region), zone };
        places.add(at, reference().node(&labels, hints));
    };
    match &fact.pin {
        Pin::Node(node) => on_node(query, node, hints, places),
        Pin::Sites(sites) if sites.is_empty() => places.unknown.push(nowhere(workload)),
        Pin::Sites(sites) => {
            // What policy adds narrows it. Where that would leave nothing, what it asks for itself is what is wrong.
            let is_held = |site: &&Site| held.contains(&*site.region);
            let narrows = sites.iter().any(|site| is_held(&site));
            for site in sites.iter().filter(|site| !narrows || is_held(site)) {
                add(&site.region, site.zone.as_deref());
            }
        }
        Pin::Anywhere if !held.is_empty() => held.iter().for_each(|region| add(region, None)),
        Pin::Anywhere => match residency.regions.as_ref().filter(|regions| !regions.is_empty()) {
            Some(regions) => regions.iter().for_each(|region| add(region, None)),
            None => places.unknown.push(anywhere(workload)),
        },
    }
}

/// What shows the place of a workload without pods.
fn shown_by(workload: &ObjectRef) -> String {
    if workload.kind == Kind::Pod { "the pod" } else { "the pod template" }.to_owned()
}

fn anywhere(workload: &ObjectRef) -> UnknownPlace {
    UnknownPlace {
        at: shown_by(workload),
        why: "no pod runs yet, and neither nodeSelector nor required node affinity names a region".to_owned(),
        remedy:
            "pin it with a nodeSelector on topology.kubernetes.io/region, or name the cluster's regions in \
                 residency.regions of a policy"
                .to_owned(),
    }
}

fn nowhere(workload: &ObjectRef) -> UnknownPlace {
    UnknownPlace {
        at: shown_by(workload),
        why: "its nodeSelector and its required node affinity exclude each other, so no node fits".to_owned(),
        remedy: "let both allow the same region; where residency.pin is set, the affinity has the regions that are \
                 allowed"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::Bench;
    use crate::rules::{SOUND, policy};

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

    const SENDER: &str = "Deployment/cx/sender";

    fn sender(pods: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: sender, namespace: cx, labels: {{part-of: \
             feedback}}}}\nspec: {{template: {{spec: {pods}}}}}\n"
        )
    }

    #[test]
    fn what_policy_pins_runs_where_it_is_allowed() {
        let terms = |operator: &str| {
            format!(
                "affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: \
                 [{{matchExpressions: [{{key: topology.kubernetes.io/region, operator: {operator}, values: \
                 [eu-west-1, us-east-1]}}]}}]}}}}}}"
            )
        };
        let abroad = "nodeSelector: {topology.kubernetes.io/region: us-east-1}";
        for (residency, pods, unknown, outside, loose) in [
            ("{provider: aws}", String::new(), 1, 0, 1),
            ("{provider: aws, pin: true}", String::new(), 0, 0, 0),
            ("{provider: aws, pin: true, regions: [us-east-1, eu-west-1]}", String::new(), 0, 0, 0),
            // It could be sent to either, and is pinned to one of them.
            ("{provider: aws}", terms("In"), 0, 1, 0),
            ("{provider: aws, pin: true}", terms("In"), 0, 0, 0),
            // What is asked for is nowhere allowed: that is what is said.
            ("{provider: aws, pin: true}", abroad.to_owned(), 0, 1, 0),
            // Nothing is known to be allowed, so nothing is pinned.
            ("{pin: true}", String::new(), 1, 0, 1),
            ("{provider: aws, pin: true, regions: [us-east-1]}", String::new(), 0, 1, 1),
        ] {
            let pods = format!("{{{pods}}}");
            let bench = Bench::new(SOUND).with(&policy(residency)).with(&sender(&pods));
            let found = [4, 101, 102].map(|code| bench.findings(code, SENDER).len());
            assert_eq!(found, [unknown, outside, loose], "{residency} {pods}");
        }
    }

    #[test]
    fn what_excludes_itself_is_said_to() {
        let pods = "{nodeSelector: {topology.kubernetes.io/region: us-east-1}, affinity: {nodeAffinity: \
                    {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: \
                    topology.kubernetes.io/region, operator: In, values: [eu-west-1]}]}]}}}}";
        let found = Bench::new(SOUND).with(&sender(pods)).findings(4, SENDER).concat();
        assert!(found.contains("exclude each other"), "{found}");
    }

    #[test]
    fn a_template_that_names_a_node_runs_on_it() {
        let bench = Bench::new(SOUND).with(&sender("{nodeName: vir}"));
        assert!(bench.findings(4, SENDER).concat().contains("the node does not exist"));
        let bench = bench.with(
            "apiVersion: v1\nkind: Node\nmetadata: {name: vir, labels: {topology.kubernetes.io/region: us-east-1}}\n\
             spec: {providerID: 'aws:///us-east-1a/i-1'}\n",
        );
        assert_eq!([4, 101, 102].map(|code| bench.findings(code, SENDER).len()), [0, 1, 0]);
    }
}
