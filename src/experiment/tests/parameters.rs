//! Parameters against the schema of their kind.

use insta::assert_snapshot;
use serde_json::json;

use super::{good, report};

fn train(params: &str) -> String {
    format!("[stage.train]\nkind = \"train-model\"\nparams = {{ {params} }}\n")
}

#[test]
fn an_unknown_parameter_is_answered_with_the_nearest() {
    assert_snapshot!(report(&train("margni = 0.1")), @"");
}

#[test]
fn a_wrong_type_is_reported_with_what_the_parameter_means() {
    assert_snapshot!(report(&train("margin = \"wide\", epochs = 1.5")), @"");
}

#[test]
fn a_value_out_of_range_is_reported() {
    assert_snapshot!(report(&train("margin = -1, epochs = 5000000000")), @"");
}

#[test]
fn a_wrong_word_is_answered_with_the_nearest() {
    assert_snapshot!(report(&train("loss = \"rankng\", activation = \"sigmoid\"")), @"");
}

#[test]
fn a_missing_parameter_is_named() {
    assert_snapshot!(report("[stage.data]\nkind = \"load-data\"\n"), @"");
}

#[test]
fn variants_are_checked_by_their_tag() {
    assert_snapshot!(report(&train("optimizer = { kind = \"adam\", momentum = 0.5 }")), @"");
}

#[test]
fn a_variant_needs_its_tag() {
    assert_snapshot!(report(&train("optimizer = { momentum = 0.5 }")), @"");
}

#[test]
fn an_unknown_variant_is_answered_with_the_nearest() {
    assert_snapshot!(report(&train("optimizer = { kind = \"adm\" }")), @"");
}

#[test]
fn items_of_lists_are_checked_one_by_one() {
    assert_snapshot!(report(&train("layers = [64, \"32\"], bounds = [0, 1, 2]")), @"");
}

#[test]
fn an_empty_list_and_a_table_for_a_number_are_reported() {
    assert_snapshot!(report(&train("layers = [], margin = { value = 1 }")), @"");
}

#[test]
fn what_the_stage_itself_checks_is_reported_at_the_parameter() {
    assert_snapshot!(report(&train("bounds = [1, 0]")), @"");
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
    let paths: Vec<_> = train.param_places.keys().map(String::as_str).collect();
    assert_eq!(paths, ["layers", "layers.0", "layers.1", "optimizer", "optimizer.kind"]);
    let place = &train.param_places["layers.1"];
    assert_eq!(&place.source.text[place.span.clone()], "2");
    let key = &train.param_key_places["optimizer.kind"];
    assert_eq!(&key.source.text[key.span.clone()], "kind");
}
