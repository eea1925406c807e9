//! What an exemption takes out of the count, where, and until when.

use crate::api::{EndCause, Phase};
use crate::engine::Outcome;
use crate::rules::Code;
use crate::rules::testing::{Bench, GRANT, PEOPLE, edit};

/// A vendor without an agreement, a flow to it, and a workload that the flow covers.
const WORLD: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: cx, labels: {cxguard.dev/protected: "true"}}
---
apiVersion: cxguard.dev/v1alpha1
kind: CompliancePolicy
metadata: {name: gdpr}
spec:
  residency: {provider: aws}
  mode: Audit
  rules: [{code: CX001, mode: Enforce}, {code: CX111, mode: Enforce}, {code: CX117, mode: Enforce}]
---
apiVersion: cxguard.dev/v1alpha1
kind: Vendor
metadata: {name: hub}
spec: {role: Processor, locations: [{use: Storage, country: "DE"}]}
---
apiVersion: cxguard.dev/v1alpha1
kind: DataFlow
metadata: {name: answers, namespace: cx}
spec:
  workloads: {selector: {}}
  to: [{vendor: hub}]
  encryption: {inTransit: TLS13}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: sender, namespace: cx}
spec: {template: {spec: {nodeSelector: {topology.kubernetes.io/region: eu-central-1}}}}
"#;

const OBJECTS: [&str; 3] = ["Vendor/hub", "DataFlow/cx/answers", "Deployment/cx/sender"];
const END: &str = "2026-11-30T12:00:00Z";

fn exemption(rule: &str, subject: &str) -> String {
    format!(
        "apiVersion: cxguard.dev/v1alpha1\nkind: Exemption\nmetadata: {{name: gap}}\n\
         spec: {{rules: [{rule}], subject: {{{subject}}}, reason: signature under way, approvedBy: ciso, expiresAt: {END}}}\n"
    )
}

const VENDOR: &str = "kind: Vendor, name: hub";

fn outcomes(bench: &Bench) -> [Outcome; 3] {
    OBJECTS.map(|object| bench.outcome(object))
}

#[test]
fn what_is_exempted_counts_nowhere_and_stays_visible() {
    let bench = Bench::new(WORLD);
    assert_eq!(outcomes(&bench), [Outcome::Violating; 3]);
    let bench = bench.with(&exemption("CX111", VENDOR));
    assert_eq!(outcomes(&bench), [Outcome::Compliant; 3]);
    for object in OBJECTS {
        let findings = bench.judge(object).0.findings;
        let found = findings.iter().find(|finding| finding.rule == Code(111));
        assert!(found.is_some_and(|found| found.exempted), "{object}: {findings:?}");
        assert!(findings.iter().filter(|finding| finding.rule != Code(111)).all(|finding| !finding.exempted));
        assert!(findings.is_sorted_by_key(|finding| finding.exempted));
    }
}

#[test]
fn it_holds_for_its_object_and_its_rules_alone() {
    for (rule, subject) in [
        ("CX112", VENDOR),
        ("CX111", "kind: Vendor, name: other"),
        ("CX111", "kind: DataFlow, namespace: cx, name: answers"),
        ("CX111", "kind: DataFlow, namespace: cy, name: hub"),
        ("CX111", "kind: Wendor, name: hub"),
    ] {
        let bench = Bench::new(WORLD).with(&exemption(rule, subject));
        assert_eq!(outcomes(&bench), [Outcome::Violating; 3], "{rule} {subject}");
    }
    // A second finding of the vendor's, of a rule that is not set aside, still counts.
    let ours = exemption("CX117", "kind: DataFlow, namespace: cx, name: answers");
    let open = edit(WORLD, "inTransit: TLS13", "inTransit: None");
    let bench = Bench::new(&open).with(&exemption("CX111", VENDOR));
    assert_eq!(outcomes(&bench), [Outcome::Compliant, Outcome::Violating, Outcome::Violating]);
    let bench = bench.with(&ours.replace("name: gap", "name: other"));
    assert_eq!(outcomes(&bench), [Outcome::Compliant; 3]);
}

#[test]
fn it_ends_on_its_second_and_the_horizon_says_so() {
    let bench = Bench::new(WORLD).with(&exemption("CX111", VENDOR)).at("2026-11-30T11:59:59.999Z");
    assert_eq!(outcomes(&bench), [Outcome::Compliant; 3]);
    for object in OBJECTS {
        assert_eq!(bench.horizon(object), END);
    }
    assert_eq!(outcomes(&bench.at(END)), [Outcome::Violating; 3]);
}

#[test]
fn of_two_the_later_end_counts() {
    let later = exemption("CX111", VENDOR).replace("name: gap", "name: again").replace("11-30", "12-05");
    let bench = Bench::new(WORLD).with(&exemption("CX111", VENDOR)).with(&later);
    assert_eq!(bench.horizon("Vendor/hub"), "2026-12-05T12:00:00Z");
}

#[test]
fn without_an_owner_a_reason_or_an_end_it_has_no_effect() {
    for missing in
        ["reason: signature under way, ", "approvedBy: ciso, ", ", expiresAt: 2026-11-30T12:00:00Z"]
    {
        let unowned = edit(&exemption("CX111", VENDOR), missing, "");
        assert_eq!(outcomes(&Bench::new(WORLD).with(&unowned)), [Outcome::Violating; 3], "{missing}");
    }
    let unreadable = edit(&exemption("CX111", VENDOR), "approvedBy: ciso", "approvedBy: 5");
    assert_eq!(outcomes(&Bench::new(WORLD).with(&unreadable)), [Outcome::Violating; 3]);
}

#[test]
fn what_could_not_be_judged_is_exempted_too() {
    let unknown = edit(WORLD, "to: [{vendor: hub}]", "to: [{vendor: nobody}]");
    let flow = "kind: DataFlow, namespace: cx, name: answers";
    let bench = Bench::new(&unknown);
    assert_eq!(bench.outcome("DataFlow/cx/answers"), Outcome::Unknown);
    let bench = bench.with(&exemption("CX001", flow));
    assert_eq!(bench.outcome("DataFlow/cx/answers"), Outcome::Compliant);
    let enforced = edit(&unknown, "{code: CX111", "{code: CX103, mode: Enforce}, {code: CX111");
    let bench = Bench::new(&enforced).with(&exemption("CX001", flow));
    assert_eq!(bench.outcome("DataFlow/cx/answers"), Outcome::Unknown);
    let both = exemption("CX001, CX103", flow);
    assert_eq!(bench.with(&both).outcome("DataFlow/cx/answers"), Outcome::Compliant);
}

const ID: &str = "AccessGrant/cx-feedback/churn";
const OF_GRANT: &str = "kind: AccessGrant, namespace: cx-feedback, name: churn";

#[test]
fn a_finding_that_is_exempted_holds_up_no_grant() {
    let raw = edit(GRANT, "dataForm: Pseudonymised", "dataForm: Identifiable");
    let bench = Bench::new(PEOPLE).with(&raw);
    assert_eq!(bench.access(ID).0.phase, Phase::Pending);
    let (access, horizon) = bench.with(&exemption("CX604", OF_GRANT)).access(ID);
    assert_eq!((access.phase, horizon.to_string().as_str()), (Phase::Active, END));
}

#[test]
fn an_end_that_an_exempted_rule_sets_waits_for_the_end_of_the_exemption() {
    let lapsed = edit(PEOPLE, "validUntil: 2027-09-30", "validUntil: 2026-11-22");
    let given = format!("{GRANT}status: {{activatedAt: 2026-11-20T08:00:00Z, phase: Active}}\n");
    let bench = Bench::new(&lapsed).with(&given);
    assert_eq!(bench.access(ID).0.phase, Phase::Suspended);
    let bench = bench.with(&exemption("CX601", OF_GRANT));
    let access = bench.access(ID).0;
    assert_eq!(access.phase, Phase::Active);
    assert_eq!(access.deadline.map(|deadline| deadline.at.to_string()).as_deref(), Some(END));
    let access = bench.at(END).access(ID).0;
    // On record is the instant of the cause.
    let since = access.ended.map(|(at, cause)| (at.map(|at| at.to_string()), cause));
    let lapsed = Some("2026-11-23T00:00:00Z".to_owned());
    assert_eq!((access.phase, since), (Phase::Suspended, Some((lapsed, EndCause::Confidentiality))));
    // An exemption never brings an end forward.
    let sound = Bench::new(PEOPLE).with(&given);
    let before = sound.access(ID).0.deadline;
    assert_eq!(sound.with(&exemption("CX601, CX602, CX603", OF_GRANT)).access(ID).0.deadline, before);
}
