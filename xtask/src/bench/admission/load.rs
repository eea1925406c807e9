//! Requests at a fixed rate, whatever becomes of them: a slow answer delays no later request, and counts from the moment
//! at which its request was due.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Milliseconds from when each request was due to its answer.
pub(super) async fn at_rate<A, F>(ask: &Arc<A>, rate: u32, seconds: u32) -> Result<Vec<f64>>
where
    A: Fn(usize) -> F + Send + Sync + 'static,
    F: Future<Output = Result<()>> + Send,
{
    let mut asked = JoinSet::new();
    let begin = Instant::now();
    for nth in 0..rate * seconds {
        let due = begin + Duration::from_secs(1) * nth / rate;
        tokio::time::sleep_until(due).await;
        let ask = Arc::clone(ask);
        asked.spawn(async move {
            ask(usize::try_from(nth)?).await?;
            anyhow::Ok(due.elapsed().as_secs_f64() * 1000.0)
        });
    }
    let mut took = Vec::new();
    while let Some(answer) = asked.join_next().await {
        took.push(answer.context("a request panicked")??);
    }
    Ok(took)
}

/// Requests per second with so many under way at any time.
pub(super) async fn at_most<A, F>(ask: &Arc<A>, at_once: usize, seconds: u32) -> Result<f64>
where
    A: Fn(usize) -> F + Send + Sync + 'static,
    F: Future<Output = Result<()>> + Send,
{
    let next = Arc::new(AtomicUsize::new(0));
    let begin = Instant::now();
    let end = begin + Duration::from_secs(seconds.into());
    let mut workers = JoinSet::new();
    for _ in 0..at_once {
        let (ask, next) = (Arc::clone(ask), Arc::clone(&next));
        workers.spawn(async move {
            while Instant::now() < end {
                ask(next.fetch_add(1, Ordering::Relaxed)).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(worker) = workers.join_next().await {
        worker.context("a request panicked")??;
    }
    let asked = u32::try_from(next.load(Ordering::Relaxed))?;
    Ok(f64::from(asked) / begin.elapsed().as_secs_f64())
}
