//! How parameters follow their gradients.
//!
//! Both rules are those of PyTorch: weight decay is added to the gradient. A step touches each value once,
//! by all threads of the pool that it is called in.

mod adam;
mod schedule;
mod sgd;
#[cfg(test)]
mod tests;

use super::tape::{Outcome, ParameterId, Parameters, Pass, Var};
use super::{Real, Tensor};

pub use adam::Adam;
pub use schedule::StepSchedule;
pub use sgd::Sgd;

/// Values that one task updates.
const BLOCK: usize = 1 << 15;

/// A rule with what it remembers.
pub trait Optimiser<T: Real = f32> {
    /// Begins a step.
    fn begin(&mut self);

    /// Moves one parameter, once a step.
    fn follow(
        &mut self,
        parameters: &mut Parameters<T>,
        id: ParameterId,
        gradient: &Tensor<T>,
        rate: f64,
    );

    /// Moves every parameter that has a gradient.
    fn step(&mut self, parameters: &mut Parameters<T>, outcome: &Outcome<T>, rate: f64) {
        self.begin();
        for (id, gradient) in outcome.of_parameters() {
            self.follow(parameters, id, gradient, rate);
        }
    }

    /// Walks back from a loss and moves each parameter as soon as its gradient is complete, so that
    /// few gradients exist at the same time. The result is that of [`step`](Self::step); running
    /// statistics are taken over as well.
    ///
    /// # Panics
    /// If the loss is not one number.
    fn descend(&mut self, parameters: &mut Parameters<T>, pass: Pass<T>, loss: Var, rate: f64) {
        self.begin();
        let buffers = pass.backward_each(loss, &mut |id, gradient| {
            self.follow(parameters, id, &gradient, rate);
        });
        parameters.update_buffers(buffers);
    }

    /// What it remembers, by name, to be kept in a checkpoint.
    fn state(&self, parameters: &Parameters<T>) -> Vec<(String, Tensor<T>)>;

    /// Takes back what [`state`](Self::state) gave; false if something does not fit.
    #[must_use]
    fn restore(&mut self, parameters: &Parameters<T>, state: Vec<(String, Tensor<T>)>) -> bool;
}

/// The parameter whose memory is called `prefix` and its name, if the value fits it.
fn owner<T: Real>(
    parameters: &Parameters<T>,
    name: &str,
    prefix: &str,
    value: &Tensor<T>,
) -> Option<ParameterId> {
    let id = parameters.find(name.strip_prefix(prefix)?)?;
    (parameters.get(id).value().shape() == value.shape()).then_some(id)
}
