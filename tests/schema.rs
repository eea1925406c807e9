//! What a manifest may say: every example is read in full, and what is wrong is refused by name.

#![expect(clippy::disallowed_methods, reason = "reads the examples")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may fail")]

use std::fs;
use std::path::Path;

use cxguard::api::{
    AccessGrant, CompliancePolicy, DataFlow, Exemption, Incident, IncidentPlan, Person, Survey, Vendor,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a document into its type and writes it again; `None` for a kind of somebody else.
fn read(document: Value) -> Option<Result<Value, String>> {
    fn typed<T: DeserializeOwned + Serialize>(document: Value) -> Result<Value, String> {
        let object: T = serde_path_to_error::deserialize(document)
            .map_err(|error| format!("{}: {error}", error.path()))?;
        serde_json::to_value(object).map_err(|error| error.to_string())
    }
    Some(match document["kind"].as_str()? {
        "CompliancePolicy" => typed::<CompliancePolicy>(document),
        "Vendor" => typed::<Vendor>(document),
        "Person" => typed::<Person>(document),
        "DataFlow" => typed::<DataFlow>(document),
        "Survey" => typed::<Survey>(document),
        "AccessGrant" => typed::<AccessGrant>(document),
        "IncidentPlan" => typed::<IncidentPlan>(document),
        "Incident" => typed::<Incident>(document),
        "Exemption" => typed::<Exemption>(document),
        _ => return None,
    })
}

fn refusal(kind: &str, spec: &str) -> String {
    let text =
        format!("apiVersion: cxguard.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: x}}\nspec: {spec}\n");
    read(serde_saphyr::from_str(&text).unwrap()).unwrap().err().unwrap_or_default()
}

#[test]
fn every_example_is_read_in_full() {
    let mut kinds = Vec::new();
    for folder in ["compliant", "violating"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(folder);
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let documents: Vec<Value> =
                serde_saphyr::from_multiple(&fs::read_to_string(&path).unwrap()).unwrap();
            for document in documents {
                let Some(result) = read(document.clone()) else { continue };
                kinds.push(document["kind"].as_str().unwrap().to_owned());
                assert_eq!(result.as_ref(), Ok(&document), "{}", path.display());
            }
        }
    }
    kinds.sort();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "AccessGrant",
            "CompliancePolicy",
            "DataFlow",
            "Incident",
            "IncidentPlan",
            "Person",
            "Survey",
            "Vendor"
        ]
    );
}

#[test]
fn the_other_kinds_may_state_everything() {
    let texts = [
        r#"
apiVersion: cxguard.dev/v1alpha1
kind: Incident
metadata: {name: inc-2026-004}
spec:
  owner: security@corp.example
  summary: Export bucket was public
  role: Controller
  awareAt: 2026-11-21T09:00:00Z
  risk: High
  riskRationale: ""
  flows: [{namespace: cx-feedback, name: survey-responses}]
  containment: SuspendGrants
  authorityNotifiedAt: 2026-11-22T10:00:00Z
  delayReason: ""
  customersNotifiedAt: 2026-11-22T12:00:00Z
  customersExemption: Unintelligible
  controllerNotifiedAt: 2026-11-22T12:00:00Z
  closedAt: 2026-11-23T12:00:00Z
"#,
        "
apiVersion: cxguard.dev/v1alpha1
kind: Exemption
metadata: {name: feedbackhub-soc2-gap}
spec:
  owner: ciso@corp.example
  rules: [CX408]
  subject: {kind: Deployment, namespace: cx, name: feedbackhub}
  reason: New report due in December
  ticket: SEC-912
  approvedBy: ciso@corp.example
  expiresAt: 2026-12-31T23:59:59Z
",
        r#"
apiVersion: cxguard.dev/v1alpha1
kind: IncidentPlan
metadata: {name: cx-incidents}
spec:
  backups:
    - {name: a, encrypted: true, location: {country: "DE"}}
    - {name: b}
  drills: [{date: 2026-09-01}]
"#,
    ];
    for text in texts {
        let document: Value = serde_saphyr::from_str(text).unwrap();
        assert_eq!(read(document.clone()), Some(Ok(document)));
    }
    let none = "{customersExemption: \"\"}";
    assert_eq!(refusal("Incident", none), "");
}

/// Every schema demands in words, and as CEL, what one object alone can get wrong.
#[test]
fn what_contradicts_itself_is_in_the_definitions() {
    let rules = |kind: &str| {
        let crd = cxguard::api::crds().into_iter().find(|crd| crd.spec.names.kind == kind).unwrap();
        let schema = serde_json::to_value(&crd.spec.versions[0].schema).unwrap();
        let mut found = Vec::new();
        collect(&schema, &mut found);
        found
    };
    for (kind, rule) in [
        ("Incident", "!has(oldSelf.awareAt) || (has(self.awareAt) && self.awareAt <= oldSelf.awareAt)"),
        ("Incident", "!has(self.awareAt) || !has(self.closedAt) || self.awareAt <= self.closedAt"),
        ("Exemption", "self.subject == oldSelf.subject"),
        ("Exemption", "self.kind != 'Exemption'"),
        ("IncidentPlan", "!has(self.country) || !has(self.region)"),
        ("AccessGrant", "self.subject == oldSelf.subject && self.role == oldSelf.role"),
    ] {
        assert!(rules(kind).iter().any(|found| found == rule), "{kind}: {rule}");
    }
}

/// Every CEL rule in a schema.
fn collect(schema: &Value, found: &mut Vec<String>) {
    let rules = schema["x-kubernetes-validations"].as_array().into_iter().flatten();
    found.extend(rules.filter_map(|rule| rule["rule"].as_str()).map(str::to_owned));
    match schema {
        Value::Object(fields) => fields.values().for_each(|value| collect(value, found)),
        Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

#[test]
fn a_policy_may_state_everything() {
    let text = r#"
apiVersion: cxguard.dev/v1alpha1
kind: CompliancePolicy
metadata: {name: gdpr}
spec:
  owner: dpo@corp.example
  namespaceSelector: {matchLabels: {cxguard.dev/protected: "true"}}
  mode: Enforce
  rules: [{code: CX114, mode: Audit}]
  residency:
    regime: UK-GDPR
    allowedCountries: ["DE", "NO"]
    workloads: Listed
    mechanisms: [Adequacy, StandardContractualClauses]
    assessmentMaxAge: 365d
    pin: false
    provider: aws
    regions: [eu-central-1]
    regionOverrides: {onprem-ams: "NL"}
  vendors: {certifications: [ISO27001, SOC2], reviewEvery: 365d, breachNotice: 24h, soc2MaxAge: 365d}
  surveys: {minTokenBits: 128, auditEvery: 90d, linkMaxAge: 90d, forbiddenParameters: []}
  ai: {training: Forbidden, hosting: Any}
  access:
    maxDuration: {employee: 180d, consultant: 90d}
    approval: Required
    reviewEvery: 90d
    consultantReviewEvery: 30d
    unusedAfter: 90d
    grantableRoles: []
    dataForms: {marketing: Aggregate, consultant: Pseudonymised}
    trustedSubjects: ["system:*"]
    ungoverned: Report
    ungovernedGrace: 24h
    emergency: {allowed: false, maxDuration: 4h, reviewWithin: 72h, groups: []}
    groupMembersWithoutPapers: KeepPending
    reviewGrace: 14d
  incidents: {notifyWithin: 72h, planReviewEvery: 365d, drillEvery: 180d}
  backups: {maxAge: 24h, restoreTestEvery: 90d}
  admission: {unknown: Warn, paperwork: Deny}
"#;
    let document: Value = serde_saphyr::from_str(text).unwrap();
    // An empty list is "none" and must not turn into an absent one, which is "any".
    assert_eq!(read(document.clone()), Some(Ok(document)));
}

#[test]
fn what_is_wrong_is_refused_by_name() {
    let grant = "subject: {kind: User, name: a}, role: {kind: Role, name: r}";
    let cases = [
        ("AccessGrant", "{role: {kind: Role, name: r}}".to_owned(), "missing field `subject`"),
        ("AccessGrant", format!("{{{grant}, expires: x}}"), "unknown field `expires`"),
        ("AccessGrant", format!("{{{grant}, dataForm: Raw}}"), "spec.dataForm: unknown variant `Raw`"),
        ("AccessGrant", format!("{{{grant}, expiresAt: 9999-12-31T23:59:59Z}}"), "spec.expiresAt"),
        ("AccessGrant", format!("{{{grant}, approval: {{by: l}}}}"), "spec.approval: missing field `at`"),
        ("Person", "{}".to_owned(), "missing field `type`"),
        ("Person", "{type: Consultant, country: \"NO\"}".to_owned(), ""),
        // Unquoted, Norway is `false` to the API server too.
        ("Person", "{type: Consultant, country: NO}".to_owned(), "spec.country"),
        ("Person", "{type: Consultant, country: norway}".to_owned(), "spec.country"),
        ("Person", "{type: Consultant, leftOn: 2026-02-30}".to_owned(), "spec.leftOn"),
        ("Vendor", "{locations: [{country: \"DE\"}]}".to_owned(), "spec.locations[0]: missing field `use`"),
        (
            "Vendor",
            "{certifications: [{standard: ISO27001, edition: 2022}]}".to_owned(),
            "certifications[0].edition",
        ),
        ("Vendor", "{agreement: {breachNotice: P1D}}".to_owned(), "spec.agreement.breachNotice"),
        ("DataFlow", "{specialCategoryCondition: \"\"}".to_owned(), ""),
        ("DataFlow", "{specialCategoryCondition: Because}".to_owned(), "spec.specialCategoryCondition"),
        ("DataFlow", "{to: [{vendors: a}]}".to_owned(), "spec.to[0].vendors"),
        ("Survey", "{respondentId: {source: Guess}}".to_owned(), "spec.respondentId.source"),
        ("Survey", "{link: x}".to_owned(), "unknown field `link`"),
        ("IncidentPlan", "{steps: [Panic]}".to_owned(), "spec.steps[0]"),
        ("IncidentPlan", "{backups: [{encrypted: true}]}".to_owned(), "missing field `name`"),
        ("Incident", "{customersExemption: Because}".to_owned(), "spec.customersExemption"),
        ("Incident", "{flows: [{name: a}]}".to_owned(), "missing field `namespace`"),
        ("Exemption", "{subject: {kind: Vendor, name: a}}".to_owned(), "missing field `rules`"),
        ("Exemption", "{rules: [CX408]}".to_owned(), "missing field `subject`"),
        ("CompliancePolicy", "{mode: Disabled}".to_owned(), "spec.mode"),
        ("CompliancePolicy", "{access: {dataForms: {x: Raw}}}".to_owned(), "spec.access.dataForms.x"),
    ];
    for (kind, spec, part) in cases {
        let message = refusal(kind, &spec);
        assert!(
            if part.is_empty() { message.is_empty() } else { message.contains(part) },
            "{kind} {spec}: {message}"
        );
    }
}
