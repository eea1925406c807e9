//! The same work with many items, on several threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most items that a thread takes at once.
const LARGEST_BATCH: usize = 32;

/// Does the same with each item on several threads, and gives what comes of it in the order of the items.
///
/// `begin` makes what a thread keeps from one item to the next. Threads end with the call; nothing is left running.
pub(crate) fn parallel<T: Sync, S, R: Send>(
    threads: usize,
    items: &[T],
    begin: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    if threads <= 1 || items.len() <= 1 {
        let mut state = begin();
        return items.iter().map(|item| work(&mut state, item)).collect();
    }
    // Small enough that nobody waits long for the last one.
    let size = (items.len() / (threads * 8)).clamp(1, LARGEST_BATCH);
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let worker = || {
        let mut state = begin();
        loop {
            let start = next.fetch_add(size, Ordering::Relaxed);
            let Some(batch) =
                items.get(start..items.len().min(start + size)).filter(|batch| !batch.is_empty())
            else {
                return;
            };
            let batch: Vec<R> = batch.iter().map(|item| work(&mut state, item)).collect();
            if let Ok(mut done) = done.lock() {
                done.push((start, batch));
            }
        }
    };
    std::thread::scope(|scope| {
        // This thread is one of them.
        for _ in 1..threads.min(items.len()) {
            scope.spawn(worker);
        }
        worker();
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(start, _)| *start);
    done.into_iter().flat_map(|(_, batch)| batch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        for threads in [0, 1, 2, 7] {
            let doubled = parallel(threads, &items, || 0, |_, item| item * 2);
            assert!(doubled.iter().enumerate().all(|(at, value)| *value == at * 2), "{threads} threads");
            assert_eq!(doubled.len(), items.len());
        }
        assert!(parallel(4, &[], || (), |(), item: &usize| *item).is_empty());
    }
}
