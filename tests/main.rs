//! The one integration binary; a submodule a concern.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests fail by panicking")]

mod architecture;
mod broken;
mod caching;
mod concurrency;
mod quickstart;
mod resume;
mod runner;
mod support;
mod versions;
