//! What the models of all settings are fitted on and judged on, by selection policy.

use crate::data::folds::class_folds;
use crate::data::samples::SampleIndex;
use crate::data::split::{TrainSamples, Validation};
use crate::stage::StageError;
use crate::zsl::candidates::Candidates;
use crate::zsl::selection::{PeekPorts, SelectOn};

use super::FitInputs;

/// What settings are fitted on and judged on.
pub(super) struct Exam {
    pub(super) fit: Vec<SampleIndex>,
    pub(super) seen: Vec<SampleIndex>,
    pub(super) unseen: Vec<SampleIndex>,
    pub(super) candidates: Candidates,
}

impl Exam {
    /// The exams of a policy: one, or one a fold.
    pub(super) fn choose(select: SelectOn, inputs: &FitInputs) -> Result<Vec<Self>, StageError> {
        let ports = match (&inputs.peek_seen, &inputs.peek_unseen) {
            (None, None) => PeekPorts::None,
            (Some(_), Some(_)) => PeekPorts::Both,
            _ => PeekPorts::One,
        };
        select
            .check_ports(ports)
            .map_err(|error| StageError::parameter("select.on", error.to_string()))?;
        let train = &inputs.train;
        let (Some(seen), Some(unseen)) = (&inputs.peek_seen, &inputs.peek_unseen) else {
            return Self::inside(select, inputs);
        };
        for identity in [&seen.identity, &unseen.identity] {
            train
                .identity
                .check_same("training part", "test part at a peek port", identity)
                .map_err(|error| StageError::data(error.to_string()))?;
        }
        Ok(vec![Self {
            fit: train.images.clone(),
            seen: seen.images.clone(),
            unseen: unseen.images.clone(),
            candidates: candidates(train.seen.clone(), train.unseen.clone())?,
        }])
    }

    /// Exams that look at training images only.
    fn inside(select: SelectOn, inputs: &FitInputs) -> Result<Vec<Self>, StageError> {
        let train = &inputs.train;
        if select != SelectOn::ClassCv5 {
            return Ok(vec![Self::of(train, train.validation.clone())?]);
        }
        let check = train.identity.check_samples("training part", &inputs.samples);
        check.map_err(|error| StageError::data(error.to_string()))?;
        let folds = class_folds(train, &inputs.samples)
            .map_err(|error| StageError::parameter("select.on", error.to_string()))?;
        folds.into_iter().map(|fold| Self::of(train, fold)).collect()
    }

    fn of(train: &TrainSamples, parts: Validation) -> Result<Self, StageError> {
        let is_seen = |class: &&String| !parts.unseen_classes.contains(class);
        let seen = train.seen.iter().filter(is_seen).cloned().collect();
        Ok(Self {
            candidates: candidates(seen, parts.unseen_classes)?,
            fit: parts.fit,
            seen: parts.validation_seen,
            unseen: parts.validation_unseen,
        })
    }
}

fn candidates(seen: Vec<String>, unseen: Vec<String>) -> Result<Candidates, StageError> {
    Candidates::new(seen, unseen).map_err(|error| StageError::data(error.to_string()))
}
