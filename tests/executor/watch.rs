use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use cxguard::cluster::index::{Event, Own, Pulse, STREAMS, watch};
use cxguard::cluster::{Change, Effect};
use cxguard::facts::{Fact, Kind, ObjectRef};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::server::{OWN, Server, binding, grant, lease};

const PATIENCE: Duration = Duration::from_secs(30);

fn own() -> Own {
    Own { namespace: OWN.to_owned(), webhooks: "cxguard".to_owned() }
}

fn pulse() -> Arc<Pulse> {
    Arc::new(Pulse::new(OWN))
}

pub(crate) async fn what_is_not_defined_or_not_allowed_is_told_once(server: &Server) {
    let (sender, mut events) = mpsc::channel(64);
    let config = server.config("nobody", &[]).await;
    let watching = tokio::spawn(watch(config, own(), STREAMS.to_vec(), sender, pulse()));
    let mut failures: BTreeMap<Kind, usize> = BTreeMap::new();
    // Long enough for several attempts.
    while let Ok(Some(event)) = timeout(Duration::from_secs(4), events.recv()).await {
        let Event::Failed { stream, verb: "list", resource, message, forbidden: true } = event else {
            panic!("nothing else happens: {event:?}");
        };
        assert!(message.contains("cannot list resource"), "{resource}: {message}");
        *failures.entry(stream).or_default() += 1;
    }
    assert_eq!(failures, STREAMS.into_iter().map(|kind| (kind, 1)).collect());
    drop(events);
    timeout(PATIENCE, watching).await.unwrap().unwrap().unwrap();
}

pub(crate) async fn changes_are_told(server: &Server) {
    let (sender, mut events) = mpsc::channel(64);
    let config = server.config("admin", &["system:masters"]).await;
    let watching = tokio::spawn(watch(config, own(), STREAMS.to_vec(), sender, pulse()));
    let mut next = async || timeout(PATIENCE, events.recv()).await.unwrap().unwrap();

    let own: BTreeSet<Kind> = STREAMS.into_iter().filter(|kind| kind.is_own()).collect();
    let (mut missing, mut listed) = (BTreeSet::new(), BTreeSet::new());
    while missing != own || listed.len() + missing.len() < STREAMS.len() {
        match next().await {
            Event::Failed { stream, message, forbidden: false, .. } => {
                assert!(message.contains("are the definitions installed?"), "{message}");
                assert!(missing.insert(stream), "told once");
            }
            Event::Listed(kind) => drop(listed.insert(kind)),
            Event::Change(_) => {}
            event @ Event::Failed { .. } => panic!("{event:?}"),
        }
    }
    server.define().await;
    while listed.len() < STREAMS.len() {
        if let Event::Listed(kind) = next().await {
            listed.insert(kind);
        }
    }

    let created = server.create(&grant("watched", &json!({}))).await;
    let lease = lease(&created);
    let made = server.done(Effect::CreateBinding(lease.clone())).await;
    let at = "2026-11-23T10:00:00Z".parse().unwrap();
    let end = Effect::RecordEnd {
        grant: ObjectRef::namespaced(Kind::AccessGrant, "cx", "watched"),
        at,
        cause: cxguard::api::EndCause::Left,
    };
    let recorded = server.done(end).await;
    server.delete(&binding(&lease.id.name)).await;
    let uid = made.now.clone().unwrap().1.uid;
    let gone = Change::is_gone(lease.id.clone(), uid);
    // The same as the effects answered.
    let mut expected = vec![made, recorded, gone];
    let mut grant_seen = false;
    while !expected.is_empty() || !grant_seen {
        if let Event::Change(change) = next().await {
            grant_seen |= matches!(&change.now, Some((Fact::Grant(_), _)));
            expected.retain(|one| *one != *change);
        }
    }
    drop(events);
    timeout(PATIENCE, watching).await.unwrap().unwrap().unwrap();
}
