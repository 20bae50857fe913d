//! Parameters against the schema of their kind.

use insta::assert_snapshot;
use serde_json::json;

use super::{good, report};

fn train(params: &str) -> String {
    format!("[stage.train]\nkind = \"train-model\"\nparams = {{ {params} }}\n")
}

#[test]
fn an_unknown_parameter_is_answered_with_the_nearest() {
    assert_snapshot!(report(&train("margni = 0.1")), @r#"
     × `train-model` has no parameter `margni`
      ╭─[toy.toml:5:12]
    4 │ kind = "train-model"
    5 │ params = { margni = 0.1 }
      ·            ───┬──
      ·               ╰── unknown
      ╰────
     help: did you mean `margin`?
    "#);
}

#[test]
fn a_wrong_type_is_reported_with_what_the_parameter_means() {
    assert_snapshot!(report(&train("margin = \"wide\", epochs = 1.5")), @r#"
     × parameter `margin` must be a number, not a string
      ╭─[toy.toml:5:21]
    4 │ kind = "train-model"
    5 │ params = { margin = "wide", epochs = 1.5 }
      ·                     ───┬──
      ·                        ╰── expected a number
      ╰────
     help: `margin`: The margin of the ranking loss, equation 3.

     × parameter `epochs` must be an integer, not a float
      ╭─[toy.toml:5:38]
    4 │ kind = "train-model"
    5 │ params = { margin = "wide", epochs = 1.5 }
      ·                                      ─┬─
      ·                                       ╰── expected an integer
      ╰────
     help: `epochs`: Passes over the data.
    "#);
}

#[test]
fn a_value_out_of_range_is_reported() {
    assert_snapshot!(report(&train("margin = -1, epochs = 5000000000")), @r#"
     × parameter `margin` must be at least 0, not -1
      ╭─[toy.toml:5:21]
    4 │ kind = "train-model"
    5 │ params = { margin = -1, epochs = 5000000000 }
      ·                     ─┬
      ·                      ╰── must be at least 0
      ╰────
     help: `margin`: The margin of the ranking loss, equation 3.

     × parameter `epochs` must be at most 4294967295, not 5000000000
      ╭─[toy.toml:5:34]
    4 │ kind = "train-model"
    5 │ params = { margin = -1, epochs = 5000000000 }
      ·                                  ─────┬────
      ·                                       ╰── must be at most 4294967295
      ╰────
     help: `epochs`: Passes over the data.
    "#);
}

#[test]
fn a_wrong_word_is_answered_with_the_nearest() {
    assert_snapshot!(report(&train("loss = \"rankng\", activation = \"sigmoid\"")), @r#"
     × parameter `loss` cannot be `rankng`
      ╭─[toy.toml:5:19]
    4 │ kind = "train-model"
    5 │ params = { loss = "rankng", activation = "sigmoid" }
      ·                   ────┬───
      ·                       ╰── not one of the choices
      ╰────
     help: did you mean `ranking`?

     × parameter `activation` cannot be `sigmoid`
      ╭─[toy.toml:5:42]
    4 │ kind = "train-model"
    5 │ params = { loss = "rankng", activation = "sigmoid" }
      ·                                          ────┬────
      ·                                              ╰── not one of the choices
      ╰────
     help: the choices are `relu`, `tanh`
    "#);
}

#[test]
fn a_missing_parameter_is_named() {
    assert_snapshot!(report("[stage.data]\nkind = \"load-data\"\n"), @r#"
     × `load-data` needs the parameter `file`
      ╭─[toy.toml:3:8]
    2 │ name = "toy"
    3 │ [stage.data]
      ·        ──┬─
      ·          ╰── missing here
    4 │ kind = "load-data"
      ╰────
     help: `file`: The file to read; there is no default.
    "#);
}

#[test]
fn variants_are_checked_by_their_tag() {
    assert_snapshot!(report(&train("optimizer = { kind = \"adam\", momentum = 0.5 }")), @r#"
     × `train-model` needs the parameter `optimizer.beta`
      ╭─[toy.toml:5:24]
    4 │ kind = "train-model"
    5 │ params = { optimizer = { kind = "adam", momentum = 0.5 } }
      ·                        ────────────────┬────────────────
      ·                                        ╰── missing here
      ╰────
     help: `beta`: The decay of the second moment.

     × `train-model` has no parameter `optimizer.momentum`
      ╭─[toy.toml:5:41]
    4 │ kind = "train-model"
    5 │ params = { optimizer = { kind = "adam", momentum = 0.5 } }
      ·                                         ────┬───
      ·                                             ╰── unknown
      ╰────
     help: the parameters are `beta`, `kind`
    "#);
}

#[test]
fn a_variant_needs_its_tag() {
    assert_snapshot!(report(&train("optimizer = { momentum = 0.5 }")), @r#"
     × `train-model` needs the parameter `optimizer.kind`
      ╭─[toy.toml:5:24]
    4 │ kind = "train-model"
    5 │ params = { optimizer = { momentum = 0.5 } }
      ·                        ─────────┬────────
      ·                                 ╰── missing here
      ╰────
     help: the choices are `sgd`, `adam`
    "#);
}

#[test]
fn an_unknown_variant_is_answered_with_the_nearest() {
    assert_snapshot!(report(&train("optimizer = { kind = \"adm\" }")), @r#"
     × parameter `optimizer.kind` cannot be `adm`
      ╭─[toy.toml:5:33]
    4 │ kind = "train-model"
    5 │ params = { optimizer = { kind = "adm" } }
      ·                                 ──┬──
      ·                                   ╰── not one of the choices
      ╰────
     help: did you mean `adam`?
    "#);
}

#[test]
fn items_of_lists_are_checked_one_by_one() {
    assert_snapshot!(report(&train("layers = [64, \"32\"], bounds = [0, 1, 2]")), @r#"
     × parameter `layers.1` must be an integer, not a string
      ╭─[toy.toml:5:26]
    4 │ kind = "train-model"
    5 │ params = { layers = [64, "32"], bounds = [0, 1, 2] }
      ·                          ──┬─
      ·                            ╰── expected an integer
      ╰────

     × parameter `bounds` takes at most 2 items, has 3
      ╭─[toy.toml:5:42]
    4 │ kind = "train-model"
    5 │ params = { layers = [64, "32"], bounds = [0, 1, 2] }
      ·                                          ────┬────
      ·                                              ╰── too long
      ╰────
     help: `bounds`: The smallest and the largest weight.
    "#);
}

#[test]
fn an_empty_list_and_a_table_for_a_number_are_reported() {
    assert_snapshot!(report(&train("layers = [], margin = { value = 1 }")), @r#"
     × parameter `layers` needs at least 1 item, has 0
      ╭─[toy.toml:5:21]
    4 │ kind = "train-model"
    5 │ params = { layers = [], margin = { value = 1 } }
      ·                     ─┬
      ·                      ╰── too short
      ╰────
     help: `layers`: The widths of the layers.

     × parameter `margin` must be a number, not a table
      ╭─[toy.toml:5:34]
    4 │ kind = "train-model"
    5 │ params = { layers = [], margin = { value = 1 } }
      ·                                  ──────┬──────
      ·                                        ╰── expected a number
      ╰────
     help: `margin`: The margin of the ranking loss, equation 3.
    "#);
}

#[test]
fn what_the_stage_itself_checks_is_reported_at_the_parameter() {
    assert_snapshot!(report(&train("bounds = [1, 0]")), @r#"
     × parameter `bounds`: the smallest weight is the larger one
      ╭─[toy.toml:5:21]
    4 │ kind = "train-model"
    5 │ params = { bounds = [1, 0] }
      ·                     ───┬──
      ·                        ╰── here
      ╰────
    "#);
}

#[test]
fn defaults_are_filled_in_only_when_parameters_are_asked_for() {
    let experiment = good(&train("margin = 1"));
    let train = &experiment.stages["train"];
    assert_eq!(train.params, json!({ "margin": 1 }));
    let resolved = train.params_for(&[]).expect("the parameters are fine");
    assert_eq!(resolved["margin"], json!(1.0));
    assert_eq!(resolved["optimizer"], json!({ "kind": "sgd", "momentum": 0.0 }));
}

#[test]
fn every_written_parameter_knows_its_place() {
    let experiment = good(&train("layers = [1, 2], optimizer = { kind = \"sgd\" }"));
    let train = &experiment.stages["train"];
    for path in ["layers", "layers.0", "layers.1", "optimizer", "optimizer.kind"] {
        assert!(train.param_places.value(path).is_some(), "{path}");
    }
    assert!(train.param_places.value("layers.2").is_none());
    let place = train.param_places.value("layers.1").unwrap();
    assert_eq!(&place.source.text[place.span.clone()], "2");
    let key = train.param_places.key("optimizer.kind").unwrap();
    assert_eq!(&key.source.text[key.span.clone()], "kind");
}
