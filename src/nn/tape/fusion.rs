//! A linear layer over a row of slots that are filled one after another.
//!
//! Step t of a recurrent look sees the first t + 1 slots and zeros behind them. Written down
//! plainly, that is one product a step over all slots, most of which multiply zeros, or repeat the
//! step before. The product of a slot is the same in every step, so each is computed once and the
//! steps are its running sums: `z_t W^T = sum over k <= t of v_k W_k^T`.

use rayon::prelude::*;

use super::super::matmul::{Matrix, MatrixMut, Sum, Threads, product};
use super::super::vector::widest;
use super::super::{Real, Tensor};
use super::dense::rows_of;
use super::gradients::Cover;
use super::{Gradients, Tape, Var};

impl<T: Real> Tape<'_, T> {
    /// Slots [B, D] (slot 0), [B, T, D] (slots 1 to T) and a weight [O, (T' + 1) D] with T' >= T
    /// -> [B, T + 1, O], whose step t is the layer on slots 0 to t with zeros behind them.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn fuse_prefixes(&mut self, first: Var, later: Var, weight: Var) -> Var {
        let (first_slot, later_slots) = (self.shared(first), self.shared(later));
        let filters = self.shared(weight);
        let [count, steps, width] =
            later_slots.shape().try_into().expect("later slots are [B, T, D]");
        let (outputs, total) = (filters.shape()[0], rows_of(&filters).1);
        assert_eq!(first_slot.shape(), [count, width], "slot 0 is [B, D]");
        assert!((steps + 1) * width <= total, "the weight has all slots");
        let row = (steps + 1) * outputs;
        let mut fused = self.workspace.blank(vec![count, steps + 1, outputs]);
        for step in 0..=steps {
            let slot = slot_rows(&first_slot, &later_slots, step, [count, steps, width]);
            product(
                MatrixMut::new(&mut fused.values_mut()[step * outputs..], count, outputs, row),
                Sum::Fresh,
                slot,
                Matrix::strided(&filters.values()[step * width..], outputs, width, total)
                    .transposed(),
                Threads::Pool,
            );
        }
        fused.values_mut().par_chunks_exact_mut(row).for_each(|image| {
            for at in 1..=steps {
                let (before, own) = image.split_at_mut(at * outputs);
                let before = &before[(at - 1) * outputs..];
                widest!(own.iter_mut().zip(before).for_each(|(own, before)| *own += *before));
            }
        });
        let inputs = Inputs { first, later, weight, first_slot, later_slots, filters };
        self.push(fused, &[first, later, weight], move |mut gradient, gradients| {
            // A slot is in its own step and in all later ones.
            gradient.values_mut().par_chunks_exact_mut(row).for_each(|image| {
                for at in (0..steps).rev() {
                    let (own, after) = image.split_at_mut((at + 1) * outputs);
                    let own = &mut own[at * outputs..];
                    widest!(own.iter_mut().zip(after).for_each(|(own, after)| *own += *after));
                }
            });
            inputs.hand_back(&gradient, gradients, [count, steps, width]);
        })
    }
}

/// What was fused.
struct Inputs<T> {
    first: Var,
    later: Var,
    weight: Var,
    first_slot: Tensor<T>,
    later_slots: Tensor<T>,
    filters: Tensor<T>,
}

impl<T: Real> Inputs<T> {
    /// Adds to the gradients of slots and weights, given that of each slot's own product.
    fn hand_back(
        &self,
        above: &Tensor<T>,
        gradients: &mut Gradients<T>,
        [count, steps, width]: [usize; 3],
    ) {
        let (filters, shape) = (&self.filters, self.filters.shape());
        let (outputs, total) = (shape[0], rows_of(filters).1);
        // Every step writes columns of its own, so one answer holds for all of them.
        let mut sum_of = |var: Var, shape: &[usize], cover| match gradients.wants(var) {
            true => gradients.product_slot(var, shape, cover).1,
            false => Sum::Onto,
        };
        let used = if (steps + 1) * width == total { Cover::Whole } else { Cover::Part };
        let of_weight = sum_of(self.weight, shape, used);
        let of_first = sum_of(self.first, &[count, width], Cover::Whole);
        let of_later = sum_of(self.later, &[count, steps, width], Cover::Whole);
        for step in 0..=steps {
            let above = &above.values()[step * outputs..];
            let above = Matrix::strided(above, count, outputs, (steps + 1) * outputs);
            if gradients.wants(self.weight) {
                let slot = &mut gradients.slot(self.weight, shape)[step * width..];
                let target = MatrixMut::new(slot, outputs, width, total);
                let sizes = [count, steps, width];
                let rows = slot_rows(&self.first_slot, &self.later_slots, step, sizes);
                product(target, of_weight, above.transposed(), rows, Threads::Pool);
            }
            let filter = Matrix::strided(&filters.values()[step * width..], outputs, width, total);
            let (target, sum) = match step.checked_sub(1) {
                None if gradients.wants(self.first) => {
                    let slot = gradients.slot(self.first, &[count, width]);
                    (MatrixMut::new(slot, count, width, width), of_first)
                }
                Some(at) if gradients.wants(self.later) => {
                    let slot = gradients.slot(self.later, &[count, steps, width]);
                    let slot = &mut slot[at * width..];
                    (MatrixMut::new(slot, count, width, steps * width), of_later)
                }
                _ => continue,
            };
            product(target, sum, above, filter, Threads::Pool);
        }
    }
}

fn slot_rows<'a, T: Real>(
    first: &'a Tensor<T>,
    later: &'a Tensor<T>,
    step: usize,
    [count, steps, width]: [usize; 3],
) -> Matrix<'a, T> {
    match step.checked_sub(1) {
        None => Matrix::new(first.values(), count, width),
        Some(at) => Matrix::strided(&later.values()[at * width..], count, width, steps * width),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, tensor};
    use super::super::{Parameters, Recording};
    use super::*;

    /// (G2)
    #[test]
    fn slopes_are_the_derivatives() {
        check(&[vec![2, 3], vec![2, 2, 3], vec![4, 9]], |tape, x| {
            tape.fuse_prefixes(x[0], x[1], x[2])
        });
    }

    /// (E6)
    #[test]
    fn a_step_is_the_layer_on_slots_padded_by_zeros() {
        let (count, steps, width, outputs) = (3, 2, 4, 5);
        let (first, later) = (tensor(&[count, width], 1), tensor(&[count, steps, width], 2));
        // One slot more than there are steps.
        let weight = tensor(&[outputs, (steps + 2) * width], 3);
        let parameters = Parameters::default();
        let mut tape = Tape::new(&parameters, Recording::Off);
        let vars = [&first, &later, &weight].map(|value| tape.constant(value.clone()));
        let fused = tape.fuse_prefixes(vars[0], vars[1], vars[2]);
        for step in 0..=steps {
            let mut padded = Tensor::zeros(vec![count, (steps + 2) * width]);
            for image in 0..count {
                let row = &mut padded.values_mut()[image * (steps + 2) * width..];
                row[..width].copy_from_slice(&first.values()[image * width..][..width]);
                let seen = &later.values()[image * steps * width..][..step * width];
                row[width..width + step * width].copy_from_slice(seen);
            }
            let padded = tape.constant(padded);
            let plain = tape.rows_times(padded, vars[2]);
            for image in 0..count {
                for output in 0..outputs {
                    let found =
                        tape.value(fused).values()[(image * (steps + 1) + step) * outputs + output];
                    let expected = tape.value(plain).values()[image * outputs + output];
                    assert!((found - expected).abs() < 1e-12);
                }
            }
        }
    }
}
