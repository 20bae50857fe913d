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

/// The other trials of a stage that wants to run.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Siblings {
    /// How many wait for room.
    pub(super) waiting: usize,
    /// How many run.
    pub(super) running: usize,
    /// The threads of those that run.
    pub(super) threads: usize,
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
    /// A stage that can use all threads shares them with its siblings, which take about as long: two
    /// networks that train side by side are done sooner than one after the other with all threads
    /// each, for no training is parallel throughout.
    ///
    /// It waits for its share beside small stages. Beside long ones it takes what they leave: half a
    /// machine that lies idle until a network is trained costs more than the threads are worth. How
    /// long a stage will take is not known; that it has taken long is.
    pub(super) fn grant(
        &mut self,
        needs: &Needs,
        siblings: Siblings,
        now: Instant,
    ) -> Option<Grant> {
        let memory_mib = needs.memory_mib.min(self.limits.memory_mib);
        let threads = self.threads_for(needs, siblings, now);
        let grant = Grant { threads, since: now, memory_mib };
        if !self.fits(&grant) && !self.is_idle() {
            return None;
        }
        self.granted.push(grant);
        Some(grant)
    }

    fn threads_for(&self, needs: &Needs, siblings: Siblings, now: Instant) -> usize {
        let wanted = needs.threads_of(self.limits.threads);
        if let Threads::Count(_) = needs.threads {
            return wanted;
        }
        let places = self.limits.jobs.saturating_sub(siblings.running).max(1);
        let sharing = (siblings.waiting + 1).min(places);
        let share = (wanted.saturating_sub(siblings.threads) / sharing).max(1);
        let are_long = self.granted.iter().all(|grant| now.duration_since(grant.since) >= LONG);
        match are_long {
            true => share.min(self.limits.threads - self.threads()).max(1),
            false => share,
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

    /// Grants what a stage without siblings asks for.
    fn grant(budget: &mut Budget, needs: &Needs, now: Instant) -> Option<Grant> {
        budget.grant(needs, Siblings::default(), now)
    }

    #[test]
    fn stages_share_threads_and_memory() {
        let now = Instant::now();
        let mut budget = Budget::new(Limits { jobs: 3, threads: 2, memory_mib: 100 });
        let first = grant(&mut budget, &needs(1, 60), now).unwrap();
        assert!(grant(&mut budget, &needs(1, 60), now).is_none(), "memory is used up");
        let second = grant(&mut budget, &needs(1, 40), now).unwrap();
        assert!(grant(&mut budget, &needs(1, 0), now).is_none(), "threads are used up");
        budget.release(first);
        budget.release(second);
        assert!(budget.is_idle());
    }

    #[test]
    fn a_stage_that_asks_for_too_much_runs_alone() {
        let now = Instant::now();
        let mut budget = Budget::new(Limits { jobs: 2, threads: 2, memory_mib: 100 });
        let small = grant(&mut budget, &needs(1, 10), now).unwrap();
        assert!(grant(&mut budget, &needs(8, 5000), now).is_none());
        budget.release(small);
        assert_eq!(grant(&mut budget, &needs(8, 5000), now).unwrap().threads, 2);
    }

    #[test]
    fn a_stage_for_all_threads_waits_for_small_stages_and_shares_with_long_ones() {
        let (start, wide) = (Instant::now(), Needs::all_threads(10));
        let mut budget = Budget::new(Limits { jobs: 3, threads: 4, memory_mib: 100 });
        let narrow = grant(&mut budget, &needs(1, 10), start).unwrap();
        assert!(grant(&mut budget, &wide, start + LONG / 2).is_none(), "it may end soon");
        let other = grant(&mut budget, &needs(1, 10), start + LONG / 2).unwrap();
        assert!(grant(&mut budget, &wide, start + LONG).is_none(), "so may the other one");
        budget.release(other);
        let shared = grant(&mut budget, &wide, start + LONG).unwrap();
        assert_eq!(shared.threads, 3, "what the long one leaves");
        assert!(grant(&mut budget, &wide, start + 3 * LONG).is_none(), "no thread is left");
        budget.release(narrow);
        budget.release(shared);
        assert_eq!(
            grant(&mut budget, &wide, start + 3 * LONG).unwrap().threads,
            4,
            "alone it has all"
        );
    }

    /// The threads of trials that are started one after the other, all of them for all threads.
    fn shares(limits: Limits, trials: usize) -> Vec<usize> {
        let (now, mut budget) = (Instant::now(), Budget::new(limits));
        let mut granted: Vec<usize> = Vec::new();
        for waiting in (0..trials).rev() {
            let (running, threads) = (granted.len(), granted.iter().sum());
            let siblings = Siblings { waiting, running, threads };
            let grant = budget.grant(&Needs::all_threads(1), siblings, now);
            granted.extend(grant.map(|grant| grant.threads));
        }
        granted
    }

    #[test]
    fn trials_of_a_stage_for_all_threads_share_them() {
        let limits = |jobs, threads| Limits { jobs, threads, memory_mib: 100 };
        assert_eq!(shares(limits(4, 4), 1), [4]);
        assert_eq!(shares(limits(4, 4), 2), [2, 2]);
        assert_eq!(shares(limits(4, 4), 3), [1, 1, 2], "none is left over");
        assert_eq!(shares(limits(4, 4), 9), [1, 1, 1, 1]);
        assert_eq!(shares(limits(2, 8), 9), [4, 4], "two at a time");
        assert_eq!(shares(limits(4, 2), 9), [1, 1]);
    }

    #[test]
    fn a_trial_that_is_left_takes_what_its_sibling_leaves() {
        let (now, wide) = (Instant::now(), Needs::all_threads(1));
        let mut budget = Budget::new(Limits { jobs: 2, threads: 2, memory_mib: 100 });
        let one_waits = Siblings { waiting: 1, ..Siblings::default() };
        let first = budget.grant(&wide, one_waits, now).unwrap();
        let one_runs = Siblings { waiting: 0, running: 1, threads: first.threads };
        assert_eq!(budget.grant(&wide, one_runs, now).unwrap().threads, 1, "it need not wait");
    }

    #[test]
    fn a_stage_for_a_number_of_threads_never_gets_fewer() {
        let start = Instant::now();
        let mut budget = Budget::new(Limits { jobs: 2, threads: 2, memory_mib: 100 });
        grant(&mut budget, &needs(1, 10), start).unwrap();
        assert!(grant(&mut budget, &needs(2, 10), start + 2 * LONG).is_none());
    }
}
