//! A consultant's grant: allowed, deadline, denied.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Client;
use kube::api::{Api, ListParams};
use serde_json::{Value, json};

use super::cluster::Cluster;
use super::say;
use crate::cluster::{Applied, apply, eventually, get};

const NAMESPACE: &str = "cx-feedback";
const USER: &str = "analyst-8@insight-partners.example";
const GRANT: &str = "analyst-8-short";

/// For how long the consultant gets access.
const SECONDS: i64 = 20;

/// Tells the story and checks every sentence of it.
pub(super) async fn tell(cluster: &Cluster) -> Result<()> {
    let (admin, user) = (cluster.admin().await?, cluster.user(USER).await?);
    ensure!(!may_read(&user).await?, "{USER} can read {NAMESPACE} before anything is granted");
    say(format!("✓ {USER} may not read {NAMESPACE}"));
    let now = Timestamp::now();
    let end = now + SignedDuration::from_secs(SECONDS);
    for object in [person(), grant(now, end)] {
        ensure!(matches!(apply(&admin, &object).await?, Applied::Stored), "{} was refused", object["kind"]);
    }
    let allowed = async || {
        ensure!(may_read(&user).await?, "{}", get(&admin, "AccessGrant", NAMESPACE, GRANT).await?["status"]);
        Ok(())
    };
    eventually(&format!("{USER} may read {NAMESPACE}"), allowed).await?;
    ensure!(Timestamp::now() < end, "the grant ended before it was seen to begin");
    say(format!("✓ a grant of {SECONDS} seconds, approved by lead@corp.example: {USER} reads {NAMESPACE}"));
    until(end - SignedDuration::from_millis(500)).await;
    ensure!(may_read(&user).await?, "access ended before its deadline");
    say("✓ half a second before the deadline: still allowed");
    until(end).await;
    let mut denied = Timestamp::now();
    while may_read(&user).await? {
        denied = Timestamp::now();
        ensure!(denied < end + SignedDuration::from_secs(5), "access outlives its deadline by 5 seconds");
    }
    let late = denied.duration_since(end).as_millis();
    say(format!("✓ deadline: 403 Forbidden, at most {} ms after it", late.max(0) + 1));
    verified(&admin).await
}

/// What the operator says of the end.
async fn verified(admin: &Client) -> Result<()> {
    let ended = async || {
        let status = get(admin, "AccessGrant", NAMESPACE, GRANT).await?["status"].clone();
        ensure!(
            status["phase"] == "Expired" && status["revocation"]["verified"] == "True",
            "its status is {status}"
        );
        Ok(status["revocation"].clone())
    };
    let end = eventually("the grant is Expired and verified", ended).await?;
    say(format!(
        "✓ the grant is {}, and the API server confirms that nothing is left: verified {}",
        end["cause"], end["verified"]
    ));
    let binding = get(admin, "RoleBinding", NAMESPACE, &format!("cxguard-{GRANT}")).await;
    ensure!(binding.is_err(), "the binding still stands");
    Ok(())
}

/// Whether the user's own request is allowed.
async fn may_read(user: &Client) -> Result<bool> {
    let api: Api<ConfigMap> = Api::namespaced(user.clone(), NAMESPACE);
    match api.list(&ListParams::default().limit(1)).await {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if status.code == 403 => Ok(false),
        Err(error) => Err(error).context("neither allowed nor denied"),
    }
}

async fn until(instant: Timestamp) {
    let left = Duration::try_from(instant.duration_since(Timestamp::now())).unwrap_or_default();
    tokio::time::sleep(left).await;
}

fn person() -> Value {
    json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "Person", "metadata": {"name": "analyst-8"},
        "spec": {
            "usernames": [USER], "type": "Consultant", "vendor": "insight-partners", "jobRole": "data-analyst",
            "country": "DE",
            "confidentiality": {"signedOn": "2026-09-28", "validUntil": "2199-12-31"},
            "engagement": {"from": "2026-10-01", "until": "2199-12-31"},
        },
    })
}

fn grant(now: Timestamp, end: Timestamp) -> Value {
    json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant",
        "metadata": {"name": GRANT, "namespace": NAMESPACE},
        "spec": {
            "subject": {"kind": "User", "name": USER},
            "role": {"kind": "ClusterRole", "name": "feedback-reader"},
            "dataForm": "Pseudonymised", "reason": "a look at one survey", "requestedBy": "cx-lead@corp.example",
            "expiresAt": end.to_string(),
            "approval": {"by": "lead@corp.example", "at": now.to_string()},
            "reviewedOn": now.strftime("%Y-%m-%d").to_string(),
        },
    })
}
