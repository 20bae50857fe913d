//! How parameters follow their gradients.
//!
//! Both rules are those of PyTorch: weight decay is added to the gradient. A step touches each value once,
//! by all threads of the pool that it is called in.

mod adam;
mod schedule;
mod sgd;
#[cfg(test)]
mod tests;

use super::tape::{Outcome, ParameterId, Parameters};
use super::{Real, Tensor};

pub use adam::Adam;
pub use schedule::StepSchedule;
pub use sgd::Sgd;

/// Values that one task updates.
const BLOCK: usize = 1 << 15;

/// A rule with what it remembers.
pub trait Optimiser<T: Real = f32> {
    /// Moves every parameter that has a gradient.
    fn step(&mut self, parameters: &mut Parameters<T>, outcome: &Outcome<T>, rate: f64);

    /// What it remembers, by name, to be kept in a checkpoint.
    fn state(&self, parameters: &Parameters<T>) -> Vec<(String, Tensor<T>)>;

    /// Takes back what [`state`](Self::state) gave; false if something does not fit.
    #[must_use]
    fn restore(&mut self, parameters: &Parameters<T>, state: Vec<(String, Tensor<T>)>) -> bool;
}

/// The parameters that learn, with their gradients.
fn learning<'a, T: Real>(
    parameters: &Parameters<T>,
    outcome: &'a Outcome<T>,
) -> Vec<(ParameterId, &'a Tensor<T>)> {
    let trained = parameters.iter().filter(|(_, parameter)| parameter.kind.is_trained());
    trained.filter_map(|(id, _)| Some((id, outcome.of_parameter(id)?))).collect()
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
