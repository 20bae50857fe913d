//! What each cell would add to the joint probability of the truth, had it been looked at next.

use super::judge::Judge;
use super::sight::Seeable;
use super::verdict::Opinion;

/// For every image and step, what each cell that was not seen yet would add.
#[derive(Clone, PartialEq, Debug)]
pub struct Gains {
    steps: usize,
    cells: usize,
    /// [N, T, cells].
    values: Vec<Option<f64>>,
}

impl Gains {
    /// Follows a look at each cell of `orders`, T an image, and weighs all others before each of
    /// them. `labels` are the true classes.
    ///
    /// # Panics
    /// If there are not as many orders and labels as images.
    #[must_use]
    pub fn along(judge: &Judge, images: &Seeable, labels: &[usize], orders: &[Vec<usize>]) -> Self {
        let (count, cells) = (labels.len(), images.local.shape()[1]);
        assert_eq!(orders.len(), count, "an order an image");
        let steps = orders.first().map_or(0, Vec::len);
        let size = judge.sums();
        let mut sums = judge.of_slot(0, images.global.values(), count);
        let mut gains = Self { steps, cells, values: vec![None; count * steps * cells] };
        let probabilities = |sums: &[f32], each: usize| -> Vec<f64> {
            let logits = judge.of_sums(sums.chunks_exact(size));
            let rows = logits.chunks_exact(judge.classes()).enumerate();
            let of = |(row, joint): (usize, &[f64])| {
                let opinion =
                    Opinion { global: joint, joint, handicap: &judge.handicap, has_looked: true };
                opinion.verdict(Some(labels[row / each])).joint
            };
            rows.map(of).collect()
        };
        for step in 0..steps {
            let before = probabilities(&sums, 1);
            let mut after = judge.of_slot(step + 1, images.local.values(), count * cells);
            for (row, sums) in after.chunks_exact_mut(size * cells).zip(sums.chunks_exact(size)) {
                for cell in row.chunks_exact_mut(size) {
                    cell.iter_mut().zip(sums).for_each(|(value, sum)| *value += *sum);
                }
            }
            for (at, found) in probabilities(&after, cells).into_iter().enumerate() {
                let (image, cell) = (at / cells, at % cells);
                if !orders[image][..step].contains(&cell) {
                    let place = (image * steps + step) * cells + cell;
                    gains.values[place] = Some(found - before[image]);
                }
            }
            for (image, sums) in sums.chunks_exact_mut(size).enumerate() {
                let seen = image * cells + orders[image][step];
                sums.copy_from_slice(&after[seen * size..][..size]);
            }
        }
        gains
    }

    /// The gain of every cell of an image as the look of a step, counted from 0; none for cells that
    /// were seen before.
    #[must_use]
    pub fn of(&self, image: usize, step: usize) -> &[Option<f64>] {
        &self.values[(image * self.steps + step) * self.cells..][..self.cells]
    }
}

#[cfg(test)]
mod tests;
