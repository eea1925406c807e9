//! What of a fact may leave the cluster: what rules read of it when they judge other objects, and nothing else.

use std::sync::Arc;

use super::access::GrantFact;
use super::fact::{Fact, Problem, Unreadable};
use super::id::Kind;
use super::traffic::Mentions;
use crate::api::{
    DataFlowSpec, ExemptionSpec, IncidentPlanSpec, IncidentSpec, PersonSpec, SurveySpec, VendorSpec, stated,
};
use crate::links::{Hit, inspect};

/// Stands for a text of which rules only read that there is one.
const STATED: &str = "…";

/// Whether anything of a kind leaves the cluster.
///
/// Pods, and the ReplicaSets between them and their Deployment, say where something runs now, and what is checked is
/// about where it will run. Of Ingresses and HTTPRoutes no other object inherits anything. What the API server asks the
/// operator is of no concern to a check.
pub(crate) fn leaves(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Pod
            | Kind::ReplicaSet
            | Kind::Ingress
            | Kind::HttpRoute
            | Kind::ValidatingWebhookConfiguration
            | Kind::MutatingWebhookConfiguration
    )
}

/// A fact as it may leave the cluster; nothing of one that stays.
///
/// Names that rules compare remain; owners, contacts, references and free texts do not, nor what a link says of
/// somebody. The hosts and links of workloads are their own affair, and those of ConfigMaps that of who uses them.
pub(super) fn outside(kind: Kind, fact: Fact) -> Option<Fact> {
    if !leaves(kind) {
        return None;
    }
    Some(match fact {
        // The CronJob stands for it.
        Fact::Workload(workload) if workload.is_stood_for() => return None,
        Fact::Workload(workload) => {
            Fact::Workload(changed(workload, |workload| workload.mentions = Mentions::default()))
        }
        Fact::Policy(spec) => Fact::Policy(changed(spec, |policy| policy.owner = None)),
        Fact::Vendor(spec) => Fact::Vendor(changed(spec, vendor)),
        Fact::Person(spec) => Fact::Person(changed(spec, person)),
        Fact::Flow(spec) => Fact::Flow(changed(spec, flow)),
        Fact::Survey(spec) => Fact::Survey(changed(spec, survey)),
        Fact::Grant(grant) => Fact::Grant(changed(grant, grant_fact)),
        Fact::Plan(spec) => Fact::Plan(changed(spec, plan)),
        Fact::Incident(spec) => Fact::Incident(changed(spec, incident)),
        Fact::Exemption(spec) => Fact::Exemption(changed(spec, exemption)),
        Fact::Unreadable(why) => Fact::Unreadable(changed(why, unreadable)),
        fact => fact,
    })
}

fn changed<T: Clone>(mut value: Arc<T>, change: impl FnOnce(&mut T)) -> Arc<T> {
    change(Arc::make_mut(&mut value));
    value
}

/// Leaves of a text only that there is one.
fn only_stated(text: &mut Option<String>) {
    *text = stated(text.as_ref()).map(|_| STATED.to_owned());
}

fn vendor(spec: &mut VendorSpec) {
    spec.owner = None;
    spec.legal_name = None;
    spec.contacts = None;
    if let Some(agreement) = &mut spec.agreement {
        agreement.reference = None;
    }
}

fn person(spec: &mut PersonSpec) {
    spec.owner = None;
    if let Some(paper) = &mut spec.confidentiality {
        paper.reference = None;
    }
}

fn flow(spec: &mut DataFlowSpec) {
    spec.owner = None;
    spec.purpose = None;
}

/// A link that tells of somebody keeps its host.
fn survey(spec: &mut SurveySpec) {
    spec.owner = None;
    for text in &mut spec.links {
        let link = inspect(text);
        if link.hits.iter().any(Hit::is_value) {
            *text = format!("https://{}/", link.host.unwrap_or_default());
        }
    }
}

fn grant_fact(grant: &mut GrantFact) {
    let spec = &mut grant.spec;
    spec.owner = None;
    spec.reason = None;
    if let Some(revoked) = &mut spec.revoked {
        revoked.reason = None;
    }
}

fn plan(spec: &mut IncidentPlanSpec) {
    spec.owner = None;
    if let Some(contacts) = &mut spec.contacts {
        only_stated(&mut contacts.authority);
        only_stated(&mut contacts.data_protection_officer);
        only_stated(&mut contacts.csirt);
    }
}

fn incident(spec: &mut IncidentSpec) {
    spec.owner = None;
    spec.summary = None;
    only_stated(&mut spec.risk_rationale);
    only_stated(&mut spec.delay_reason);
}

fn exemption(spec: &mut ExemptionSpec) {
    spec.owner = None;
    spec.ticket = None;
    only_stated(&mut spec.reason);
    only_stated(&mut spec.approved_by);
}

/// What is wrong may be quoted from the object.
fn unreadable(why: &mut Unreadable) {
    for Problem { problem, .. } in &mut why.problems {
        "its status in the cluster says why".clone_into(problem);
    }
}

#[cfg(test)]
mod tests;
