//! Ways to fail of a model that looks several times and stops by itself.
//!
//! A wrong image was either never within the model's reach (no prediction on the way was right), or
//! it was right once and lost by going on or by stopping too late. The first kind is a failure of
//! recognition, the second one of the policy.

/// What a model thought of an image from look to look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trace<'a, C> {
    /// The prediction before the first look, then one after each look until the model stopped.
    pub predictions: &'a [C],
    /// The right answer.
    pub label: C,
}

/// Failures counted by kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failures {
    /// All images.
    pub images: usize,
    /// Type 1: wrong at the end and never right.
    pub never_right: usize,
    /// Type 2: wrong at the end though right before. Entry `t - 1` counts those whose last right
    /// prediction was the one before look `t`.
    pub lost_at: Vec<usize>,
}

impl Failures {
    /// Counts over images that took at most `looks` looks.
    ///
    /// # Panics
    /// If a trace is empty or longer.
    #[must_use]
    pub fn count<'a, C: PartialEq + 'a>(
        looks: usize,
        traces: impl IntoIterator<Item = Trace<'a, C>>,
    ) -> Self {
        let mut failures = Self { images: 0, never_right: 0, lost_at: vec![0; looks] };
        for Trace { predictions, label } in traces {
            assert!((1..=looks + 1).contains(&predictions.len()), "a trace of {looks} looks");
            failures.images += 1;
            match predictions.iter().rposition(|prediction| *prediction == label) {
                None => failures.never_right += 1,
                Some(last) if last + 1 == predictions.len() => {}
                Some(last) => failures.lost_at[last] += 1,
            }
        }
        failures
    }

    /// Type 2: wrong at the end though right before.
    #[must_use]
    pub fn lost(&self) -> usize {
        self.lost_at.iter().sum()
    }

    /// All that are wrong at the end.
    #[must_use]
    pub fn wrong(&self) -> usize {
        self.never_right + self.lost()
    }

    /// Images that the model could have had right by stopping at the right moment.
    #[must_use]
    pub fn within_capability(&self) -> usize {
        self.images - self.never_right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (E13)
    #[test]
    fn each_way_to_fail_is_counted_once() {
        let traces = [
            &[7, 7, 7][..], // right all along
            &[1, 7],        // right at the end
            &[1, 2, 3, 4],  // never right
            &[7, 1],        // lost at look 1
            &[7, 1, 7, 2],  // right twice, lost at look 3
        ];
        let traces = traces.map(|predictions| Trace { predictions, label: 7 });
        let failures = Failures::count(3, traces);
        assert_eq!(failures, Failures { images: 5, never_right: 1, lost_at: vec![1, 0, 1] });
        assert_eq!((failures.lost(), failures.wrong(), failures.within_capability()), (2, 3, 4));
    }

    /// (E13): type 1 and type 2 make up what is wrong, the histogram makes up type 2, and what is
    /// not type 1 is within capability.
    #[test]
    fn the_ways_to_fail_add_up() {
        // All traces of up to three looks among three classes, the first of which is right.
        let digits = |number: usize, count: usize| -> Vec<usize> {
            (0..count).map(|place| number / 3_usize.pow(place as u32) % 3).collect()
        };
        let traces: Vec<Vec<usize>> = (1..=4)
            .flat_map(|count: usize| {
                (0..3_usize.pow(count as u32)).map(move |number| digits(number, count))
            })
            .collect();
        let all = traces.iter().map(|predictions| Trace { predictions, label: 0 });
        let failures = Failures::count(3, all);
        let wrong = traces.iter().filter(|trace| trace[trace.len() - 1] != 0).count();
        let never = traces.iter().filter(|trace| !trace.contains(&0)).count();
        assert_eq!((failures.images, failures.wrong()), (3 + 9 + 27 + 81, wrong));
        assert_eq!((failures.never_right, failures.lost()), (never, wrong - never));
        assert_eq!(failures.within_capability(), traces.len() - never);
        for (look, count) in failures.lost_at.iter().enumerate() {
            let lost_here = |trace: &&Vec<usize>| {
                trace.len() > look + 1
                    && trace[look] == 0
                    && trace[look + 1..].iter().all(|prediction| *prediction != 0)
            };
            assert_eq!(*count, traces.iter().filter(lost_here).count(), "look {look}");
        }
    }
}
