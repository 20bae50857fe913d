//! `score`: every test image on every candidate class.

use std::io;

use rayon::ThreadPool;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::attributes::Attributes;
use crate::data::features::{Features, TensorView};
use crate::data::samples::{SampleIndex, Samples};
use crate::data::split::{SplitMismatch, TestSeenSamples, TestUnseenSamples};
use crate::stage::{Determinism, Stage, StageContext, StageError, inputs, outputs};
use crate::zsl::head::Scorer;
use crate::zsl::linear::from_array;
use crate::zsl::model::Model;
use crate::zsl::rows::Rows;
use crate::zsl::scaling::Scaling;
use crate::zsl::scores::{Scores, ScoresHeader, ScoresWriter};

use super::candidate_labels::candidate_labels;
use super::pool::thread_pool;
use super::same_images::check_same_images;

/// Nothing to set: candidates, scaling and tensor are the model's.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScoreParams {}

inputs! {
    /// A model and what it is tested on.
    pub struct ScoreInputs {
        /// The model.
        model: Model,
        /// One vector a sample.
        features: Features,
        /// Whose classes they are.
        samples: Samples,
        /// The attributes of the classes.
        attributes: Attributes,
        /// Test images of seen classes.
        test_seen: TestSeenSamples,
        /// Test images of unseen classes.
        test_unseen: TestUnseenSamples,
    }
}
outputs! {
    /// The score table.
    pub struct ScoreOutputs {
        /// With true classes and the model's provenance.
        scores: Scores,
    }
}

/// The stage.
pub struct Score;

impl Stage for Score {
    const KIND: &'static str = "score";
    const SUMMARY: &'static str = "scores test images on all candidate classes";
    const VERSION: u32 = 2;
    const SEEDED: bool = false;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = ScoreParams;
    type Inputs = ScoreInputs;
    type Outputs = ScoreOutputs;

    fn run(
        _params: &ScoreParams,
        inputs: ScoreInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ScoreOutputs, StageError> {
        let mismatch = |error: SplitMismatch| {
            let help = "connect the model and both test parts to one `split-classes` stage";
            StageError::data_with_help(error.to_string(), help)
        };
        let split = &inputs.model.provenance.split;
        split.check_samples("model", &inputs.samples).map_err(mismatch)?;
        split
            .check_same("model", "seen test part", &inputs.test_seen.identity)
            .and(split.check_same("model", "unseen test part", &inputs.test_unseen.identity))
            .map_err(mismatch)?;
        let view = inputs
            .features
            .tensor(inputs.model.tensor.as_deref())
            .map_err(|error| StageError::data(error.to_string()))?;
        check_shapes(&inputs, &view)?;
        let signatures = inputs
            .attributes
            .matrix(inputs.model.candidates.names())
            .map_err(|error| StageError::data(error.to_string()))?;
        let candidates = &inputs.model.candidates;
        let labels = |images: &[SampleIndex]| candidate_labels(candidates, &inputs.samples, images);
        let header = ScoresHeader {
            candidates: inputs.model.candidates.clone(),
            seen_labels: labels(&inputs.test_seen.images)?,
            unseen_labels: labels(&inputs.test_unseen.images)?,
            provenance: inputs.model.provenance.clone(),
            search: None,
            has_zero_shot_rows: false,
        };
        let seen = inputs.model.candidates.seen().len();
        let scorer = inputs.model.head.scorer(from_array(&signatures).as_ref(), seen);
        let pool = thread_pool(cx)?;
        let mut writer = ScoresWriter::new(cx.writer("scores")?, &header).map_err(encode_error)?;
        for images in [&inputs.test_seen.images, &inputs.test_unseen.images] {
            score(
                &scorer,
                Rows::new(&view, images),
                &inputs.model.scaling,
                &mut writer,
                &pool,
                cx,
            )?;
        }
        Ok(ScoreOutputs { scores: writer.finish().map_err(encode_error)? })
    }
}

fn check_shapes(inputs: &ScoreInputs, view: &TensorView<'_>) -> Result<(), StageError> {
    check_same_images(&inputs.features, &inputs.samples)?;
    if view.width() != inputs.model.width() {
        let (got, expected) = (view.width(), inputs.model.width());
        let message =
            format!("the features have {got} numbers an image, the model takes {expected}");
        let help = "connect the same `features` to the model's stage and to this one";
        return Err(StageError::data_with_help(message, help));
    }
    let same_names = inputs.attributes.names() == inputs.model.attributes;
    if !same_names || inputs.attributes.norm() != inputs.model.attribute_norm {
        let message = "the attributes are not those that the model was trained with";
        let help = "connect the same `attributes` to the model's stage and to this one";
        return Err(StageError::data_with_help(message, help));
    }
    Ok(())
}

fn score(
    scorer: &Scorer,
    rows: Rows<'_>,
    scaling: &Scaling,
    writer: &mut ScoresWriter,
    pool: &ThreadPool,
    cx: &StageContext<'_>,
) -> Result<(), StageError> {
    for (_, values) in rows.chunks(scaling) {
        cx.check_cancelled()?;
        for scores in scorer.score(&values, pool) {
            writer.push(&scores).map_err(encode_error)?;
        }
    }
    Ok(())
}

fn encode_error(source: io::Error) -> StageError {
    StageError::Encode { port: "scores".to_owned(), source }
}
