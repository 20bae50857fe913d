//! Where to look next, learnt by reinforcement: everything of ERPCNet's stage II but the vision.
//!
//! ```text
//!             ┌────────── state, q_t = p_joint + p_global ──────────┐
//!             ▼                                                     │
//! Agent ─▶ Policy ─▶ cell ─▶ Environment ─▶ r_t = beta_t q_t ─▶ Stopping
//!                                │ T looks at a batch
//!                                ▼
//!          Rollout ─▶ Episodes (ends, returns) ─▶ Ppo::learn ─▶ Agent
//! ```
//!
//! The images are an [`Environment`]: what a look shows and how sure the network is after it. The
//! [`Agent`] reads states and its [`action::Policy`] makes them a cell. A [`Rollout`] records an agent
//! that stays as it is, [`Episodes`] says where each image's episode ends and what it was worth, and
//! [`Ppo`] makes the agent better. [`search`] looks with a trained agent until the reward reaches the
//! threshold, and gives a [`Trace`] an image, from which every other threshold follows.
//!
//! Numbers of the network are generic, `f32` for use and `f64` for checks; probabilities, weights,
//! rewards and returns are `f64` always. Randomness comes in as [`action::Noise`], drawn beforehand.
//! Letters: `N` images, `n` images that are under way, `T` steps, `S` numbers of a state, `G` cells
//! in a row of the grid.
//!
//! Where the paper is silent (register of the specification): the head is A1, revisits A2, greedy or
//! sampled looks A3, rewards A4 and A32, standardisation A5, epochs A6, the critic's encoder A7, the
//! memory at the start A8, whether sigma ends episodes in training A31, the scale of the states
//! A33, sigma under weights A34. Each is a setting, and the paper's reading is its default where
//! there is one.

pub mod action;
mod agent;
mod environment;
mod episodes;
mod error;
pub mod ppo;
pub mod returns;
pub mod reward;
mod rollout;
mod search;
mod stopping;
#[cfg(test)]
mod testing;
mod trace;
mod walk;

pub use agent::{Agent, AgentShape, Answer, CriticEncoder, Deviation, Encoded, InputScale, Memory};
pub use environment::{Environment, Look, View};
pub use episodes::{Episodes, Rules};
pub use error::SettingError;
pub use ppo::{Learnt, Lesson, Losses, Normalisation, Ppo};
pub use reward::RewardForm;
pub use rollout::Rollout;
pub use search::search;
pub use stopping::Stopping;
pub use trace::{Trace, TracedLook};
pub use walk::Step;
