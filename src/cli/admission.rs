//! How the operator answers admission reviews: the arguments of `cxguard run` that are about it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use tokio::net::TcpListener;

use super::when::{object, service};
use crate::cluster::admission::{Callers, Files, Source, Webhook};

#[derive(Debug, Args)]
pub(super) struct Admission {
    /// Where the API server reaches the webhook by HTTPS, at /validate and /mutate; or off
    #[arg(long = "admission", value_name = "ADDRESS", default_value = "0.0.0.0:9443", value_parser = address)]
    serves: Address,

    /// The webhook's certificate with its chain; without it the operator makes and renews its own
    #[arg(long, value_name = "FILE", requires = "tls_key_file")]
    tls_cert_file: Option<PathBuf>,

    /// The key of that certificate
    #[arg(long, value_name = "FILE", requires = "tls_cert_file")]
    tls_key_file: Option<PathBuf>,

    /// Answer only callers with a client certificate that an authority in this file has signed; read at the start.
    /// API servers show one if they are configured to
    #[arg(long, value_name = "FILE")]
    client_ca_file: Option<PathBuf>,

    /// The Service in front of the webhook: the operator's own certificate is for its name [default: cxguard-webhook]
    // As an option: only what was said can be refused as of no use.
    #[arg(long, value_name = "NAME", value_parser = service, conflicts_with = "tls_cert_file")]
    webhook_service: Option<String>,

    /// The webhook configurations, validating and mutating, by which the API server asks. They are told to trust the
    /// operator's own certificate, and policies say which of their namespaces these leave out
    #[arg(long, value_name = "NAME", default_value = "cxguard", value_parser = object)]
    webhook_configuration: String,

    /// For how many seconds the webhook goes on after SIGTERM, so that the API server has time to turn to others
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=300))]
    shutdown_delay: u32,
}

/// Where to serve, if at all.
#[derive(Clone, Copy, Debug)]
struct Address(Option<SocketAddr>);

fn address(text: &str) -> Result<Address, String> {
    if text == "off" {
        return Ok(Address(None));
    }
    let address = text.parse().map_err(|_| "neither an address such as 0.0.0.0:9443 nor off".to_owned())?;
    Ok(Address(Some(address)))
}

impl Admission {
    /// Refuses what would do nothing: who says whom to answer expects that somebody is answered.
    pub(super) fn check(&self) -> Result<()> {
        let flags = [
            ("--tls-cert-file", self.tls_cert_file.is_some()),
            ("--tls-key-file", self.tls_key_file.is_some()),
            ("--client-ca-file", self.client_ca_file.is_some()),
            ("--webhook-service", self.webhook_service.is_some()),
        ];
        let given = flags.into_iter().find(|(_, is_given)| *is_given);
        match (self.serves, given) {
            (Address(None), Some((flag, _))) => bail!("{flag} is of no use with --admission off"),
            _ => Ok(()),
        }
    }

    /// The webhook that is to be run.
    pub(super) async fn webhook(&self) -> Result<Option<Webhook>> {
        let Address(Some(address)) = self.serves else { return Ok(None) };
        let listener = TcpListener::bind(address).await;
        let listener = listener.with_context(|| format!("failed to listen on {address} (--admission)"))?;
        let certificate = match (&self.tls_cert_file, &self.tls_key_file) {
            (Some(certificate), Some(key)) => {
                Source::Files(Files { certificate: certificate.clone(), key: key.clone() })
            }
            _ => Source::Own {
                service: self.webhook_service.clone().unwrap_or_else(|| "cxguard-webhook".to_owned()),
                configuration: self.configuration(),
            },
        };
        let callers = match &self.client_ca_file {
            Some(file) => Callers::signed_by_file(file)
                .with_context(|| format!("failed to use {} (--client-ca-file)", file.display()))?,
            None => Callers::anybody(),
        };
        Ok(Some(Webhook { listener, certificate, callers }))
    }

    /// The name of the webhook configurations.
    pub(super) fn configuration(&self) -> String {
        self.webhook_configuration.clone()
    }

    pub(super) fn shutdown_delay(&self) -> Duration {
        Duration::from_secs(self.shutdown_delay.into())
    }
}
