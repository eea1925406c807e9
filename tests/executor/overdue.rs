use std::collections::BTreeMap;

use cxguard::cluster::Effect;
use cxguard::cluster::execute::{Fate, revoke_overdue};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::server::{Server, binding, grant, lease};

const APPROVED: &str = "2026-11-01T00:00:00Z";
const DEADLINE: &str = "2026-11-23T10:00:00Z";

/// A grant and its binding with a deadline. The approval and the end are those of the grant as it is now: the binding
/// knows the first approval.
async fn give(server: &Server, name: &str, approved: &str, expires: &str, deadline: &str) -> Value {
    let spec = json!({"expiresAt": expires, "approval": {"by": "bea", "at": approved}});
    let grant = server.create(&grant(name, &spec)).await;
    let mut lease = lease(&grant);
    lease.deadline = Some(deadline.parse().unwrap());
    lease.approved_at = Some(APPROVED.parse().unwrap());
    server.done(Effect::CreateBinding(lease)).await;
    grant
}

pub(crate) async fn only_what_is_overdue_and_not_renewed_is_revoked(server: &Server) {
    let now: Timestamp = DEADLINE.parse().unwrap();
    let (later_approval, later) = ("2026-11-20T00:00:00Z", "2026-12-23T10:00:00Z");
    give(server, "due", APPROVED, DEADLINE, DEADLINE).await;
    give(server, "paper", APPROVED, later, DEADLINE).await;
    give(server, "renewed", later_approval, later, DEADLINE).await;
    give(server, "early", APPROVED, later, later).await;
    let recreated = give(server, "recreated", later_approval, later, DEADLINE).await;
    server.delete(&recreated).await;
    let spec = json!({"expiresAt": later, "approval": {"by": "bea", "at": later_approval}});
    server.create(&grant("recreated", &spec)).await;
    let orphan = give(server, "orphan", later_approval, later, DEADLINE).await;
    server.delete(&orphan).await;
    give(server, "held", APPROVED, DEADLINE, DEADLINE).await;
    server.merge(&binding("cxguard-held"), &json!({"metadata": {"finalizers": ["other.dev/x"]}})).await;
    let mut foreign = binding("foreign");
    foreign["metadata"]["annotations"] = json!({"cxguard.dev/deadline": DEADLINE});
    foreign["roleRef"] =
        json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"});
    server.create(&foreign).await;

    let found = revoke_overdue(&server.executor, now).await.unwrap();
    let fates: BTreeMap<&str, &Fate> = found.iter().map(|one| (&*one.binding.name, &one.fate)).collect();
    let kept = Fate::Kept("finalizers: other.dev/x".to_owned());
    let expected = BTreeMap::from([
        ("cxguard-due", &Fate::Revoked),
        ("cxguard-held", &kept),
        ("cxguard-orphan", &Fate::Revoked),
        ("cxguard-paper", &Fate::Revoked),
        ("cxguard-recreated", &Fate::Revoked),
        ("cxguard-renewed", &Fate::Renewed),
    ]);
    assert_eq!(fates, expected);
    for (name, stays) in [("due", false), ("paper", false), ("renewed", true), ("early", true)] {
        assert_eq!(server.get(&binding(&format!("cxguard-{name}"))).await.is_some(), stays, "{name}");
    }
    assert!(server.get(&foreign).await.is_some());
    server.merge(&binding("cxguard-held"), &json!({"metadata": {"finalizers": null}})).await;
}
