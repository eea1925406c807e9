//! Agreeing to a grant: as it was shown, and no other.
//!
//! An approval is a JSON patch that tests the object, its version and the spec that was shown. What was edited in
//! between is refused by the API server, and then shown again instead of being approved unseen.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::Args;
use http::Request;
use kube::api::DynamicObject;
use serde_json::{Value, json};

use super::{command, manifest, whom_to_ask};
use crate::access::describe;
use crate::api::AccessGrant;
use crate::cli::clock::now;
use crate::cli::form::Form;
use crate::cli::session::{Place, Session, is_forbidden, read, refused};
use crate::values::Instant;

/// How often an approval is sent again because something else than the spec has changed, such as the status.
const ATTEMPTS: usize = 5;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard grant approve ann-feedback-reader -n cx-feedback
  cxguard grant show ann-feedback-reader -n cx-feedback
  cxguard grant approve ann-feedback-reader -n cx-feedback --generation 1

The API server refuses an approval by who gets access or asked for it, and by who does not hold the verb approve.")]
pub(super) struct Approve {
    #[command(flatten)]
    signing: Signing,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard grant extend ann-feedback-reader -n cx-feedback --until 2027-01-31T18:00:00Z
  cxguard grant extend ann-feedback-reader -n cx-feedback --until 2027-01-31T18:00:00Z --generation 2

A later end needs a new approval, and this gives both: it is for approvers, and approves all that the grant asks for.")]
pub(super) struct Extend {
    /// The new end
    #[arg(long, value_name = "INSTANT")]
    until: Instant,

    #[command(flatten)]
    signing: Signing,
}

#[derive(Debug, Args)]
struct Signing {
    /// The name of the grant
    name: String,

    #[command(flatten)]
    place: Place,

    /// What was shown: another generation of the grant is not signed
    #[arg(long, value_name = "NUMBER")]
    generation: Option<i64>,

    /// Do not ask, sign what is there
    #[arg(long, conflicts_with = "generation")]
    yes: bool,

    /// Ask the API server what it would say, and store nothing
    #[arg(long)]
    dry_run: bool,

    /// The form of the output
    #[arg(short, long, value_enum, default_value = "text")]
    output: Form,
}

pub(super) async fn approve(arguments: &Approve) -> Result<ExitCode> {
    sign(&arguments.signing, None).await
}

pub(super) async fn extend(arguments: &Extend) -> Result<ExitCode> {
    sign(&arguments.signing, Some(arguments.until)).await
}

async fn sign(signing: &Signing, until: Option<Instant>) -> Result<ExitCode> {
    let session = Session::at(&signing.place).await?;
    let shown = session.grant(&signing.name).await?;
    let grant = read(shown.clone())?;
    if let Some(until) = until {
        let old = grant.spec.expires_at;
        ensure!(
            old.is_none_or(|old| old < until),
            "{until} is not later than the end that the grant has: to end access now, {}",
            command("revoke", &session, &signing.name)
        );
    }
    confirm(signing, &session, &grant, until)?;
    let me = session.me().await?.name;
    let stored = send(&session, signing, shown, until, &me).await?;
    let done = match (until, signing.dry_run) {
        (None, false) => "approved".to_owned(),
        (None, true) => "would be approved".to_owned(),
        (Some(until), false) => format!("extended until {until} and approved anew"),
        (Some(until), true) => format!("would be extended until {until} and approved anew"),
    };
    let text = || format!("AccessGrant {}/{} {done} by {me}\n", session.namespace, signing.name);
    signing.output.print(&manifest(stored), text)
}

/// That whoever signs knows what: it was shown before, is shown now, or they want it unseen.
fn confirm(signing: &Signing, session: &Session, grant: &AccessGrant, until: Option<Instant>) -> Result<()> {
    if let Some(shown) = signing.generation {
        let now = grant.metadata.generation.unwrap_or_default();
        ensure!(
            now == shown,
            "the grant was edited since: you saw generation {shown}, and this is {now}; look again: {}",
            command("show", session, &signing.name)
        );
        return Ok(());
    }
    if signing.yes {
        return Ok(());
    }
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        bail!(
            "nobody is there to confirm: look with {}, and then give the --generation that it says",
            command("show", session, &signing.name)
        );
    }
    let mut out = std::io::stderr().lock();
    let new_end = until.map(|until| format!("with the new end {until} ")).unwrap_or_default();
    write!(out, "{}Do you approve this {new_end}(yes/no)? ", describe(grant)).context("failed to ask")?;
    out.flush().context("failed to ask")?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer).context("failed to read the answer")?;
    ensure!(matches!(answer.trim(), "y" | "yes"), "not approved");
    Ok(())
}

/// Sends the approval for what was shown.
async fn send(
    session: &Session,
    signing: &Signing,
    shown: DynamicObject,
    until: Option<Instant>,
    me: &str,
) -> Result<DynamicObject> {
    let name = &signing.name;
    let edited = || {
        let again = command("show", session, name);
        anyhow!("the grant was edited since it was shown, and is not approved; look again: {again}")
    };
    let mut seen = shown.clone();
    for _ in 0..ATTEMPTS {
        let patch = patch(&shown, &seen, until, me, now().into());
        match request(session, signing, &patch).await {
            Ok(stored) => return Ok(stored),
            Err(error) if is_failed_test(&error) => {
                seen = session.grant(name).await?;
                if !is_same(&shown, &seen) {
                    return Err(edited());
                }
            }
            Err(error) => {
                let what = format!("failed to approve AccessGrant {}/{name}", session.namespace);
                let problem = refused(&what, &error);
                if !is_forbidden(&error) {
                    return Err(problem);
                }
                let ask = whom_to_ask(session, &read(shown)?).await;
                let hint =
                    until.map(|_| "a later end needs a new approval, by an approver\n").unwrap_or_default();
                return Err(anyhow!("{problem}\n{hint}{}", ask.trim_end()));
            }
        }
    }
    bail!("the grant changes all the time; nothing is approved: try again")
}

fn is_same(shown: &DynamicObject, seen: &DynamicObject) -> bool {
    shown.metadata.uid == seen.metadata.uid && shown.data.get("spec") == seen.data.get("spec")
}

/// An approval that holds for the spec that was shown, in the version that was seen last.
fn patch(
    shown: &DynamicObject,
    seen: &DynamicObject,
    until: Option<Instant>,
    me: &str,
    at: Instant,
) -> Value {
    let mut patch = vec![
        json!({"op": "test", "path": "/metadata/uid", "value": shown.metadata.uid}),
        json!({"op": "test", "path": "/metadata/resourceVersion", "value": seen.metadata.resource_version}),
        json!({"op": "test", "path": "/spec", "value": shown.data.get("spec")}),
    ];
    patch.extend(until.map(|until| json!({"op": "add", "path": "/spec/expiresAt", "value": until})));
    patch.push(json!({"op": "add", "path": "/spec/approval", "value": {"by": me, "at": at}}));
    Value::Array(patch)
}

async fn request(session: &Session, signing: &Signing, patch: &Value) -> kube::Result<DynamicObject> {
    let dry_run = if signing.dry_run { "&dryRun=All" } else { "" };
    let address =
        format!("{}/{}?fieldManager=cxguard-cli{dry_run}", session.grants().resource_url(), signing.name);
    let request = Request::patch(address)
        .header(http::header::ACCEPT, "application/json")
        .header(http::header::CONTENT_TYPE, "application/json-patch+json")
        .body(patch.to_string().into_bytes())
        .map_err(kube::Error::HttpError)?;
    session.client.request(request).await
}

/// How the API server words a `test` that failed: as a request that is in error.
fn is_failed_test(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status)
        if status.message.contains("the server rejected our request due to an error in our request"))
        || matches!(error, kube::Error::Api(status) if status.code == 409)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(version: &str, until: &str) -> DynamicObject {
        serde_json::from_value(json!({
            "apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant",
            "metadata": {"name": "g", "uid": "u", "resourceVersion": version},
            "spec": {"expiresAt": until},
        }))
        .unwrap()
    }

    #[test]
    fn an_approval_holds_for_what_was_shown() {
        let (shown, seen) = (grant("1", "a"), grant("2", "a"));
        let at: Instant = "2026-11-23T12:00:00Z".parse().unwrap();
        let until: Instant = "2026-12-01T00:00:00Z".parse().unwrap();
        assert_eq!(
            patch(&shown, &seen, Some(until), "anna", at),
            json!([
                {"op": "test", "path": "/metadata/uid", "value": "u"},
                {"op": "test", "path": "/metadata/resourceVersion", "value": "2"},
                {"op": "test", "path": "/spec", "value": {"expiresAt": "a"}},
                {"op": "add", "path": "/spec/expiresAt", "value": "2026-12-01T00:00:00Z"},
                {"op": "add", "path": "/spec/approval", "value": {"by": "anna", "at": "2026-11-23T12:00:00Z"}},
            ])
        );
        assert!(is_same(&shown, &seen));
        assert!(!is_same(&shown, &grant("2", "b")));
    }
}
