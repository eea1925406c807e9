//! `cxguard token`: fetches one token, as kubectl asks its plugins for credentials.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::authorization::v1::{SelfSubjectRulesReview, SelfSubjectRulesReviewSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{Api, PostParams};
use serde_json::json;

use crate::access::standing;
use crate::api::{AccessGrant, Holder, HolderKind, Phase, SubjectKind};
use crate::cli::print::print;
use crate::cli::program::program;
use crate::cli::session::{self, Me, Place, Session, is_forbidden, read, refused};
use crate::facts::account_username;

/// The shortest lifetime that the API server gives.
const SECONDS: i64 = 600;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard token ann-churn -n cx-feedback

The kubeconfig of `cxguard login` calls it; by hand it shows what kubectl would get, a secret for ten minutes.")]
pub(in crate::cli) struct Arguments {
    /// The name of the grant
    grant: String,

    /// The service account that was issued; without it, the one that the grant names
    #[arg(long, value_name = "NAME")]
    account: Option<String>,

    #[command(flatten)]
    place: Place,
}

pub(in crate::cli) fn main(arguments: &Arguments) -> ExitCode {
    session::run(async {
        let session = Session::at(&arguments.place).await?;
        let account = account_of(&session, &arguments.grant, arguments.account.as_deref()).await?;
        let token = fetch(&session, &arguments.grant, &account).await?;
        let credential = json!({
            "apiVersion": "client.authentication.k8s.io/v1",
            "kind": "ExecCredential",
            "status": {"token": token.text, "expirationTimestamp": token.expires},
        });
        Ok(print(&format!("{credential}\n")))
    })
}

/// A token, and until when it is one.
pub(super) struct Token {
    text: String,
    pub(super) expires: String,
}

/// The account that was issued for a grant: as somebody says, as the grant says, or the only one whose tokens may be
/// fetched. Whoever gets access may perhaps not read the grant.
pub(super) async fn account_of(session: &Session, name: &str, given: Option<&str>) -> Result<String> {
    if let Some(given) = given {
        return Ok(given.to_owned());
    }
    let what = format!("failed to read AccessGrant {}/{name}", session.namespace);
    let problem = match session.grants().get(name).await {
        Ok(object) => {
            let grant = read(object)?;
            ensure_issued(&grant)?;
            return Ok(grant.spec.subject.name);
        }
        Err(error) if is_forbidden(&error) => refused(&what, &error),
        Err(error) => return Err(refused(&what, &error)),
    };
    let accounts = fetchable(session).await.unwrap_or_default();
    match accounts.iter().collect::<Vec<_>>().as_slice() {
        [account] => Ok((*account).clone()),
        [] => bail!(
            "{problem}\nand there is no service account in {} whose tokens you may fetch: ask who requested the \
             grant whether it is active and issued to you",
            session.namespace
        ),
        _ => bail!(
            "{problem}\nsay with --account which: {}",
            accounts.into_iter().collect::<Vec<_>>().join(", ")
        ),
    }
}

/// The accounts of the namespace whose tokens one may fetch, as far as rights name them.
async fn fetchable(session: &Session) -> Result<BTreeSet<String>> {
    let reviews: Api<SelfSubjectRulesReview> = Api::all(session.client.clone());
    let spec = SelfSubjectRulesReviewSpec { namespace: Some(session.namespace.clone()) };
    let review = SelfSubjectRulesReview { spec, ..SelfSubjectRulesReview::default() };
    let review = reviews.create(&PostParams::default(), &review).await?;
    let rules = review.status.map(|status| status.resource_rules).unwrap_or_default();
    let tokens = "serviceaccounts/token".to_owned();
    let fetch = rules.into_iter().filter(|rule| {
        rule.verbs.contains(&"create".to_owned())
            && rule.resources.as_ref().is_some_and(|resources| resources.contains(&tokens))
    });
    Ok(fetch.flat_map(|rule| rule.resource_names.unwrap_or_default()).collect())
}

fn ensure_issued(grant: &AccessGrant) -> Result<()> {
    let subject = &grant.spec.subject;
    if subject.kind == SubjectKind::IssuedServiceAccount {
        return Ok(());
    }
    bail!(
        "no account is issued for AccessGrant {}: it gives access to {} {}, with credentials of their own",
        grant.metadata.name.as_deref().unwrap_or_default(),
        subject.kind,
        subject.name
    )
}

/// A token of an account. Who is refused is told why, as far as they may know.
pub(super) async fn fetch(session: &Session, grant: &str, account: &str) -> Result<Token> {
    let accounts: Api<ServiceAccount> = Api::namespaced(session.client.clone(), &session.namespace);
    let spec = TokenRequestSpec { expiration_seconds: Some(SECONDS), ..TokenRequestSpec::default() };
    let wanted = TokenRequest { spec, ..TokenRequest::default() };
    match accounts.create_token_request(account, &PostParams::default(), &wanted).await {
        Ok(answer) => {
            let token = answer.status.context("the API server gave no token")?;
            Ok(Token { text: token.token, expires: token.expiration_timestamp.0.to_string() })
        }
        Err(error) => {
            let what = format!("failed to fetch a token of ServiceAccount {}/{account}", session.namespace);
            let problem = refused(&what, &error);
            let known = matches!(&error, kube::Error::Api(status) if [403, 404].contains(&status.code));
            Err(if known { anyhow!("{problem}\n{}", why_not(session, grant).await) } else { problem })
        }
    }
}

/// Why somebody gets no token, and whom to ask.
async fn why_not(session: &Session, name: &str) -> String {
    let Ok(grant) = session.grant(name).await.and_then(read) else {
        return format!(
            "you may not read AccessGrant {name}: ask who requested it whether it is active and issued to you"
        );
    };
    if let Err(problem) = ensure_issued(&grant) {
        return problem.to_string();
    }
    let asker = grant.spec.requested_by.as_deref().unwrap_or("who requested it");
    let (phase, stands) = standing(&grant);
    let me = session.me().await.ok();
    match (&grant.spec.issued_to, me) {
        (Some(holder), Some(me)) if !is_held_by(holder, &me, &session.namespace) => format!(
            "the grant is issued to {} {}, and the API server knows you as {}: ask {asker}, or ask for a grant of your \
             own: {} grant request",
            holder.kind,
            holder.name,
            me.name,
            program()
        ),
        _ if phase != Some(Phase::Active) => format!("the grant is not active: {stands}; ask {asker}"),
        _ => "the grant is active and yours: the API server may need a moment, or ask an administrator"
            .to_owned(),
    }
}

/// Whether that is somebody to whom an account is issued.
fn is_held_by(holder: &Holder, me: &Me, namespace: &str) -> bool {
    match holder.kind {
        HolderKind::User => holder.name == me.name,
        HolderKind::Group => me.groups.contains(&holder.name),
        HolderKind::ServiceAccount => account_username(namespace, &holder.name) == me.name,
    }
}
