use serde_json::Value;

use super::*;
use crate::engine::Memos;
use crate::facts::{Kind, Problem, Unreadable, World, read_as};
use crate::rules::testing::Bench;

/// What `deploy/` installs.
const SHIPPED: &str = include_str!("../../../deploy/webhooks.yaml");

const POLICY: &str = "
apiVersion: cxguard.dev/v1alpha1
kind: CompliancePolicy
metadata: {name: gdpr}
spec: {namespaceSelector: {matchExpressions: [{key: team, operator: Exists}]}}
";

/// A namespace with its labels, in one line.
fn namespace(name: &str, labels: &str) -> String {
    format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}, labels: {labels}}}}}")
}

const LABELLED: &str = "{team: cx, cxguard.dev/protected: 'true'}";

/// The webhook configurations that are shipped, each changed by `edit`; none where that leaves nothing.
fn installed(bench: Bench, edit: impl Fn(Kind, &mut Vec<Value>) -> bool) -> Bench {
    let documents: Vec<Value> = serde_saphyr::from_multiple(SHIPPED).unwrap();
    documents.into_iter().fold(bench, |bench, mut document| {
        let kind = match document["kind"].as_str().unwrap() {
            "ValidatingWebhookConfiguration" => Kind::ValidatingWebhookConfiguration,
            "MutatingWebhookConfiguration" => Kind::MutatingWebhookConfiguration,
            _ => return bench,
        };
        if !edit(kind, document["webhooks"].as_array_mut().unwrap()) {
            return bench;
        }
        let (id, fact) = read_as(kind, &document).unwrap();
        bench.fact(&id, fact)
    })
}

fn shipped(bench: Bench) -> Bench {
    installed(bench, |_, _| true)
}

fn world(namespaces: &[(&str, &str)]) -> Bench {
    let namespaces = namespaces.iter().map(|(name, labels)| namespace(name, labels));
    namespaces.fold(Bench::new(POLICY), |bench, namespace| bench.with(&namespace))
}

/// What is missing, in words.
fn words(bench: &Bench) -> String {
    match bench.guarded("CompliancePolicy/gdpr") {
        Some(Guarded::Partly(gaps)) => {
            let left_out = gaps.left_out.iter().map(|name| &**name).collect::<Vec<_>>();
            let of = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(" ");
            let narrow = if gaps.is_of_all() { "all".to_owned() } else { of(&gaps.narrow) };
            format!("{} by {narrow}; lacks {}", left_out.join(" "), of(&gaps.missing))
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn a_policy_knows_which_of_its_namespaces_the_shipped_webhooks_leave_out() {
    for (namespaces, expected) in [
        (vec![("cx", LABELLED)], "Some(Whole)"),
        (vec![("cx", "{team: cx}")], "cx by all; lacks "),
        (
            vec![("a", "{team: x}"), ("b", LABELLED), ("c", "{team: blue, cxguard.dev/protected: 'false'}")],
            "a c by all; lacks ",
        ),
        // It is protected by its label, and this policy does not select it.
        (vec![("cx", "{cxguard.dev/protected: 'true'}")], "Some(NothingSelected)"),
        (vec![], "Some(NothingSelected)"),
        // About these nobody ever asks.
        (vec![("kube-system", "{team: x}"), ("cxguard-system", LABELLED)], "Some(NothingSelected)"),
        (vec![("kube-system", LABELLED), ("cx", LABELLED)], "Some(Whole)"),
    ] {
        assert_eq!(words(&shipped(world(&namespaces))), expected, "{namespaces:?}");
    }
    let elsewhere = shipped(world(&[("guard", LABELLED)])).operator_in("guard");
    assert_eq!(words(&elsewhere), "Some(NothingSelected)");
}

#[test]
fn what_was_edited_by_hand_is_noticed() {
    let bench = || world(&[("cx", LABELLED), ("other", "{team: x, cxguard.dev/protected: 'true'}")]);
    let sessions = |webhook: &Value| webhook["name"] == "sessions.cxguard.dev";
    let edited = installed(bench(), |_, webhooks| {
        for webhook in webhooks.iter_mut().filter(|webhook| sessions(webhook)) {
            webhook["namespaceSelector"]["matchLabels"]["team"] = "cx".into();
        }
        true
    });
    assert_eq!(words(&edited), "other by sessions.cxguard.dev; lacks ");
    let lacking = installed(bench(), |_, webhooks| {
        webhooks.retain(|webhook| !sessions(webhook));
        true
    });
    assert_eq!(words(&lacking), " by ; lacks sessions.cxguard.dev");
    let without_pin = installed(bench(), |kind, _| kind == Kind::ValidatingWebhookConfiguration);
    assert_eq!(words(&without_pin), " by ; lacks pin.cxguard.dev");
    let wide = installed(bench(), |_, webhooks| {
        for webhook in webhooks {
            webhook["namespaceSelector"] = serde_json::json!({});
        }
        true
    });
    assert_eq!(words(&wide.with(&namespace("third", "{team: z}"))), "Some(Whole)");
    assert_eq!(words(&installed(bench(), |_, _| false)), "Some(NotInstalled)");
}

#[test]
fn of_configurations_that_cannot_be_read_nothing_is_told_but_why() {
    let problem =
        |resource: &str| Problem { path: String::new(), problem: format!("no permission: {resource}") };
    let unreadable = |resource| {
        Fact::Unreadable(Arc::new(Unreadable { problems: vec![problem(resource)], ..Unreadable::default() }))
    };
    let id = |kind| ObjectRef::cluster(kind, "cxguard");
    let bench = || {
        let bench = world(&[("cx", LABELLED)]);
        bench.fact(&id(Kind::MutatingWebhookConfiguration), unreadable("mutating"))
    };
    let validating = installed(bench(), |kind, _| kind == Kind::ValidatingWebhookConfiguration);
    assert_eq!(words(&validating), "Some(Unreadable({\"no permission: mutating\"}))");
    let neither = bench().fact(&id(Kind::ValidatingWebhookConfiguration), unreadable("validating"));
    let expected = "Some(Unreadable({\"no permission: mutating\", \"no permission: validating\"}))";
    assert_eq!(words(&neither), expected);
    assert_eq!(words(&shipped(bench())), "Some(Whole)");
}

#[test]
fn of_a_policy_that_cannot_be_read_nothing_is_said() {
    let broken = POLICY.replace("spec: {", "spec: {mode: Loud, ");
    assert_eq!(words(&shipped(world(&[("cx", LABELLED)])).with(&broken)), "None");
}

#[test]
fn it_follows_the_labels_and_the_webhooks_alone() {
    let mut memos = Memos::new();
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    let mut world = World::new();
    let set = |world: &mut World, memos: &mut Memos, (id, fact): (ObjectRef, Option<Fact>)| {
        memos.touch(&world.set(&id, fact));
        memos.settle(world, now);
    };
    let read = |manifest: &str| {
        let (id, fact) = crate::facts::read(&serde_saphyr::from_str(manifest).unwrap()).unwrap();
        (id, Some(fact))
    };
    let policy = ObjectRef::cluster(Kind::CompliancePolicy, "gdpr");
    memos.want(&policy);
    set(&mut world, &mut memos, read(POLICY));
    set(&mut world, &mut memos, read(&namespace("cx", LABELLED)));
    assert_eq!(memos.guarded(&policy).as_deref(), Some(&Guarded::NotInstalled));
    for document in serde_saphyr::from_multiple::<Value>(SHIPPED).unwrap() {
        for kind in [Kind::ValidatingWebhookConfiguration, Kind::MutatingWebhookConfiguration] {
            let (id, fact) = read_as(kind, &document).unwrap();
            if document["kind"] == kind.as_str() {
                set(&mut world, &mut memos, (id, Some(fact)));
            }
        }
    }
    assert_eq!(memos.guarded(&policy).as_deref(), Some(&Guarded::Whole));
    set(&mut world, &mut memos, read(&namespace("cx", "{team: cx}")));
    assert!(matches!(memos.guarded(&policy).as_deref(), Some(Guarded::Partly(_))));
    set(&mut world, &mut memos, read(&namespace("cx", "{team: cx, other: label}")));
    set(&mut world, &mut memos, (ObjectRef::cluster(Kind::Namespace, "cx"), None));
    assert_eq!(memos.guarded(&policy).as_deref(), Some(&Guarded::NothingSelected));
}

#[test]
fn protected_namespaces_are_counted() {
    let bench = || {
        world(&[
            ("both", LABELLED),
            ("unguarded", "{team: cx}"),
            ("without-policy", "{cxguard.dev/protected: 'true'}"),
            ("kube-system", "{team: x}"),
            ("neither", "{}"),
        ])
    };
    let count = |namespaces, unguarded, without_policy| Protected { namespaces, unguarded, without_policy };
    assert_eq!(shipped(bench()).protected(), count(4, 1, 1));
    // Nobody is asked about kube-system in any case.
    assert_eq!(bench().protected(), count(4, 3, 1));
}
