//! `cxguard login`: a kubeconfig for the account that was issued for a grant.
//!
//! It holds no token. It names this program as the one to fetch tokens by, with the caller's own credentials: whether
//! they may, the API server says each time.

mod kubeconfig;
mod token;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

pub(super) use self::token::Arguments as TokenArguments;
pub(super) use self::token::main as token;

use self::kubeconfig::{Entry, Plugin};
use self::token::{account_of, fetch};
use super::files;
use super::print::print;
use super::program::program;
use super::session::{self, Place, Session};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard login ann-churn -n cx-feedback
  kubectl --kubeconfig ann-churn.kubeconfig get configmaps
  cxguard login ann-churn -n cx-feedback --kubeconfig-out ~/.kube/config
  kubectl --context cxguard/cx-feedback/ann-churn get configmaps

A file that exists is added to: contexts of others stay, and so does its current context. The file holds no token. Each \
is fetched when it is needed, lasts ten minutes, and carries no rights once access has ended.")]
pub(super) struct Arguments {
    /// The name of the grant
    grant: String,

    /// The service account, if you may not read the grant and may fetch the tokens of several
    #[arg(long, value_name = "NAME")]
    account: Option<String>,

    /// The kubeconfig to write or to add to, `-` for standard output; without it, GRANT.kubeconfig
    #[arg(long, value_name = "FILE")]
    kubeconfig_out: Option<PathBuf>,

    #[command(flatten)]
    place: Place,
}

pub(super) fn main(arguments: &Arguments) -> ExitCode {
    session::run(log_in(arguments))
}

async fn log_in(arguments: &Arguments) -> Result<ExitCode> {
    let session = Session::at(&arguments.place).await?;
    let grant = &arguments.grant;
    let account = account_of(&session, grant, arguments.account.as_deref()).await?;
    // What would be refused then is said now.
    let token = fetch(&session, grant, &account).await?;
    let used = arguments.place.connection.used()?;
    let name = format!("cxguard/{}/{grant}", session.namespace);
    let plugin = Plugin { grant, account: &account, namespace: &session.namespace, used: &used };
    let entry =
        Entry { name: &name, cluster: &used.cluster, namespace: &session.namespace, user: plugin.user()? };
    let file = arguments.kubeconfig_out.clone();
    if file.as_deref() == Some(Path::new("-")) {
        return Ok(print(&entry.put_into(None)?));
    }
    let file = file.unwrap_or_else(|| PathBuf::from(format!("{grant}.kubeconfig")));
    let there = match files::read(&file) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("failed to read {}", file.display())),
    };
    let text = entry.put_into(there.as_deref());
    let text = text.with_context(|| format!("failed to add to {}; it is left as it is", file.display()))?;
    let written = files::write_private(&file, text.as_bytes());
    written.with_context(|| format!("failed to write {}", file.display()))?;
    let added = if there.is_some() { "added to" } else { "written:" };
    Ok(print(&format!(
        "{added} {file}: context {name}, by tokens of ServiceAccount {}/{account}\n\
         use it: kubectl --kubeconfig {file} --context {name} …\n\
         the first token lasts until {}; more are fetched by {} token, while the grant is active\n",
        session.namespace,
        token.expires,
        program(),
        file = file.display(),
    )))
}
