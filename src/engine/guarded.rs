//! Whether the API server asks the webhooks about the namespaces that a policy selects.
//!
//! A policy selects namespaces by its own selector, and the webhooks by that of the installation. Where the two differ,
//! what the policy enforces is found and not refused. What the webhooks select, their configurations on the API server
//! say, whoever wrote them last; files do not hold them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::applied::{labels_of, selected, selects_namespace};
use super::query::Query;
use crate::api::LabelSelector;
use crate::facts::{Fact, Key, Labels, Name, ObjectRef, Webhook, selects};

/// The webhooks that are asked about what is in a namespace: of our own kinds everywhere, of the rest where the
/// installation says.
const EVERYWHERE: [&str; 1] = ["objects.cxguard.dev"];
const WHERE_PROTECTED: [&str; 5] = [
    "access.cxguard.dev",
    "pin.cxguard.dev",
    "placement.cxguard.dev",
    "sessions.cxguard.dev",
    "workloads.cxguard.dev",
];

/// Beside the operator's own, the namespace about which no webhook is asked, so that the cluster can come up.
const NEVER_ASKED: &str = "kube-system";

/// Whether the webhooks are asked about the namespaces that a policy selects. Those about which none is ever asked are
/// left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guarded {
    /// Each of them about each.
    Whole,
    /// Some of them not, or not about each.
    Partly(Gaps),
    /// It cannot be told: which configurations cannot be read, and why.
    Unreadable(BTreeSet<String>),
    /// There is no configuration.
    NotInstalled,
    /// The policy selects none.
    NothingSelected,
}

/// What is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// The webhooks that the configurations lack, in order.
    pub missing: BTreeSet<&'static str>,
    /// The webhooks that leave a namespace out, in order.
    pub narrow: BTreeSet<&'static str>,
    /// The namespaces that they leave out, in order.
    pub left_out: BTreeSet<Name>,
}

impl Gaps {
    /// Whether every webhook whose namespaces the installation chooses leaves something out.
    pub fn is_of_all(&self) -> bool {
        WHERE_PROTECTED.iter().all(|door| self.narrow.contains(door))
    }
}

/// How many namespaces hold customer data, and how many of them are not in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protected {
    /// All of them.
    pub namespaces: u64,
    /// Those about which a webhook is not asked.
    pub unguarded: u64,
    /// Those that no policy selects: they are labelled, and the built-in demands apply.
    pub without_policy: u64,
}

fn doors() -> impl Iterator<Item = &'static str> {
    EVERYWHERE.into_iter().chain(WHERE_PROTECTED)
}

/// The namespaces that each webhook selects, by its name.
struct Doors(BTreeMap<Name, LabelSelector>);

impl Doors {
    /// Those of the configurations; nothing if there is none.
    fn of(query: &Query<'_>) -> Option<Self> {
        let configurations = query.members(Key::Webhooks);
        let webhooks = configurations.iter().filter_map(|id| webhooks(query, id));
        let doors = webhooks.flat_map(|webhooks| {
            let selectors = webhooks.iter().map(|webhook| (webhook.name.clone(), webhook.namespaces.clone()));
            selectors.collect::<Vec<_>>()
        });
        let doors = Self(doors.collect());
        (!configurations.is_empty()).then_some(doors)
    }

    /// Whether a webhook is asked about a namespace with these labels; nothing if there is no such webhook.
    fn asks(&self, door: &str, labels: &Labels) -> Option<bool> {
        self.0.get(door).map(|selector| selects(selector, labels))
    }
}

fn webhooks(query: &Query<'_>, configuration: &ObjectRef) -> Option<Arc<[Webhook]>> {
    let found = query.object(configuration, |fact| match fact {
        Fact::Webhooks(webhooks) => Some(Arc::clone(webhooks)),
        _ => None,
    });
    found.here()
}

/// Why configurations cannot be read.
fn unreadable(query: &Query<'_>) -> BTreeSet<String> {
    let configurations = query.members(Key::Webhooks).into_iter();
    let unreadable = configurations.filter_map(|id| query.unreadable(&id));
    unreadable
        .flat_map(|why| why.problems.iter().map(|one| one.problem.clone()).collect::<Vec<_>>())
        .collect()
}

fn is_asked_about(query: &Query<'_>, namespace: &str) -> bool {
    namespace != NEVER_ASKED && namespace != query.operator_namespace()
}

/// Whether the webhooks are asked about the namespaces of a policy; nothing if it cannot be read.
pub(super) fn of(query: &Query<'_>, policy: &ObjectRef) -> Option<Guarded> {
    let spec = query.policy_object(&policy.name).here()?;
    let mut namespaces = selected(query, &spec);
    namespaces.retain(|name| is_asked_about(query, name));
    if namespaces.is_empty() {
        return Some(Guarded::NothingSelected);
    }
    let unreadable = unreadable(query);
    if !unreadable.is_empty() {
        return Some(Guarded::Unreadable(unreadable));
    }
    let Some(installed) = Doors::of(query) else { return Some(Guarded::NotInstalled) };
    let mut gaps = Gaps::default();
    for name in namespaces {
        let labels = labels_of(query, &name);
        for door in doors() {
            match installed.asks(door, &labels) {
                Some(true) => {}
                Some(false) => {
                    gaps.narrow.insert(door);
                    gaps.left_out.insert(name.clone());
                }
                None => drop(gaps.missing.insert(door)),
            }
        }
    }
    Some(if gaps == Gaps::default() { Guarded::Whole } else { Guarded::Partly(gaps) })
}

impl Query<'_> {
    /// How many namespaces hold customer data, and how many of them are not in order.
    pub fn count_protected(&self) -> Protected {
        let installed = Doors::of(self);
        let policies = self.members(Key::Policies).into_iter();
        let policies: Vec<_> = policies.filter_map(|id| self.policy_object(&id.name).here()).collect();
        let mut count = Protected::default();
        for name in &*self.protected() {
            let labels = labels_of(self, name);
            let asks = |door| installed.as_ref().and_then(|doors| doors.asks(door, &labels)) == Some(true);
            let guarded = !is_asked_about(self, name) || doors().all(asks);
            let governed = policies.iter().any(|spec| selects_namespace(spec, &labels));
            count.namespaces += 1;
            count.unguarded += u64::from(!guarded);
            count.without_policy += u64::from(!governed);
        }
        count
    }
}

#[cfg(test)]
mod tests;
