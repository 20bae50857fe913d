//! How many work on a pipeline at the moment.

use std::ops::Range;

use crate::stage::Share;

/// The workers of a pipeline, one for each thread that its stage may use now. They are numbered: of
/// those hired, the last ones rest when threads are taken back.
pub(super) struct Crew {
    share: Share,
    /// Beyond this number there is nothing to do.
    most: usize,
    hired: usize,
}

impl Crew {
    pub(super) fn new(share: Share, most: usize) -> Self {
        Self { share, most, hired: 0 }
    }

    /// How many are to work, at least one.
    pub(super) fn size(&self) -> usize {
        self.share.threads().min(self.most).max(1)
    }

    /// The numbers of those who are missing, who are hired herewith.
    pub(super) fn hire(&mut self) -> Range<usize> {
        let first = self.hired;
        self.hired = first.max(self.size());
        first..self.hired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_hired_once_and_no_more_than_there_are_batches() {
        let share = Share::from(2);
        let mut crew = Crew::new(share.clone(), 4);
        assert_eq!(crew.hire(), 0..2);
        share.lend(1);
        assert_eq!(crew.hire(), 2..3);
        share.lend(0);
        assert_eq!((crew.hire(), crew.size()), (3..3, 2), "one rests");
        share.lend(7);
        assert_eq!((crew.hire(), crew.size()), (3..4, 4), "the fifth would have no batch");
    }

    #[test]
    fn one_works_where_nothing_is_to_do() {
        assert_eq!(Crew::new(Share::from(3), 0).hire(), 0..1);
    }
}
