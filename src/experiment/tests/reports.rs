//! What people read when names, types or TOML are wrong.

use insta::assert_snapshot;

use super::{DATA, report, report_files};

#[test]
fn an_unknown_kind_is_answered_with_the_nearest() {
    assert_snapshot!(report("[stage.data]\nkind = \"load-dta\"\n"), @r#"
     × no stage kind `load-dta`
      ╭─[toy.toml:4:8]
    3 │ [stage.data]
    4 │ kind = "load-dta"
      ·        ─────┬────
      ·             ╰── here
      ╰────
     help: did you mean `load-data`?
    "#);
}

#[test]
fn an_unheard_of_kind_is_answered_with_all_kinds() {
    assert_snapshot!(report("[stage.data]\nkind = \"banana\"\n"), @r#"
     × no stage kind `banana`
      ╭─[toy.toml:4:8]
    3 │ [stage.data]
    4 │ kind = "banana"
      ·        ────┬───
      ·            ╰── here
      ╰────
     help: the kinds are `load-data`, `tabulate`, `train-model`
    "#);
}

#[test]
fn a_stage_needs_a_kind() {
    let stage = "[stage.dta]\nparams = { file = \"other.npy\" }\n";
    assert_snapshot!(report(&format!("{DATA}{stage}")), @r#"
     × stage `dta` has no kind
      ╭─[toy.toml:7:8]
    6 │ params = { file = "toy.npy" }
    7 │ [stage.dta]
      ·        ─┬─
      ·         ╰── here
    8 │ params = { file = "other.npy" }
      ╰────
     help: write `kind = "…"`, or did you mean stage `data`?
    "#);
}

#[test]
fn unknown_keys_are_reported_at_each_level() {
    let text = "sed = [1]\n[stage.data]\nkind = \"load-data\"\nparms = {}\n[stages]\n";
    assert_snapshot!(report(text), @r#"
     × an experiment has no key `sed`
      ╭─[toy.toml:3:1]
    2 │ name = "toy"
    3 │ sed = [1]
      · ─┬─
      ·  ╰── here
    4 │ [stage.data]
      ╰────
     help: did you mean `seeds`?

     × `load-data` needs the parameter `file`
      ╭─[toy.toml:4:8]
    3 │ sed = [1]
    4 │ [stage.data]
      ·        ──┬─
      ·          ╰── missing here
    5 │ kind = "load-data"
      ╰────
     help: `file`: The file to read; there is no default.

     × a stage has no key `parms`
      ╭─[toy.toml:6:1]
    5 │ kind = "load-data"
    6 │ parms = {}
      · ──┬──
      ·   ╰── here
    7 │ [stages]
      ╰────
     help: did you mean `params`?

     × a manifest has no key `stages`
      ╭─[toy.toml:7:2]
    6 │ parms = {}
    7 │ [stages]
      ·  ───┬──
      ·     ╰── here
      ╰────
     help: did you mean `stage`?
    "#);
}

#[test]
fn wrong_types_are_reported() {
    let text = "title = 3\nseeds = 1\n[stage.data]\nkind = [\"load-data\"]\n[sweep]\nx = 1\n";
    assert_snapshot!(report(text), @r#"
     × expected a string, found an integer
      ╭─[toy.toml:3:9]
    2 │ name = "toy"
    3 │ title = 3
      ·         ┬
      ·         ╰── expected a string
    4 │ seeds = 1
      ╰────

     × expected a list of seeds, found an integer
      ╭─[toy.toml:4:9]
    3 │ title = 3
    4 │ seeds = 1
      ·         ┬
      ·         ╰── expected a list of seeds
    5 │ [stage.data]
      ╰────

     × expected a string, found a list
      ╭─[toy.toml:6:8]
    5 │ [stage.data]
    6 │ kind = ["load-data"]
      ·        ──────┬──────
      ·              ╰── expected a string
    7 │ [sweep]
      ╰────

     × expected a table, found an integer
      ╭─[toy.toml:8:5]
    7 │ [sweep]
    8 │ x = 1
      ·     ┬
      ·     ╰── expected a table
      ╰────
    "#);
}

#[test]
fn an_unknown_stage_and_unknown_ports_are_reported() {
    let stage = "[stage.train]\nkind = \"train-model\"\n\
        inputs = { feature = \"data\", features = \"dat\", labels = \"data.splt\" }\n";
    assert_snapshot!(report(&format!("{DATA}{stage}")), @r#"
     × `train-model` has no input port `feature`
      ╭─[toy.toml:9:12]
    8 │ kind = "train-model"
    9 │ inputs = { feature = "data", features = "dat", labels = "data.splt" }
      ·            ───┬───
      ·               ╰── here
      ╰────
     help: did you mean `features`?

     × there is no stage `dat`
      ╭─[toy.toml:9:41]
    8 │ kind = "train-model"
    9 │ inputs = { feature = "data", features = "dat", labels = "data.splt" }
      ·                                         ──┬──
      ·                                           ╰── here
      ╰────
     help: did you mean `data`?

     × stage `data` (`load-data`) has no output port `splt`
      ╭─[toy.toml:9:57]
    8 │ kind = "train-model"
    9 │ inputs = { feature = "data", features = "dat", labels = "data.splt" }
      ·                                                         ─────┬─────
      ·                                                              ╰── here
      ╰────
     help: did you mean `split`?
    "#);
}

#[test]
fn a_reference_has_at_most_one_dot() {
    let stage = "[stage.table]\nkind = \"tabulate\"\ninputs.rows = [\"data.data.x\", 1]\n";
    assert_snapshot!(report(&format!("{DATA}{stage}")), @r#"
     × `data.data.x` is not a reference to an output
      ╭─[toy.toml:9:16]
    8 │ kind = "tabulate"
    9 │ inputs.rows = ["data.data.x", 1]
      ·                ──────┬──────
      ·                      ╰── here
      ╰────
     help: write `"stage"` or `"stage.port"`

     × expected a string, found an integer
      ╭─[toy.toml:9:31]
    8 │ kind = "tabulate"
    9 │ inputs.rows = ["data.data.x", 1]
      ·                               ┬
      ·                               ╰── expected a string
      ╰────
    "#);
}

#[test]
fn an_empty_list_of_references_is_reported() {
    let stage = "[stage.table]\nkind = \"tabulate\"\ninputs.rows = []\n";
    assert_snapshot!(report(&format!("{DATA}{stage}")), @r#"
     × this input names no stage
      ╭─[toy.toml:9:15]
    8 │ kind = "tabulate"
    9 │ inputs.rows = []
      ·               ─┬
      ·                ╰── here
      ╰────
     help: leave the port out, or name a stage
    "#);
}

#[test]
fn names_are_plain() {
    let stage = "[stage.\"My Data\"]\nkind = \"load-data\"\nparams.file = \"x\"\n";
    assert_snapshot!(report(stage), @r#"
     × `My Data` is not a name for a stage
      ╭─[toy.toml:3:8]
    2 │ name = "toy"
    3 │ [stage."My Data"]
      ·        ────┬────
      ·            ╰── here
    4 │ kind = "load-data"
      ╰────
     help: names are made of a-z, 0-9, `-` and `_`
    "#);
}

#[test]
fn a_manifest_needs_a_name_and_stages() {
    assert_snapshot!(report_files(&[("toy.toml", "[experiment]\n")]), @r#"
     × the experiment has no stages
      ╭─[toy.toml:1:1]
    1 │ [experiment]
      · ▲
      · ╰── here
      ╰────
     help: write `[stage.NAME]` with a `kind`

     × the experiment has no name
      ╭─[toy.toml:1:2]
    1 │ [experiment]
      ·  ─────┬────
      ·       ╰── here
      ╰────
     help: write `name = "…"` under `[experiment]`
    "#);
}

#[test]
fn seeds_are_distinct_and_not_negative() {
    assert_snapshot!(report(&format!("seeds = [1, -2, 1]\n{DATA}")), @r#"
     × expected a seed, an integer from 0 up, found -2
      ╭─[toy.toml:3:13]
    2 │ name = "toy"
    3 │ seeds = [1, -2, 1]
      ·             ─┬
      ·              ╰── here
    4 │ 
      ╰────

     × seed 1 is listed twice
      ╭─[toy.toml:3:17]
    2 │ name = "toy"
    3 │ seeds = [1, -2, 1]
      ·                 ┬
      ·                 ╰── seed number 1 is 1 as well
    4 │ 
      ╰────
    "#);
}

#[test]
fn needs_have_units() {
    let stage = "[stage.data]\nkind = \"load-data\"\nparams.file = \"x\"\n\
        threads = 0\nmemory = \"2GB\"\n";
    assert_snapshot!(report(stage), @r#"
     × expected a positive number of threads or `"all"`, found 0
      ╭─[toy.toml:6:11]
    5 │ params.file = "x"
    6 │ threads = 0
      ·           ┬
      ·           ╰── here
    7 │ memory = "2GB"
      ╰────

     × `2GB` is not an amount of memory
      ╭─[toy.toml:7:10]
    6 │ threads = 0
    7 │ memory = "2GB"
      ·          ──┬──
      ·            ╰── here
      ╰────
     help: write a whole number and its unit, such as `"512MiB"` or `"2GiB"`
    "#);
}

#[test]
fn dates_and_infinities_have_no_place() {
    let stage =
        "[stage.train]\nkind = \"train-model\"\nparams = { margin = inf, epochs = 2020-01-01 }\n";
    assert_snapshot!(report(stage), @r#"
     × expected a finite number, found `inf`
      ╭─[toy.toml:5:21]
    4 │ kind = "train-model"
    5 │ params = { margin = inf, epochs = 2020-01-01 }
      ·                     ─┬─
      ·                      ╰── here
      ╰────

     × a manifest has no use for dates
      ╭─[toy.toml:5:35]
    4 │ kind = "train-model"
    5 │ params = { margin = inf, epochs = 2020-01-01 }
      ·                                   ─────┬────
      ·                                        ╰── here
      ╰────
     help: write it as a string, in quotes
    "#);
}

#[test]
fn every_syntax_error_is_reported_and_what_can_be_read_is_checked() {
    let text = "title = \"open\n[stage.data]\nkind = \"load-dta\"\nparams = { file = }\n";
    assert_snapshot!(report(text), @r#"
     × invalid basic string, expected `"`
      ╭─[toy.toml:3:14]
    2 │ name = "toy"
    3 │ title = "open
      ·              ▲
      ·              ╰── here
    4 │ [stage.data]
      ╰────

     × no stage kind `load-dta`
      ╭─[toy.toml:5:8]
    4 │ [stage.data]
    5 │ kind = "load-dta"
      ·        ─────┬────
      ·             ╰── here
    6 │ params = { file = }
      ╰────
     help: did you mean `load-data`?

     × invalid literal string, expected `'`
      ╭─[toy.toml:6:19]
    5 │ kind = "load-dta"
    6 │ params = { file = }
      ·                   ▲
      ·                   ╰── here
      ╰────
    "#);
}

#[test]
fn after_a_syntax_error_nothing_is_called_missing() {
    let text = "[stage.train]\nkind = \"train-model\"\ninputs = { features = \"data\" }\n\
        params { margin = 1 }\n[stage.data]\nkind = \"load-data\"\n";
    assert_snapshot!(report(text), @r#"
     × key with no value, expected `=`
      ╭─[toy.toml:6:8]
    5 │ inputs = { features = "data" }
    6 │ params { margin = 1 }
      ·        ▲
      ·        ╰── here
    7 │ [stage.data]
      ╰────
    "#);
}

#[test]
fn a_key_that_is_written_twice_is_reported() {
    let text = "[stage.data]\nkind = \"load-data\"\nkind = \"load-data\"\nparams.file = \"x\"\n";
    assert_snapshot!(report(text), @r#"
     × duplicate key
      ╭─[toy.toml:5:1]
    4 │ kind = "load-data"
    5 │ kind = "load-data"
      · ──┬─
      ·   ╰── here
    6 │ params.file = "x"
      ╰────
    "#);
}
