//! What is said of a grant: for the list, and in full.

use std::fmt::Write as _;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use serde::Serialize;

use super::paths::phase;
use super::text::{field, line};
use crate::api::{AccessGrant, AccessGrantStatus, Phase, ReportedFinding, conditions};
use crate::engine::subject_of;
use crate::facts::{Kind, ObjectRef};
use crate::values::Instant;

/// A grant in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Where it stands; `-` if nobody has judged it.
    pub phase: String,
    /// To whom.
    pub subject: String,
    /// Who may fetch the tokens of the account that is issued for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_to: Option<String>,
    /// Which role.
    pub role: String,
    /// Until when access is given or, before that, asked for; `-` without an end.
    pub until: String,
    /// What it waits for, or why it ended.
    pub why: String,
    /// Where one user was asked about: why they get nothing of what it gives their group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// The rows of a list, in the order in which the grants come.
pub fn rows<'g>(grants: impl IntoIterator<Item = &'g AccessGrant>) -> Vec<Row> {
    grants.into_iter().map(row).collect()
}

/// The row of one.
pub(super) fn row(grant: &AccessGrant) -> Row {
    Row {
        namespace: grant.metadata.namespace.clone().unwrap_or_default(),
        name: grant.metadata.name.clone().unwrap_or_default(),
        phase: phase(grant).map_or_else(|| "-".to_owned(), |phase| phase.to_string()),
        subject: given_to(grant),
        role: format!("{}/{}", grant.spec.role.kind, grant.spec.role.name),
        until: end(grant).map_or_else(|| "-".to_owned(), |end| end.to_string()),
        why: why(grant),
        issued_to: grant.spec.issued_to.as_ref().map(|holder| format!("{} {}", holder.kind, holder.name)),
        left_out: Vec::new(),
    }
}

/// To whom a grant gives: `User ann@corp.example`, `ServiceAccount cx/sender`.
pub(super) fn given_to(grant: &AccessGrant) -> String {
    let namespace = grant.metadata.namespace.as_deref().unwrap_or_default();
    let name = grant.metadata.name.as_deref().unwrap_or_default();
    subject_of(&ObjectRef::namespaced(Kind::AccessGrant, namespace, name), &grant.spec).to_string()
}

fn end(grant: &AccessGrant) -> Option<Instant> {
    grant.status.as_ref().and_then(|status| status.deadline).or(grant.spec.expires_at)
}

/// Where a grant stands, and why, in the operator's words.
pub fn standing(grant: &AccessGrant) -> (Option<Phase>, String) {
    (phase(grant), why(grant))
}

/// What a grant waits for, or how its access ended, in the operator's words.
pub(super) fn why(grant: &AccessGrant) -> String {
    let Some(status) = &grant.status else { return NOT_JUDGED.to_owned() };
    if status.common.observed_generation != grant.metadata.generation {
        return "the last change is not judged yet".to_owned();
    }
    let ready = status.common.conditions.iter().find(|condition| condition.type_ == conditions::READY);
    ready.map_or_else(|| NOT_JUDGED.to_owned(), |ready| ready.message.clone())
}

const NOT_JUDGED: &str = "not judged yet: the operator has said nothing of it";

/// Everything that matters of a grant, for people.
pub fn describe(grant: &AccessGrant) -> String {
    let metadata = &grant.metadata;
    let name = metadata.name.as_deref().unwrap_or_default();
    let mut text = String::new();
    line(&mut text, &format!("AccessGrant {}/{name}", metadata.namespace.as_deref().unwrap_or_default()));
    let stands = match phase(grant) {
        Some(phase) => format!("{phase}: {}", why(grant)),
        None => why(grant),
    };
    field(&mut text, "phase", &stands);
    wanted(&mut text, grant);
    if let Some(status) = &grant.status {
        given(&mut text, status);
        findings(&mut text, &status.common.findings);
    }
    field(&mut text, "generation", &metadata.generation.unwrap_or_default().to_string());
    text
}

/// What was asked for, by whom, and who agreed.
fn wanted(text: &mut String, grant: &AccessGrant) {
    let spec = &grant.spec;
    field(text, "who", &given_to(grant));
    if let Some(holder) = &spec.issued_to {
        field(text, "issued to", &format!("{} {}", holder.kind, holder.name));
    }
    field(text, "role", &format!("{}/{}", spec.role.kind, spec.role.name));
    field(text, "data form", &spec.data_form.map_or_else(|| "not said".to_owned(), |form| form.to_string()));
    field(text, "reason", spec.reason.as_deref().unwrap_or("none given"));
    if spec.emergency == Some(true) {
        field(
            text,
            "asked as",
            "an emergency: it may be approved by who asked for it, where a policy allows that",
        );
    }
    if let Some(start) = spec.starts_at {
        field(text, "starts", &start.to_string());
    }
    let asked = spec.expires_at.map_or_else(|| "without an end".to_owned(), |end| end.to_string());
    field(text, "asked until", &asked);
    field(text, "requested", &format!("by {}", spec.requested_by.as_deref().unwrap_or("nobody named")));
    let approved = spec.approval.as_ref().map(|approval| format!("by {} at {}", approval.by, approval.at));
    field(text, "approved", approved.as_deref().unwrap_or("not yet"));
    if let Some(day) = spec.reviewed_on {
        let by = spec.reviewed_by.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
        field(text, "reviewed", &format!("{day}{by}"));
    }
    if let Some(revoked) = &spec.revoked {
        field(text, "revoked", revoked.reason.as_deref().unwrap_or("without a reason"));
    }
}

/// Whether access was given in an emergency, and nobody else has looked at it yet.
pub fn is_to_be_reviewed(grant: &AccessGrant) -> bool {
    grant.status.as_ref().and_then(emergency).is_some_and(|told| told.status == "True")
}

/// What the operator says of an emergency: by whom it was approved, and by when somebody else reviews it.
fn emergency(status: &AccessGrantStatus) -> Option<&Condition> {
    status.common.conditions.iter().find(|told| told.type_ == conditions::EMERGENCY)
}

/// What came of it.
fn given(text: &mut String, status: &AccessGrantStatus) {
    if let Some(end) = status.deadline {
        let cause = status.deadline_cause.map(|cause| format!(" ({cause})")).unwrap_or_default();
        field(text, "ends", &format!("{end}{cause}"));
    }
    if let Some(told) = emergency(status) {
        field(text, "emergency", &told.message);
    }
    for left_out in &status.excluded {
        field(text, "without", &format!("Person/{}: {}", left_out.person, left_out.reasons.join("; ")));
    }
    let ended = status.revocation.as_ref().filter(|_| status.phase != Some(Phase::Active));
    // Without an instant, no access was given that could have ended.
    let Some((end, at)) = ended.and_then(|end| Some((end, end.at?))) else { return };
    let cause = end.cause.map(|cause| format!(" ({cause})")).unwrap_or_default();
    let due = end.due_at.filter(|due| *due != at).map(|due| format!(", due at {due}")).unwrap_or_default();
    field(text, "ended", &format!("at {at}{cause}{due}"));
    let denied = end.verified.map_or_else(|| "not asked yet".to_owned(), |denied| denied.to_string());
    field(text, "denied now", &denied);
    for left in &end.residual {
        field(text, "still open", left);
    }
    for retained in &end.retained {
        field(text, "retained", retained);
    }
}

fn findings(text: &mut String, findings: &[ReportedFinding]) {
    for finding in findings {
        let path = finding.path.as_deref().map(|path| format!(" {path}")).unwrap_or_default();
        let object = finding.object.as_deref().map(|object| format!(" of {object}")).unwrap_or_default();
        let set_aside = if finding.exempted == Some(true) { ", exempted" } else { "" };
        let mut said = format!("{} ({}{set_aside}){path}{object}: ", finding.rule, finding.mode);
        let _ = write!(said, "{}", finding.message);
        field(text, "finding", &said);
        if let Some(remedy) = &finding.remedy {
            field(text, "  remedy", remedy);
        }
    }
}
