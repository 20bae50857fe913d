//! What may run side by side.

use crate::stage::Needs;

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
    memory_mib: u64,
}

/// What is left of the limits.
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    running: usize,
    threads: usize,
    memory_mib: u64,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, running: 0, threads: 0, memory_mib: 0 }
    }

    /// Grants what `needs` asks for, or nothing while it does not fit.
    ///
    /// A stage that asks for more than the limits is granted the limits, once nothing else runs:
    /// an estimate must not be able to stop a run for good.
    pub(super) fn grant(&mut self, needs: &Needs) -> Option<Grant> {
        let threads = needs.threads_of(self.limits.threads);
        let memory_mib = needs.memory_mib.min(self.limits.memory_mib);
        let fits = self.running < self.limits.jobs
            && self.threads + threads <= self.limits.threads
            && self.memory_mib + memory_mib <= self.limits.memory_mib;
        if !fits && self.running > 0 {
            return None;
        }
        let grant = Grant { threads, memory_mib };
        self.running += 1;
        self.threads += grant.threads;
        self.memory_mib += grant.memory_mib;
        Some(grant)
    }

    /// Takes a grant back.
    pub(super) fn release(&mut self, grant: Grant) {
        self.running -= 1;
        self.threads -= grant.threads;
        self.memory_mib -= grant.memory_mib;
    }

    /// Whether nothing is running.
    pub(super) fn is_idle(&self) -> bool {
        self.running == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::Threads;

    fn needs(threads: usize, memory_mib: u64) -> Needs {
        Needs { threads: Threads::Count(threads), memory_mib }
    }

    #[test]
    fn stages_share_threads_and_memory() {
        let mut budget = Budget::new(Limits { jobs: 3, threads: 2, memory_mib: 100 });
        let first = budget.grant(&needs(1, 60)).unwrap();
        assert!(budget.grant(&needs(1, 60)).is_none(), "memory is used up");
        let second = budget.grant(&needs(1, 40)).unwrap();
        assert!(budget.grant(&needs(1, 0)).is_none(), "threads are used up");
        budget.release(first);
        budget.release(second);
        assert!(budget.is_idle());
    }

    #[test]
    fn a_stage_that_asks_for_too_much_runs_alone() {
        let mut budget = Budget::new(Limits { jobs: 2, threads: 2, memory_mib: 100 });
        let small = budget.grant(&needs(1, 10)).unwrap();
        assert!(budget.grant(&needs(8, 5000)).is_none());
        budget.release(small);
        assert_eq!(budget.grant(&needs(8, 5000)).unwrap().threads, 2);
    }
}
