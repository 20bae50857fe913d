//! `import-split`: a published split, with the leak-free validation protocol inside of its training
//! images.
//!
//! Apart from the stage that imports features because only this one draws: a new seed holds out
//! other validation images and reads no features again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::published_files::read_published_split;
use crate::data::published_protocol::divide;
use crate::data::published_split::PublishedSplit;
use crate::data::samples::Samples;
use crate::data::split::{Split, TestSeenSamples, TestUnseenSamples, TrainSamples};
use crate::data::split_audit::audit;
use crate::stage::{FileRef, Stage, StageContext, StageError, inputs, outputs};

/// Which split.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportSplitParams {
    /// The split: a MATLAB file such as `att_splits.mat`, whose positions count from 1, or JSON,
    /// whose positions count from 0. Both hold `trainval_loc`, `test_seen_loc`, `test_unseen_loc`,
    /// `train_loc` and `val_loc`, and may hold `allclasses_names`.
    pub file: FileRef,
    /// Share of the images of each class to train on that is held out for validation, at least one
    /// image. Default 0.2, as the test images of the Proposed Split.
    #[serde(default = "validation_seen_fraction")]
    #[schemars(range(min = 0.0, max = 0.9))]
    pub validation_seen_fraction: f64,
}

fn validation_seen_fraction() -> f64 {
    0.2
}

inputs! {
    /// What is to be split.
    pub struct ImportSplitInputs {
        /// The samples, in the order that the positions refer to.
        samples: Samples,
    }
}
outputs! {
    /// The parts. A training stage has no port for the last two.
    pub struct ImportSplitOutputs {
        /// For training and selection.
        train: TrainSamples,
        /// Test images of seen classes.
        test_seen: TestSeenSamples,
        /// Test images of unseen classes.
        test_unseen: TestUnseenSamples,
    }
}

/// The stage.
pub struct ImportSplit;

impl Stage for ImportSplit {
    const KIND: &'static str = "import-split";
    const SUMMARY: &'static str = "imports a published split and makes its validation leak-free";
    const VERSION: u32 = 1;
    const SEEDED: bool = true;
    type Params = ImportSplitParams;
    type Inputs = ImportSplitInputs;
    type Outputs = ImportSplitOutputs;

    fn check(params: &ImportSplitParams) -> Result<(), StageError> {
        let fraction = params.validation_seen_fraction;
        if (0.0..=0.9).contains(&fraction) {
            return Ok(());
        }
        let message = format!("expected 0 to 0.9, got {fraction}");
        Err(StageError::parameter("validation_seen_fraction", message))
    }

    fn run(
        params: &ImportSplitParams,
        inputs: ImportSplitInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ImportSplitOutputs, StageError> {
        let shown = cx.display(&params.file);
        let published = read_published_split(cx.open(&params.file)?).map_err(|error| {
            let message = format!("`{shown}`: {error}");
            match error.help() {
                Some(help) => StageError::data_with_help(message, help),
                None => StageError::data(message),
            }
        })?;
        let fraction = params.validation_seen_fraction;
        let split = divide(&published, &inputs.samples, fraction, &|stream| cx.rng(stream))
            .map_err(|error| {
                let help = "the split belongs to other samples, or its lists are damaged; \
                            `erpc-pipe audit-splits FILE` shows what it holds";
                StageError::data_with_help(format!("`{shown}`: {error}"), help)
            })?;
        report(&published, &split, cx);
        Ok(ImportSplitOutputs {
            train: split.train,
            test_seen: split.test_seen,
            test_unseen: split.test_unseen,
        })
    }
}

fn report(published: &PublishedSplit, split: &Split, cx: &mut StageContext<'_>) {
    let (train, validation) = (&split.train, &split.train.validation);
    cx.note(format!(
        "split {}: {} training, {} validation and {} unseen classes; {} training, {} seen and {} \
         unseen test images; {} to fit, {} seen and {} unseen validation images",
        published.identity().short(),
        train.fit_classes().len(),
        validation.unseen_classes.len(),
        train.unseen.len(),
        train.images.len(),
        split.test_seen.images.len(),
        split.test_unseen.images.len(),
        validation.fit.len(),
        validation.validation_seen.len(),
        validation.validation_unseen.len()
    ));
    let audit = audit(published);
    if audit.leaks() {
        cx.note(format!(
            "{} images of `train_loc` and {} of `val_loc` are seen test images and left out",
            audit.train_leak, audit.validation_leak
        ));
    }
}

#[cfg(test)]
mod tests;
