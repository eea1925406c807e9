//! For the table tests beside the rules: manifests in, findings out.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Code, RULES};
use crate::engine::{Access, Cause, Finding, Guarded, Memos, Outcome, Protected, Query, Ungoverned, Verdict};
use crate::facts::{Fact, GrantEnd, Kind, ObjectRef, World, built_in, read};

/// A world made of manifests, judged at an instant.
pub(crate) struct Bench {
    world: World,
    now: Timestamp,
}

impl Bench {
    /// The objects of some YAML documents, judged at 2026-11-23T12:00:00Z.
    pub(crate) fn new(manifests: &str) -> Self {
        let bench = Self { world: World::new(), now: "2026-11-23T12:00:00Z".parse().unwrap() };
        bench.with(manifests)
    }

    /// The same world with more objects, or with others in place of their namesakes.
    pub(crate) fn with(mut self, manifests: &str) -> Self {
        let documents: Vec<Value> = serde_saphyr::from_multiple(manifests).unwrap();
        for document in documents.iter().filter(|document| !document.is_null()) {
            let text = |field| document[field].as_str().unwrap_or_default();
            let kind = Kind::parse(text("apiVersion"), text("kind"));
            assert!(kind.is_some(), "no kind of ours: {document}");
            // Of foreign kinds, an object may say nothing that a rule reads.
            if let Some((id, fact)) = read(document) {
                self.world.set(&id, Some(fact));
            }
        }
        self
    }

    /// The same world with another fact about an object.
    pub(crate) fn fact(mut self, id: &ObjectRef, fact: Fact) -> Self {
        self.world.set(id, Some(fact));
        self
    }

    /// The same world, where the operator runs in another namespace than usual.
    pub(crate) fn operator_in(mut self, namespace: &str) -> Self {
        self.world.set_operator_namespace(namespace);
        self
    }

    /// The same world at another instant.
    pub(crate) fn at(mut self, instant: &str) -> Self {
        self.now = instant.parse().unwrap();
        self
    }

    /// The judgement of `Kind/name` or `Kind/namespace/name`, and its horizon.
    pub(crate) fn judge(&self, subject: &str) -> (Verdict, Timestamp) {
        let id = self.find(subject);
        let mut memos = Memos::new();
        memos.want(&id);
        memos.settle(&self.world, self.now);
        let (verdict, horizon) = memos.verdict(&id).unwrap();
        ((*verdict).clone(), horizon)
    }

    /// What a rule says of a subject: `path: message`, one per finding, what it inherits left out.
    pub(crate) fn findings(&self, code: u16, subject: &str) -> Vec<String> {
        assert!(RULES.iter().any(|rule| rule.code == Code(code)), "CX{code} is not registered");
        let own = self.own(code, subject);
        if !own.is_empty() {
            self.assert_exemptible(code, subject, &own);
        }
        own.iter().map(|found| format!("{}: {}", found.path, found.message)).collect()
    }

    fn own(&self, code: u16, subject: &str) -> Vec<Finding> {
        let id = self.find(subject);
        let (verdict, _) = self.judge(subject);
        let own = verdict.findings.into_iter();
        let own: Vec<Finding> = own.filter(|found| found.rule == Code(code) && found.subject == id).collect();
        for found in &own {
            self.assert_cause(found);
        }
        own
    }

    /// Whether the cause of a finding, if it has one, is a field of another object that is there.
    fn assert_cause(&self, found: &Finding) {
        let Some(cause) = &found.cause else { return };
        let is_there = self.world.get(&cause.object).is_some() || built_in(&cause.object).is_some();
        let is_pointer = cause.path.is_empty() || cause.path.starts_with('/');
        assert!(is_there && is_pointer && cause.object != found.subject, "{cause:?}");
    }

    /// The field of another object that a rule names as the cause, one per finding; `-` where there is none.
    pub(crate) fn causes(&self, code: u16, subject: &str) -> Vec<String> {
        let shown = |cause: Cause| format!("{} {}", cause.object, cause.path);
        let own = self.own(code, subject).into_iter();
        own.map(|found| found.cause.map_or_else(|| "-".to_owned(), shown)).collect()
    }

    /// What a rule says is to be done, one per finding.
    pub(crate) fn remedies(&self, code: u16, subject: &str) -> Vec<String> {
        self.own(code, subject).into_iter().map(|found| found.remedy).collect()
    }

    /// What any rule finds can be set aside for its subject: it is still found, and counts for nothing.
    fn assert_exemptible(&self, code: u16, subject: &str, found: &[Finding]) {
        let id = self.find(subject);
        if id.kind == Kind::Exemption {
            return;
        }
        let exemption = json!({
            "apiVersion": "cxguard.dev/v1alpha1", "kind": "Exemption", "metadata": {"name": "set-aside"},
            "spec": {
                "rules": [Code(code).to_string()], "reason": "known", "approvedBy": "ciso@corp.example",
                "subject": {"kind": id.kind.as_str(), "namespace": &*id.namespace, "name": &*id.name},
                "expiresAt": "2199-01-01T00:00:00Z",
            },
        });
        let mut exempted = Self { world: self.world.clone(), now: self.now };
        let (exemption, fact) = read(&exemption).unwrap();
        exempted.world.set(&exemption, Some(fact));
        let expected = found.iter().map(|found| Finding { exempted: true, ..found.clone() });
        assert_eq!(
            exempted.own(code, subject),
            expected.collect::<Vec<_>>(),
            "CX{code} of {subject}, set aside"
        );
    }

    /// Whether a rule could not be judged of a subject for want of a fact.
    pub(crate) fn lacks(&self, code: u16, subject: &str) -> bool {
        self.judge(subject).0.lacking.iter().any(|lack| lack.rule == Code(code))
    }

    /// The outcome for a subject.
    pub(crate) fn outcome(&self, subject: &str) -> Outcome {
        self.judge(subject).0.outcome()
    }

    /// When the judgement of a subject may change by time alone.
    pub(crate) fn horizon(&self, subject: &str) -> String {
        self.judge(subject).1.to_string()
    }

    /// What a grant gives, and when that may change by time alone. The grant's `status` in the manifest is what its
    /// record says.
    pub(crate) fn access(&self, grant: &str) -> (Access, Timestamp) {
        let id = self.find(grant);
        let mut memos = Memos::new();
        memos.want(&id);
        memos.settle(&self.world, self.now);
        let horizon = memos.horizon().unwrap_or(Timestamp::MAX);
        ((*memos.access(&id).unwrap()).clone(), horizon)
    }

    /// The bindings that a policy wants removed.
    pub(crate) fn ungoverned(&self, policy: &str) -> Vec<Ungoverned> {
        let id = self.find(policy);
        let mut memos = Memos::new();
        memos.want(&id);
        memos.settle(&self.world, self.now);
        memos.ungoverned(&id).to_vec()
    }

    /// Whether the webhooks guard the namespaces of a policy.
    pub(crate) fn guarded(&self, policy: &str) -> Option<Guarded> {
        let id = self.find(policy);
        let mut memos = Memos::new();
        memos.want(&id);
        memos.settle(&self.world, self.now);
        memos.guarded(&id).map(|guarded| (*guarded).clone())
    }

    /// How many namespaces are protected, and how.
    pub(crate) fn protected(&self) -> Protected {
        Query::once(&self.world, &Memos::new(), self.now).count_protected()
    }

    /// The same world with the end of a grant on record apart from the grant.
    pub(crate) fn ended(self, grant: &str, end: GrantEnd) -> Self {
        let record = ObjectRef { kind: Kind::GrantEnd, ..self.find(grant) };
        self.fact(&record, Fact::GrantEnd(end))
    }

    fn find(&self, subject: &str) -> ObjectRef {
        let found = self.world.objects().find(|id| id.to_string() == subject && id.kind != Kind::GrantEnd);
        found.cloned().unwrap_or_else(|| panic!("no {subject} in this world"))
    }
}

/// A protected namespace whose flow gives data to the Vendor `hub`, with its spec given in one line.
pub(crate) fn vendor_in_use(spec: &str) -> Bench {
    Bench::new(&format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: cx, labels: {{cxguard.dev/protected: 'true'}}}}\n---\n\
         apiVersion: cxguard.dev/v1alpha1\nkind: DataFlow\nmetadata: {{name: answers, namespace: cx}}\n\
         spec: {{to: [{{vendor: hub}}]}}\n---\n\
         apiVersion: cxguard.dev/v1alpha1\nkind: Vendor\nmetadata: {{name: hub}}\nspec: {spec}\n"
    ))
}

/// The manifest with one text in place of another, which must be there.
pub(crate) fn edit(manifest: &str, from: &str, to: &str) -> String {
    assert!(manifest.contains(from), "{from:?} is not in\n{manifest}");
    manifest.replace(from, to)
}

/// A policy, a protected namespace, a role, a consultant with a firm and all papers, and an employee.
pub(crate) const PEOPLE: &str = r#"
apiVersion: cxguard.dev/v1alpha1
kind: CompliancePolicy
metadata: {name: gdpr}
spec:
  access:
    approval: Required
    grantableRoles: [feedback-reader]
    dataForms: {data-analyst: Pseudonymised, consultant: Pseudonymised}
---
apiVersion: v1
kind: Namespace
metadata: {name: cx-feedback, labels: {cxguard.dev/protected: "true"}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: feedback-reader}
rules:
  - {apiGroups: [""], resources: [configmaps], verbs: [get, list, watch]}
---
apiVersion: cxguard.dev/v1alpha1
kind: Vendor
metadata: {name: insight-partners}
spec:
  country: "DE"
  role: Processor
  agreement: {signedOn: 2026-09-01, validUntil: 2027-08-31}
---
apiVersion: cxguard.dev/v1alpha1
kind: Person
metadata: {name: analyst-7}
spec:
  usernames: [analyst-7@insight.example, a7@corp.example]
  owner: lead@corp.example
  type: Consultant
  vendor: insight-partners
  jobRole: data-analyst
  country: "DE"
  confidentiality: {signedOn: 2026-09-28, validUntil: 2027-09-30}
  engagement: {from: 2026-10-01, until: 2026-12-31}
---
apiVersion: cxguard.dev/v1alpha1
kind: Person
metadata: {name: support-12}
spec:
  usernames: [support-12@corp.example, s12@corp.example]
  type: Employee
  jobRole: support
"#;

/// The consultant's grant: with it, no rule finds anything at the instant of the bench.
pub(crate) const GRANT: &str = "
apiVersion: cxguard.dev/v1alpha1
kind: AccessGrant
metadata: {name: churn, namespace: cx-feedback}
spec:
  subject: {kind: User, name: analyst-7@insight.example}
  role: {kind: ClusterRole, name: feedback-reader}
  dataForm: Pseudonymised
  startsAt: 2026-11-20T08:00:00Z
  expiresAt: 2026-12-18T18:00:00Z
  approval: {by: lead@corp.example, at: 2026-11-19T15:00:00Z}
  reviewedOn: 2026-11-19
";

/// The employee's, under the same name.
pub(crate) const EMPLOYEE: &str = "
apiVersion: cxguard.dev/v1alpha1
kind: AccessGrant
metadata: {name: churn, namespace: cx-feedback}
spec:
  subject: {kind: User, name: support-12@corp.example}
  role: {kind: ClusterRole, name: feedback-reader}
  dataForm: Identifiable
  startsAt: 2026-11-20T08:00:00Z
  expiresAt: 2027-03-31T00:00:00Z
  approval: {by: lead@corp.example, at: 2026-11-19T15:00:00Z}
  reviewedOn: 2026-11-19
";
