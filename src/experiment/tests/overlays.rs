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
    assert_snapshot!(report_files(&files), @r#"
     × `a.toml` extends itself: `a.toml` -> `b.toml` -> `a.toml`
      ╭─[b.toml:1:11]
    1 │ extends = "a.toml"
      ·           ────┬───
      ·               ╰── here
      ╰────
    "#);
}

#[test]
fn a_missing_base_is_the_only_thing_reported() {
    let top = "extends = \"bsae.toml\"\n[stage.train]\nparams.margin = 3\n";
    assert_snapshot!(report_files(&[("top.toml", top)]), @r#"
     × could not read `bsae.toml`
      ╭─[top.toml:1:11]
    1 │ extends = "bsae.toml"
      ·           ─────┬─────
      ·                ╰── here
    2 │ [stage.train]
      ╰────
    "#);
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
    assert_snapshot!(report_files(&files), @r#"
     × a pipeline has no key `extends`
      ╭─[pipelines/zsl.toml:1:1]
    1 │ extends = "x"
      · ───┬───
      ·    ╰── here
    2 │ [experiment]
      ╰────
     help: the keys are `stage`, `sweep`

     × a pipeline has no key `experiment`
      ╭─[pipelines/zsl.toml:2:2]
    1 │ extends = "x"
    2 │ [experiment]
      ·  ─────┬────
      ·       ╰── here
    3 │ [stage.data]
      ╰────
     help: the keys are `stage`, `sweep`
    "#);
}

#[test]
fn a_manifest_builds_on_one_thing_only() {
    let top = "extends = \"base.toml\"\n[experiment]\npipeline = \"zsl\"\n";
    assert_snapshot!(report_files(&[("top.toml", top), ("base.toml", BASE)]), @r#"
     × a manifest cannot have both `extends` and `pipeline`
      ╭─[top.toml:3:12]
    2 │ [experiment]
    3 │ pipeline = "zsl"
      ·            ──┬──
      ·              ╰── here
      ╰────
     help: name the pipeline in the manifest that this one extends
    "#);
}

#[test]
fn what_is_taken_out_must_be_there() {
    let top = "extends = \"base.toml\"\nstage.tabel.remove = true\nsweep.seeds.remove = true\n";
    assert_snapshot!(report_files(&[("top.toml", top), ("base.toml", BASE)]), @r#"
     × there is no stage `tabel` below to take out
      ╭─[top.toml:2:7]
    1 │ extends = "base.toml"
    2 │ stage.tabel.remove = true
      ·       ──┬──
      ·         ╰── here
    3 │ sweep.seeds.remove = true
      ╰────
     help: did you mean `table`?

     × there is no axis `seeds` below to take out
      ╭─[top.toml:3:7]
    2 │ stage.tabel.remove = true
    3 │ sweep.seeds.remove = true
      ·       ──┬──
      ·         ╰── here
      ╰────
     help: the axes below are `margin`, `rows`
    "#);
}

#[test]
fn what_is_taken_out_has_no_other_keys() {
    let top = "extends = \"base.toml\"\n[stage.table]\nremove = true\nkind = \"tabulate\"\n";
    assert_snapshot!(report_files(&[("top.toml", top), ("base.toml", BASE)]), @r#"
     × a stage that is taken out has no other keys
      ╭─[top.toml:4:1]
    3 │ remove = true
    4 │ kind = "tabulate"
      · ──┬─
      ·   ╰── here
      ╰────
     help: delete `remove`, or everything else of the stage
    "#);
}

#[test]
fn a_stage_that_others_read_cannot_just_go() {
    let top = "extends = \"base.toml\"\nstage.train.remove = true\nsweep.margin.remove = true\n";
    assert_snapshot!(report_files(&[("top.toml", top), ("base.toml", BASE)]), @r#"
     × there is no stage `train`
       ╭─[base.toml:18:20]
    17 │ kind = "tabulate"
    18 │ inputs = { rows = ["train"] }
       ·                    ───┬───
       ·                       ╰── here
    19 │ 
       ╰────
     help: the stages are `data`, `table`
    "#);
}

#[test]
fn another_name_stands_for_a_stage_and_its_port() {
    let experiment = overlaid(
        r#"
extends = "base.toml"
[stage.origin]
kind = "load-data"
params = { file = "other.npy" }
[stage.words]
same_as = "origin.data"
[stage.train]
inputs.features = "words"
"#,
    );
    let reference = &experiment.stages["train"].inputs["features"].references[0];
    assert_eq!((reference.stage.as_str(), reference.port.as_deref()), ("origin", Some("data")));
    assert!(!experiment.stages.contains_key("words"));
}

#[test]
fn another_name_is_of_a_stage_and_nothing_else() {
    let top = "extends = \"base.toml\"\n[stage.a]\nsame_as = \"b\"\n[stage.b]\nsame_as = \"data\"\n\
               threads = 2\n[stage.train]\ninputs.features = \"a\"\n";
    assert_snapshot!(report_files(&[("top.toml", top), ("base.toml", BASE)]), @r#"
     × `a` is another name of `b`, which is one too
      ╭─[top.toml:3:11]
    2 │ [stage.a]
    3 │ same_as = "b"
      ·           ─┬─
      ·            ╰── here
    4 │ [stage.b]
      ╰────
     help: name the stage itself

     × a stage that is another's name has no other keys
      ╭─[top.toml:6:1]
    5 │ same_as = "data"
    6 │ threads = 2
      · ───┬───
      ·    ╰── here
    7 │ [stage.train]
      ╰────
     help: delete `same_as`, or everything else of the stage

     × there is no stage `b`
      ╭─[top.toml:8:19]
    7 │ [stage.train]
    8 │ inputs.features = "a"
      ·                   ─┬─
      ·                    ╰── here
      ╰────
     help: the stages are `data`, `train`, `table`
    "#);
}
