//! What must not matter: the order of keys and how TOML is laid out.

use super::{Experiment, good};

fn summary(experiment: &Experiment) -> Vec<String> {
    let mut lines: Vec<_> = experiment
        .stages
        .values()
        .map(|stage| {
            let mut inputs: Vec<_> = stage
                .inputs
                .iter()
                .map(|(port, input)| format!("{port}={}", input.references[0].stage))
                .collect();
            inputs.sort();
            format!("{} {} {} {inputs:?}", stage.name, stage.stage.info().kind, stage.params)
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn the_order_and_the_layout_of_keys_do_not_matter() {
    let inline = good(
        "[stage.data]\nkind = \"load-data\"\nparams = { file = \"x\", rows = 3 }\n\
         [stage.train]\nkind = \"train-model\"\n\
         inputs = { features = \"data.data\", labels = \"data.split\" }\n\
         params = { optimizer = { kind = \"adam\", beta = 0.5 }, margin = 1 }\n",
    );
    let spread = good(
        "[stage.train.params]\nmargin = 1\noptimizer.beta = 0.5\noptimizer.kind = \"adam\"\n\
         [stage.train]\ninputs.labels = \"data.split\"\ninputs.features = \"data.data\"\n\
         kind = \"train-model\"\n\
         [stage.data]\nparams.rows = 3\nparams.file = \"x\"\nkind = \"load-data\"\n",
    );
    assert_eq!(summary(&inline), summary(&spread));
}

#[test]
fn stages_stand_in_the_order_of_the_text() {
    let experiment = good(
        "[stage.z]\nkind = \"load-data\"\nparams.file = \"x\"\n\
         [stage.a]\nkind = \"load-data\"\nparams.file = \"x\"\n",
    );
    assert_eq!(experiment.stages.keys().collect::<Vec<_>>(), ["z", "a"]);
    assert_eq!(experiment.seeds, [1]);
}

#[test]
fn a_reference_names_a_stage_or_a_port() {
    let experiment = good(
        "[stage.data]\nkind = \"load-data\"\nparams.file = \"x\"\n\
         [stage.table]\nkind = \"tabulate\"\ninputs.rows = [\"data.data\", \"data\"]\n",
    );
    let rows = &experiment.stages["table"].inputs["rows"];
    assert!(rows.is_list);
    let ports: Vec<_> = rows.references.iter().map(|item| item.port.as_deref()).collect();
    assert_eq!(ports, [Some("data"), None]);
    let place = &rows.references[1].place;
    assert_eq!(&place.source.text[place.span.clone()], "\"data\"");
}
