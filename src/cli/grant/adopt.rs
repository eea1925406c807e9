//! Access that somebody gave by hand, written as grants for review.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use jiff::Timestamp;
use k8s_openapi::api::rbac::v1::{ClusterRole, Role, RoleBinding, Subject};
use kube::ResourceExt as _;
use kube::api::Api;

use super::command;
use super::limits::Limits;
use super::request::{form, name_for};
use crate::api::{
    AccessGrant, AccessGrantSpec, DataForm, GrantSubject, RoleKind, RoleRef, SubjectKind, labels,
};
use crate::cli::clock::now;
use crate::cli::print::print;
use crate::cli::session::{Place, Session, refused};
use crate::engine::people;
use crate::render::visible::visible;
use crate::values::{Instant, Period, whole_seconds};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard grant adopt readers -n cx-feedback > grants.yaml
  cxguard grant adopt readers -n cx-feedback --data-form Pseudonymised --for 30d > grants.yaml
  cxguard check grants.yaml

Nothing is changed in the cluster: the grants are printed for review, one for each subject, in your own name. Warnings \
about subjects that no grant can be made for, and about a role that may not be granted, are on standard error.")]
pub(super) struct Arguments {
    /// The name of the RoleBinding
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    binding: String,

    /// The most that the access shows of a person: Aggregate, Anonymised, Pseudonymised or Identifiable; without it, left
    /// to be filled in
    #[arg(long, value_name = "FORM", value_parser = form)]
    data_form: Option<DataForm>,

    /// How long access lasts from now, such as 30d; without it, as long as the policies allow
    #[arg(id = "duration", long = "for", value_name = "PERIOD")]
    duration: Option<Period>,

    /// Who is warned before the end
    #[arg(long, value_name = "WHO")]
    owner: Option<String>,

    #[command(flatten)]
    place: Place,
}

pub(super) async fn main(arguments: &Arguments) -> Result<ExitCode> {
    let session = Session::at(&arguments.place).await?;
    let (namespace, name) = (&session.namespace, &arguments.binding);
    let bindings: Api<RoleBinding> = Api::namespaced(session.client.clone(), namespace);
    let what = format!("failed to read RoleBinding {namespace}/{name}");
    let binding = bindings.get(name).await.map_err(|error| refused(&what, &error))?;
    if binding.labels().contains_key(labels::GRANT_UID) {
        bail!("RoleBinding {namespace}/{name} was made for a grant: there is nothing to adopt");
    }
    let me = session.me().await?.name;
    let mut limits = Limits::read(&session).await?;
    let now = now();
    let adoption = Adoption { arguments, namespace, me: &me, limits: &limits, now };
    let mut adopted = adoption.of(&binding)?;
    if let (None, false) = (arguments.duration, limits.hidden.is_empty()) {
        let note = "the end is that of cxguard's defaults, and the policies may want an earlier one";
        adopted.warnings.push(format!("{note}: you may not list {}", limits.hidden.join(", ")));
    }
    let against = against(&session, &mut limits, &binding, &adopted.grants, now).await?;
    adopted.warnings.extend(against.iter().flatten().cloned().collect::<BTreeSet<String>>());
    for warning in &adopted.warnings {
        let _ = writeln!(std::io::stderr(), "warning: {}", visible(warning));
    }
    if adopted.grants.is_empty() {
        bail!("no grant can be made for any subject of RoleBinding {namespace}/{name}");
    }
    Ok(print(&text(&session, name, &adopted.grants, &against)?))
}

/// Grants for the subjects of a binding, and what is to be said of the others.
struct Adopted {
    grants: Vec<AccessGrant>,
    warnings: Vec<String>,
}

struct Adoption<'a> {
    arguments: &'a Arguments,
    namespace: &'a str,
    me: &'a str,
    limits: &'a Limits,
    now: Timestamp,
}

impl Adoption<'_> {
    fn of(&self, binding: &RoleBinding) -> Result<Adopted> {
        let mut adopted = Adopted { grants: Vec::new(), warnings: Vec::new() };
        let mut names = BTreeSet::new();
        let kind = if binding.role_ref.kind == "Role" { RoleKind::Role } else { RoleKind::ClusterRole };
        let role = RoleRef { kind, name: binding.role_ref.name.clone() };
        for subject in binding.subjects.iter().flatten() {
            let found = match self.subject(subject) {
                Ok(found) => found,
                Err(why) => {
                    adopted.warnings.push(format!("{} {}: {why}", subject.kind, subject.name));
                    continue;
                }
            };
            let base = name_for(&found.name, &role.name);
            let numbered = (2..).map(|number| format!("{base}-{number}"));
            let free = std::iter::once(base.clone()).chain(numbered).find(|name| !names.contains(name));
            let name = free.unwrap_or(base);
            names.insert(name.clone());
            let spec = self.spec(binding, found, role.clone(), &mut adopted.warnings)?;
            let mut grant = AccessGrant::new(&name, spec);
            grant.metadata.namespace = Some(self.namespace.to_owned());
            adopted.grants.push(grant);
        }
        Ok(adopted)
    }

    /// The subject as a grant names it, or why none can.
    fn subject(&self, subject: &Subject) -> Result<GrantSubject, &'static str> {
        let kind = match subject.kind.as_str() {
            "User" => SubjectKind::User,
            "Group" => SubjectKind::Group,
            "ServiceAccount" => SubjectKind::ServiceAccount,
            _ => return Err("it is of no kind that a grant can name"),
        };
        if kind == SubjectKind::ServiceAccount && subject.namespace.as_deref() != Some(self.namespace) {
            return Err(
                "it is a service account elsewhere, and a grant gives access to those of its own namespace: \
                        let the work be done by one of these",
            );
        }
        if kind != SubjectKind::ServiceAccount && subject.name.starts_with("system:") {
            return Err("it is everybody or a part of Kubernetes, to whom no access is granted: name people");
        }
        Ok(GrantSubject { kind, name: subject.name.clone() })
    }

    fn spec(
        &self,
        binding: &RoleBinding,
        subject: GrantSubject,
        role: RoleRef,
        warnings: &mut Vec<String>,
    ) -> Result<AccessGrantSpec> {
        let mut spec = AccessGrantSpec {
            owner: self.arguments.owner.clone(),
            subject,
            issued_to: None,
            role,
            data_form: self.arguments.data_form,
            emergency: None,
            reason: Some(format!("adopted from RoleBinding {}/{}", self.namespace, binding.name_any())),
            starts_at: None,
            expires_at: None,
            requested_by: Some(self.me.to_owned()),
            approval: None,
            reviewed_on: None,
            reviewed_by: None,
            revoked: None,
        };
        for name in self.limits.ask(self.now, |query| people(query, &spec).missing) {
            let how = if spec.subject.kind == SubjectKind::Group { "groups" } else { "usernames" };
            let why =
                format!("no Person that you may see has {name} among its {how}, so no papers are known");
            warnings.push(format!("{} {name}: {why}", spec.subject.kind));
        }
        let longest = || self.limits.longest(&spec, self.now);
        let lasts =
            self.arguments.duration.or_else(longest).context("no policy says how long access may last")?;
        let end = whole_seconds(lasts.after(self.now));
        spec.expires_at = Some(Instant::bounded(end).context("--for leads beyond the year 2199")?);
        Ok(spec)
    }
}

/// What enforced rules have against the role, for each of the grants: they are refused, or the role found too broad.
async fn against(
    session: &Session,
    limits: &mut Limits,
    binding: &RoleBinding,
    grants: &[AccessGrant],
    now: Timestamp,
) -> Result<Vec<Vec<String>>> {
    let (client, name) = (session.client.clone(), &binding.role_ref.name);
    // A role that one may not read is nothing to warn of: who reviews the grants looks at it.
    let role = if binding.role_ref.kind == "Role" {
        Api::<Role>::namespaced(client, &session.namespace).get(name).await.ok().map(serde_json::to_value)
    } else {
        Api::<ClusterRole>::all(client).get(name).await.ok().map(serde_json::to_value)
    };
    if let Some(role) = role {
        limits.add(&role.context("failed to read the role")?);
    }
    limits.add(&serde_json::to_value(binding).context("failed to read the binding")?);
    grants.iter().map(|grant| limits.against_role(grant, now)).collect()
}

/// The manifests, with what is to be done with them.
fn text(session: &Session, binding: &str, grants: &[AccessGrant], against: &[Vec<String>]) -> Result<String> {
    let namespace = &session.namespace;
    let mut text = format!(
        "# From RoleBinding {namespace}/{binding}, for review. Nothing is changed in the cluster.\n\
         # 1. Complete this file, check it (cxguard check FILE) and apply it.\n\
         # 2. Have somebody else approve each grant: {}\n\
         # 3. Once all are Active, delete the binding: kubectl -n {namespace} delete rolebinding {binding}\n",
        command("approve", session, "NAME"),
    );
    for (grant, against) in grants.iter().zip(against) {
        let written = serde_saphyr::to_string(grant).context("failed to write YAML")?;
        let left = "spec:\n  # dataForm: the most that it shows of a person: Aggregate, Anonymised, Pseudonymised or Identifiable\n";
        let written =
            if grant.spec.data_form.is_none() { written.replacen("spec:\n", left, 1) } else { written };
        text.push_str("---\n");
        for problem in against {
            let _ = writeln!(text, "# Not as it stands: {}", visible(problem));
        }
        text.push_str(&written);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::*;
    use crate::facts::World;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn adopted(line: &str, subjects: &serde_json::Value, documents: &[&str]) -> Adopted {
        let line = ["adopt"].into_iter().chain(line.split(' ').filter(|word| !word.is_empty()));
        let arguments = Line::try_parse_from(line).unwrap().arguments;
        let binding = serde_json::from_value(json!({
            "metadata": {"name": "readers", "namespace": "cx"}, "subjects": subjects,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "feedback-reader"},
        }));
        let mut world = World::new();
        for document in documents {
            let object: serde_json::Value = serde_saphyr::from_str(document).unwrap();
            let (id, fact) = crate::facts::read(&object).unwrap();
            world.set(&id, Some(fact));
        }
        let now = "2026-11-23T12:00:00.5Z".parse().unwrap();
        let limits = Limits::of("cx", world, Vec::new());
        let adoption = Adoption { arguments: &arguments, namespace: "cx", me: "rita", limits: &limits, now };
        adoption.of(&binding.unwrap()).unwrap()
    }

    const EMPLOYEE: &str = "{apiVersion: cxguard.dev/v1alpha1, kind: Person, metadata: {name: ann}, \
                            spec: {usernames: [ann@corp.example], groups: [team], type: Employee}}";

    #[test]
    fn each_subject_becomes_a_grant_that_ends() {
        let subjects = json!([
            {"kind": "User", "name": "ann@corp.example"},
            {"kind": "User", "name": "ann@agency.example"},
            {"kind": "Group", "name": "team"},
            {"kind": "ServiceAccount", "namespace": "cx", "name": "sender"},
        ]);
        let found = adopted("readers", &subjects, &[EMPLOYEE]);
        let told: Vec<_> = found
            .grants
            .iter()
            .map(|grant| {
                let spec = &grant.spec;
                let end = spec.expires_at.unwrap().to_string();
                (grant.name_any(), format!("{} {}", spec.subject.kind, spec.subject.name), end)
            })
            .collect();
        let told: Vec<_> =
            told.iter().map(|(name, who, end)| (name.as_str(), who.as_str(), end.as_str())).collect();
        // An employee may have 180 days, of whom nothing is known 90.
        assert_eq!(
            told,
            [
                ("ann-feedback-reader", "User ann@corp.example", "2027-05-22T12:00:00Z"),
                ("ann-feedback-reader-2", "User ann@agency.example", "2027-02-21T12:00:00Z"),
                ("team-feedback-reader", "Group team", "2027-05-22T12:00:00Z"),
                ("sender-feedback-reader", "ServiceAccount sender", "2027-02-21T12:00:00Z"),
            ]
        );
        let spec = &found.grants[0].spec;
        assert_eq!(spec.requested_by.as_deref(), Some("rita"));
        assert_eq!(spec.reason.as_deref(), Some("adopted from RoleBinding cx/readers"));
        assert_eq!((spec.data_form, spec.approval.is_none()), (None, true));
        assert_eq!(found.warnings.len(), 1, "{:?}", found.warnings);
        assert!(found.warnings[0].starts_with("User ann@agency.example: no Person"), "{:?}", found.warnings);
        let given = adopted("readers --for 30d --data-form Aggregate", &subjects, &[EMPLOYEE]);
        let spec = &given.grants[0].spec;
        assert_eq!(spec.expires_at.unwrap().to_string(), "2026-12-23T12:00:00Z");
        assert_eq!(spec.data_form, Some(DataForm::Aggregate));
    }

    #[test]
    fn who_cannot_be_granted_access_is_named() {
        let subjects = json!([
            {"kind": "ServiceAccount", "namespace": "ci", "name": "deployer"},
            {"kind": "Group", "name": "system:authenticated"},
            {"kind": "Group", "name": "strangers"},
            {"kind": "Robot", "name": "r2"},
        ]);
        let found = adopted("readers", &subjects, &[]);
        assert_eq!(found.grants.len(), 1);
        let expected = [
            "ServiceAccount deployer: it is a service account elsewhere",
            "Group system:authenticated: it is everybody",
            "Group strangers: no Person that you may see has strangers among its groups",
            "Robot r2: it is of no kind",
        ];
        assert_eq!(found.warnings.len(), expected.len(), "{:?}", found.warnings);
        for (warning, expected) in found.warnings.iter().zip(expected) {
            assert!(warning.starts_with(expected), "{warning}");
        }
    }
}
