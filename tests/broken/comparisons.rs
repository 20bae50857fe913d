//! Comparisons of what does not compare.

use super::fails;
use crate::support::Project;
use crate::support::files::{SOUND, sound};

/// A second classifier, and a comparison of both with these parameters.
fn compared(params: &str, more: &str) -> Project {
    let project = sound();
    let stages = r#"
[stage.conse]
kind   = "fit-conse"
inputs = { features = "features", samples = "photos", attributes = "attributes", train = "split" }

[stage.conse_score]
kind   = "score"
inputs = { model = "conse", features = "features", samples = "photos", attributes = "attributes", test_seen = "split", test_unseen = "split" }

[stage.conse_evaluation]
kind   = "evaluate"
inputs = { scores = "conse_score" }

[stage.difference]
kind   = "compare"
inputs = { rows = ["evaluation", "conse_evaluation"] }
"#;
    project.file("x.toml", format!("{SOUND}{stages}params = {{ {params} }}\n{more}"));
    project
}

#[test]
fn settings_without_sense_are_found_before_anything_runs() {
    let fails = |name: &str, params: &str| fails(name, &compared(params, ""), 3);
    fails("compare_with_itself", "pairs = [[\"evaluation\", \"evaluation\"]]");
    fails("compare_no_pair", "pairs = [[\"evaluation\"]]");
    fails("compare_confidence", "confidence = 95.0");
    fails("compare_paired_by_what_is_compared", "paired_by = [\"stage\"]");
}

#[test]
fn evaluations_that_do_not_meet_are_named() {
    let fails = |name: &str, params: &str, more: &str| fails(name, &compared(params, more), 4);
    fails("compare_unknown_label", "pairs = [[\"conse_evaluations\", \"evaluation\"]]", "");
    let sweep = "[sweep.strength]\nfit.gammas = [[1.0], [10.0]]\nlabel = [\"weak\", \"strong\"]\n";
    fails("compare_runs_do_not_pair", "paired_by = [\"strength\"]", sweep);
    fails("compare_not_along_that_axis", "between = \"strength\"", sweep);
    fails("compare_not_measured", "metrics = [\"t1\", \"tie\"]", "");
}
