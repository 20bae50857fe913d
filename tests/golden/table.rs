//! Which function answers which case, and what is pending. To add a case, add a line to [`KNOWN`].

use std::collections::BTreeSet;

use libtest_mimic::Failed;

use crate::case::Method;
use crate::{
    base_closed, base_ranking, erpc_infer, erpc_ppo, erpc_ppo_loss, erpc_reward_stop, erpc_stage1,
    erpc_vision, metric_failure, metric_gzsl, metric_other, nn_conv_bn, nn_gru, nn_optim,
};

/// The cases that this program answers.
pub(crate) const KNOWN: &[(&str, Method)] = &[
    ("base_closed", base_closed::answers),
    ("base_ranking", base_ranking::answers),
    ("erpc_entropy", erpc_vision::entropy),
    ("erpc_infer_gzsl", erpc_infer::answers),
    ("erpc_infer_zsl", erpc_infer::answers),
    ("erpc_local", erpc_vision::local),
    ("erpc_pconv", erpc_vision::partial_convolution),
    ("erpc_ppo_categorical", erpc_ppo::answers),
    ("erpc_ppo_gaussian", erpc_ppo::answers),
    ("erpc_ppo_loss", erpc_ppo_loss::answers),
    ("erpc_ppo_unnormalised", erpc_ppo::answers),
    ("erpc_reward_stop", erpc_reward_stop::answers),
    ("erpc_stage1", erpc_stage1::answers_of),
    ("erpc_stage1_variant", erpc_stage1::answers_of),
    ("metric_failure", metric_failure::answers),
    ("metric_gzsl", metric_gzsl::answers),
    ("metric_other", metric_other::answers),
    ("nn_conv_bn", nn_conv_bn::answers),
    ("nn_gru", nn_gru::answers),
    ("nn_optim", nn_optim::answers),
];

/// Cases of methods that are not built yet, and `CASE/TENSOR` for parts of known cases.
pub(crate) const PENDING: &[&str] = &[
    "claster_eta_guards",
    "claster_forward",
    "claster_infer",
    "claster_kmeans",
    "claster_netvlad",
    "claster_reinforce",
    "dreal_cbam",
    "dreal_se",
    "dreal_srm",
    "dreal_step_cbam",
    "dreal_step_se",
    "dreal_step_srm",
    "ram_pgd",
    "ram_q",
    "ram_retina",
    "ram_step_linear",
    "ram_step_tanh",
];

/// Tensors whose stored answer cannot be right: the case, how their names begin, the tensors that
/// they repeat instead, and why.
///
/// They are not compared with ours. They are compared with what they repeat, so that a corrected
/// file is noticed.
pub(crate) const DISPUTED: &[(&str, &str, &str, &str)] = &[
    (
        "erpc_local",
        "buffer_after.merged.",
        "buffer.",
        "the running statistics are those before the pass; `erpc_stage1` holds some after one",
    ),
    (
        "erpc_local",
        "buffer_after.per_step.",
        "buffer.",
        "the running statistics are those before the pass; `erpc_stage1_variant` holds some after one",
    ),
];

/// The name of the tensor that a disputed one repeats.
pub(crate) fn disputed(case: &str, tensor: &str) -> Option<String> {
    let own = DISPUTED.iter().filter(|(name, ..)| *name == case);
    let mut repeated =
        own.filter_map(|(_, start, other, _)| Some((tensor.strip_prefix(start)?, other)));
    repeated.next().map(|(rest, other)| format!("{other}{rest}"))
}

/// Whether a case, or a tensor of a known case, is pending.
pub(crate) fn is_pending(name: &str) -> bool {
    PENDING.contains(&name)
}

/// The function that answers a case.
pub(crate) fn method(case: &str) -> Option<Method> {
    KNOWN.iter().find(|(name, _)| *name == case).map(|(_, method)| *method)
}

/// A name stands in one of the lists, once; a pending tensor is one of a known case.
pub(crate) fn check() -> Result<(), Failed> {
    let mut names = BTreeSet::new();
    for name in KNOWN.iter().map(|(name, _)| *name).chain(PENDING.iter().copied()) {
        if !names.insert(name) {
            return Err(format!("`{name}` is listed twice").into());
        }
        if name.split_once('/').is_some_and(|(case, _)| method(case).is_none()) {
            return Err(format!("`{name}` is pending, but its case is not known").into());
        }
    }
    Ok(())
}
