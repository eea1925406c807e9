//! Starting the four servers, each as soon as what it needs is there.
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use http::Request;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::{Api, Client};
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::files::{create_private_dir, write_private};
use super::identity::{client, write_kubeconfig};
use super::pki::{self, Pki};
use super::process::{self, Identity, Server};
use super::{AuditLevel, Options};

pub(super) const AUDIT_LOG: &str = "audit.log";
const AUDIT_POLICY: &str = "audit-policy.json";
/// Relative to the servers' working directory: the address of a socket is limited to about 100 bytes.
const ETCD_SOCKET: &str = "etcd.sock";
const ETCD_DATA: &str = "etcd";

/// How long a busy machine may take for one server. On an idle one it is two seconds.
const PATIENCE: Duration = Duration::from_secs(90);
const PROBE_INTERVAL: Duration = Duration::from_millis(25);
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// Nodes have no kubelets here: these controllers would declare them dead, evict their pods, or look for a cloud.
const WITHOUT: &str = "*,-node-lifecycle-controller,-taint-eviction-controller,-node-ipam-controller,\
    -node-route-controller,-cloud-node-lifecycle-controller,-service-lb-controller";

/// The running servers, the last started first, so that they are dropped in this order.
#[derive(Debug, Default)]
pub(super) struct Servers(Vec<Server>);

impl Servers {
    pub(super) fn identities(&self) -> Vec<Identity> {
        self.0.iter().map(|server| server.identity).collect()
    }

    /// Lets the servers live on after this process.
    pub(super) fn release(&mut self) -> anyhow::Result<()> {
        self.0.iter_mut().try_for_each(Server::release)
    }

    fn push(&mut self, server: Server) {
        self.0.insert(0, server);
    }

    /// Probes until the answer is yes, a server ends, or patience does.
    async fn until(&mut self, what: &str, mut probe: impl AsyncFnMut() -> bool) -> anyhow::Result<()> {
        let wait = async {
            loop {
                self.0.iter_mut().try_for_each(Server::check)?;
                if matches!(timeout(PROBE_TIMEOUT, probe()).await, Ok(true)) {
                    return Ok(());
                }
                sleep(PROBE_INTERVAL).await;
            }
        };
        if let Ok(result) = timeout(PATIENCE, wait).await {
            return result;
        }
        let last = self.0.first().map_or_else(String::new, |server| {
            format!("; the end of the log of {}:\n{}", server.name, server.log_end())
        });
        bail!("{what} is not ready after {} s{last}", PATIENCE.as_secs())
    }
}

/// Starts the servers in this directory. Returns when they are ready, with the API server's URL.
pub(super) async fn start(
    binary: &Path,
    options: &Options,
    directory: &Path,
    pki: &Pki,
) -> anyhow::Result<(Servers, String)> {
    let [api_port, scheduler_port] = free_ports()?;
    let url = format!("https://127.0.0.1:{api_port}");
    prepare(options, directory, pki, &url)?;
    let spawn = |name, flags: &[String]| Server::spawn(binary, directory, name, flags);

    let mut servers = Servers::default();
    servers.push(spawn("etcd", &etcd())?);
    servers.until("etcd", async || directory.join(ETCD_SOCKET).exists()).await?;

    servers.push(spawn("kube-apiserver", &api_server(options, directory, api_port))?);
    let admin = client(&url, pki, "admin", &["system:masters"])?;
    servers.until("kube-apiserver", async || is_ready(&admin).await).await?;

    if options.scheduler {
        servers.push(spawn("kube-scheduler", &scheduler(directory, scheduler_port))?);
    }
    if options.controller_manager {
        servers.push(spawn("kube-controller-manager", &controller_manager(directory))?);
        // Without it, no pod can be created in the namespace.
        let accounts: Api<ServiceAccount> = Api::namespaced(admin, "default");
        let has_account = async || matches!(accounts.get_opt("default").await, Ok(Some(_)));
        servers.until("kube-controller-manager", has_account).await?;
    }
    if options.scheduler {
        let scheduler = client(&format!("https://127.0.0.1:{scheduler_port}"), pki, "admin", &[])?;
        servers.until("kube-scheduler", async || is_ready(&scheduler).await).await?;
    }
    Ok((servers, url))
}

/// Whether starting failed because somebody else took the port meanwhile.
pub(super) fn is_port_conflict(error: &anyhow::Error) -> bool {
    format!("{error:#}").contains("address already in use")
}

async fn is_ready(client: &Client) -> bool {
    match Request::get("/readyz").body(Vec::new()) {
        Ok(request) => client.request_text(request).await.is_ok(),
        Err(_) => false,
    }
}

fn free_ports<const N: usize>() -> anyhow::Result<[u16; N]> {
    // All are held until all are found: so they differ.
    let listeners: Vec<TcpListener> =
        (0..N).map(|_| TcpListener::bind(("127.0.0.1", 0))).collect::<Result<_, _>>()?;
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        *port = listener.local_addr().context("failed to find a free port")?.port();
    }
    Ok(ports)
}

fn prepare(options: &Options, directory: &Path, pki: &Pki, url: &str) -> anyhow::Result<()> {
    create_private_dir(&directory.join(process::LOGS))?;
    // Left by an attempt that failed. Neither need exist.
    let _ = std::fs::remove_file(directory.join(ETCD_SOCKET));
    let _ = std::fs::remove_dir_all(directory.join(ETCD_DATA));
    let policy = json!({
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived", "ResponseStarted"],
        "rules": [{"level": options.audit.name()}],
    });
    write_private(&directory.join(AUDIT_POLICY), policy.to_string().as_bytes())?;
    for user in ["system:kube-controller-manager", "system:kube-scheduler"] {
        write_kubeconfig(&directory.join(kubeconfig(user)), url, pki, user, &[])?;
    }
    Ok(())
}

fn kubeconfig(user: &str) -> String {
    format!("{}.kubeconfig", user.trim_start_matches("system:"))
}

fn etcd() -> Vec<String> {
    // A single member elects itself: short timers only shorten the wait for that. Nothing connects to its peer port.
    let peers = "http://127.0.0.1:0";
    [
        "--name=controlplane".to_owned(),
        format!("--data-dir={ETCD_DATA}"),
        "--unsafe-no-fsync".to_owned(),
        "--heartbeat-interval=10".to_owned(),
        "--election-timeout=50".to_owned(),
        format!("--listen-client-urls=unix://{ETCD_SOCKET}"),
        format!("--advertise-client-urls={peers}"),
        format!("--listen-peer-urls={peers}"),
        format!("--initial-advertise-peer-urls={peers}"),
        format!("--initial-cluster=controlplane={peers}"),
        "--log-level=warn".to_owned(),
    ]
    .into()
}

fn api_server(options: &Options, directory: &Path, port: u16) -> Vec<String> {
    let file = |name: &str| directory.join(name).display().to_string();
    let mut flags = vec![
        format!("--etcd-servers=unix://{ETCD_SOCKET}"),
        "--bind-address=127.0.0.1".to_owned(),
        "--advertise-address=127.0.0.1".to_owned(),
        // A loopback address is no valid endpoint of the service `kubernetes`, which nothing here would use.
        "--endpoint-reconciler-type=none".to_owned(),
        format!("--secure-port={port}"),
        format!("--tls-cert-file={}", file(pki::SERVING)),
        format!("--tls-private-key-file={}", file(pki::SERVING_KEY)),
        format!("--client-ca-file={}", file(pki::CA)),
        "--authorization-mode=RBAC".to_owned(),
        "--allow-privileged=true".to_owned(),
        "--profiling=false".to_owned(),
        "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        format!("--service-account-key-file={}", file(pki::TOKENS)),
        format!("--service-account-signing-key-file={}", file(pki::TOKENS_KEY)),
    ];
    if options.audit != AuditLevel::None {
        flags.push(format!("--audit-policy-file={}", file(AUDIT_POLICY)));
        flags.push(format!("--audit-log-path={}", file(AUDIT_LOG)));
    }
    flags.extend_from_slice(&options.apiserver_flags);
    flags
}

fn controller_manager(directory: &Path) -> Vec<String> {
    let file = |name: &str| directory.join(name).display().to_string();
    [
        format!("--kubeconfig={}", file(&kubeconfig("system:kube-controller-manager"))),
        format!("--controllers={WITHOUT}"),
        "--leader-elect=false".to_owned(),
        // Each controller under its own account, as in real clusters: admission rules name those accounts.
        "--use-service-account-credentials=true".to_owned(),
        format!("--service-account-private-key-file={}", file(pki::TOKENS_KEY)),
        format!("--root-ca-file={}", file(pki::CA)),
        "--secure-port=0".to_owned(),
        "--kube-api-qps=500".to_owned(),
        "--kube-api-burst=1000".to_owned(),
    ]
    .into()
}

fn scheduler(directory: &Path, port: u16) -> Vec<String> {
    let file = |name: &str| directory.join(name).display().to_string();
    [
        format!("--kubeconfig={}", file(&kubeconfig("system:kube-scheduler"))),
        "--leader-elect=false".to_owned(),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--secure-port={port}"),
        format!("--tls-cert-file={}", file(pki::SERVING)),
        format!("--tls-private-key-file={}", file(pki::SERVING_KEY)),
        // Only its readiness is asked for, which needs no identity.
        "--authentication-skip-lookup=true".to_owned(),
    ]
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_differ() {
        let ports: [u16; 8] = free_ports().unwrap();
        let distinct: std::collections::BTreeSet<u16> = ports.into_iter().collect();
        assert_eq!(distinct.len(), ports.len());
    }

    #[test]
    fn a_port_conflict_is_recognised_in_the_log() {
        assert!(is_port_conflict(&anyhow::anyhow!("listen tcp 127.0.0.1:1: bind: address already in use")));
        assert!(!is_port_conflict(&anyhow::anyhow!("no space left")));
    }
}
