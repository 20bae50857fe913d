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
    budget.release(&first);
    budget.release(&second);
    assert!(budget.is_idle());
}

#[test]
fn a_stage_that_asks_for_too_much_runs_alone() {
    let now = Instant::now();
    let mut budget = Budget::new(Limits { jobs: 2, threads: 2, memory_mib: 100 });
    let small = grant(&mut budget, &needs(1, 10), now).unwrap();
    assert!(grant(&mut budget, &needs(8, 5000), now).is_none());
    budget.release(&small);
    assert_eq!(grant(&mut budget, &needs(8, 5000), now).unwrap().share.granted(), 2);
}

#[test]
fn a_stage_for_all_threads_waits_for_small_stages_and_shares_with_long_ones() {
    let (start, wide) = (Instant::now(), Needs::all_threads(10));
    let mut budget = Budget::new(Limits { jobs: 3, threads: 4, memory_mib: 100 });
    let narrow = grant(&mut budget, &needs(1, 10), start).unwrap();
    assert!(grant(&mut budget, &wide, start + LONG / 2).is_none(), "it may end soon");
    let other = grant(&mut budget, &needs(1, 10), start + LONG / 2).unwrap();
    assert!(grant(&mut budget, &wide, start + LONG).is_none(), "so may the other one");
    budget.release(&other);
    let shared = grant(&mut budget, &wide, start + LONG).unwrap();
    assert_eq!(shared.share.granted(), 3, "what the long one leaves");
    assert!(grant(&mut budget, &wide, start + 3 * LONG).is_none(), "no thread is left");
    budget.release(&narrow);
    budget.release(&shared);
    assert_eq!(
        grant(&mut budget, &wide, start + 3 * LONG).unwrap().share.granted(),
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
        granted.extend(grant.map(|grant| grant.share.granted()));
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
    let one_runs = Siblings { waiting: 0, running: 1, threads: first.share.granted() };
    assert_eq!(budget.grant(&wide, one_runs, now).unwrap().share.granted(), 1, "it need not wait");
}

#[test]
fn free_threads_are_lent_and_taken_back() {
    let (start, wide) = (Instant::now(), Needs::all_threads(1));
    let mut budget = Budget::new(Limits { jobs: 4, threads: 5, memory_mib: 100 });
    let siblings = Siblings { waiting: 1, ..Siblings::default() };
    let narrow = grant(&mut budget, &needs(1, 1), start).unwrap();
    let first = budget.grant(&wide, siblings, start + LONG).unwrap();
    let siblings = Siblings { waiting: 0, running: 1, threads: first.share.granted() };
    let second = budget.grant(&wide, siblings, start + 2 * LONG).unwrap();
    let threads = || [&narrow, &first, &second].map(|grant| grant.share.threads());
    budget.lend();
    assert_eq!(threads(), [1, 2, 2], "none is free");
    budget.release(&first);
    budget.lend();
    assert_eq!(threads(), [1, 2, 4], "only a stage for all threads is lent some");
    let third = grant(&mut budget, &needs(1, 1), start + 2 * LONG).unwrap();
    budget.lend();
    assert_eq!((threads(), third.share.threads()), ([1, 2, 3], 1), "what is lent can be granted");
}

#[test]
fn stages_are_lent_equal_parts_and_all_of_it() {
    let (start, one) = (Instant::now(), Siblings { running: 1, threads: 1, waiting: 7 });
    let mut budget = Budget::new(Limits { jobs: 8, threads: 8, memory_mib: 100 });
    let mut wide = || budget.grant(&Needs::all_threads(1), one, start).unwrap().share;
    let shares = [wide(), wide(), wide()];
    budget.lend();
    assert_eq!(shares.map(|share| share.threads()), [3, 3, 2]);
}

#[test]
fn a_stage_for_a_number_of_threads_never_gets_fewer() {
    let start = Instant::now();
    let mut budget = Budget::new(Limits { jobs: 2, threads: 2, memory_mib: 100 });
    grant(&mut budget, &needs(1, 10), start).unwrap();
    assert!(grant(&mut budget, &needs(2, 10), start + 2 * LONG).is_none());
}
