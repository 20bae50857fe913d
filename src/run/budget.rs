//! What may run side by side.

use std::time::{Duration, Instant};

use crate::stage::{Needs, Threads};

/// After this time a running stage is no small one, and nobody waits for its threads.
const LONG: Duration = Duration::from_secs(5);

/// The limits of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Stages at a time.
    pub jobs: usize,
    /// Threads of all of them together.
    pub threads: usize,
    /// Memory of all of them together, in MiB.
    pub memory_mib: u64,
}

/// What a running stage has been granted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Grant {
    pub(super) threads: usize,
    pub(super) since: Instant,
    memory_mib: u64,
}

/// What is left of the limits.
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    granted: Vec<Grant>,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, granted: Vec::new() }
    }

    /// Grants what `needs` asks for, or nothing while it does not fit.
    ///
    /// A stage that asks for more than the limits is granted the limits, once nothing else runs:
    /// an estimate must not be able to stop a run for good.
    ///
    /// A stage that can use all threads waits for them beside small stages. Beside long ones it
    /// takes what they leave: half a machine that lies idle until a network is trained costs more
    /// than the threads are worth. How long a stage will take is not known; that it has taken long is.
    pub(super) fn grant(&mut self, needs: &Needs, now: Instant) -> Option<Grant> {
        let memory_mib = needs.memory_mib.min(self.limits.memory_mib);
        let grant = Grant { threads: self.threads_for(needs, now), since: now, memory_mib };
        if !self.fits(&grant) && !self.is_idle() {
            return None;
        }
        self.granted.push(grant);
        Some(grant)
    }

    fn threads_for(&self, needs: &Needs, now: Instant) -> usize {
        let wanted = needs.threads_of(self.limits.threads);
        let are_long = self.granted.iter().all(|grant| now.duration_since(grant.since) >= LONG);
        match needs.threads {
            Threads::All if are_long => (self.limits.threads - self.threads()).clamp(1, wanted),
            Threads::All | Threads::Count(_) => wanted,
        }
    }

    fn fits(&self, grant: &Grant) -> bool {
        let memory_mib: u64 = self.granted.iter().map(|grant| grant.memory_mib).sum();
        self.granted.len() < self.limits.jobs
            && self.threads() + grant.threads <= self.limits.threads
            && memory_mib + grant.memory_mib <= self.limits.memory_mib
    }

    /// The threads of all that runs.
    fn threads(&self) -> usize {
        self.granted.iter().map(|grant| grant.threads).sum()
    }

    /// Takes a grant back.
    pub(super) fn release(&mut self, grant: Grant) {
        let place = self.granted.iter().position(|granted| *granted == grant);
        self.granted.swap_remove(place.expect("what is released was granted"));
    }

    /// Whether nothing is running.
    pub(super) fn is_idle(&self) -> bool {
        self.granted.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(threads: usize, memory_mib: u64) -> Needs {
        Needs { threads: Threads::Count(threads), memory_mib }
    }

    #[test]
    fn stages_share_threads_and_memory() {
        let now = Instant::now();
        let mut budget = Budget::new(Limits { jobs: 3, threads: 2, memory_mib: 100 });
        let first = budget.grant(&needs(1, 60), now).unwrap();
        assert!(budget.grant(&needs(1, 60), now).is_none(), "memory is used up");
        let second = budget.grant(&needs(1, 40), now).unwrap();
        assert!(budget.grant(&needs(1, 0), now).is_none(), "threads are used up");
        budget.release(first);
        budget.release(second);
        assert!(budget.is_idle());
    }

    #[test]
    fn a_stage_that_asks_for_too_much_runs_alone() {
        let now = Instant::now();
        let mut budget = Budget::new(Limits { jobs: 2, threads: 2, memory_mib: 100 });
        let small = budget.grant(&needs(1, 10), now).unwrap();
        assert!(budget.grant(&needs(8, 5000), now).is_none());
        budget.release(small);
        assert_eq!(budget.grant(&needs(8, 5000), now).unwrap().threads, 2);
    }

    #[test]
    fn a_stage_for_all_threads_waits_for_small_stages_and_shares_with_long_ones() {
        let (start, wide) = (Instant::now(), Needs::all_threads(10));
        let mut budget = Budget::new(Limits { jobs: 3, threads: 4, memory_mib: 100 });
        let narrow = budget.grant(&needs(1, 10), start).unwrap();
        assert!(budget.grant(&wide, start + LONG / 2).is_none(), "it may end soon");
        let other = budget.grant(&needs(1, 10), start + LONG / 2).unwrap();
        assert!(budget.grant(&wide, start + LONG).is_none(), "so may the other one");
        budget.release(other);
        let shared = budget.grant(&wide, start + LONG).unwrap();
        assert_eq!(shared.threads, 3, "what the long one leaves");
        assert!(budget.grant(&wide, start + 3 * LONG).is_none(), "no thread is left");
        budget.release(narrow);
        budget.release(shared);
        assert_eq!(budget.grant(&wide, start + 3 * LONG).unwrap().threads, 4, "alone it has all");
    }

    #[test]
    fn a_stage_for_a_number_of_threads_never_gets_fewer() {
        let start = Instant::now();
        let mut budget = Budget::new(Limits { jobs: 2, threads: 2, memory_mib: 100 });
        budget.grant(&needs(1, 10), start).unwrap();
        assert!(budget.grant(&needs(2, 10), start + 2 * LONG).is_none());
    }
}
