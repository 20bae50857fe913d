//! The four losses of stage I (1.4): cross entropies of what each predictor says about the classes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::nn::Real;
use crate::nn::tape::{Tape, Var};

use super::network::Attributes;

/// Which joint predictions are trained (register A18).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JointLoss {
    /// Those after 1 to T looks, in the mean: rewards use them all.
    #[default]
    Prefixes,
    /// The one after T looks, which is what equation 4 says.
    Final,
}

/// How classes are scored and which losses count.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Objective {
    /// Which joint predictions are trained.
    pub joint: JointLoss,
    /// What logits are multiplied by (register A10); 1 in the paper.
    pub logit_scale: f64,
    /// Whether the cross entropy gets probabilities for logits, as one peer has it (register A11).
    pub double_softmax: bool,
    /// The weights of `L_g`, `L_l`, `L_j` and `L_m`; 0 leaves a loss out. All 1 in the paper.
    pub weights: [f64; 4],
}

/// The losses that count, and their weighted sum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Losses {
    /// `L_g` of the whole image, `L_l` of the looks in the mean, `L_j` of the fusion, `L_m` of the
    /// largest attributes; none where the weight is 0.
    pub parts: [Option<Var>; 4],
    /// What is minimised.
    pub total: Var,
}

impl Objective {
    /// Whether a loss counts that knows of looks. A network on whole images alone has none.
    #[must_use]
    pub fn needs_looks(&self) -> bool {
        self.weights[1..].iter().any(|weight| *weight != 0.0)
    }

    /// The losses of a batch whose classes are `labels`, `[N]`, for classes with `signatures`, [C, A].
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn losses<T: Real>(
        &self,
        tape: &mut Tape<'_, T>,
        attributes: &Attributes,
        signatures: Var,
        labels: &[usize],
    ) -> Losses {
        let [_, steps, width] =
            tape.value(attributes.local).shape().try_into().expect("attributes are [N, T, A]");
        let mut parts = [None; 4];
        let mut total = None;
        for (at, weight) in self.weights.into_iter().enumerate() {
            if weight == 0.0 {
                continue;
            }
            let (attributes, times) = match at {
                0 => (attributes.global, 1),
                1 => (attributes.local, steps),
                2 => self.joint_part(tape, attributes.joint, steps, width),
                _ => (attributes.largest, 1),
            };
            let labels = labels.iter().flat_map(|label| vec![*label; times]).collect();
            let loss = self.loss(tape, attributes, signatures, labels);
            let weighted = tape.scale(loss, T::of(weight));
            total = Some(total.map_or(weighted, |sum| tape.add(sum, weighted)));
            parts[at] = Some(loss);
        }
        Losses { parts, total: total.expect("at least one loss counts") }
    }

    /// The joint attributes that are trained, and how many an image.
    fn joint_part<T: Real>(
        &self,
        tape: &mut Tape<'_, T>,
        joint: Var,
        steps: usize,
        width: usize,
    ) -> (Var, usize) {
        let images = tape.value(joint).shape()[0];
        let flat = tape.reshape(joint, vec![images, (steps + 1) * width]);
        match self.joint {
            // The fusion of nothing but padding carries no loss.
            JointLoss::Prefixes => {
                let part = tape.columns(flat, width, steps * width);
                (tape.reshape(part, vec![images, steps, width]), steps)
            }
            JointLoss::Final => (tape.columns(flat, steps * width, width), 1),
        }
    }

    fn loss<T: Real>(
        &self,
        tape: &mut Tape<'_, T>,
        attributes: Var,
        signatures: Var,
        labels: Vec<usize>,
    ) -> Var {
        let logits = tape.rows_times(attributes, signatures);
        let logits = tape.scale(logits, T::of(self.logit_scale));
        let logits = if self.double_softmax {
            let logs = tape.log_softmax(logits);
            tape.exp(logs)
        } else {
            logits
        };
        tape.cross_entropy(logits, labels)
    }
}
