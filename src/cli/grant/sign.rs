//! Signing for a grant: as it was shown, and no other.
//!
//! What is signed is a JSON patch that tests the object, its version and the spec that was shown. What was edited in
//! between is refused by the API server, and then shown again instead of being signed unseen.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use http::Request;
use kube::api::DynamicObject;
use serde_json::{Value, json};

use super::act::Act;
use super::{command, manifest, whom_to_ask};
use crate::access::describe;
use crate::api::AccessGrant;
use crate::cli::clock::now;
use crate::cli::form::Form;
use crate::cli::session::{Place, Session, lacks_right, read, refused};
use crate::values::{Date, Instant};

/// How often it is sent again because something else than the spec has changed, such as the status.
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

A later end needs a new approval, and this gives both: it is for approvers, and approves all that the grant asks for. An \
earlier end needs none: who may edit the grant may shorten it. To end access now: cxguard grant revoke.")]
pub(super) struct Extend {
    /// The new end
    #[arg(long, value_name = "INSTANT")]
    until: Instant,

    #[command(flatten)]
    signing: Signing,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard grant show ralf-outage-17 -n cx-feedback
  cxguard grant review ralf-outage-17 -n cx-feedback --generation 1

It is signed with your own name and dated today. Whoever has the access reviews nothing of it, and an emergency is \
reviewed by somebody who neither asked for it nor approved it.")]
pub(super) struct Review {
    #[command(flatten)]
    signing: Signing,
}

#[derive(Debug, Args)]
struct Signing {
    /// The name of the grant
    #[arg(value_parser = NonEmptyStringValueParser::new())]
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
    sign(&arguments.signing, |_| Ok(Act::Approve)).await
}

pub(super) async fn extend(arguments: &Extend) -> Result<ExitCode> {
    sign(&arguments.signing, |grant| Act::until(grant, arguments.until)).await
}

pub(super) async fn review(arguments: &Review) -> Result<ExitCode> {
    let today = Date::of(now());
    sign(&arguments.signing, |_| Ok(Act::Review(today))).await
}

async fn sign(signing: &Signing, act: impl FnOnce(&AccessGrant) -> Result<Act>) -> Result<ExitCode> {
    let session = Session::at(&signing.place).await?;
    let shown = session.grant(&signing.name).await?;
    let grant = read(shown.clone())?;
    let act = act(&grant)?;
    act.ensure_useful(&grant, now(), |what| command(what, &session, &signing.name))?;
    confirm(signing, &session, &grant, act)?;
    let me = session.me().await?.name;
    let stored = send(&session, signing, shown, act, &me).await?;
    let done = act.done(signing.dry_run);
    let text = || format!("AccessGrant {}/{} {done} by {me}\n", session.namespace, signing.name);
    signing.output.print(&manifest(stored), text)
}

/// That whoever signs knows what: it was shown before, is shown now, or they want it unseen.
fn confirm(signing: &Signing, session: &Session, grant: &AccessGrant, act: Act) -> Result<()> {
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
    write!(out, "{}{} (yes/no)? ", describe(grant), act.question()).context("failed to ask")?;
    out.flush().context("failed to ask")?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer).context("failed to read the answer")?;
    ensure!(matches!(answer.trim(), "y" | "yes"), "nothing is changed");
    Ok(())
}

/// Sends what is signed of what was shown.
async fn send(
    session: &Session,
    signing: &Signing,
    shown: DynamicObject,
    act: Act,
    me: &str,
) -> Result<DynamicObject> {
    let name = &signing.name;
    let edited = || {
        let again = command("show", session, name);
        anyhow!("the grant was edited since it was shown, and nothing is changed; look again: {again}")
    };
    let mut seen = shown.clone();
    for _ in 0..ATTEMPTS {
        let patch = patch(&shown, &seen, act.operations(me, now().into()));
        match request(session, signing, &patch).await {
            Ok(stored) => return Ok(stored),
            Err(error) if is_failed_test(&error) => {
                seen = session.grant(name).await?;
                if !is_same(&shown, &seen) {
                    return Err(edited());
                }
            }
            Err(error) => {
                let what = format!("failed to {} AccessGrant {}/{name}", act.verb(), session.namespace);
                let hint = hint(session, act, shown, &error).await?;
                return Err(anyhow!("{}{}", refused(&what, &error), hint.trim_end()));
            }
        }
    }
    bail!("the grant changes all the time; nothing is done: try again")
}

/// What to do about a refusal that another person, or another role, would not get.
async fn hint(session: &Session, act: Act, shown: DynamicObject, error: &kube::Error) -> Result<String> {
    let lacks = lacks_right(error);
    let by_four_eyes = matches!(error, kube::Error::Api(status) if status.message.contains("CX508"));
    Ok(match act {
        Act::Approve if lacks || by_four_eyes => format!("\n{}", whom_to_ask(session, &read(shown)?).await),
        Act::Extend(_) if lacks || by_four_eyes => {
            let ask = whom_to_ask(session, &read(shown)?).await;
            format!("\na later end needs a new approval, by an approver\n{ask}")
        }
        Act::Shorten(_) if lacks => {
            "\nwho may patch the grant may shorten it: its requesters and approvers".to_owned()
        }
        Act::Review(_) if lacks => {
            "\nwho reviews access holds the ClusterRole cxguard-grant-approver in the namespace".to_owned()
        }
        _ => String::new(),
    })
}

fn is_same(shown: &DynamicObject, seen: &DynamicObject) -> bool {
    shown.metadata.uid == seen.metadata.uid && shown.data.get("spec") == seen.data.get("spec")
}

/// Operations that hold for the spec that was shown, in the version that was seen last.
fn patch(shown: &DynamicObject, seen: &DynamicObject, operations: Vec<Value>) -> Value {
    let mut patch = vec![
        json!({"op": "test", "path": "/metadata/uid", "value": shown.metadata.uid}),
        json!({"op": "test", "path": "/metadata/resourceVersion", "value": seen.metadata.resource_version}),
        json!({"op": "test", "path": "/spec", "value": shown.data.get("spec")}),
    ];
    patch.extend(operations);
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
            patch(&shown, &seen, Act::Extend(until).operations("anna", at)),
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
