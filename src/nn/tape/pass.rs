//! The way back.

use std::collections::BTreeMap;

use super::super::{Real, Tensor, Workspace};
use super::{Gradients, Node, Origin, ParameterId, Var};

/// What a tape has recorded, without the parameters that it read: they may change while it walks
/// back.
pub struct Pass<T: Real = f32> {
    pub(super) nodes: Vec<Node<T>>,
    pub(super) buffers: BTreeMap<ParameterId, Tensor<T>>,
    pub(super) workspace: Workspace<T>,
}

/// What a pass leaves behind.
pub struct Outcome<T: Real = f32> {
    gradients: Gradients<T>,
    of_parameters: BTreeMap<ParameterId, Tensor<T>>,
    /// New values of running statistics.
    pub buffers: BTreeMap<ParameterId, Tensor<T>>,
}

impl<T: Real> Pass<T> {
    /// Walks back from a sum, `[]` or `[1]`.
    ///
    /// # Panics
    /// If it is not one number.
    #[must_use]
    pub fn backward(self, loss: Var) -> Outcome<T> {
        let seed = self.seed(loss);
        self.backward_from(vec![seed])
    }

    /// Walks back from the gradients of some values.
    #[must_use]
    pub fn backward_from(self, seeds: Vec<(Var, Tensor<T>)>) -> Outcome<T> {
        let mut of_parameters = BTreeMap::new();
        let (gradients, buffers) = self.walk(seeds, &mut |id, gradient| {
            of_parameters.insert(id, gradient);
        });
        Outcome { gradients, of_parameters, buffers }
    }

    /// Walks back from a sum, `[]` or `[1]`, and hands over the gradient of each parameter as soon
    /// as it is complete. By then nothing on the tape reads the parameter any more. Gives the new
    /// values of running statistics.
    ///
    /// # Panics
    /// If it is not one number.
    pub fn backward_each(
        self,
        loss: Var,
        receive: &mut dyn FnMut(ParameterId, Tensor<T>),
    ) -> BTreeMap<ParameterId, Tensor<T>> {
        let seed = self.seed(loss);
        self.walk(vec![seed], receive).1
    }

    fn seed(&self, loss: Var) -> (Var, Tensor<T>) {
        let shape = self.nodes[loss.0].value.shape().to_vec();
        assert_eq!(shape.iter().product::<usize>(), 1, "a loss is one number");
        (loss, Tensor::new(shape, vec![T::ONE]))
    }

    fn walk(
        mut self,
        seeds: Vec<(Var, Tensor<T>)>,
        receive: &mut dyn FnMut(ParameterId, Tensor<T>),
    ) -> (Gradients<T>, BTreeMap<ParameterId, Tensor<T>>) {
        let wanted = self.nodes.iter().map(|node| node.is_wanted).collect();
        let mut gradients = Gradients::none(wanted, self.workspace);
        for (var, gradient) in seeds {
            gradients.add(var, gradient);
        }
        while let Some(Node { value, origin, .. }) = self.nodes.pop() {
            // What lies above on the tape is done: nothing reads the value but its own way back,
            // which keeps what it needs, and nothing is added to the gradient any more.
            drop(value);
            let var = Var(self.nodes.len());
            match origin {
                Origin::Given => {}
                Origin::Parameter(id) => {
                    if let Some(gradient) = gradients.take(var) {
                        receive(id, gradient);
                    }
                }
                Origin::Computed(back) => {
                    if let Some(gradient) = gradients.take(var) {
                        back(gradient, &mut gradients);
                    }
                }
            }
        }
        (gradients, self.buffers)
    }
}

impl<T: Real> Outcome<T> {
    /// The gradient of a value made by [`Tape::variable`](super::Tape::variable); none if nothing
    /// depends on it.
    #[must_use]
    pub fn of(&self, var: Var) -> Option<&Tensor<T>> {
        self.gradients.of(var)
    }

    /// The gradient of a parameter; none if nothing depends on it.
    #[must_use]
    pub fn of_parameter(&self, id: ParameterId) -> Option<&Tensor<T>> {
        self.of_parameters.get(&id)
    }

    /// The gradients of all parameters that something depends on, in the order of the parameters.
    pub fn of_parameters(&self) -> impl Iterator<Item = (ParameterId, &Tensor<T>)> {
        self.of_parameters.iter().map(|(id, gradient)| (*id, gradient))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::tensor;
    use super::super::{ParameterKind, Parameters, Recording, Tape};
    use super::*;

    /// The sum of `s(x w^T)^2`, which needs x, w and the sigmoid on the way back.
    fn loss(tape: &mut Tape<'_, f64>, w: ParameterId, releases: bool) -> (Var, Var) {
        let x = tape.variable(tensor(&[3, 4], 1));
        let w = tape.parameter(w);
        let product = tape.rows_times(x, w);
        let hidden = tape.sigmoid(product);
        let square = tape.multiply(hidden, hidden);
        let sum = tape.sum(square);
        if releases {
            [product, hidden, square].into_iter().for_each(|var| tape.release(var));
        }
        (x, sum)
    }

    #[test]
    fn what_is_released_is_still_known_on_the_way_back() {
        let mut parameters = Parameters::default();
        let w = parameters.add("w", ParameterKind::Weight, tensor(&[5, 4], 2));
        let [kept, released] = [false, true].map(|releases| {
            let mut tape = Tape::new(&parameters, Recording::On);
            let (x, sum) = loss(&mut tape, w, releases);
            let outcome = tape.backward(sum);
            [outcome.of(x).unwrap().clone(), outcome.of_parameter(w).unwrap().clone()]
        });
        assert_eq!(kept, released);
    }

    #[test]
    fn a_parameter_is_handed_over_when_nothing_reads_it_any_more() {
        let mut parameters = Parameters::default();
        let w = parameters.add("w", ParameterKind::Weight, tensor(&[5, 4], 2));
        let place = parameters.get(w).value().values().as_ptr();
        let mut tape = Tape::new(&parameters, Recording::On);
        let (_, sum) = loss(&mut tape, w, false);
        let pass = tape.end();
        let mut received = Vec::new();
        pass.backward_each(sum, &mut |id, gradient| {
            parameters.values_mut(id)[0] += gradient.values()[0];
            received.push(id);
        });
        assert_eq!(received, [w]);
        // It was changed where it stands.
        assert_eq!(parameters.get(w).value().values().as_ptr(), place);
    }
}
