//! What an epoch of stage II has measured.

use serde::{Deserialize, Serialize};

use crate::rl::{Learnt, Step};

/// Means over the images of an epoch.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Epoch {
    /// What a live step earns.
    pub(super) reward: f64,
    /// Steps of an episode.
    pub(super) steps: f64,
    /// The share of episodes that end before step T.
    pub(super) ended_early: f64,
    /// The share of images whose class is on top where the episode ends.
    pub(super) accuracy: f64,
    /// The share of the first looks that hit a part of the object; none without an answer key.
    pub(super) hits: Option<f64>,
    /// The clipped term of the objective.
    pub(super) policy: f64,
    /// The critic's squared error.
    pub(super) value: f64,
    /// Of the policy, in nats.
    pub(super) entropy: f64,
    /// The share of ratios outside the clip, in the last update from a rollout.
    pub(super) clipped: f64,
}

/// Sums over the batches of an epoch, each counted by its images.
#[derive(Default)]
pub(super) struct Sums {
    images: f64,
    total: Epoch,
}

impl Sums {
    /// Takes a batch of images of classes `labels`; `hits` is its share of looks that hit.
    #[expect(clippy::cast_precision_loss, reason = "counts of images are below 2^53")]
    pub(super) fn add(&mut self, learnt: &Learnt<f32>, labels: &[usize], hits: Option<f64>) {
        let count = labels.len() as f64;
        let stops = &learnt.episodes.stops;
        let is_right = |(image, label): &(usize, &usize)| {
            let last = &learnt.rollout.steps[stops[*image] - 1];
            last.view.predictions[*image] == **label
        };
        let right = labels.iter().enumerate().filter(is_right).count() as f64;
        let (first, last) = (learnt.losses[0], learnt.losses[learnt.losses.len() - 1]);
        let total = &mut self.total;
        total.reward += count * learnt.episodes.mean_reward();
        total.steps += count * learnt.episodes.mean_steps();
        total.ended_early += count * learnt.episodes.share_ended_early();
        total.accuracy += right;
        total.hits = hits.map(|share| total.hits.unwrap_or(0.0) + count * share);
        total.policy += count * first.policy;
        total.value += count * first.value;
        total.entropy += count * first.entropy;
        total.clipped += count * last.clipped;
        self.images += count;
    }

    pub(super) fn mean(self) -> Epoch {
        let Epoch { reward, steps, ended_early, accuracy, hits, policy, value, entropy, clipped } =
            self.total;
        let mean = |sum: f64| sum / self.images.max(1.0);
        Epoch {
            reward: mean(reward),
            steps: mean(steps),
            ended_early: mean(ended_early),
            accuracy: mean(accuracy),
            hits: hits.map(mean),
            policy: mean(policy),
            value: mean(value),
            entropy: mean(entropy),
            clipped: mean(clipped),
        }
    }
}

/// The cells that a batch was looked at, step by step, of one image.
pub(super) fn cells_of(steps: &[Step<f32>], image: usize) -> impl Iterator<Item = usize> {
    steps.iter().map(move |step| step.choices[image].cell)
}

/// Whether the agent has learnt to avoid the end: episodes have grown longer while their steps earn
/// less, or hit less, from the first to the last fifth of the training.
pub(super) fn avoids_the_end(epochs: &[Epoch]) -> bool {
    let part = (epochs.len() / 5).max(1);
    if epochs.len() < 2 * part {
        return false;
    }
    let mean = |epochs: &[Epoch], of: fn(&Epoch) -> f64| {
        epochs.iter().map(of).sum::<f64>() / epochs.iter().map(|_| 1.0).sum::<f64>()
    };
    let (first, last) = (&epochs[..part], &epochs[epochs.len() - part..]);
    let grew = |of| mean(last, of) - mean(first, of);
    let falls = |of, share: f64| grew(of) < -share * mean(first, of).abs();
    let hits = |epoch: &Epoch| epoch.hits.unwrap_or(0.0);
    grew(|epoch| epoch.steps) > 0.05 && (falls(|epoch| epoch.reward, 0.01) || falls(hits, 0.05))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epochs(rewards: [f64; 2], steps: [f64; 2], hits: [f64; 2]) -> Vec<Epoch> {
        let epoch = |at: usize| Epoch {
            reward: rewards[at],
            steps: steps[at],
            hits: Some(hits[at]),
            ..Epoch::default()
        };
        (0..10).map(|number| epoch(usize::from(number >= 5))).collect()
    }

    #[test]
    fn longer_episodes_that_earn_or_hit_less_are_noticed() {
        assert!(avoids_the_end(&epochs([0.8, 0.6], [3.0, 4.0], [0.3, 0.3])));
        assert!(avoids_the_end(&epochs([0.8, 0.8], [3.0, 4.0], [0.3, 0.1])));
        assert!(!avoids_the_end(&epochs([0.8, 0.9], [3.0, 4.0], [0.3, 0.5])));
        assert!(!avoids_the_end(&epochs([0.8, 0.6], [4.0, 3.0], [0.3, 0.1])));
        assert!(!avoids_the_end(&epochs([0.8, 0.6], [3.0, 4.0], [0.3, 0.1])[..1]));
    }
}
