use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::*;
use crate::artifact::{Artifact, ArtifactKind, Blob};
use crate::experiment::Experiment;
use crate::manifest::Source;
use crate::stage::{Gathered, Registry, Stage, StageContext, StageError, inputs, outputs};

macro_rules! kind {
    ($name:ident, $kind:literal) => {
        struct $name;

        impl Artifact for $name {
            const KIND: ArtifactKind = ArtifactKind($kind);
            const CODEC: u32 = 1;

            fn encode(&self, _: &mut dyn io::Write) -> io::Result<()> {
                Ok(())
            }

            fn decode(_: Blob) -> io::Result<Self> {
                Ok(Self)
            }
        }
    };
}

kind!(Train, "train-samples");
kind!(Test, "test-samples");
kind!(Model, "model");

#[derive(Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
struct Params {
    rate: f64,
}

macro_rules! stage {
    ($name:ident, $kind:literal, $seeded:literal, $inputs:ty, $outputs:ident { $($field:ident : $value:expr),* }) => {
        struct $name;

        impl Stage for $name {
            const KIND: &'static str = $kind;
            const SUMMARY: &'static str = "for tests";
            const VERSION: u32 = 1;
            const SEEDED: bool = $seeded;
            type Params = Params;
            type Inputs = $inputs;
            type Outputs = $outputs;

            fn run(_: &Params, _: $inputs, _: &mut StageContext<'_>) -> Result<$outputs, StageError> {
                Ok($outputs { $($field: $value),* })
            }
        }
    };
}

inputs! { struct Nothing {} }
outputs! { struct SplitOutputs { train: Train, test: Test } }
inputs! { #[expect(dead_code, reason = "only its ports matter")] struct FitInputs { samples: Train } }
outputs! { struct FitOutputs { model: Model } }
inputs! { #[expect(dead_code, reason = "only its ports matter")] struct CopyInputs { model: Model } }
inputs! { #[expect(dead_code, reason = "only its ports matter")] struct GatherInputs { models: Gathered<Model> } }
outputs! { struct GatherOutputs { table: Test } }

stage!(Split, "split", false, Nothing, SplitOutputs { train: Train, test: Test });
stage!(Fit, "fit", true, FitInputs, FitOutputs { model: Model });
stage!(Copy, "copy", false, CopyInputs, FitOutputs { model: Model });
stage!(Gather, "gather", false, GatherInputs, GatherOutputs { table: Test });

const HEAD: &str = "[experiment]\nname = \"x\"\nseeds = [1, 2]\n";
const STAGES: &str = "[stage.split]\nkind = \"split\"\n\
    [stage.fit]\nkind = \"fit\"\ninputs = { samples = \"split\" }\n\
    [stage.all]\nkind = \"gather\"\ninputs = { models = [\"fit\"] }\n";

fn build(text: &str) -> Result<StageGraph, ManifestError> {
    let registry =
        Registry::default().with::<Split>().with::<Fit>().with::<Copy>().with::<Gather>();
    let source = Source::new("x.toml", text);
    let load = |_: &str, _: &Source| Err("no other files".to_owned());
    let experiment = Experiment::resolve(&source, &registry, &load)?;
    StageGraph::build(&experiment)
}

fn ids(text: &str) -> Vec<String> {
    let graph = build(text).unwrap_or_else(|error| panic!("{}", error.render(false, 100)));
    graph.indices().map(|index| graph.node(index).id.to_string()).collect()
}

fn complaint(text: &str) -> String {
    build(text).err().expect("the manifest is wrong").render(false, 100)
}

#[test]
fn a_stage_stands_once_a_seed_only_where_the_seed_reaches_it() {
    assert_eq!(ids(&format!("{HEAD}{STAGES}")), ["split", "fit@seed=1", "fit@seed=2", "all"]);
}

#[test]
fn a_sweep_multiplies_what_it_reaches_with_the_seed_fastest() {
    let sweep = "[sweep.rate]\nfit.rate = [0.1, 0.2]\n";
    assert_eq!(
        ids(&format!("{HEAD}{STAGES}{sweep}")),
        [
            "split",
            "fit@rate=0.1,seed=1",
            "fit@rate=0.1,seed=2",
            "fit@rate=0.2,seed=1",
            "fit@rate=0.2,seed=2",
            "all"
        ]
    );
}

#[test]
fn a_gathering_stage_that_varies_gathers_only_its_own_trials() {
    let sweep = "[sweep.rate]\nfit.rate = [0.1, 0.2]\nall.rate = [0.1, 0.2]\n";
    let graph = build(&format!("{HEAD}{STAGES}{sweep}")).unwrap();
    let all: Vec<_> = graph.indices().filter(|i| graph.node(*i).id.name == "all").collect();
    assert_eq!(all.len(), 2);
    for index in all {
        assert_eq!(graph.node(index).inputs[0].sources.len(), 2, "two seeds of its own rate");
    }
}

#[test]
fn parameters_follow_the_trial() {
    let sweep = "[sweep.rate]\nfit.rate = [0.1, 0.2]\n";
    let graph = build(&format!("{HEAD}{STAGES}{sweep}")).unwrap();
    let rates: Vec<_> = graph
        .indices()
        .filter(|index| graph.node(*index).id.name == "fit")
        .map(|index| graph.node(index).params["rate"].as_f64())
        .collect();
    assert_eq!(rates, [Some(0.1), Some(0.1), Some(0.2), Some(0.2)]);
}

#[test]
fn a_training_port_refuses_a_test_split() {
    let text = format!("{HEAD}{STAGES}").replace("\"split\" }", "\"split.test\" }");
    let message = complaint(&text);
    assert!(
        message.contains(
            "port `samples` of `fit` takes train-samples, but `split.test` produces test-samples"
        ),
        "{message}"
    );
    assert!(message.contains("a test split cannot be trained on"), "{message}");
}

#[test]
fn an_unconnected_port_says_what_could_be_connected() {
    let text = format!("{HEAD}{STAGES}").replace("inputs = { samples = \"split\" }\n", "");
    let message = complaint(&text);
    assert!(message.contains("port `samples` of `fit` is not connected"), "{message}");
    assert!(message.contains("`split.train`"), "{message}");
}

#[test]
fn a_circle_names_its_members() {
    let text = "[experiment]\nname = \"x\"\n\
        [stage.a]\nkind = \"gather\"\ninputs = { models = [\"b\"] }\n\
        [stage.b]\nkind = \"fit\"\ninputs = { samples = \"a.table\" }\n";
    let message = complaint(text);
    assert!(message.contains("produces test-samples"), "{message}");
}

#[test]
fn a_list_needs_a_gathering_port() {
    let text = format!("{HEAD}{STAGES}")
        .replace("samples = \"split\"", "samples = [\"split\", \"split\"]");
    let message = complaint(&text);
    assert!(message.contains("takes one train-samples, not 2"), "{message}");
}

#[test]
fn a_stage_that_is_held_to_a_setting_stands_once_along_its_axis() {
    let sweep = "[sweep.rate]\nfit.rate = [0.1, 0.2]\n\
        [stage.some]\nkind = \"gather\"\ninputs = { models = [\"fit\"] }\nonly = { rate = \"0.2\" }\n";
    let graph = build(&format!("{HEAD}{STAGES}{sweep}")).unwrap();
    let some = graph.indices().find(|i| graph.node(*i).id.name == "some").unwrap();
    let read: Vec<String> = graph.node(some).inputs[0]
        .sources
        .iter()
        .map(|source| graph.node(source.node).id.to_string())
        .collect();
    assert_eq!(read, ["fit@rate=0.2,seed=1", "fit@rate=0.2,seed=2"]);
    // Its own parameters and its seed are those of the setting.
    let held = format!("{HEAD}{STAGES}{sweep}").replacen(
        "samples = \"split\" }\n",
        "samples = \"split\" }\nonly = { rate = \"0.2\", seed = 2 }\n",
        1,
    );
    let graph = build(&held).unwrap();
    let fits: Vec<_> = graph.indices().filter(|i| graph.node(*i).id.name == "fit").collect();
    let [fit] = fits.as_slice() else { panic!("{} of them", fits.len()) };
    let node = graph.node(*fit);
    assert_eq!(
        (node.id.to_string().as_str(), node.seed, node.params["rate"].as_f64()),
        ("fit", Some(2), Some(0.2))
    );
}

#[test]
fn what_a_stage_is_held_to_must_be_there() {
    let held = |only: &str| {
        let text = STAGES.replace("\"split\" }\n", &format!("\"split\" }}\nonly = {{ {only} }}\n"));
        complaint(&format!("{HEAD}{text}[sweep.rate]\nfit.rate = [0.1, 0.2]\n"))
    };
    assert!(held("rat = \"0.1\"").contains("there is no axis `rat`"));
    assert!(held("rate = \"0.3\"").contains("`rate` has no setting `0.3`"));
    assert!(held("seed = 3").contains("`seed` has no setting `3`"));
    assert!(held("rate = [1]").contains("a label of the axis, or a seed"));
    let text = STAGES.replace("kind = \"split\"\n", "kind = \"split\"\nonly = { seed = 1 }\n");
    assert!(complaint(&format!("{HEAD}{text}")).contains("`split` does not vary along `seed`"));
}

/// Two axes that reach `fit`, and what is left out of their cross.
fn crossed(exclude: &str) -> String {
    let head =
        HEAD.replace("seeds = [1, 2]\n", &format!("seeds = [1, 2]\nexclude = [{exclude}]\n"));
    let sweep = "[sweep.rate]\nfit.rate = [0.1, 0.2]\n\
        [sweep.size]\nsplit.rate = [1.0, 2.0]\nlabel = [\"small\", \"large\"]\n";
    format!("{head}{STAGES}{sweep}")
}

#[test]
fn a_combination_that_is_left_out_stands_only_where_it_cannot_be_told_apart() {
    assert_eq!(
        ids(&crossed("{ rate = \"0.2\", size = \"large\" }, { rate = \"0.1\", seed = 2 }")),
        [
            "split@size=small",
            "split@size=large",
            "fit@rate=0.1,size=small,seed=1",
            "fit@rate=0.1,size=large,seed=1",
            "fit@rate=0.2,size=small,seed=1",
            "fit@rate=0.2,size=small,seed=2",
            "all"
        ]
    );
}

#[test]
fn what_is_left_out_must_be_there_and_leave_something() {
    assert!(complaint(&crossed("{ rat = \"0.2\" }")).contains("there is no axis `rat`"));
    assert!(complaint(&crossed("{ rate = \"0.3\" }")).contains("`rate` has no setting `0.3`"));
    assert!(complaint(&crossed("{ }")).contains("a combination names at least one axis"));
    assert!(complaint(&crossed("\"rate\"")).contains("expected a table"));
    let all = complaint(&crossed("{ rate = \"0.1\" }, { rate = \"0.2\" }"));
    assert!(all.contains("nothing is left of `fit`: `exclude` leaves out every setting"), "{all}");
}

#[test]
fn a_stage_cannot_read_what_is_left_out() {
    let text = crossed("{ rate = \"0.2\", size = \"large\" }");
    let reader = "[stage.some]\nkind = \"gather\"\ninputs = { models = [\"fit\"] }\n";
    let held = |only: &str| complaint(&format!("{text}{reader}only = {{ {only} }}\n"));
    assert!(held("rate = \"0.2\", size = \"large\"").contains("nothing is left of `some`"));
    let all_sizes = "{ rate = \"0.2\", size = \"large\" }, { rate = \"0.2\", size = \"small\" }";
    let message =
        complaint(&format!("{}{reader}only = {{ rate = \"0.2\" }}\n", crossed(all_sizes)));
    assert!(message.contains("`some` reads `fit` where `exclude` leaves that out"), "{message}");
    // `fit` is held to a rate, so `copy` cannot tell that it is left out at one size.
    let text = text.replacen("\"split\" }\n", "\"split\" }\nonly = { rate = \"0.2\" }\n", 1);
    let copy = "[stage.copy]\nkind = \"copy\"\ninputs = { model = \"fit\" }\n";
    let message = complaint(&format!("{text}{copy}"));
    assert!(message.contains("`copy` reads `fit` where `exclude` leaves that out"), "{message}");
}
