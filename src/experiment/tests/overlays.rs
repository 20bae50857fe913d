//! Pipelines below experiments, bases below ablations.

use insta::assert_snapshot;
use serde_json::json;

use super::{report_files, resolve_files};
use crate::stage::Threads;

const BASE: &str = r#"
[experiment]
name = "base"
title = "The base"
seeds = [1, 2]

[stage.data]
kind = "load-data"
params = { file = "toy.npy", rows = 10 }

[stage.train]
kind = "train-model"
inputs = { features = "data.data", labels = "data.split" }
params = { margin = 1.0, optimizer = { kind = "sgd", momentum = 0.5 } }

[stage.table]
kind = "tabulate"
inputs = { rows = ["train"] }

[sweep.margin]
train.margin = [1.0, 2.0]

[sweep.rows]
data.rows = [10, 20]
"#;

fn overlaid(top: &str) -> super::Experiment {
    let files = [("top.toml", top), ("base.toml", BASE)];
    resolve_files(&files).unwrap_or_else(|error| panic!("{}", error.render(false, 100)))
}

#[test]
fn an_overlay_changes_what_it_names_and_keeps_the_rest() {
    let experiment = overlaid(
        r#"
extends = "base.toml"
[experiment]
name = "ablation"
[stage.train]
params = { optimizer.momentum = 0.9 }
inputs = { labels = "data.data" }
threads = "all"
memory = "2GiB"
"#,
    );
    assert_eq!(experiment.name, "ablation");
    assert_eq!(experiment.title.as_deref(), Some("The base"));
    assert_eq!(experiment.seeds, [1, 2]);
    let train = &experiment.stages["train"];
    let expected = json!({ "margin": 1.0, "optimizer": { "kind": "sgd", "momentum": 0.9 } });
    assert_eq!(train.params, expected);
    assert_eq!(train.inputs["features"].references[0].port.as_deref(), Some("data"));
    assert_eq!(train.inputs["labels"].references[0].port.as_deref(), Some("data"));
    assert_eq!(train.needs.threads, Some(Threads::All));
    assert_eq!(train.needs.memory_mib, Some(2048));
    assert_eq!(train.kind_place.source.name, "base.toml");
    assert_eq!(train.params_place.source.name, "top.toml");
    let names: Vec<_> = experiment.sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["top.toml", "base.toml"]);
}

#[test]
fn stages_and_axes_can_be_taken_out_and_replaced() {
    let experiment = overlaid(
        r#"
extends = "base.toml"
stage.table.remove = true
sweep.rows.remove = true
[sweep.margin]
train.margin = [5.0]
[sweep.epochs]
train.epochs = [1, 2]
"#,
    );
    let stages: Vec<_> = experiment.stages.keys().collect();
    assert_eq!(stages, ["data", "train"]);
    let axes: Vec<_> =
        experiment.axes.iter().map(|axis| (axis.name.as_str(), axis.options.len())).collect();
    assert_eq!(axes, [("margin", 1), ("epochs", 2)]);
}

#[test]
fn another_kind_drops_the_old_parameters_and_the_ports_it_lacks() {
    let experiment = overlaid(
        r#"
extends = "base.toml"
sweep.margin.remove = true
[stage.train]
kind = "tabulate"
inputs.rows = "data.data"
"#,
    );
    let train = &experiment.stages["train"];
    assert_eq!(train.params, json!({}));
    assert_eq!(train.inputs.keys().collect::<Vec<_>>(), ["rows"]);
}

#[test]
fn chains_of_overlays_end_in_a_pipeline() {
    let files = [
        ("top.toml", "extends = \"middle.toml\"\n[stage.data.params]\nrows = 3\n"),
        (
            "middle.toml",
            "[experiment]\nname = \"middle\"\npipeline = \"zsl\"\n[stage.data]\nparams.rows = 2\n",
        ),
        ("pipelines/zsl.toml", "[stage.data]\nkind = \"load-data\"\nparams.file = \"x\"\n"),
    ];
    let experiment = resolve_files(&files).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(experiment.name, "middle");
    assert_eq!(experiment.stages["data"].params, json!({ "file": "x", "rows": 3 }));
    assert_eq!(experiment.sources.len(), 3);
}

#[test]
fn a_cycle_of_overlays_names_the_chain() {
    let files = [("a.toml", "extends = \"b.toml\"\n"), ("b.toml", "extends = \"a.toml\"\n")];
    assert_snapshot!(report_files(&files), @"");
}

#[test]
fn a_missing_base_is_the_only_thing_reported() {
    let top = "extends = \"bsae.toml\"\n[stage.train]\nparams.margin = 3\n";
    assert_snapshot!(report_files(&[("top.toml", top)]), @"");
}

#[test]
fn a_pipeline_builds_on_nothing() {
    let files = [
        ("top.toml", "[experiment]\nname = \"top\"\npipeline = \"zsl\"\n"),
        (
            "pipelines/zsl.toml",
            "extends = \"x\"\n[experiment]\n[stage.data]\nkind = \"load-data\"\nparams.file = \"x\"\n",
        ),
    ];
    assert_snapshot!(report_files(&files), @"");
}

#[test]
fn a_manifest_builds_on_one_thing_only() {
    let top = "extends = \"base.toml\"\n[experiment]\npipeline = \"zsl\"\n";
    assert_snapshot!(report_files(&[("top.toml", top), ("base.toml", BASE)]), @"");
}

#[test]
fn what_is_taken_out_must_be_there() {
    let top = "extends = \"base.toml\"\nstage.tabel.remove = true\nsweep.seeds.remove = true\n";
    assert_snapshot!(report_files(&[("top.toml", top), ("base.toml", BASE)]), @"");
}

#[test]
fn what_is_taken_out_has_no_other_keys() {
    let top = "extends = \"base.toml\"\n[stage.table]\nremove = true\nkind = \"tabulate\"\n";
    assert_snapshot!(report_files(&[("top.toml", top), ("base.toml", BASE)]), @"");
}

#[test]
fn a_stage_that_others_read_cannot_just_go() {
    let top = "extends = \"base.toml\"\nstage.train.remove = true\nsweep.margin.remove = true\n";
    assert_snapshot!(report_files(&[("top.toml", top), ("base.toml", BASE)]), @"");
}
