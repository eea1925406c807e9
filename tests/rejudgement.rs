//! A change of one vendor judges again what depends on it, and nothing else.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]

use std::collections::BTreeSet;

use cxguard::engine::Memos;
use cxguard::facts::{ObjectRef, World, read};
use jiff::Timestamp;
use serde_json::{Value, json};

const NAMESPACES: usize = 10;
const FLOWS: usize = 20;
const WORKLOADS: usize = 40;
const GRANTS: usize = 30;
const VENDORS: usize = 100;

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn ours(kind: &str, namespace: &str, name: &str, spec: &Value) -> Value {
    let metadata = json!({"name": name, "namespace": namespace});
    json!({"apiVersion": "cxguard.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec})
}

/// A vendor, whose agreement ends on some day.
fn vendor(number: usize, legal_name: &str, until: &str) -> Value {
    let agreement = json!({"signedOn": "2025-01-15", "validUntil": until});
    let spec = json!({"legalName": legal_name, "country": "NL", "role": "Processor", "agreement": agreement});
    ours("Vendor", "", &format!("v{number}"), &spec)
}

/// Each vendor is the destination of two flows in two namespaces, each of which covers two workloads; and the firm of
/// one consultant, who has three grants.
fn objects() -> Vec<Value> {
    let mut objects = vec![ours("CompliancePolicy", "", "gdpr", &json!({}))];
    for number in 0..VENDORS {
        objects.push(vendor(number, "A", "2099-12-31"));
        let spec = json!({
            "usernames": [format!("p{number}")], "type": "Consultant", "vendor": format!("v{number}"), "country": "NL",
            "confidentiality": {"signedOn": "2026-01-01", "validUntil": "2099-12-31"},
            "engagement": {"from": "2026-01-01", "until": "2099-12-31"},
        });
        objects.push(ours("Person", "", &format!("p{number}"), &spec));
    }
    for at in 0..NAMESPACES {
        let namespace = format!("cx{at}");
        let metadata = json!({"name": namespace, "labels": {"cxguard.dev/protected": "true"}});
        objects.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}));
        for flow in 0..FLOWS {
            let to = format!("v{}", (at * FLOWS + flow) % VENDORS);
            let spec = json!({
                "to": [{"vendor": to}],
                "workloads": {"selector": {"matchLabels": {"flow": format!("f{flow}")}}},
            });
            objects.push(ours("DataFlow", &namespace, &format!("f{flow}"), &spec));
        }
        for workload in 0..WORKLOADS {
            let labels = json!({"flow": format!("f{}", workload % FLOWS)});
            let metadata = json!({"name": format!("w{workload}"), "namespace": namespace, "labels": labels});
            objects.push(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}));
        }
        for grant in 0..GRANTS {
            let spec = json!({
                "subject": {"kind": "User", "name": format!("p{}", (at * GRANTS + grant) % VENDORS)},
                "role": {"kind": "ClusterRole", "name": "view"},
                "startsAt": "2026-11-20T00:00:00Z", "expiresAt": "2026-12-20T00:00:00Z",
            });
            objects.push(ours("AccessGrant", &namespace, &format!("g{grant}"), &spec));
        }
    }
    objects
}

struct Judged {
    world: World,
    memos: Memos,
}

impl Judged {
    fn everything() -> Self {
        let (mut world, mut memos) = (World::new(), Memos::new());
        let objects = objects();
        assert!(objects.len() > 1000);
        for (id, fact) in objects.iter().filter_map(read) {
            world.set(&id, Some(fact));
            memos.want(&id);
        }
        memos.settle(&world, now());
        Self { world, memos }
    }

    /// How many facts a change makes the engine derive, and of which objects the judgement differs after it.
    fn after(&mut self, object: &Value) -> (u64, BTreeSet<String>) {
        let before = self.memos.derived();
        let (id, fact) = read(object).unwrap();
        self.memos.touch(&self.world.set(&id, Some(fact)));
        let changed = self.memos.settle(&self.world, now());
        (self.memos.derived() - before, changed.iter().map(ObjectRef::to_string).collect())
    }
}

fn set(names: &str) -> BTreeSet<String> {
    names.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn what_depends_on_a_vendor_is_judged_again_and_nothing_else() {
    let mut judged = Judged::everything();
    let (derived, changed) = judged.after(&vendor(7, "A", "2026-11-20"));
    assert_eq!(
        changed,
        set("Vendor/v7 Person/p7 \
             DataFlow/cx0/f7 Deployment/cx0/w7 Deployment/cx0/w27 \
             DataFlow/cx5/f7 Deployment/cx5/w7 Deployment/cx5/w27 \
             AccessGrant/cx0/g7 AccessGrant/cx3/g17 AccessGrant/cx6/g27")
    );
    // The vendor, for itself and as each of its flows' namespaces sees it; two flows and their four workloads; the
    // consultant; of three grants what the rules say, what they give, and what is left of those that ended.
    assert_eq!(derived, 3 + 2 + 4 + 1 + 3 * 3);
}

#[test]
fn what_nobody_asks_for_changes_nothing() {
    let mut judged = Judged::everything();
    let (derived, changed) = judged.after(&vendor(7, "B", "2099-12-31"));
    assert_eq!(changed, BTreeSet::new());
    // Who reads the vendor itself looks again: flows, the consultant, grants. What reads these does not.
    assert_eq!(derived, 3 + 2 + 1 + 3 * 2);
    // What is no fact is not even looked at.
    let mut labelled = vendor(7, "B", "2099-12-31");
    labelled["metadata"]["labels"] = json!({"team": "cx"});
    assert_eq!(judged.after(&labelled), (0, BTreeSet::new()));
}

#[test]
fn what_is_read_no_more_is_followed_no_more() {
    let mut judged = Judged::everything();
    let workloads = json!({"selector": {"matchLabels": {"flow": "f7"}}});
    let moved = json!({"to": [{"vendor": "v8"}], "workloads": workloads});
    judged.after(&ours("DataFlow", "cx0", "f7", &moved));
    // As without the flow that goes elsewhere now.
    let (derived, changed) = judged.after(&vendor(7, "A", "2026-11-20"));
    assert_eq!(derived, 2 + 1 + 2 + 1 + 3 * 3);
    assert!(!changed.contains("DataFlow/cx0/f7"));
    let (_, changed) = judged.after(&vendor(8, "A", "2026-11-20"));
    assert!(changed.is_superset(&set("DataFlow/cx0/f7 DataFlow/cx0/f8 Deployment/cx0/w7")), "{changed:?}");
}

#[test]
fn a_vendor_that_nobody_uses_concerns_itself() {
    let mut judged = Judged::everything();
    let (_, changed) = judged.after(&vendor(VENDORS, "A", "2099-12-31"));
    assert_eq!(changed, BTreeSet::new());
    judged.memos.want(&read(&vendor(VENDORS, "A", "2099-12-31")).unwrap().0);
    judged.memos.settle(&judged.world, now());
    let (derived, changed) = judged.after(&vendor(VENDORS, "A", "2026-11-20"));
    assert_eq!((derived, changed), (1, set("Vendor/v100")));
}
