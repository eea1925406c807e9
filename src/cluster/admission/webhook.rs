//! The webhook as the operator runs it: a server, and somebody who sees to its certificate.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::authority::Keeper;
use super::certificate::Certificates;
use super::files::Files;
use super::server::Server;
use super::{Callers, Judge, Limits};
use crate::cluster::election::Term;
use crate::cluster::execute::Lines;
use crate::cluster::health::{Concern, Health};

/// What the operator is told of its webhook.
#[derive(Debug)]
pub struct Webhook {
    /// Where it serves.
    pub listener: TcpListener,
    /// Where its certificate comes from.
    pub certificate: Source,
    /// Who is answered.
    pub callers: Callers,
}

/// Where a certificate comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// From files, which somebody else writes.
    Files(Files),
    /// From an authority of our own, which the leader keeps.
    Own {
        /// The Service by which the API server calls, in the operator's own namespace.
        service: String,
        /// The name of the configurations whose `caBundle` is kept.
        configuration: String,
    },
}

/// The webhook at work. Dropping it ends it at once.
pub(in crate::cluster) struct Serving {
    server: Server,
    certificate: JoinHandle<()>,
}

/// What the webhook shares with the operator.
pub(in crate::cluster) struct Surroundings {
    pub(in crate::cluster) lines: Lines,
    pub(in crate::cluster) term: Term,
    pub(in crate::cluster) namespace: String,
    pub(in crate::cluster) health: Arc<Health>,
    pub(in crate::cluster) clock: fn() -> Timestamp,
}

impl Webhook {
    /// Begins to serve. Nothing is ready before there is a certificate.
    pub(in crate::cluster) fn start(
        self,
        judge: Judge,
        around: Surroundings,
    ) -> Result<Serving, rustls::Error> {
        let certificates = Arc::new(Certificates::default());
        let Surroundings { lines, term, namespace, health, clock } = around;
        health.wait(Concern::Certificate, "there is no certificate for the webhook yet".to_owned());
        let (listener, shown) = (self.listener, Arc::clone(&certificates));
        let metrics = health.metrics();
        metrics.shows(Arc::clone(&certificates));
        let tally = metrics.tally.clone();
        let server = Server::start(listener, shown, self.callers, judge, Limits::default(), tally)?;
        let certificate = match self.certificate {
            Source::Files(files) => tokio::spawn(files.follow(certificates, health)),
            Source::Own { service, configuration } => {
                let name = format!("{service}.{namespace}.svc");
                let names = vec![name.clone(), format!("{name}.cluster.local")];
                let keeper =
                    Keeper { lines, term, namespace, names, configuration, certificates, health, clock };
                tokio::spawn(keeper.run())
            }
        };
        Ok(Serving { server, certificate })
    }
}

impl Serving {
    /// Accepts no more, lets requests in work end, and returns.
    pub(in crate::cluster) async fn drain(self) {
        self.certificate.abort();
        self.server.drain().await;
    }
}
