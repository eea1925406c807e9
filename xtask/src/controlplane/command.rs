//! `cargo xtask controlplane`.
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use super::detached::{self, Lock, Up};
use super::identity::write_kubeconfig;
use super::{ControlPlane, NodeSpec};
use crate::interrupt::interrupted;

/// The subcommands of `cargo xtask controlplane`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build it if needed, start it, and leave it running.
    Up(UpArguments),
    /// Stop it and remove its files.
    Down,
    /// Write a kubeconfig of one more user.
    User(UserArguments),
}

/// The arguments of `up`.
#[derive(Args, Debug)]
pub struct UpArguments {
    /// Also write the administrator's kubeconfig to this file.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Write a kubeconfig of this user; may be given several times.
    #[arg(long = "user", value_name = "NAME[:GROUP,GROUP]")]
    users: Vec<User>,
    /// Create a node that the scheduler binds pods to; may be given several times.
    #[arg(long = "node", value_name = "NAME=REGION/ZONE[/PROVIDER_ID]")]
    nodes: Vec<Node>,
}

/// The arguments of `user`.
#[derive(Args, Debug)]
pub struct UserArguments {
    /// The user's name.
    name: String,
    /// A group of the user; may be given several times.
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// Write to this file instead of the control plane's own directory.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
}

impl Command {
    /// Runs the subcommand.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Up(arguments) => up(arguments).await,
            Self::Down => down().await,
            Self::User(arguments) => user(&arguments),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct User {
    name: String,
    groups: Vec<String>,
}

impl FromStr for User {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The names of Kubernetes' own users have colons, and so have its groups.
        let colons = match text {
            _ if text.starts_with("system:serviceaccount:") => 3,
            _ if text.starts_with("system:") => 1,
            _ => 0,
        };
        let (name, groups) = match text.match_indices(':').nth(colons) {
            Some((end, _)) => text.split_at(end),
            None => (text, ""),
        };
        if name.is_empty() {
            return Err("a user needs a name".to_owned());
        }
        let groups = groups.trim_start_matches(':').split(',').filter(|group| !group.is_empty());
        Ok(Self { name: name.to_owned(), groups: groups.map(str::to_owned).collect() })
    }
}

impl User {
    fn groups(&self) -> Vec<&str> {
        self.groups.iter().map(String::as_str).collect()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Node(NodeSpec);

impl FromStr for Node {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('=').and_then(|(name, place)| {
            let (region, rest) = place.split_once('/')?;
            // A provider id has slashes of its own.
            let (zone, provider) = rest.split_once('/').map_or((rest, None), |(zone, id)| (zone, Some(id)));
            Some((name, region, zone, provider))
        });
        match parts {
            Some((name, region, zone, provider))
                if ![name, region, zone].contains(&"") && provider != Some("") =>
            {
                let mut node = NodeSpec::new(name).located(region, zone);
                node.provider_id = provider.map(str::to_owned);
                Ok(Self(node))
            }
            _ => Err("expected NAME=REGION/ZONE[/PROVIDER_ID]".to_owned()),
        }
    }
}

async fn up(arguments: UpArguments) -> anyhow::Result<()> {
    let lock = Lock::acquire()?;
    let result = tokio::select! {
        result = bring_up(&lock, &arguments) => Some(result),
        stopped = interrupted() => { stopped?; None }
    };
    if let Some(result) = result {
        return result;
    }
    // Its servers ended when `bring_up` was dropped; one that ran before goes on.
    if ControlPlane::attach().is_err() {
        detached::down(&lock).await?;
    }
    bail!("interrupted; what was started is stopped")
}

async fn bring_up(lock: &Lock, arguments: &UpArguments) -> anyhow::Result<()> {
    let (plane, started) = match detached::up(lock).await? {
        Up::Started(plane) => (plane, true),
        Up::Reused(plane) => (plane, false),
    };
    for Node(node) in &arguments.nodes {
        plane.create_node(node).await?;
    }
    let administrator = plane.admin_kubeconfig()?;
    if let Some(path) = &arguments.kubeconfig {
        std::fs::copy(&administrator, path).with_context(|| format!("failed to write {}", path.display()))?;
    }
    let mut users = Vec::new();
    for user in &arguments.users {
        users.push((user, plane.kubeconfig(&user.name, &user.groups())?));
    }
    let mut summary = vec![
        format!("{} at {}", if started { "Started" } else { "Already running" }, plane.apiserver_url()),
        format!("Audit log: {}", plane.audit_log().display()),
        format!("Server logs: {}", plane.logs().display()),
    ];
    summary.extend(users.iter().map(|(user, path)| format!("{}: KUBECONFIG={}", user.name, path.display())));
    let kubeconfig = arguments.kubeconfig.as_ref().unwrap_or(&administrator);
    summary.push(format!("export KUBECONFIG={}", kubeconfig.display()));
    // First left, then told: a reader that closes the pipe early must not take the servers down.
    if started {
        detached::leave(plane).await?;
    }
    tell(&summary.join("\n"))
}

async fn down() -> anyhow::Result<()> {
    let was_running = detached::down(&Lock::acquire()?).await?;
    tell(if was_running { "Stopped" } else { "Nothing is running" })
}

fn user(arguments: &UserArguments) -> anyhow::Result<()> {
    let plane = ControlPlane::attach()?;
    let groups: Vec<&str> = arguments.groups.iter().map(String::as_str).collect();
    let path = if let Some(path) = &arguments.kubeconfig {
        write_kubeconfig(path, &plane.url, &plane.pki, &arguments.name, &groups)?;
        path.clone()
    } else {
        plane.kubeconfig(&arguments.name, &groups)?
    };
    tell(&format!("export KUBECONFIG={}", path.display()))
}

/// Prints a text. That nobody reads it to its end is no error.
fn tell(text: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("failed to print"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str, groups: &[&str]) -> User {
        User { name: name.to_owned(), groups: groups.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn users_may_have_groups() {
        assert_eq!("anna".parse(), Ok(user("anna", &[])));
        assert_eq!("anna:a,b".parse(), Ok(user("anna", &["a", "b"])));
        assert_eq!("anna:system:masters".parse(), Ok(user("anna", &["system:masters"])));
        assert_eq!("system:kube-scheduler".parse(), Ok(user("system:kube-scheduler", &[])));
        let account = "system:serviceaccount:ns:x";
        assert_eq!(account.parse(), Ok(user(account, &[])));
        assert_eq!(format!("{account}:a,b").parse(), Ok(user(account, &["a", "b"])));
        assert!(":a".parse::<User>().is_err());
    }

    #[test]
    fn nodes_have_a_place_and_maybe_a_provider() {
        let Node(node) = "n1=eu-central-1/eu-central-1a/aws:///eu-central-1a/i-0".parse().unwrap();
        assert_eq!(node.region.as_deref(), Some("eu-central-1"));
        assert_eq!(node.zone.as_deref(), Some("eu-central-1a"));
        assert_eq!(node.provider_id.as_deref(), Some("aws:///eu-central-1a/i-0"));
        for wrong in ["n1", "n1=eu", "=eu/a", "n1=eu/a/"] {
            assert!(wrong.parse::<Node>().is_err(), "{wrong}");
        }
    }
}
