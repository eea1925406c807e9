//! What is known of one object: only the fields that some rule reads.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::access::{Binding, GrantEnd, GrantFact, Role, role_of};
use super::id::{Kind, Name, ObjectRef};
use super::incident::Contains;
use super::key::Key;
use super::place::{Node, Pod, Runs};
use super::slice::Slice;
use super::traffic::{Egress, Mentions};
use super::volume::{Claim, Storage};
use super::webhook::Webhook;
use super::workload::{Namespace, Workload};
use crate::api::{
    AccessGrantSpec, CompliancePolicySpec, DataFlowSpec, Destination, ExemptionSpec, IncidentPlanSpec,
    IncidentSpec, PersonSpec, SurveySpec, VendorSpec,
};
use crate::links::hosts_in;

/// Why an object cannot be read: one field of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// The field, as a JSON pointer such as `/spec/agreement/signedOn`; empty where the whole object is meant.
    pub path: String,
    /// What is wrong with it.
    pub problem: String,
}

/// `/spec/country: expected a string`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.problem)
    }
}

/// An object that exists and cannot be read: a violation of its schema.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unreadable {
    /// What is wrong with it, in order.
    pub problems: Vec<Problem>,
    /// Of a person: the usernames that could be read all the same. Papers that cannot be read must not look like
    /// no person at all.
    pub usernames: Vec<Name>,
    /// Of a person: the groups, likewise.
    pub groups: Vec<Name>,
    /// Of an incident: what it contains, likewise. A slip of the pen must not give suspended access back.
    pub contains: Option<Contains>,
}

/// A scalar in a file that the API server reads otherwise than people do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ambiguity {
    /// The field, as a JSON pointer.
    pub path: String,
    /// The scalar as it is written.
    pub text: String,
    /// What the API server reads, as JSON.
    pub read: String,
    /// Whether it is the field's key, and not what the field holds.
    pub key: bool,
    /// Where it is written, in bytes of its document: a key and what it holds have one path, and so have `on` and `"on"`.
    pub at: Range<usize>,
}

impl Ambiguity {
    /// What people are told of it.
    pub(crate) fn told(&self) -> String {
        let Self { text, read, key, .. } = self;
        let what = if *key { "the key " } else { "" };
        format!("{what}{text} is read as {read} by the API server")
    }
}

/// What is known of one object.
///
/// Our own kinds are kept as their spec: it is what the rules read. Of foreign kinds a few fields remain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fact {
    /// A policy.
    Policy(Arc<CompliancePolicySpec>),
    /// A vendor.
    Vendor(Arc<VendorSpec>),
    /// A person.
    Person(Arc<PersonSpec>),
    /// A data flow.
    Flow(Arc<DataFlowSpec>),
    /// A survey.
    Survey(Arc<SurveySpec>),
    /// A grant, with what its status remembers.
    Grant(Arc<GrantFact>),
    /// An incident plan.
    Plan(Arc<IncidentPlanSpec>),
    /// An incident.
    Incident(Arc<IncidentSpec>),
    /// An exemption.
    Exemption(Arc<ExemptionSpec>),
    /// The recorded end of a grant.
    GrantEnd(GrantEnd),
    /// A namespace.
    Namespace(Arc<Namespace>),
    /// A node.
    Node(Node),
    /// A pod.
    Pod(Pod),
    /// An object that only links its dependants to its own controller.
    Link(ObjectRef),
    /// A workload.
    Workload(Arc<Workload>),
    /// A Role or ClusterRole.
    Role(Arc<Role>),
    /// A RoleBinding or ClusterRoleBinding.
    Binding(Arc<Binding>),
    /// A service account: the grant that the operator made it for, if it did.
    Account(Option<Name>),
    /// A Service that stands for a host elsewhere: that host.
    ExternalName(Name),
    /// The hosts and links that an object names, of which nothing else is kept.
    Mentions(Arc<Mentions>),
    /// What a NetworkPolicy says of egress.
    Egress(Egress),
    /// A volume claim.
    Claim(Claim),
    /// A volume, or a storage class.
    Storage(Arc<Storage>),
    /// The webhooks of a configuration.
    Webhooks(Arc<[Webhook]>),
    /// The object exists, but not in a shape that can be judged.
    Unreadable(Arc<Unreadable>),
}

impl Fact {
    /// The index keys under which the object is found. A pure function of the fact, so that putting it in and
    /// taking it out cannot disagree.
    pub(crate) fn index_keys(&self, id: &ObjectRef) -> BTreeSet<Key> {
        let mut keys = BTreeSet::new();
        // Also what cannot be read belongs to its collection: it must not vanish from a judgement in silence.
        match id.kind {
            Kind::CompliancePolicy => drop(keys.insert(Key::Policies)),
            Kind::DataFlow => drop(keys.insert(Key::FlowsIn(id.namespace.clone()))),
            Kind::Survey => drop(keys.insert(Key::SurveysIn(id.namespace.clone()))),
            Kind::IncidentPlan => drop(keys.insert(Key::Plans)),
            Kind::RoleBinding => {
                keys.insert(Key::BindingsIn(id.namespace.clone()));
                keys.extend(access_in(id));
            }
            Kind::ClusterRoleBinding => drop(keys.insert(Key::BindingsIn(id.namespace.clone()))),
            Kind::Ingress | Kind::HttpRoute => drop(keys.insert(Key::RoutesIn(id.namespace.clone()))),
            Kind::Namespace => drop(keys.insert(Key::Namespaces)),
            kind if kind.is_of_webhooks() => drop(keys.insert(Key::Webhooks)),
            _ => {}
        }
        match self {
            Self::Flow(spec) => keys.extend(vendors_of(spec).map(|vendor| Key::FlowsTo(vendor.into()))),
            Self::Person(spec) => {
                keys.extend(spec.usernames.iter().map(|name| Key::Username(name.as_str().into())));
                keys.extend(spec.groups.iter().map(|name| Key::Member(name.as_str().into())));
                keys.extend(spec.vendor.iter().map(|firm| Key::PeopleOf(firm.as_str().into())));
            }
            Self::Grant(grant) => keys.extend(keys_of_grant(id, &grant.spec)),
            Self::Survey(spec) => {
                keys.extend(spec.vendor.iter().map(|vendor| Key::SurveysOf(vendor.as_str().into())));
            }
            Self::Incident(spec) => {
                keys.extend(spec.flows.iter().map(|flow| Key::IncidentsIn(flow.namespace.as_str().into())));
            }
            Self::Exemption(spec) => keys.extend(exempted(spec).map(Key::ExemptionsFor)),
            Self::Vendor(vendor) => {
                keys.extend(vendor.endpoints.iter().map(|host| Key::Endpoint(endpoint(host))));
            }
            Self::Claim(_) => drop(keys.insert(Key::ClaimsIn(id.namespace.clone()))),
            Self::Egress(_) => drop(keys.insert(Key::EgressIn(id.namespace.clone()))),
            Self::Pod(Pod { runs: Runs::For(owner), .. }) | Self::Link(owner) => {
                keys.insert(Key::OwnedBy(owner.clone()));
            }
            Self::Workload(workload) | Self::Pod(Pod { runs: Runs::Alone(workload), .. }) => {
                keys.insert(Key::WorkloadsIn(id.namespace.clone()));
                keys.extend(workload.has_volumes().then(|| Key::ClaimantsIn(id.namespace.clone())));
                keys.extend(workload.owner.clone().map(Key::OwnedBy));
            }
            Self::Binding(binding) => keys.extend(keys_of_binding(id, binding)),
            Self::Unreadable(what) => {
                keys.extend(what.usernames.iter().cloned().map(Key::Username));
                keys.extend(what.groups.iter().cloned().map(Key::Member));
                let contained = what.contains.iter().flat_map(|contains| &contains.namespaces);
                keys.extend(contained.cloned().map(Key::IncidentsIn));
            }
            _ => {}
        }
        keys
    }
}

fn keys_of_grant(id: &ObjectRef, spec: &AccessGrantSpec) -> Vec<Key> {
    let mut keys = vec![Key::GrantsIn(id.namespace.clone()), Key::GrantsOf(role_of(id, spec))];
    keys.extend(access_in(id));
    let signed = spec.approval.as_ref().filter(|_| spec.emergency == Some(true));
    keys.extend(signed.map(|approval| Key::EmergenciesBy(approval.by.as_str().into())));
    let to = spec.issued_to.iter().map(|to| &to.name).chain([&spec.subject.name]);
    for name in to.map(|name| Name::from(name.as_str())) {
        keys.extend(signed.map(|_| Key::EmergenciesTo(name.clone())));
        keys.extend([Key::GrantsTo(name.clone()), Key::GrantsInTo(id.namespace.clone(), name)]);
    }
    keys
}

fn keys_of_binding(id: &ObjectRef, binding: &Binding) -> Vec<Key> {
    let mut keys = vec![Key::BindingsOf(binding.role.clone())];
    if id.kind == Kind::ClusterRoleBinding {
        keys.push(Key::ClusterBindingsOf(binding.role.clone()));
    }
    let names = binding.subjects.iter().map(|subject| subject.name.clone());
    keys.extend(names.map(|name| Key::BindingsInTo(id.namespace.clone(), name)));
    keys
}

/// Where a binding or a grant is found as one of what gives access in its namespace.
fn access_in(id: &ObjectRef) -> impl Iterator<Item = Key> {
    Slice::of(id).into_iter().map(|slice| Key::AccessIn(id.namespace.clone(), slice))
}

/// An endpoint of a vendor as hosts are compared: in lower case, without the root's dot, and without what surrounds the
/// host where somebody gives a URL, a port, or a wildcard for what is below it.
fn endpoint(stated: &str) -> Name {
    let stated = stated.trim_start_matches("*.");
    let host = hosts_in(stated).next();
    host.unwrap_or_else(|| stated.trim_end_matches('.').to_ascii_lowercase()).into()
}

/// Where a flow takes data, each with its place in the flow as a JSON pointer: the destinations, and who holds the
/// index and computes the embeddings of its retrieval.
pub(crate) fn destinations(flow: &DataFlowSpec) -> impl Iterator<Item = (String, &Destination)> {
    let to = flow.to.iter().enumerate().map(|(at, to)| (format!("/spec/to/{at}"), to));
    let retrieval = flow.ai.iter().filter_map(|ai| ai.retrieval.as_ref()).flat_map(|retrieval| {
        let index = retrieval.index.as_ref().map(|index| ("/spec/ai/retrieval/index".to_owned(), index));
        let embeddings = retrieval.embeddings.as_ref();
        index.into_iter().chain(embeddings.map(|held| ("/spec/ai/retrieval/embeddings".to_owned(), held)))
    });
    to.chain(retrieval)
}

/// The vendors to which a flow gives data.
pub(crate) fn vendors_of(flow: &DataFlowSpec) -> impl Iterator<Item = &str> {
    destinations(flow).filter_map(|(_, to)| to.vendor.as_deref())
}

/// The object for which an exemption sets rules aside, if its kind is known here.
pub(crate) fn exempted(exemption: &ExemptionSpec) -> Option<ObjectRef> {
    let subject = &exemption.subject;
    let namespace = subject.namespace.as_deref().unwrap_or_default();
    Some(ObjectRef::namespaced(Kind::named(&subject.kind)?, namespace, &subject.name))
}
