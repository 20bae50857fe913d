//! What may run side by side.

use std::time::{Duration, Instant};

use crate::stage::{Needs, Share, Threads};

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
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) share: Share,
    pub(super) since: Instant,
    memory_mib: u64,
    /// Whether it can use all threads.
    is_wide: bool,
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
        let share = self.threads_for(needs, siblings, now).into();
        let is_wide = needs.threads == Threads::All;
        let grant = Grant { share, since: now, memory_mib, is_wide };
        if !self.fits(&grant) && !self.is_idle() {
            return None;
        }
        self.granted.push(grant.clone());
        Some(grant)
    }

    /// Lends the threads that nobody was granted to the stages that can use all, in equal parts, and
    /// takes back what is no longer there to be lent. They stay free for whoever is granted them: so
    /// a stage that began beside its siblings is not left with its share when it is the last of them.
    pub(super) fn lend(&self) {
        let mut free = self.limits.threads.saturating_sub(self.threads());
        let mut wide: Vec<&Grant> = self.granted.iter().filter(|grant| grant.is_wide).collect();
        while let Some(grant) = wide.pop() {
            let lent = free / (wide.len() + 1);
            grant.share.lend(lent);
            free -= lent;
        }
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
            && self.threads() + grant.share.granted() <= self.limits.threads
            && memory_mib + grant.memory_mib <= self.limits.memory_mib
    }

    /// The threads granted to all that runs.
    fn threads(&self) -> usize {
        self.granted.iter().map(|grant| grant.share.granted()).sum()
    }

    /// Takes a grant back.
    pub(super) fn release(&mut self, grant: &Grant) {
        let place = self.granted.iter().position(|granted| granted.share.is(&grant.share));
        self.granted.swap_remove(place.expect("what is released was granted"));
    }

    /// Whether nothing is running.
    pub(super) fn is_idle(&self) -> bool {
        self.granted.is_empty()
    }
}

#[cfg(test)]
mod tests;
