//! Checks against the answers of an independent implementation.
//!
//! `ERPC_GOLDEN` names the folders with the cases, separated by `:`. A case is `NAME.json`
//! (hyper-parameters, tolerances) with a file of tensors beside it. Every case that lies there must
//! be known: [`table`] says which function answers it, or that it is pending. A known case passes
//! if each of its expected tensors is answered within tolerance.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "cases are small, and their integers are exact as f64"
)]

mod base_closed;
mod base_ranking;
mod case;
mod compare;
mod erpc_agent;
mod erpc_infer;
mod erpc_ppo;
mod erpc_ppo_loss;
mod erpc_reward_stop;
mod erpc_stage1;
mod erpc_vision;
mod folder;
mod metric_failure;
mod metric_gzsl;
mod metric_other;
mod network;
mod nn_conv_bn;
mod nn_gru;
mod nn_optim;
mod table;
mod tensors;

use std::env;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    libtest_mimic::run(&arguments, trials()).exit_code()
}

fn trials() -> Vec<Trial> {
    let folders = env::var_os("ERPC_GOLDEN").unwrap_or_default();
    let mut trials = vec![Trial::test("the_table_names_no_case_twice", table::check)];
    let folders = env::split_paths(&folders).filter(|folder| !folder.as_os_str().is_empty());
    trials.extend(folders.flat_map(|folder| folder::trials(&folder)));
    if trials.len() == 1 {
        trials.push(skipped("golden", "skipped: ERPC_GOLDEN names no folder with golden cases"));
    }
    trials
}

/// A line that says why nothing was checked.
fn skipped(name: &str, reason: &'static str) -> Trial {
    let result: Result<Completion, Failed> = Ok(Completion::ignored_with(reason));
    Trial::ignorable_test(name, || result)
}
