//! What a stage wants from the machine. None of it is part of a key.

/// How many threads a stage can use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Threads {
    /// A fixed number, cut to what the run may use.
    Count(usize),
    /// All that the run may use.
    All,
}

/// The threads and memory of one stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Needs {
    /// The threads it can use.
    pub threads: Threads,
    /// The anonymous memory it may take, in MiB; an estimate from above.
    pub memory_mib: u64,
}

impl Default for Needs {
    fn default() -> Self {
        Self { threads: Threads::Count(1), memory_mib: 64 }
    }
}

impl Needs {
    /// All threads and this much memory.
    #[must_use]
    pub fn all_threads(memory_mib: u64) -> Self {
        Self { threads: Threads::All, memory_mib }
    }

    /// The threads granted out of `available`.
    #[must_use]
    pub fn threads_of(&self, available: usize) -> usize {
        match self.threads {
            Threads::Count(count) => count.clamp(1, available.max(1)),
            Threads::All => available.max(1),
        }
    }
}
