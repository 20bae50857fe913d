//! Calibrated stacking: `score - delta` for seen classes, at every delta at once.
//!
//! An image's prediction changes at one delta only, its breakpoint (best seen score minus best
//! unseen score). Between breakpoints U and S are constant, so the curve is exact: no grid.

use super::candidates::Candidates;
use super::decision::{Decision, MetricError};
use super::evaluation::CurvePoint;
use super::metrics::{Tally, harmonic_mean};

/// U and S for every delta, in rising order of delta.
#[derive(Clone, PartialEq, Debug)]
pub struct Curve {
    points: Vec<CurvePoint>,
}

/// The curve's first point: every image is judged among seen classes.
const BEFORE_ALL: f64 = f64::MIN;

struct Sweep<'a> {
    seen_mask: &'a [bool],
    class_name: &'a dyn Fn(usize) -> String,
    seen: Tally,
    unseen: Tally,
}

impl Sweep<'_> {
    fn point(&self, delta: f64) -> Result<CurvePoint, MetricError> {
        let kind = |is_seen: bool| {
            let classes = self.seen_mask.iter().enumerate();
            classes.filter(move |(_, seen)| **seen == is_seen).map(|(class, _)| class)
        };
        let unseen = self.unseen.mean(kind(false), self.class_name)?;
        let seen = self.seen.mean(kind(true), self.class_name)?;
        Ok(CurvePoint { delta, unseen, seen, harmonic: harmonic_mean(unseen, seen) })
    }
}

impl Curve {
    /// The curve over test images of seen and of unseen classes.
    ///
    /// # Errors
    /// [`MetricError`] if a class has no image.
    pub fn of(
        seen: &[Decision],
        unseen: &[Decision],
        candidates: &Candidates,
    ) -> Result<Self, MetricError> {
        let name = |class| candidates.name(class);
        Self::sweep(seen, unseen, &candidates.seen_mask(), &name)
    }

    /// Sweeps delta from minus to plus infinity; `seen_mask` says which candidates are seen.
    ///
    /// # Errors
    /// [`MetricError`] if a class has no image.
    pub fn sweep(
        seen: &[Decision],
        unseen: &[Decision],
        seen_mask: &[bool],
        class_name: &dyn Fn(usize) -> String,
    ) -> Result<Self, MetricError> {
        let at_start = |images: &[Decision]| {
            let pairs = images.iter().map(|image| (image.label, image.seen.candidate));
            Tally::count(seen_mask.len(), pairs)
        };
        let (seen_tally, unseen_tally) = (at_start(seen), at_start(unseen));
        let mut sweep = Sweep { seen_mask, class_name, seen: seen_tally, unseen: unseen_tally };
        let mut points = vec![sweep.point(BEFORE_ALL)?];
        let tagged = |is_seen: bool| move |image: &Decision| (image.breakpoint(), is_seen, *image);
        let mut events: Vec<(f64, bool, Decision)> =
            seen.iter().map(tagged(true)).chain(unseen.iter().map(tagged(false))).collect();
        events.sort_by(|one, other| one.0.total_cmp(&other.0));
        // Compared as numbers and not by their bits: -0 and 0 are one breakpoint.
        for group in events.chunk_by(|one, other| one.0 >= other.0) {
            for (_, is_seen, image) in group {
                let tally = if *is_seen { &mut sweep.seen } else { &mut sweep.unseen };
                let was_hit = image.seen.candidate == image.label;
                tally.change(image.label, was_hit, image.unseen.candidate == image.label);
            }
            points.push(sweep.point(group[0].0)?);
        }
        Ok(Self { points })
    }

    /// The points; the values of each hold from its delta (exclusive) to that of the next one.
    #[must_use]
    pub fn points(&self) -> &[CurvePoint] {
        &self.points
    }

    /// AUSUC: the area under S over U, by trapezoids.
    #[must_use]
    pub fn area(&self) -> f64 {
        let slice = |pair: &[CurvePoint]| {
            (pair[1].unseen - pair[0].unseen) * (pair[1].seen + pair[0].seen) / 2.0
        };
        self.points.windows(2).map(slice).sum()
    }

    /// The position of the first point with the largest H.
    #[must_use]
    pub fn best(&self) -> usize {
        let mut best = 0;
        for (position, point) in self.points.iter().enumerate() {
            if point.harmonic > self.points[best].harmonic {
                best = position;
            }
        }
        best
    }

    /// A delta at which H is largest: the middle of the interval, so that scores which are a
    /// little different still decide alike. 0 if H is 0 everywhere.
    #[must_use]
    pub fn best_delta(&self) -> f64 {
        let best = self.best();
        if self.points[best].harmonic == 0.0 {
            return 0.0;
        }
        // At the ends no image of unseen, or of seen, classes is right: the best point has two
        // neighbours unless U or S does not depend on delta.
        let Some(next) = self.points.get(best + 1) else { return self.points[best].delta + 1.0 };
        if best == 0 {
            return next.delta - 1.0;
        }
        let middle = f64::midpoint(self.points[best].delta, next.delta);
        if middle > self.points[best].delta { middle } else { next.delta }
    }

    /// The values at `delta`, when ties go to seen classes.
    #[must_use]
    pub fn at(&self, delta: f64) -> CurvePoint {
        let after = self.points.partition_point(|point| point.delta < delta);
        CurvePoint { delta, ..self.points[after.max(1) - 1] }
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::super::candidates::Candidate;
    use super::*;

    fn candidates() -> Candidates {
        let names = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Candidates::new(names(&["a", "b", "c"]), names(&["x", "y"])).unwrap()
    }

    /// Scores on a coarse grid, so that ties and equal breakpoints occur.
    fn images(seed: u64, offset: f64) -> (Vec<Decision>, Vec<Decision>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mask = candidates().seen_mask();
        let mut draw = |labels: std::ops::Range<u16>| {
            (0..30)
                .map(|image| {
                    let row: Vec<f64> = (0..5)
                        .map(|_| f64::from(rng.random_range(0..9_u8)) / 8.0 + offset)
                        .collect();
                    let label = labels.start + image % (labels.end - labels.start);
                    Decision::of(&row, &mask, Candidate(label)).unwrap()
                })
                .collect::<Vec<_>>()
        };
        (draw(0..3), draw(3..5))
    }

    /// U and S by predicting every image anew.
    fn by_prediction(seen: &[Decision], unseen: &[Decision], delta: f64) -> (f64, f64) {
        let mean = |images: &[Decision], classes: std::ops::Range<usize>| {
            let pairs = images.iter().map(|image| (image.label, image.predict(delta)));
            Tally::count(5, pairs).mean(classes, &|class| class.to_string()).unwrap()
        };
        (mean(unseen, 3..5), mean(seen, 0..3))
    }

    #[test]
    fn a_curve_worked_out_by_hand() {
        // One image a class; the breakpoints are 1 (a), 2 (b), 3 (c), 0 (x) and 2 (y).
        let mask = candidates().seen_mask();
        let image = |row: [f64; 5], label| Decision::of(&row, &mask, Candidate(label)).unwrap();
        let seen = [
            image([2.0, 0.0, 0.0, 1.0, 0.0], 0),
            image([0.0, 3.0, 0.0, 1.0, 0.0], 1),
            image([4.0, 0.0, 0.0, 1.0, 0.0], 2),
        ];
        let unseen = [image([1.0, 0.0, 0.0, 1.0, 0.0], 3), image([3.0, 0.0, 0.0, 0.0, 1.0], 4)];
        let curve = Curve::of(&seen, &unseen, &candidates()).unwrap();
        let points: Vec<_> = curve.points().iter().map(|p| (p.unseen, p.seen * 3.0)).collect();
        assert_eq!(points, [(0.0, 2.0), (0.5, 2.0), (0.5, 1.0), (1.0, 0.0), (1.0, 0.0)]);
        // The area is 0.5 * 2/3 + 0 + 0.5 * (1/3 + 0) / 2 = 1/3 + 1/12 = 5/12.
        assert!((curve.area() - 5.0 / 12.0).abs() < 1e-15);
        // H is 2 * 0.5 * 2/3 / (7/6) = 4/7 between the breakpoints 0 and 1.
        assert_eq!((curve.best(), curve.best_delta()), (1, 0.5));
        assert!((curve.points()[1].harmonic - 4.0 / 7.0).abs() < 1e-15);
    }

    /// (G5)
    #[test]
    fn the_exact_curve_equals_prediction_at_every_delta() {
        for seed in 0..20 {
            let (seen, unseen) = images(seed, 0.0);
            let curve = Curve::of(&seen, &unseen, &candidates()).unwrap();
            let mut largest = 0.0_f64;
            for step in -40..=40 {
                let delta = f64::from(step) / 32.0;
                let (by_unseen, by_seen) = by_prediction(&seen, &unseen, delta);
                let point = curve.at(delta);
                assert_eq!((point.unseen, point.seen), (by_unseen, by_seen), "delta {delta}");
                largest = largest.max(point.harmonic);
            }
            assert_eq!(curve.points()[curve.best()].harmonic, largest);
            let (unseen_best, seen_best) = by_prediction(&seen, &unseen, curve.best_delta());
            assert_eq!(harmonic_mean(unseen_best, seen_best), largest);
        }
    }

    /// (G5)
    #[test]
    fn delta_goes_from_seen_only_to_unseen_only() {
        let (seen, unseen) = images(7, 0.0);
        let curve = Curve::of(&seen, &unseen, &candidates()).unwrap();
        let (first, last) = (curve.points()[0], curve.points()[curve.points().len() - 1]);
        assert_eq!((first.unseen, last.seen), (0.0, 0.0));
        let zero_shot =
            Tally::count(5, unseen.iter().map(|image| (image.label, image.unseen.candidate)));
        assert_eq!(last.unseen, zero_shot.mean(3..5, &|_| String::new()).unwrap());
        for pair in curve.points().windows(2) {
            assert!(pair[0].unseen <= pair[1].unseen && pair[0].seen >= pair[1].seen);
            assert!(pair[0].delta < pair[1].delta);
        }
    }

    /// (G5)
    #[test]
    fn a_constant_on_all_scores_changes_nothing() {
        let (seen, unseen) = images(3, 0.0);
        let (seen_up, unseen_up) = images(3, 16.0);
        let curve = Curve::of(&seen, &unseen, &candidates()).unwrap();
        assert_eq!(curve, Curve::of(&seen_up, &unseen_up, &candidates()).unwrap());
    }

    #[test]
    fn a_class_without_images_is_an_error() {
        let (seen, unseen) = images(1, 0.0);
        let error = Curve::of(&seen, &unseen[..1], &candidates()).unwrap_err();
        assert_eq!(error, MetricError::NoImages("y".into()));
    }
}
