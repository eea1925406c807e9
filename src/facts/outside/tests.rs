use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::*;
use crate::engine::{Memos, Query};
use crate::facts::{ObjectRef, Snapshot, World, read};
use crate::rules::Code;

/// `SAID` stands wherever somebody may write of people, or of what only they need to know.
const OBJECTS: &str = r#"
apiVersion: cxguard.dev/v1alpha1
kind: CompliancePolicy
metadata: {name: p}
spec: {owner: SAID}
---
apiVersion: cxguard.dev/v1alpha1
kind: Vendor
metadata: {name: hub, annotations: {note: SAID}}
spec:
  owner: SAID
  legalName: SAID
  contacts: {privacy: SAID, security: SAID}
  agreement: {reference: {url: "https://SAID.example", sha256: SAID}}
---
apiVersion: cxguard.dev/v1alpha1
kind: Person
metadata: {name: p1}
spec:
  usernames: [anna]
  owner: SAID
  type: Employee
  confidentiality: {reference: {url: "https://SAID.example"}}
---
apiVersion: cxguard.dev/v1alpha1
kind: DataFlow
metadata: {name: f, namespace: cx}
spec: {owner: SAID, purpose: SAID}
---
apiVersion: cxguard.dev/v1alpha1
kind: Survey
metadata: {name: s, namespace: cx}
spec: {owner: SAID, links: ["https://s.example/r?u=SAID%40mail.example", "https://s.example/r/{token}"]}
---
apiVersion: cxguard.dev/v1alpha1
kind: AccessGrant
metadata: {name: g, namespace: cx}
spec:
  owner: SAID
  subject: {kind: User, name: anna}
  role: {kind: Role, name: r}
  reason: SAID
  revoked: {reason: SAID}
---
apiVersion: cxguard.dev/v1alpha1
kind: IncidentPlan
metadata: {name: plan}
spec: {owner: SAID, contacts: {authority: SAID, dataProtectionOfficer: SAID, csirt: SAID}}
---
apiVersion: cxguard.dev/v1alpha1
kind: Incident
metadata: {name: i}
spec: {owner: SAID, summary: SAID, riskRationale: SAID, delayReason: SAID}
---
apiVersion: cxguard.dev/v1alpha1
kind: Exemption
metadata: {name: e}
spec: {owner: SAID, rules: [CX408], subject: {kind: Vendor, name: hub}, reason: SAID, ticket: SAID, approvedBy: SAID}
---
apiVersion: cxguard.dev/v1alpha1
kind: Person
metadata: {name: unreadable}
spec: {usernames: [otto], type: SAID}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: in, namespace: cx, annotations: {note: "https://SAID.example/?mail=SAID%40mail.example"}}
spec: {rules: [{host: api.example}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, namespace: cx, annotations: {note: SAID}}
spec: {template: {spec: {containers: [{env: [{name: A, value: "SAID https://api.example/r?u=SAID%40mail.example"}]}]}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: cx, annotations: {note: SAID}}
data: {A: "https://api.example/r?u=SAID%40mail.example"}
---
apiVersion: v1
kind: Pod
metadata: {name: SAID, namespace: cx}
spec: {nodeName: n}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: SAID
  namespace: cx
  ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: c, controller: true}]
spec: {}
"#;

fn facts(manifests: &str) -> Vec<(ObjectRef, Fact)> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(manifests).unwrap();
    documents.iter().filter_map(read).collect()
}

fn snapshot(facts: Vec<(ObjectRef, Fact)>) -> Snapshot {
    let at = "2026-11-23T12:00:00Z".parse().unwrap();
    Snapshot::new(at, "https://server".to_owned(), Vec::new(), facts)
}

#[test]
fn what_is_said_of_people_stays() {
    let facts = facts(&OBJECTS.replace("SAID", "erika.muster"));
    let told = format!("{facts:?}").matches("erika").count();
    assert!(told >= 28, "only {told} of the fields are read at all");
    let mut bytes = Vec::new();
    snapshot(facts).write(&mut bytes).unwrap();
    let written = String::from_utf8(bytes).unwrap();
    let said: Vec<&str> = written.lines().filter(|line| line.contains("erika")).collect();
    assert!(said.is_empty(), "{said:#?}");
    for kept in ["anna", "otto", "api.example", "https://s.example/r/{token}", "\"hub\""] {
        assert!(written.contains(kept), "{kept} is compared by rules");
    }
}

/// Rules read nothing of what stays: what they find is the same, in the same words. But for the hosts and links that
/// workloads name themselves.
#[test]
fn the_judgement_is_the_same_without_it() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    #[expect(clippy::disallowed_methods, reason = "a test may read its files")]
    let texts = ["compliant", "violating"].iter().flat_map(|folder| {
        let files = fs::read_dir(examples.join(folder)).unwrap();
        files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
    });
    let known: Vec<(ObjectRef, Fact)> = texts.flat_map(|text| facts(&text)).collect();
    let found = |facts: &mut dyn Iterator<Item = (&ObjectRef, &Fact)>| {
        let mut world = World::new();
        for (id, fact) in facts {
            world.set(id, Some(fact.clone()));
        }
        let none = Memos::new();
        let query = Query::once(&world, &none, "2026-11-23T12:00:00Z".parse().unwrap());
        let verdicts = world.objects().map(|id| query.judge(id).0);
        let found: BTreeSet<_> = verdicts.flat_map(|verdict| verdict.findings.clone()).collect();
        let own = |rule| matches!(rule, Code(124 | 209));
        found.into_iter().filter(|finding| !own(finding.rule)).collect::<BTreeSet<_>>()
    };
    let with = found(&mut known.iter().map(|(id, fact)| (id, fact)));
    assert!(with.len() > 20, "{}", with.len());
    assert_eq!(with, found(&mut snapshot(known).facts()));
}
