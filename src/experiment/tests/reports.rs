//! What people read when names, types or TOML are wrong.

use insta::assert_snapshot;

use super::{DATA, report, report_files};

#[test]
fn an_unknown_kind_is_answered_with_the_nearest() {
    assert_snapshot!(report("[stage.data]\nkind = \"load-dta\"\n"), @"");
}

#[test]
fn an_unheard_of_kind_is_answered_with_all_kinds() {
    assert_snapshot!(report("[stage.data]\nkind = \"banana\"\n"), @"");
}

#[test]
fn a_stage_needs_a_kind() {
    let stage = "[stage.dta]\nparams = { file = \"other.npy\" }\n";
    assert_snapshot!(report(&format!("{DATA}{stage}")), @"");
}

#[test]
fn unknown_keys_are_reported_at_each_level() {
    let text = "sed = [1]\n[stage.data]\nkind = \"load-data\"\nparms = {}\n[stages]\n";
    assert_snapshot!(report(text), @"");
}

#[test]
fn wrong_types_are_reported() {
    let text = "title = 3\nseeds = 1\n[stage.data]\nkind = [\"load-data\"]\n[sweep]\nx = 1\n";
    assert_snapshot!(report(text), @"");
}

#[test]
fn an_unknown_stage_and_unknown_ports_are_reported() {
    let stage = "[stage.train]\nkind = \"train-model\"\n\
        inputs = { feature = \"data\", features = \"dat\", labels = \"data.splt\" }\n";
    assert_snapshot!(report(&format!("{DATA}{stage}")), @"");
}

#[test]
fn a_reference_has_at_most_one_dot() {
    let stage = "[stage.table]\nkind = \"tabulate\"\ninputs.rows = [\"data.data.x\", 1]\n";
    assert_snapshot!(report(&format!("{DATA}{stage}")), @"");
}

#[test]
fn an_empty_list_of_references_is_reported() {
    let stage = "[stage.table]\nkind = \"tabulate\"\ninputs.rows = []\n";
    assert_snapshot!(report(&format!("{DATA}{stage}")), @"");
}

#[test]
fn names_are_plain() {
    let stage = "[stage.\"My Data\"]\nkind = \"load-data\"\nparams.file = \"x\"\n";
    assert_snapshot!(report(stage), @"");
}

#[test]
fn a_manifest_needs_a_name_and_stages() {
    assert_snapshot!(report_files(&[("toy.toml", "[experiment]\n")]), @"");
}

#[test]
fn seeds_are_distinct_and_not_negative() {
    assert_snapshot!(report(&format!("seeds = [1, -2, 1]\n{DATA}")), @"");
}

#[test]
fn needs_have_units() {
    let stage = "[stage.data]\nkind = \"load-data\"\nparams.file = \"x\"\n\
        threads = 0\nmemory = \"2GB\"\n";
    assert_snapshot!(report(stage), @"");
}

#[test]
fn dates_and_infinities_have_no_place() {
    let stage =
        "[stage.train]\nkind = \"train-model\"\nparams = { margin = inf, epochs = 2020-01-01 }\n";
    assert_snapshot!(report(stage), @"");
}

#[test]
fn every_syntax_error_is_reported_and_what_can_be_read_is_checked() {
    let text = "title = \"open\n[stage.data]\nkind = \"load-dta\"\nparams = { file = }\n";
    assert_snapshot!(report(text), @"");
}

#[test]
fn after_a_syntax_error_nothing_is_called_missing() {
    let text = "[stage.train]\nkind = \"train-model\"\ninputs = { features = \"data\" }\n\
        params { margin = 1 }\n[stage.data]\nkind = \"load-data\"\n";
    assert_snapshot!(report(text), @"");
}

#[test]
fn a_key_that_is_written_twice_is_reported() {
    let text = "[stage.data]\nkind = \"load-data\"\nkind = \"load-data\"\nparams.file = \"x\"\n";
    assert_snapshot!(report(text), @"");
}
