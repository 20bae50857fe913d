//! The one integration binary; a submodule a concern.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests fail by panicking")]

mod architecture;
mod backbone;
mod broken;
mod caching;
mod concurrency;
mod data_sets;
mod doctor;
mod examples;
mod exports;
mod index;
mod invariants;
mod paper;
mod quickstart;
mod results;
mod resume;
mod runner;
mod splits;
mod support;
mod versions;
mod your_data;
