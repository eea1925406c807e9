//! The look for access that should have ended: at a start, before anything is watched, and as long as nobody else may be
//! there to end it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::{error, info, warn};

use crate::cluster::execute::{Executor, Fate, revoke_overdue};
use crate::cluster::metrics::Metrics;

/// While something cannot be listed, nothing can be judged. What becomes overdue meanwhile is looked for this often.
const EVERY: Duration = Duration::from_secs(2);

/// Who does not lead revokes what is overdue by this much: nobody else seems to be there to do it.
pub(super) const GRACE: SignedDuration = SignedDuration::from_secs(10);

/// When to look again, and the look that is under way.
pub(super) struct Lookout {
    next: Instant,
    under_way: Option<JoinHandle<()>>,
}

impl Lookout {
    pub(super) fn new() -> Self {
        Self { next: Instant::now() + EVERY, under_way: None }
    }

    /// Whether it is time to look. If it is, it will be again a while later.
    pub(super) fn is_due(&mut self) -> bool {
        let is_busy = self.under_way.as_ref().is_some_and(|look| !look.is_finished());
        let is_due = !is_busy && Instant::now() >= self.next;
        if is_due {
            self.next = Instant::now() + EVERY;
        }
        is_due
    }

    /// Looks. Where others may do the same, what cannot be deleted now cannot be a moment later.
    pub(super) fn look(&mut self, look: impl Future<Output = ()> + Send + 'static, beside_others: bool) {
        if beside_others {
            self.next = Instant::now() + GRACE.unsigned_abs();
        }
        self.under_way = Some(tokio::spawn(look));
    }
}

/// Revokes what is overdue by then, and says what became of it.
pub(super) async fn revoke(executor: &Executor, by: Timestamp, clock: fn() -> Timestamp, metrics: &Metrics) {
    match revoke_overdue(executor, by).await {
        Ok(revoked) => {
            for found in revoked {
                let (binding, deadline) = (&found.binding, found.deadline);
                match found.fate {
                    Fate::Revoked => {
                        info!("{binding} was overdue since {deadline} and is deleted");
                        metrics.revoked(deadline, clock());
                    }
                    Fate::Renewed => {
                        info!("{binding} was overdue since {deadline}, and its grant is renewed");
                    }
                    Fate::Kept(why) => {
                        error!("{binding} is overdue since {deadline} and cannot be deleted: {why}");
                    }
                    Fate::Failed(why) => {
                        warn!("{binding} is overdue since {deadline}, to be tried again: {why}");
                    }
                }
            }
        }
        Err(problem) => error!("overdue bindings could not be listed: {problem:?}"),
    }
}
