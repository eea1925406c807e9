//! `cxguard grant`: the life of a grant, by the people in it.
//!
//! Nothing is decided here: whatever is refused is refused by the API server, by RBAC and by the policies of
//! `deploy/admission.yaml`. These commands fill in what people would otherwise look up, and say what to do next.

mod act;
mod adopt;
mod limits;
mod request;
mod revoke;
mod show;
mod sign;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use kube::api::DynamicObject;

use super::program::program;
use super::session::{self, Session};
use crate::access::{Approver, Unseen, VIEWER, approvers};
use crate::api::AccessGrant;
use crate::render::visible::visible;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard grant request --role ClusterRole/feedback-reader --data-form Pseudonymised \\
      --reason 'churn analysis for Q4' --for ann@corp.example --duration 14d -n cx-feedback
  cxguard grant list -A
  cxguard grant show ann-feedback-reader -n cx-feedback
  cxguard grant approve ann-feedback-reader -n cx-feedback
  cxguard grant revoke ann-feedback-reader -n cx-feedback --reason 'finished early'")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask for access
    Request(request::Arguments),
    /// Agree to what somebody else has asked for
    Approve(sign::Approve),
    /// Set another end: a later one is approved anew
    Extend(sign::Extend),
    /// Say that you have looked at access that somebody else has
    Review(sign::Review),
    /// End access now, for good
    Revoke(revoke::Arguments),
    /// Write existing access, given by a RoleBinding, as grants for review
    Adopt(adopt::Arguments),
    /// List grants
    List(show::List),
    /// Say where a grant stands, for what it waits, and what is left of it
    Show(show::Show),
}

pub(super) fn main(arguments: &Arguments) -> ExitCode {
    session::run(async {
        match &arguments.command {
            Command::Request(arguments) => request::main(arguments).await,
            Command::Approve(arguments) => sign::approve(arguments).await,
            Command::Extend(arguments) => sign::extend(arguments).await,
            Command::Review(arguments) => sign::review(arguments).await,
            Command::Revoke(arguments) => revoke::main(arguments).await,
            Command::Adopt(arguments) => adopt::main(arguments).await,
            Command::List(arguments) => show::list(arguments).await,
            Command::Show(arguments) => show::show(arguments).await,
        }
    })
}

/// What is asked for, without what the API server notes beside it.
fn manifest(mut object: DynamicObject) -> DynamicObject {
    object.metadata.managed_fields = None;
    object
}

/// Who may approve a grant, as far as one may see it: to add to an answer.
async fn whom_to_ask(session: &Session, grant: &AccessGrant) -> String {
    let Ok(known) = session.known().await else { return String::new() };
    let found = approvers(&known, grant);
    match (found.is_empty(), known.unseen.iter().any(Unseen::is_about_roles)) {
        (true, false) => "nobody may approve it: ask an administrator\n".to_owned(),
        (true, true) => {
            format!("who may approve it is seen with the ClusterRole {VIEWER}: ask an administrator\n")
        }
        (false, partly) => {
            let each = |Approver { subject, binding }: &Approver| {
                format!("  {} ({})\n", visible(subject), visible(binding))
            };
            let others = format!("  and perhaps others: they are seen with the ClusterRole {VIEWER}\n");
            let others = if partly { others } else { String::new() };
            format!("who may approve it:\n{}{others}", found.iter().map(each).collect::<String>())
        }
    }
}

/// Words that say something.
fn words(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("say something in it".to_owned()) } else { Ok(text.to_owned()) }
}

/// A command about a grant, to type.
fn command(what: &str, session: &Session, name: &str) -> String {
    format!("{} grant {what} {name} -n {}", program(), session.namespace)
}
