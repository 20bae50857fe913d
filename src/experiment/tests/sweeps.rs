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
         label = [\"small\", \"large\"]\n[sweep.margin]\ntrain.margin = [0.5, 1, 2e-5]\n",
    ));
    assert_eq!(
        labels(&experiment),
        [("size", vec!["small", "large"]), ("margin", vec!["0.5", "1", "2e-5"])]
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
    assert_snapshot!(report(&train(sweep)), @"");
}

#[test]
fn an_unknown_parameter_is_reported_once_at_its_name() {
    let sweep = "[sweep.margin]\ntrain.margni = [0.1, 0.2, 0.3]\n";
    assert_snapshot!(report(&train(sweep)), @"");
}

#[test]
fn an_unknown_stage_in_a_sweep_is_reported() {
    assert_snapshot!(report(&train("[sweep.margin]\ntrian.margin = [0.1]\n")), @"");
}

#[test]
fn lists_of_one_axis_have_one_length() {
    let sweep = "[sweep.x]\ntrain.margin = [0.1, 0.2]\ntrain.epochs = [1]\nlabel = [\"a\"]\n";
    assert_snapshot!(report(&train(sweep)), @"");
}

#[test]
fn an_axis_sets_something() {
    let sweep = "[sweep.x]\n[sweep.y]\ntrain.margin = []\n[sweep.z]\ntrain.margin = 3\n";
    assert_snapshot!(report(&train(sweep)), @"");
}

#[test]
fn labels_differ() {
    let sweep = "[sweep.x]\ntrain.margin = [0.1, 0.1]\n\
        [sweep.y]\ntrain.epochs = [1, 2]\nlabel = [\"a=b\", \"a=b\"]\n";
    assert_snapshot!(report(&train(sweep)), @"");
}

#[test]
fn the_axis_of_seeds_is_reserved() {
    assert_snapshot!(report(&train("[sweep.seed]\ntrain.margin = [1]\n")), @"");
}

#[test]
fn a_parameter_is_swept_by_one_axis() {
    let sweep = "[sweep.x]\ntrain.optimizer = [{ kind = \"sgd\" }]\n\
        [sweep.y]\ntrain.optimizer.momentum = [0.5]\n";
    assert_snapshot!(report(&train(sweep)), @"");
}

#[test]
fn what_the_stage_itself_checks_is_reported_at_the_setting() {
    let sweep = "[sweep.x]\ntrain.bounds = [[0, 1], [1, 0]]\n";
    assert_snapshot!(report(&train(sweep)), @"");
}
