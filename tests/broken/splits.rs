//! Splits and selections that would not be honest, or not possible.

use super::fails;
use crate::support::files::with;

const SPLIT: &str = "unseen = [\"owl\"], validation_unseen = [\"dog\"]";

#[test]
fn splits() {
    let overlap = "unseen = [\"owl\"], validation_unseen = [\"owl\"]";
    fails("overlapping_split", &with(SPLIT, overlap), 4);
    let nobody = "unseen = [\"emu\"], validation_unseen = [\"dog\"], require_all = false";
    fails("unseen_without_samples", &with(SPLIT, nobody), 4);
    let all = "unseen = [\"emu\", \"owls\"], validation_unseen = [\"dog\"]";
    fails("required_class_without_samples", &with(SPLIT, all), 4);
    let both = "unseen = [\"owl\"], unseen_file = \"classes.txt\", validation_unseen = [\"dog\"]";
    fails("two_lists_of_unseen", &with(SPLIT, both), 3);
    let everything = "unseen = [\"fox\", \"cat\", \"dog\", \"owl\"], validation_unseen = [\"dog\"]";
    fails("nothing_left_to_train_on", &with(SPLIT, everything), 4);
}

#[test]
fn selections() {
    let fit = "train = \"split\" }";
    let peeking = "train = \"split\" }\nparams = { select = { on = \"test-peek-h\" } }";
    fails("peek_without_ports", &with(fit, peeking), 4);
    let connected = "train = \"split\", peek_seen = \"split\", peek_unseen = \"split\" }";
    fails("peek_ports_without_policy", &with(fit, connected), 4);
    let negative = "train = \"split\" }\nparams = { gammas = [-1.0] }";
    fails("negative_regulariser", &with(fit, negative), 3);
}
