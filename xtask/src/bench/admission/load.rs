//! Requests at a fixed rate, whatever becomes of them: a slow answer delays no later request, and counts from the moment
//! at which its request was due.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// What became of requests at a fixed rate, in milliseconds from when each was due.
pub(super) struct Took {
    /// Until it was asked: what this program and the machine owe, not who answers.
    pub(super) asked: Vec<f64>,
    /// Until it was answered.
    pub(super) answered: Vec<f64>,
}

/// Asks at a rate.
pub(super) async fn at_rate<A, F>(ask: &Arc<A>, rate: u32, seconds: u32) -> Result<Took>
where
    A: Fn(usize) -> F + Send + Sync + 'static,
    F: Future<Output = Result<()>> + Send + 'static,
{
    let (ask, runtime) = (Arc::clone(ask), Handle::current());
    // A thread of its own: the runtime's timers know whole milliseconds only, and would count as waiting.
    let questions = tokio::task::spawn_blocking(move || {
        let mut questions = JoinSet::new();
        let begin = Instant::now();
        for nth in 0..rate * seconds {
            let due = begin + Duration::from_secs(1) * nth / rate;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let ask = Arc::clone(&ask);
            let one = async move {
                let asked = milliseconds_since(due);
                ask(usize::try_from(nth)?).await?;
                anyhow::Ok((asked, milliseconds_since(due)))
            };
            questions.spawn_on(one, &runtime);
        }
        questions
    });
    let mut questions = questions.await?;
    let mut took = Took { asked: Vec::new(), answered: Vec::new() };
    while let Some(one) = questions.join_next().await {
        let (asked, answered) = one.context("a request panicked")??;
        took.asked.push(asked);
        took.answered.push(answered);
    }
    Ok(took)
}

fn milliseconds_since(due: Instant) -> f64 {
    due.elapsed().as_secs_f64() * 1000.0
}

/// How many requests are answered, and in how many seconds, with so many under way at any time.
pub(super) async fn at_most<A, F>(ask: &Arc<A>, at_once: usize, seconds: u32) -> Result<(f64, f64)>
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
    Ok((f64::from(asked), begin.elapsed().as_secs_f64()))
}
