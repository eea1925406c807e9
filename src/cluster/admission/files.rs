//! A certificate from files, such as cert-manager's mounted Secret: read again whenever they change.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tracing::{info, warn};

use super::certificate::Certificates;
use crate::cluster::health::{Concern, Health};

/// How often the files are looked at. A mounted Secret takes longer than that to change.
const EVERY: Duration = Duration::from_secs(5);

/// The files: a chain and its key, both PEM.
#[derive(Clone, Debug)]
pub struct Files {
    /// The chain, its own certificate first.
    pub certificate: PathBuf,
    /// The key.
    pub key: PathBuf,
}

impl Files {
    /// Shows what is in the files, until it is dropped.
    pub(in crate::cluster) async fn follow(self, certificates: Arc<Certificates>, health: Arc<Health>) {
        let (mut shown, mut trouble) = (None, String::new());
        loop {
            let read = self.read();
            // Two files do not change at once: what does not fit is looked at again.
            let taken = match read {
                Ok(read) if shown.as_ref() == Some(&read) => Ok(()),
                Ok(read) => match certificates.set(&read.0, &read.1) {
                    Ok(()) => {
                        info!("the webhook shows the certificate in {}", self.certificate.display());
                        health.settle(Concern::Certificate);
                        shown = Some(read);
                        Ok(())
                    }
                    Err(problem) => Err(problem.to_string()),
                },
                Err(problem) => Err(problem),
            };
            let said = taken.err().unwrap_or_default();
            if !said.is_empty() && said != trouble {
                warn!("the certificate of the webhook cannot be read: {said}");
            }
            trouble = said;
            sleep(EVERY).await;
        }
    }

    #[expect(clippy::disallowed_methods, reason = "two small files, which somebody else writes")]
    fn read(&self) -> Result<(Vec<u8>, Vec<u8>), String> {
        let [chain, key] = [&self.certificate, &self.key]
            .map(|file| std::fs::read(file).map_err(|problem| format!("{}: {problem}", file.display())));
        Ok((chain?, key?))
    }
}
