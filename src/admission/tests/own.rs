//! Our own kinds but grants.

use super::*;
use crate::rules::testing::edit;

const SOUND_FLOW: &str = "{to: [{vendor: hub}], retention: 1d, legalBasis: Contract, encryption: {inTransit: TLS13, atRest: true}}";

fn flow(spec: &str) -> String {
    ours("DataFlow", "cx", "new", spec)
}

#[test]
fn what_is_enforced_refuses_and_what_warns_warns() {
    let hall = Hall::new();
    for (spec, told) in [
        (SOUND_FLOW.to_owned(), ""),
        (edit(SOUND_FLOW, "retention: 1d, ", ""), "warn CX122"),
        (edit(SOUND_FLOW, "TLS13", "None"), "deny CX117"),
        // The wrong order of apply is a warning, and converges.
        (edit(SOUND_FLOW, "vendor: hub", "vendor: later"), "warn CX001 CX103"),
    ] {
        assert_eq!(hall.told(create(&flow(&spec))), told, "{spec}");
    }
    let answer = hall.answer(create(&flow(&edit(SOUND_FLOW, "TLS13", "None"))));
    let denied = answer.denied.unwrap();
    assert!(denied.starts_with("CX117: /spec/encryption/inTransit: "), "{denied}");
    assert!(answer.audit["findings"].contains("\"code\":\"CX117\""));
    let audit = Hall::new().under("{mode: Audit}");
    let answer = audit.answer(create(&flow("{}")));
    assert_eq!((told(&answer).as_str(), answer.findings.is_empty()), ("", false));
}

#[test]
fn what_is_not_known_refuses_where_a_policy_says_so() {
    let hall = Hall::new().under("{admission: {unknown: Deny}}");
    let told = hall.told(create(&flow(&edit(SOUND_FLOW, "vendor: hub", "vendor: later"))));
    assert!(told.starts_with("deny CX001"), "{told}");
}

#[test]
fn an_exemption_may_come_before_its_object() {
    let hall = Hall::new().under("{admission: {unknown: Deny}}");
    let exemption = |subject: &str, rest: &str| {
        let spec = format!("{{rules: [CX504], subject: {{{subject}}}, {rest}}}");
        create(&ours("Exemption", "", "later", &spec))
    };
    let owned = "reason: audits, approvedBy: ciso, expiresAt: 2027-06-30T00:00:00Z";
    for (subject, rest, told) in [
        ("kind: ClusterRoleBinding, name: audit", owned, "warn CX001"),
        // Of this kind nothing will ever come.
        ("kind: ClusterRoleBindings, name: audit", owned, "deny CX001"),
        ("kind: ClusterRoleBinding, name: audit", "reason: audits", "deny CX802; warn CX001"),
    ] {
        assert_eq!(hall.told(exemption(subject, rest)), told, "{subject}");
    }
    // Where a policy cannot be read, nothing is known.
    let broken = hall.with(&ours("CompliancePolicy", "", "broken", "{mode: Fierce}"));
    let told = broken.told(exemption("kind: ClusterRoleBinding, name: audit", owned));
    assert!(told.starts_with("deny "), "{told}");
}

#[test]
fn a_change_is_refused_only_for_what_it_brings() {
    let hall = Hall::new();
    let old = edit(SOUND_FLOW, "TLS13", "None");
    for (new, told) in [
        (edit(&old, "retention: 1d", "retention: 2d"), "warn CX117"),
        (SOUND_FLOW.to_owned(), ""),
        (edit(&old, "legalBasis: Contract, ", ""), "deny CX121; warn CX117"),
    ] {
        assert_eq!(hall.told(update(&flow(&old), &flow(&new))), told, "{new}");
    }
    // Neither another place in a list nor a label is something new.
    let (one, two) = ("{to: [{vendor: gone}, {vendor: hub}]}", "{to: [{vendor: hub}, {vendor: gone}]}");
    let strict = Hall::new().under("{admission: {unknown: Deny}}");
    assert!(strict.told(update(&flow(one), &flow(two))).starts_with("warn "));
    let mut labelled = update(&flow("{}"), &flow("{}"));
    labelled.object["metadata"]["labels"] = json!({"team": "cx"});
    assert_eq!(hall.answer(labelled), Answer::allowed());
}

#[test]
fn a_policy_is_not_refused_for_what_it_finds() {
    let hall = Hall::new().with(&flow("{}"));
    let strict = "{vendors: {certifications: [ISO27001]}}";
    assert_eq!(hall.told(create(&ours("CompliancePolicy", "", "strict", strict))), "");
    // Under one that cannot be read nothing can be judged.
    let told = hall.told(create(&ours("CompliancePolicy", "", "strict", "{mode: Fierce}")));
    assert_eq!(told, "deny CX001 CX003");
}

#[test]
fn a_breach_is_put_on_record_however_late() {
    let late = "{role: Controller, risk: High, awareAt: 2026-11-10T00:00:00Z}";
    let told = Hall::new().told(create(&ours("Incident", "", "leak", late)));
    assert!(told.starts_with("warn ") && told.contains("CX705"), "{told}");
}

#[test]
fn bad_news_of_others_is_put_on_record() {
    let people = objects(PEOPLE);
    let known = |kind: &str| people.iter().find(|object| object["kind"] == kind).unwrap().clone();
    for (kind, change, told) in [
        ("Vendor", json!({"ended": {"date": "2026-11-22"}}), "warn CX126"),
        ("Vendor", json!({"agreement": null}), "warn CX111"),
        (
            "Vendor",
            json!({"agreement": {"signedOn": "2026-09-01", "validUntil": "2026-11-22"}}),
            "warn CX111",
        ),
        ("Person", json!({"country": "US"}), "warn CX607"),
        // What cannot be read tells nothing.
        ("Vendor", json!({"country": 7}), "deny CX003"),
    ] {
        let old = known(kind);
        let mut new = old.clone();
        for (field, value) in change.as_object().unwrap() {
            new["spec"][field] = value.clone();
        }
        let hall = Hall::new().under("{admission: {unknown: Deny}}");
        let answer = hall.answer(request(Operation::Update, old, new.clone()));
        let codes = super::told(&answer);
        assert!(codes.split([' ', ';']).any(|code| told.ends_with(code)), "{codes}: {change}");
        assert_eq!(codes.starts_with("deny"), told.starts_with("deny"), "{codes}: {change}");
        // One that is new is for those to come.
        let created =
            super::told(&hall.without(&grant_id()).answer(request(Operation::Create, Value::Null, new)));
        assert!(kind == "Person" || created.starts_with("deny"), "{created}: {change}");
    }
}

/// A Deployment that runs in a region.
fn web(name: &str, region: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: cx, labels: {{tier: web}}}}\n\
         spec: {{template: {{spec: {{nodeSelector: {{topology.kubernetes.io/region: {region}}}}}}}}}\n"
    )
}

/// A flow that covers what has this label.
fn covering(label: &str) -> String {
    let selector = format!("{{workloads: {{selector: {{matchLabels: {{tier: {label}}}}}}}, to:");
    flow(&edit(SOUND_FLOW, "{to:", &selector))
}

#[test]
fn what_runs_and_becomes_wrong_by_a_flow_is_named() {
    let abroad = |name: &str| web(name, "us-east-1");
    let hall = (0..7).fold(Hall::new(), |hall, at| hall.with(&abroad(&format!("web-{at}"))));
    assert_eq!(hall.told(create(&covering("web"))), "warn CX101");
    let warned = hall.answer(create(&covering("web"))).warnings;
    let expected = "CX101: Deployment/cx/web-0, Deployment/cx/web-1, Deployment/cx/web-2, Deployment/cx/web-3, \
                    Deployment/cx/web-4 and 2 more become Violating by this; what runs is not stopped";
    assert_eq!(warned, [expected]);
    assert_eq!(hall.told(create(&covering("other"))), "");
    // Those that are so already are nothing new.
    let covered = hall.with(&covering("web"));
    assert_eq!(
        covered.told(update(&covering("web"), &edit(&covering("web"), "retention: 1d", "retention: 2d"))),
        ""
    );
}

#[test]
fn of_very_many_workloads_the_first_two_hundred_are_looked_at() {
    let at_home: Vec<String> = (0..200).map(|at| web(&format!("web-{at:03}"), "eu-central-1")).collect();
    // By name, the one abroad is the last that is looked at, or the first that is not.
    for (before, told) in [(199, "warn CX101"), (200, "")] {
        let hall = Hall::new().with(&at_home[..before].join("---\n")).with(&web("web-999", "us-east-1"));
        assert_eq!(hall.told(create(&covering("web"))), told, "after {before}");
    }
}

#[test]
fn what_is_set_aside_is_on_the_record_and_refuses_nothing() {
    let hall = Hall::new().with(&exemption("CX117", "{kind: DataFlow, namespace: cx, name: new}"));
    let answer = hall.answer(create(&flow(&edit(SOUND_FLOW, "TLS13", "None"))));
    assert_eq!(told(&answer), "");
    assert!(answer.audit["findings"].contains("\"exempted\":true"));
}

#[test]
fn a_name_that_is_to_be_made_up_is_none_of_an_object_that_is_there() {
    let mut request = create(&ours("DataFlow", "cx", "", "{}"));
    request.object["metadata"] = json!({"generateName": "answers-", "namespace": "cx"});
    let answer = Hall::new().answer(request);
    assert_eq!(answer.findings[0].subject.to_string(), "DataFlow/cx/answers-*");
}
