//! Fingerprints and baselines over edits of files.

use std::collections::BTreeSet;

use super::{Asked, Baseline, Selection, judge, report};
use crate::manifests::{Input, Reading, load};
use crate::render::{Gap, Report, Unjudged};

/// A report of files, each a name and a text.
fn checked(files: &[(&str, &str)], baseline: &Baseline) -> Report {
    let input = |(name, text): &(&str, &str)| Input::Text {
        name: (*name).to_owned(),
        text: (*text).to_owned(),
        named: true,
    };
    let reading = Reading { namespace: "default".to_owned(), threads: 1 };
    let estate = load(files.iter().map(input).collect(), &reading);
    let objects: Vec<_> = estate.objects().cloned().collect();
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    let judged = judge(&estate.world, &objects, now, 1);
    let asked = Asked {
        baseline: baseline.fingerprints(),
        fails_on: Some(crate::api::Mode::Audit),
        ..Asked::default()
    };
    report(&estate, &judged, now, &asked)
}

fn fingerprints(files: &[(&str, &str)]) -> BTreeSet<String> {
    checked(files, &Baseline::default()).findings.into_iter().map(|finding| finding.fingerprint).collect()
}

const FLOW: &str = "apiVersion: cxguard.dev/v1alpha1
kind: DataFlow
metadata: {name: answers, namespace: cx}
spec:
  purpose: Measure
  form: Identifiable
  workloads: {selector: {matchLabels: {app: feedback}}}
  to: [{vendor: nobody}, {vendor: hub}]
";
const SURVEY: &str = "apiVersion: cxguard.dev/v1alpha1
kind: Survey
metadata: {name: call, namespace: cx}
spec:
  vendor: hub
  links: [\"http://s.example/r\"]
";
const VENDOR: &str = "apiVersion: cxguard.dev/v1alpha1
kind: Vendor
metadata: {name: hub}
spec: {country: NO}
";

#[test]
fn a_namespace_that_is_in_no_file_is_told() {
    let binding = "apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: all, namespace: cx}
roleRef: {kind: ClusterRole, name: view}
subjects: [{kind: User, name: somebody@agency.example}]
";
    let namespace = "apiVersion: v1
kind: Namespace
metadata: {name: cx, labels: {cxguard.dev/protected: \"true\"}}
";
    let told = |files: &[(&str, &str)]| {
        let report = checked(files, &Baseline::default());
        let told = report.not_judged.into_iter().filter(|one| one.reason.contains("is in no file"));
        (told.map(|one| one.what).collect::<Vec<_>>(), report.findings.len())
    };
    let (files, found) = told(&[("b.yaml", binding), ("a.yaml", FLOW)]);
    assert_eq!(files, [Unjudged::File("a.yaml".to_owned())]);
    let (files, more) = told(&[("b.yaml", binding), ("a.yaml", FLOW), ("c.yaml", namespace)]);
    assert!(files.is_empty() && more > found, "{files:?} {more}");
}

#[test]
fn a_finding_is_the_same_after_edits_that_do_not_concern_it() {
    let all = format!("{FLOW}---\n{SURVEY}---\n{VENDOR}");
    let before = fingerprints(&[("a.yaml", &all)]);
    assert!(before.len() > 5, "{before:?}");
    for (edit, files) in [
        ("comments", vec![("a.yaml", format!("# one\n\n{}", all.replace("spec:\n", "spec:\n  # why\n\n")))]),
        ("order", vec![("a.yaml", format!("{VENDOR}---\n{FLOW}---\n{SURVEY}"))]),
        ("renamed", vec![("sub/b.yml", all.clone())]),
        ("split", vec![("1", VENDOR.to_owned()), ("2", SURVEY.to_owned()), ("3", FLOW.to_owned())]),
        ("ends of lines", vec![("a.yaml", all.replace('\n', "\r\n"))]),
        (
            "order of fields",
            vec![(
                "a.yaml",
                all.replace(
                    "  purpose: Measure\n  form: Identifiable\n",
                    "  form: Identifiable\n  purpose: Measure\n",
                ),
            )],
        ),
        ("an item before", vec![("a.yaml", all.replace("links: [", "links: [\"https://t.example/r\", "))]),
        ("another message", vec![("a.yaml", all.replace("http://s.", "http://u."))]),
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        assert_eq!(fingerprints(&files), before, "{edit}");
    }
    for (edit, from, to) in [
        ("another object", "name: call", "name: chat"),
        ("one more of the same", "links: [", "links: [\"http://t.example/r\", "),
        ("another namespace", "name: call, namespace: cx", "name: call, namespace: cy"),
    ] {
        assert!(!fingerprints(&[("a.yaml", &all.replace(from, to))]).is_subset(&before), "{edit}");
    }
}

#[test]
fn a_key_that_is_read_in_two_ways_is_shown_itself() {
    let head = "apiVersion: cxguard.dev/v1alpha1\nkind: Vendor\nmetadata:\n  name: hub\n  labels:\n";
    for (labels, expected) in [
        ("    on: a\n", &[(6, 5, "the key on")][..]),
        ("    on: off\n", &[(6, 5, "the key on"), (6, 9, "off")]),
        ("    on: a\n    \"on\": no\n", &[(6, 5, "the key on"), (7, 11, "no")]),
        ("    \"on\": a\n    on: no\n", &[(7, 5, "the key on"), (7, 9, "no")]),
    ] {
        let report = checked(&[("a.yaml", &format!("{head}{labels}"))], &Baseline::default());
        let found = report.findings.iter().filter(|finding| finding.rule == crate::rules::Code(2));
        let found: BTreeSet<_> = found
            .map(|finding| {
                let place = finding.place.as_ref().unwrap();
                (place.line, place.column, finding.message.split(" is read").next().unwrap())
            })
            .collect();
        assert_eq!(found, expected.iter().copied().collect(), "{labels}");
    }
}

#[test]
fn only_what_a_baseline_does_not_know_fails() {
    let all = format!("{FLOW}---\n{SURVEY}---\n{VENDOR}");
    let before = checked(&[("a.yaml", &all)], &Baseline::default());
    assert!(before.lacks().is_some(), "a flow to a vendor that does not exist lacks facts");
    let baseline = Baseline::parse(&Baseline::of(&before).text()).unwrap();
    assert_eq!(baseline, Baseline::of(&before));
    assert!(!checked(&[("a.yaml", &all)], &baseline).fails());
    let worse = all.replace("links: [", "links: [\"http://t.example/r\", ");
    let worse = checked(&[("a.yaml", &worse)], &baseline);
    assert!(worse.fails());
    assert_eq!(worse.findings.iter().filter(|finding| finding.counts()).count(), 1);
    assert_eq!(baseline.gone(&worse, &Selection::default()), 0);
    let better = checked(&[("a.yaml", &all.replace("http:", "https:"))], &baseline);
    assert_eq!(baseline.gone(&better, &Selection::default()), 1);
    let unasked = Selection { ignore: vec!["CX203".parse().unwrap()], ..Selection::default() };
    assert_eq!(baseline.gone(&better, &unasked), 0);
}

/// `CX103 DataFlow/cx/answers`, with a `*` if the baseline does not know it.
fn gaps(report: &Report) -> BTreeSet<String> {
    let of = |gap: &Gap| {
        let subject = gap.subject.to_string();
        let rules = gap.rules.iter();
        let shown =
            rules.map(|(code, lack)| format!("{}{code} {subject}", if lack.baselined { "" } else { "*" }));
        shown.collect::<Vec<_>>()
    };
    report.gaps.iter().flat_map(of).collect()
}

#[test]
fn another_object_that_lacks_the_same_is_new() {
    let first = checked(&[("a.yaml", FLOW)], &Baseline::default());
    let known = Baseline::of(&first);
    let second = FLOW.replace("name: answers", "name: calls");
    let both = checked(&[("a.yaml", FLOW), ("b.yaml", &second)], &known);
    let found = gaps(&both);
    let new: Vec<&String> = found.iter().filter(|one| one.starts_with('*')).collect();
    assert!(!new.is_empty() && new.iter().all(|one| one.ends_with("DataFlow/cx/calls")), "{found:?}");
    assert_eq!(found.len(), 2 * new.len(), "{found:?}");
    assert!(both.fails() && both.lacks() == first.lacks());
    assert!(!checked(&[("a.yaml", FLOW)], &known).fails());
}

#[test]
fn what_is_lacked_is_said_once_of_the_object_that_lacks_it() {
    let workload = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w, namespace: cx, labels: {app: feedback}}\nspec: {template: {spec: {nodeSelector: {topology.kubernetes.io/region: nowhere-1}}}}\n";
    let namespace =
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: cx, labels: {cxguard.dev/protected: \"true\"}}\n";
    let estate = [("a.yaml", FLOW), ("n.yaml", namespace), ("w.yaml", workload)];
    let alone = checked(&estate[..2], &Baseline::default());
    let covered = checked(&estate, &Baseline::default());
    // The workload inherits all that the flow lacks, and lacks itself only what concerns it.
    let mut expected = gaps(&alone);
    assert!(expected.insert("*CX101 Deployment/cx/w".to_owned()) && expected.len() > 1);
    assert_eq!(gaps(&covered), expected);
}

#[test]
fn a_policy_that_alone_demands_more_is_the_cause() {
    let policy = |name: &str, spec: &str| {
        format!(
            "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {{name: {name}}}\nspec: {spec}\n"
        )
    };
    let namespace =
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: cx, labels: {cxguard.dev/protected: \"true\"}}\n";
    let world = format!("{namespace}---\n{FLOW}---\n{}", VENDOR.replace("NO", "\"NO\""));
    let cause = |policies: &[String], code: u16| {
        let text = format!("{}---\n{world}", policies.join("---\n"));
        let report = checked(&[("a.yaml", &text)], &Baseline::default());
        let finding = report.findings.into_iter().find(|finding| finding.rule.0 == code).unwrap();
        finding.cause.map(|cause| (cause.subject.to_string(), cause.place.map(|place| place.line)))
    };
    let (mild, strict) = (policy("mild", "{}"), policy("strict", "{rules: [{code: CX122, mode: Enforce}]}"));
    let asks = policy("asks", "{rules: [{code: CX122, mode: Audit}, {code: CX114, mode: Enforce}]}");
    // The defaults demand a retention, as a warning; one policy makes more of it.
    assert_eq!(cause(&[], 122), None);
    assert_eq!(cause(std::slice::from_ref(&mild), 122), None);
    let found = Some(("CompliancePolicy/strict".to_owned(), Some(8)));
    assert_eq!(cause(&[mild.clone(), strict.clone()], 122), found);
    let twice = strict.replace("name: strict", "name: twice");
    assert_eq!(cause(&[strict, twice], 122), None);
    let found = cause(&[mild, asks], 122);
    assert_eq!(found.map(|(policy, _)| policy).as_deref(), Some("CompliancePolicy/mild"));
}

#[test]
fn a_baseline_is_one_finding_a_line_by_rule_and_object() {
    let report = checked(&[("a.yaml", SURVEY)], &Baseline::default());
    let text = Baseline::of(&report).text();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("fingerprint")).collect();
    assert_eq!(lines.len(), Baseline::of(&report).len());
    assert!(lines.is_sorted());
    for (text, part) in [("{", "is no baseline"), ("{\"version\": 2}", "version 2"), ("[]", "is no baseline")]
    {
        let problem = Baseline::parse(text).unwrap_err();
        assert!(problem.contains(part), "{problem}");
    }
    assert!(Baseline::parse("{\"version\": 1, \"later\": 1}").unwrap().is_empty());
}

/// All that it speaks of lacks all rules: that is said of the policy, once.
#[test]
fn what_a_policy_leaves_open_is_said_of_the_policy() {
    let policy = "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {name: gdpr}\nspec: {mode: None}\n";
    let survey = |nth: usize| SURVEY.replace("name: call", &format!("name: call-{nth}"));
    let surveys: Vec<String> = (0..30).map(survey).collect();
    let report = checked(&[("a.yaml", &surveys.join("---\n")), ("b.yaml", policy)], &Baseline::default());
    let of_policy = report.gaps.iter().filter(|gap| gap.reason.contains("gdpr cannot be read"));
    let subjects: Vec<_> = of_policy.map(|gap| gap.subject.to_string()).collect();
    assert_eq!(subjects, ["CompliancePolicy/gdpr"]);
}

const PROTECTED: &str = "apiVersion: v1
kind: Namespace
metadata: {name: cx, labels: {cxguard.dev/protected: \"true\"}}
";
const GRANT: &str = "apiVersion: cxguard.dev/v1alpha1
kind: AccessGrant
metadata: {name: support, namespace: cx}
spec:
  subject: {kind: User, name: anna}
  role: {kind: ClusterRole, name: ROLE}
  startsAt: 2026-11-20T08:00:00Z
  expiresAt: 2026-12-18T18:00:00Z
  approval: {by: lead, at: 2026-11-19T15:00:00Z}
";

/// What is found of roles, as code and object.
fn of_roles(files: &[(&str, &str)]) -> Vec<String> {
    let found = checked(files, &Baseline::default()).findings;
    let of_roles = found.iter().filter(|one| [501, 511].map(crate::rules::Code).contains(&one.rule));
    of_roles.map(|one| format!("{} {}/{}", one.rule, one.subject.kind, one.subject.name)).collect()
}

#[test]
fn a_role_that_no_file_holds_is_found_where_a_grant_gives_it() {
    for (role, expected) in [
        ("view", &[][..]),
        ("edit", &["CX511 AccessGrant/support"]),
        ("cluster-admin", &["CX511 AccessGrant/support", "CX501 ClusterRole/cluster-admin"]),
    ] {
        let grant = GRANT.replace("ROLE", role);
        assert_eq!(of_roles(&[("cx.yaml", PROTECTED), ("grant.yaml", &grant)]), expected, "{role}");
    }
}

#[test]
fn an_aggregated_role_is_judged_with_its_parts() {
    let part = |verb: &str, label: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n\
             metadata: {{name: part, labels: {{{label}: \"true\"}}}}\n\
             rules: [{{apiGroups: [''], resources: [secrets], verbs: [{verb}]}}]\n"
        )
    };
    let whole = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: whole}\n\
                 aggregationRule: {clusterRoleSelectors: [{matchLabels: {cx: \"true\"}}]}\nrules: []\n";
    for (role, verb, label, expected) in [
        ("whole", "'*'", "cx", &["CX511 AccessGrant/support", "CX501 ClusterRole/whole"][..]),
        ("whole", "'*'", "other", &[]),
        ("view", "get", "rbac.authorization.k8s.io/aggregate-to-view", &["CX511 AccessGrant/support"]),
    ] {
        let (grant, part) = (GRANT.replace("ROLE", role), part(verb, label));
        let files =
            [("cx.yaml", PROTECTED), ("grant.yaml", &grant), ("part.yaml", &part), ("whole.yaml", whole)];
        assert_eq!(of_roles(&files), expected, "{role} {verb} {label}");
    }
}

#[test]
fn whether_an_unknown_person_fails_the_run_is_said_by_the_rule_on_them() {
    let policy = |mode: &str| {
        format!(
            "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {{name: gdpr}}\n\
             spec: {{rules: [{{code: CX608, mode: {mode}}}]}}\n"
        )
    };
    let grant = GRANT.replace("ROLE", "view");
    let plan = "apiVersion: cxguard.dev/v1alpha1\nkind: Exemption\nmetadata: {name: plan}\n\
                spec: {rules: [CX701], subject: {kind: Namespace, name: cx}, reason: later, approvedBy: ciso, \
                expiresAt: 2027-01-01T00:00:00Z}\n";
    for (mode, gravest) in [
        ("Enforce", crate::api::Mode::Enforce),
        ("Warn", crate::api::Mode::Warn),
        ("Audit", crate::api::Mode::Audit),
        ("Disabled", crate::api::Mode::Audit),
    ] {
        let policy = policy(mode);
        let files =
            [("cx.yaml", PROTECTED), ("grant.yaml", &grant), ("plan.yaml", plan), ("policy.yaml", &policy)];
        let report = checked(&files, &Baseline::default());
        assert_eq!(report.lacks(), Some(gravest), "{mode}");
        assert_eq!(report.outcome, crate::engine::Outcome::Unknown, "{mode}");
    }
}
