//! Runs work on several threads.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Calls `work` for each item, at most `workers` at a time, and returns the results in the order of the
/// items. After an error, no further item is started.
pub fn in_parallel<T: Sync, R: Send, E: Send>(
    items: &[T],
    workers: usize,
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let outcomes = Mutex::new(Vec::new());
    let work_on_all = || {
        while !failed.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return };
            let outcome = work(item);
            failed.fetch_or(outcome.is_err(), Ordering::Relaxed);
            outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((at, outcome));
        }
    };
    thread::scope(|scope| {
        for _ in 1..workers.min(items.len()) {
            scope.spawn(work_on_all);
        }
        work_on_all();
    });
    let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by_key(|(at, _)| *at);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        let items: Vec<u32> = (0..100).collect();
        for workers in [1, 3, 1000] {
            let outcome = in_parallel(&items, workers, |item| Ok::<_, ()>(item * 2));
            assert_eq!(outcome, Ok((0..100).map(|item| item * 2).collect()));
        }
        assert_eq!(in_parallel(&[], 4, |(): &()| Err::<(), _>(())), Ok(vec![]));
    }

    #[test]
    fn no_item_is_started_after_an_error() {
        let started = AtomicUsize::new(0);
        let items: Vec<usize> = (0..1000).collect();
        let outcome = in_parallel(&items, 1, |item| {
            started.fetch_add(1, Ordering::Relaxed);
            if *item == 7 { Err(*item) } else { Ok(()) }
        });
        assert_eq!((outcome, started.into_inner()), (Err(7), 8));
    }
}
