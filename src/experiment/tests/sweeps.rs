//! Axes: what is crossed, what goes in step, and what options are called.

use insta::assert_snapshot;
use serde_json::json;

use super::{DATA, Experiment, good, report};

fn train(sweep: &str) -> String {
    format!("{DATA}[stage.train]\nkind = \"train-model\"\n{sweep}")
}

fn labels(experiment: &Experiment) -> Vec<(&str, Vec<&str>)> {
    let axes = experiment.axes.iter();
    axes.map(|axis| {
        let options = axis.options.iter().map(|option| option.label.as_str());
        (axis.name.as_str(), options.collect())
    })
    .collect()
}

#[test]
fn axes_keep_the_order_of_the_text_and_lists_go_in_step() {
    let experiment = good(&train(
        "[sweep.size]\ntrain.layers = [[1], [2, 3]]\ntrain.epochs = [5, 6]\n\
         label = [\"small\", \"large\"]\n[sweep.margin]\ntrain.margin = [0.5, 1, 0.00002]\n",
    ));
    assert_eq!(
        labels(&experiment),
        [("size", vec!["small", "large"]), ("margin", vec!["0.5", "1", "0.00002"])]
    );
    let settings: Vec<_> = experiment.axes[0].options[1]
        .settings
        .iter()
        .map(|setting| (setting.path.join("."), setting.value.clone()))
        .collect();
    assert_eq!(settings, [("layers".into(), json!([2, 3])), ("epochs".into(), json!(6))]);
}

#[test]
fn options_are_called_by_their_first_value_or_counted() {
    let experiment = good(&train(
        "[sweep.file]\ndata.file = [\"nets/a.onnx\", \"b.tar.gz\"]\n\
         [sweep.loss]\ntrain.loss = [\"ranking\", \"cross-entropy\"]\n\
         [sweep.layers]\ntrain.layers = [[1], [2]]\n",
    ));
    assert_eq!(
        labels(&experiment),
        [
            ("file", vec!["a", "b.tar"]),
            ("loss", vec!["ranking", "cross-entropy"]),
            ("layers", vec!["0", "1"])
        ]
    );
}

#[test]
fn settings_reach_deep_parameters_and_may_give_what_is_missing() {
    let experiment = good(
        "[stage.data]\nkind = \"load-data\"\n[stage.train]\nkind = \"train-model\"\n\
         params.optimizer = { kind = \"sgd\" }\n\
         [sweep.file]\ndata.file = [\"a\", \"b\"]\n\
         [sweep.momentum]\ntrain.optimizer.momentum = [0.1, 0.2]\n",
    );
    let settings: Vec<_> =
        experiment.axes.iter().flat_map(|axis| &axis.options[1].settings).collect();
    let params = experiment.stages["train"].params_for(&settings).expect("they are fine");
    assert_eq!(params["optimizer"], json!({ "kind": "sgd", "momentum": 0.2 }));
    let params = experiment.stages["data"].params_for(&settings).expect("they are fine");
    assert_eq!(params["file"], json!({ "$file": "b" }));
}

#[test]
fn every_value_is_checked_at_its_place() {
    let sweep = "[sweep.margin]\ntrain.margin = [0.1, \"x\", 11]\n";
    assert_snapshot!(report(&train(sweep)), @r#"
     × parameter `margin` must be a number, not a string
       ╭─[toy.toml:10:22]
     9 │ [sweep.margin]
    10 │ train.margin = [0.1, "x", 11]
       ·                      ─┬─
       ·                       ╰── expected a number
       ╰────
     help: `margin`: The margin of the ranking loss, equation 3.

     × parameter `margin` must be at most 10, not 11
       ╭─[toy.toml:10:27]
     9 │ [sweep.margin]
    10 │ train.margin = [0.1, "x", 11]
       ·                           ─┬
       ·                            ╰── must be at most 10
       ╰────
     help: `margin`: The margin of the ranking loss, equation 3.
    "#);
}

#[test]
fn an_unknown_parameter_is_reported_once_at_its_name() {
    let sweep = "[sweep.margin]\ntrain.margni = [0.1, 0.2, 0.3]\n";
    assert_snapshot!(report(&train(sweep)), @"
     × `train-model` has no parameter `margni`
       ╭─[toy.toml:10:7]
     9 │ [sweep.margin]
    10 │ train.margni = [0.1, 0.2, 0.3]
       ·       ───┬──
       ·          ╰── unknown
       ╰────
     help: did you mean `margin`?
    ");
}

#[test]
fn an_unknown_stage_in_a_sweep_is_reported() {
    assert_snapshot!(report(&train("[sweep.margin]\ntrian.margin = [0.1]\n")), @"
     × there is no stage `trian` to sweep
       ╭─[toy.toml:10:1]
     9 │ [sweep.margin]
    10 │ trian.margin = [0.1]
       · ──┬──
       ·   ╰── here
       ╰────
     help: did you mean `train`?
    ");
}

#[test]
fn lists_of_one_axis_have_one_length() {
    let sweep = "[sweep.x]\ntrain.margin = [0.1, 0.2]\ntrain.epochs = [1]\nlabel = [\"a\"]\n";
    assert_snapshot!(report(&train(sweep)), @r#"
     × the lists of axis `x` differ in length
       ╭─[toy.toml:11:16]
    10 │ train.margin = [0.1, 0.2]
    11 │ train.epochs = [1]
       ·                ─┬─
       ·                 ╰── `train.epochs` has 1, `train.margin` has 2
    12 │ label = ["a"]
       ╰────
     help: lists of one axis go in step; for all combinations, make a second axis

     × the lists of axis `x` differ in length
       ╭─[toy.toml:12:9]
    11 │ train.epochs = [1]
    12 │ label = ["a"]
       ·         ──┬──
       ·           ╰── `label` has 1, `train.margin` has 2
       ╰────
     help: lists of one axis go in step; for all combinations, make a second axis
    "#);
}

#[test]
fn an_axis_sets_something() {
    let sweep = "[sweep.x]\n[sweep.y]\ntrain.margin = []\n[sweep.z]\ntrain.margin = 3\n";
    assert_snapshot!(report(&train(sweep)), @r#"
     × axis `x` sets no parameter
       ╭─[toy.toml:9:8]
     8 │ kind = "train-model"
     9 │ [sweep.x]
       ·        ┬
       ·        ╰── here
    10 │ [sweep.y]
       ╰────
     help: write `stage.parameter = [value, value]`

     × a sweep needs at least one value
       ╭─[toy.toml:11:16]
    10 │ [sweep.y]
    11 │ train.margin = []
       ·                ─┬
       ·                 ╰── here
    12 │ [sweep.z]
       ╰────

     × expected a list of the values to try, found an integer
       ╭─[toy.toml:13:16]
    12 │ [sweep.z]
    13 │ train.margin = 3
       ·                ┬
       ·                ╰── expected a list of the values to try
       ╰────
    "#);
}

#[test]
fn labels_differ() {
    let sweep = "[sweep.x]\ntrain.margin = [0.1, 0.1]\n\
        [sweep.y]\ntrain.epochs = [1, 2]\nlabel = [\"a=b\", \"a=b\"]\n";
    assert_snapshot!(report(&train(sweep)), @r#"
     × axis `x` has two options labelled `0.1`
       ╭─[toy.toml:10:22]
     9 │ [sweep.x]
    10 │ train.margin = [0.1, 0.1]
       ·                      ─┬─
       ·                       ╰── here
    11 │ [sweep.y]
       ╰────
     help: drop one, or tell them apart with `label = ["…", "…"]`

     × "a=b" cannot be a label
       ╭─[toy.toml:13:10]
    12 │ train.epochs = [1, 2]
    13 │ label = ["a=b", "a=b"]
       ·          ──┬──
       ·            ╰── here
       ╰────
     help: labels are not empty and hold no `,`, `=`, `@` or control character

     × "a=b" cannot be a label
       ╭─[toy.toml:13:17]
    12 │ train.epochs = [1, 2]
    13 │ label = ["a=b", "a=b"]
       ·                 ──┬──
       ·                   ╰── here
       ╰────
     help: labels are not empty and hold no `,`, `=`, `@` or control character

     × axis `y` has two options labelled `a=b`
       ╭─[toy.toml:13:17]
    12 │ train.epochs = [1, 2]
    13 │ label = ["a=b", "a=b"]
       ·                 ──┬──
       ·                   ╰── here
       ╰────
     help: labels must differ
    "#);
}

#[test]
fn the_axis_of_seeds_is_reserved() {
    assert_snapshot!(report(&train("[sweep.seed]\ntrain.margin = [1]\n")), @r#"
     × the axis `seed` is there already
       ╭─[toy.toml:9:8]
     8 │ kind = "train-model"
     9 │ [sweep.seed]
       ·        ──┬─
       ·          ╰── here
    10 │ train.margin = [1]
       ╰────
     help: list the seeds in `[experiment]`: `seeds = [1, 2, 3]`
    "#);
}

#[test]
fn a_parameter_is_swept_by_one_axis() {
    let sweep = "[sweep.x]\ntrain.optimizer = [{ kind = \"sgd\" }]\n\
        [sweep.y]\ntrain.optimizer.momentum = [0.5]\n";
    assert_snapshot!(report(&train(sweep)), @"
     × `train.optimizer.momentum` is swept by axis `x` already
       ╭─[toy.toml:12:17]
    11 │ [sweep.y]
    12 │ train.optimizer.momentum = [0.5]
       ·                 ────┬───
       ·                     ╰── here
       ╰────
    ");
}

#[test]
fn what_the_stage_itself_checks_is_reported_at_the_setting() {
    let sweep = "[sweep.x]\ntrain.bounds = [[0, 1], [1, 0]]\n";
    assert_snapshot!(report(&train(sweep)), @"
     × parameter `bounds`: the smallest weight is the larger one
       ╭─[toy.toml:10:25]
     9 │ [sweep.x]
    10 │ train.bounds = [[0, 1], [1, 0]]
       ·                         ───┬──
       ·                            ╰── here
       ╰────
    ");
}
