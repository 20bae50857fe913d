//! A small registry for the tests of manifests and experiments.

use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact, ArtifactKind, Blob};
use crate::stage::{FileRef, Gathered, Registry, Stage, StageContext, StageError, inputs, outputs};

/// The kinds `load-data`, `train-model` and `tabulate`.
pub(crate) fn registry() -> Registry {
    Registry::default().with::<LoadData>().with::<TrainModel>().with::<Tabulate>()
}

pub(crate) struct Text;

impl Artifact for Text {
    const KIND: ArtifactKind = ArtifactKind("text");
    const CODEC: u32 = 1;

    fn encode(&self, _: &mut dyn io::Write) -> io::Result<()> {
        Ok(())
    }

    fn decode(_: Blob) -> io::Result<Self> {
        Ok(Self)
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LoadDataParams {
    /// The file to read; there is no default.
    file: FileRef,
    /// How many rows to keep; all by default.
    #[serde(default)]
    #[schemars(range(min = 1))]
    rows: Option<u32>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Loss {
    Ranking,
    CrossEntropy,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum Optimizer {
    /// Plain descent.
    Sgd {
        /// The share of the last step that is kept.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 1.0))]
        momentum: f64,
    },
    /// Adaptive moments.
    Adam {
        /// The decay of the second moment.
        beta: f64,
    },
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Activation {
    /// Cut off below zero.
    Relu,
    /// Smooth.
    Tanh,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct TrainModelParams {
    /// The margin of the ranking loss, equation 3.
    #[schemars(range(min = 0.0, max = 10.0))]
    margin: f64,
    /// Passes over the data.
    epochs: u32,
    loss: Loss,
    /// What follows a layer.
    activation: Option<Activation>,
    optimizer: Optimizer,
    /// The widths of the layers.
    #[schemars(length(min = 1))]
    layers: Vec<u32>,
    /// The smallest and the largest weight.
    bounds: (f32, f32),
}

impl Default for TrainModelParams {
    fn default() -> Self {
        Self {
            margin: 0.1,
            epochs: 10,
            loss: Loss::Ranking,
            activation: None,
            optimizer: Optimizer::Sgd { momentum: 0.0 },
            layers: vec![64],
            bounds: (-1.0, 1.0),
        }
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoParams {}

inputs! { struct NoInputs {} }
outputs! { struct LoadDataOutputs { data: Text, split: Text } }
inputs! { #[expect(dead_code, reason = "only its ports matter")] struct TrainModelInputs { features: Text, labels: Option<Text> } }
outputs! { struct TrainModelOutputs { model: Text } }
inputs! { #[expect(dead_code, reason = "only its ports matter")] struct TabulateInputs { rows: Gathered<Text> } }
outputs! { struct TabulateOutputs { table: Text } }

struct LoadData;

impl Stage for LoadData {
    const KIND: &'static str = "load-data";
    const SUMMARY: &'static str = "reads a file";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = LoadDataParams;
    type Inputs = NoInputs;
    type Outputs = LoadDataOutputs;

    fn run(
        _: &LoadDataParams,
        _: NoInputs,
        _: &mut StageContext<'_>,
    ) -> Result<LoadDataOutputs, StageError> {
        Ok(LoadDataOutputs { data: Text, split: Text })
    }
}

struct TrainModel;

impl Stage for TrainModel {
    const KIND: &'static str = "train-model";
    const SUMMARY: &'static str = "fits a model";
    const VERSION: u32 = 1;
    const SEEDED: bool = true;
    type Params = TrainModelParams;
    type Inputs = TrainModelInputs;
    type Outputs = TrainModelOutputs;

    fn run(
        _: &TrainModelParams,
        _: TrainModelInputs,
        _: &mut StageContext<'_>,
    ) -> Result<TrainModelOutputs, StageError> {
        Ok(TrainModelOutputs { model: Text })
    }

    fn check(params: &TrainModelParams) -> Result<(), StageError> {
        if params.bounds.0 > params.bounds.1 {
            return Err(StageError::parameter("bounds", "the smallest weight is the larger one"));
        }
        Ok(())
    }
}

struct Tabulate;

impl Stage for Tabulate {
    const KIND: &'static str = "tabulate";
    const SUMMARY: &'static str = "makes a table";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = NoParams;
    type Inputs = TabulateInputs;
    type Outputs = TabulateOutputs;

    fn run(
        _: &NoParams,
        _: TabulateInputs,
        _: &mut StageContext<'_>,
    ) -> Result<TabulateOutputs, StageError> {
        Ok(TabulateOutputs { table: Text })
    }
}
