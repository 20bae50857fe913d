//! Keeps the fast ones from running away from the slow ones.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Lets work begin only within a window after what is finished: memory stays bounded, whoever is
/// slow.
pub(super) struct Gate {
    state: Mutex<State>,
    moved: Condvar,
}

struct State {
    window: usize,
    finished: usize,
    stopped: bool,
}

/// Stops a gate when its thread panics, so that nobody waits for what will never come.
pub(super) struct StopOnPanic<'a>(pub(super) &'a Gate);

impl Gate {
    /// A gate for the work that comes after the first `finished` pieces. Nothing may begin until it
    /// is [set](Self::set_window).
    pub(super) fn new(finished: usize) -> Self {
        let state = Mutex::new(State { window: 0, finished, stopped: false });
        Self { state, moved: Condvar::new() }
    }

    /// How many pieces may have begun that are not finished.
    pub(super) fn set_window(&self, window: usize) {
        self.lock().window = window;
        self.moved.notify_all();
    }

    /// Waits until the work numbered `index` may begin; `false` if everything is to stop.
    pub(super) fn wait(&self, index: usize) -> bool {
        let is_early = |state: &mut State| !state.stopped && index >= state.finished + state.window;
        let state = self.moved.wait_while(self.lock(), is_early);
        !state.unwrap_or_else(PoisonError::into_inner).stopped
    }

    /// Says that the next piece of work is finished.
    pub(super) fn advance(&self) {
        self.lock().finished += 1;
        self.moved.notify_all();
    }

    /// Lets nobody begin any more.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.moved.notify_all();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}
