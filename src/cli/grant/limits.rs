//! What the policies say of a grant before there is one, as far as whoever asks may read them.
//!
//! Nothing is decided by it: it fills in an end, and warns of what will be refused or cut.

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde_json::Value;

use crate::api::{AccessGrant, AccessGrantSpec, FindingOutcome, Mode};
use crate::cli::session::Session;
use crate::engine::{Memos, Query, Scope, people};
use crate::facts::{Kind, ObjectRef, World, read, role_of};
use crate::values::{Instant, Period, whole_seconds};

/// What decides how long access may last, beside the namespace.
const KINDS: [Kind; 2] = [Kind::CompliancePolicy, Kind::Person];

/// What people are called where they are hidden.
const PEOPLE: &str = "people";

/// What is known of the policies of a namespace, and of people.
pub(super) struct Limits {
    namespace: String,
    world: World,
    /// What one may not read, as roles name it.
    pub(super) hidden: Vec<String>,
}

impl Limits {
    pub(super) async fn read(session: &Session) -> Result<Self> {
        let (world, unseen) = session.world(&KINDS).await?;
        let hidden = unseen.into_iter().map(|unseen| unseen.what).collect();
        let mut limits = Self::of(&session.namespace, world, hidden);
        match session.namespace_object().await? {
            Some(object) => {
                limits.add(&serde_json::to_value(object).context("failed to read the namespace")?);
            }
            None => limits.hidden.push("namespaces".to_owned()),
        }
        limits.hidden.sort();
        Ok(limits)
    }

    pub(super) fn of(namespace: &str, world: World, hidden: Vec<String>) -> Self {
        Self { namespace: namespace.to_owned(), world, hidden }
    }

    /// Adds an object to what is known.
    pub(super) fn add(&mut self, object: &Value) {
        if let Some((id, fact)) = read(object) {
            self.world.set(&id, Some(fact));
        }
    }

    pub(super) fn ask<T>(&self, now: Timestamp, question: impl FnOnce(&Query<'_>) -> T) -> T {
        question(&Query::once(&self.world, &Memos::new(), now))
    }

    /// The longest that a grant may last, by the policies that can be seen; to somebody unknown, the shorter.
    pub(super) fn longest(&self, spec: &AccessGrantSpec, now: Timestamp) -> Option<Period> {
        self.ask(now, |query| {
            let access = &query.policy(&Scope::Namespace(self.namespace.as_str().into())).access;
            people(query, spec).types().into_iter().map(|kind| access.longest(spec, kind)).min()
        })
    }

    /// Gives a grant an end that has none, as late as the policies allow, and says what is to be said of its end.
    pub(super) fn end(&self, spec: &mut AccessGrantSpec, now: Timestamp) -> Result<Option<String>> {
        // It counts from the later of its start and its approval, which is yet to come.
        let start = spec.starts_at.map_or(now, |start| start.timestamp().max(now));
        let (policies, people): (Vec<&str>, Vec<&str>) =
            self.hidden.iter().map(String::as_str).partition(|what| !what.starts_with(PEOPLE));
        let longest = self.longest(spec, now).filter(|_| policies.is_empty());
        match (spec.expires_at, longest) {
            (None, Some(longest)) => {
                let end = Instant::bounded(whole_seconds(longest.after(start)))
                    .context("the policies allow more than a grant can say: give --until")?;
                spec.expires_at = Some(end);
                Ok(Some(format!("access ends at {end}: {longest} is the longest that the policies allow")))
            }
            (None, None) => bail!(
                "say when access ends, with --until or --duration: what the policies allow cannot be filled in, for you may \
                 not list {}",
                policies.join(", ")
            ),
            // Of somebody whose papers are hidden, nobody can say that it is too long.
            (Some(end), Some(longest)) if people.is_empty() && longest.after(start) < end.timestamp() => {
                Ok(Some(format!(
                    "the policies let this access last {longest}: approved now, it can be given until {}, not until {end}",
                    Instant::from(whole_seconds(longest.after(start)))
                )))
            }
            _ => Ok(None),
        }
    }

    /// What enforced rules have against the role of a grant.
    pub(super) fn against_role(&mut self, grant: &AccessGrant, now: Timestamp) -> Result<Vec<String>> {
        let name = grant.metadata.name.as_deref().unwrap_or_default();
        let id = ObjectRef::namespaced(Kind::AccessGrant, &self.namespace, name);
        self.add(&serde_json::to_value(grant).context("failed to write the grant")?);
        let role = role_of(&id, &grant.spec);
        Ok(self.ask(now, |query| {
            let verdicts = [query.judge(&id).0, query.judge(&role).0];
            let findings = verdicts.iter().flat_map(|verdict| &verdict.findings).filter(|finding| {
                let counts = finding.mode.0 == Mode::Enforce && !finding.exempted;
                let is_certain = finding.outcome == FindingOutcome::Violating;
                counts && is_certain && (finding.path.starts_with("/spec/role") || finding.subject == role)
            });
            findings.map(|finding| format!("{}: {}", finding.rule, finding.message)).collect()
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const POLICY: &str = r"{apiVersion: cxguard.dev/v1alpha1, kind: CompliancePolicy, metadata: {name: p}, spec: {
        access: {maxDuration: {employee: 10d, consultant: 5d}, grantableRoles: [reader],
        emergency: {allowed: true, groups: [on-call], maxDuration: 2h}}}}";
    const NAMESPACE: &str =
        r#"{apiVersion: v1, kind: Namespace, metadata: {name: cx, labels: {cxguard.dev/protected: "true"}}}"#;
    const ANN: &str = "{apiVersion: cxguard.dev/v1alpha1, kind: Person, metadata: {name: ann}, \
                       spec: {usernames: [ann], type: Employee}}";

    fn limits(hidden: &[&str]) -> Limits {
        let hidden = hidden.iter().map(ToString::to_string).collect();
        let mut limits = Limits::of("cx", World::new(), hidden);
        for document in [POLICY, NAMESPACE, ANN] {
            limits.add(&serde_saphyr::from_str(document).unwrap());
        }
        limits
    }

    fn grant(spec: &Value) -> AccessGrant {
        let mut grant = json!({
            "apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant", "metadata": {"name": "g", "namespace": "cx"},
            "spec": {"subject": {"kind": "User", "name": "ann"}, "role": {"kind": "ClusterRole", "name": "reader"}},
        });
        for (field, value) in spec.as_object().unwrap() {
            grant["spec"][field] = value.clone();
        }
        serde_json::from_value(grant).unwrap()
    }

    fn now() -> Timestamp {
        "2026-11-23T12:00:00.5Z".parse().unwrap()
    }

    #[test]
    fn an_end_that_is_missing_is_the_latest_that_the_policies_allow() {
        let zoe = json!({"subject": {"kind": "User", "name": "zoe"}});
        for (spec, end) in [
            (json!({}), "2026-12-03T12:00:00Z"),
            (json!({"startsAt": "2026-12-01T00:00:00Z"}), "2026-12-11T00:00:00Z"),
            (json!({"startsAt": "2026-11-01T00:00:00Z"}), "2026-12-03T12:00:00Z"),
            (json!({"emergency": true}), "2026-11-23T14:00:00Z"),
            (zoe, "2026-11-28T12:00:00Z"),
        ] {
            let mut asked = grant(&spec).spec;
            let said = limits(&[]).end(&mut asked, now()).unwrap().unwrap();
            assert_eq!(asked.expires_at.unwrap().to_string(), end, "{spec}");
            assert!(said.starts_with(&format!("access ends at {end}: ")), "{said}");
        }
        for hidden in ["compliancepolicies.cxguard.dev", "namespaces"] {
            let problem = limits(&[hidden]).end(&mut grant(&json!({})).spec, now()).unwrap_err().to_string();
            assert!(problem.contains("--until or --duration") && problem.ends_with(hidden), "{problem}");
        }
    }

    #[test]
    fn an_end_that_is_too_late_is_told() {
        for (end, hidden, told) in [
            ("2026-12-03T12:00:00Z", &[][..], false),
            ("2026-12-03T12:00:01Z", &[], true),
            ("2026-12-03T12:00:01Z", &["people.cxguard.dev"], false),
            ("2026-12-03T12:00:01Z", &["namespaces"], false),
        ] {
            let mut asked = grant(&json!({"expiresAt": end})).spec;
            let said = limits(hidden).end(&mut asked, now()).unwrap();
            assert_eq!(said.is_some(), told, "{end} {hidden:?}: {said:?}");
            assert_eq!(asked.expires_at.unwrap().to_string(), end);
        }
    }

    #[test]
    fn what_rules_have_against_a_role_is_told() {
        let role = |name: &str| json!({"role": {"kind": "ClusterRole", "name": name}});
        let against = |name: &str, rule: Value| {
            let rbac = "rbac.authorization.k8s.io/v1";
            let mut limits = limits(&[]);
            limits.add(&json!({"apiVersion": rbac, "kind": "ClusterRole", "metadata": {"name": name}, "rules": [rule]}));
            limits.add(&json!({
                "apiVersion": rbac, "kind": "RoleBinding", "metadata": {"name": "b", "namespace": "cx"},
                "roleRef": {"kind": "ClusterRole", "name": name}, "subjects": [{"kind": "User", "name": "ann"}],
            }));
            limits.against_role(&grant(&role(name)), now()).unwrap()
        };
        let narrow = json!({"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]});
        let wide = json!({"apiGroups": [""], "resources": ["*"], "verbs": ["get"]});
        assert_eq!(against("reader", narrow.clone()), Vec::<String>::new());
        assert_eq!(
            against("other", narrow),
            ["CX514: ClusterRole other may not be granted; grantable: reader"]
        );
        let found = against("reader", wide);
        assert!(found.len() == 1 && found[0].starts_with("CX501: allows every resource"), "{found:?}");
    }
}
