//! [`Plan`](crate::plan::Plan) → artifacts and a stream of events.
//!
//! The thread that calls [`Runner::execute`] decides, schedules and reports; a bounded pool of
//! workers executes. A stage starts when its inputs are known, its key is not being executed by
//! another node, and its threads and memory fit beside what is running; one for all threads takes
//! those that long stages leave, and is lent those that nobody wants. A failed stage skips those that
//! depend on it and lets the rest finish.
//!
//! Nothing here knows a single stage kind.

mod budget;
mod error;
mod execute;
mod isolate;
mod pool;
mod runner;
mod schedule;

pub use budget::Limits;
pub use error::RunError;
pub use execute::{Execution, Finished, Request, execute};
pub use isolate::{ChildMessage, Isolation};
pub use runner::{Outcome, Runner, Settled};

#[cfg(test)]
mod tests;
