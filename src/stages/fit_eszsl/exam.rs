//! What the models of the grid are fitted on and judged on, by selection policy.

use crate::data::samples::SampleIndex;
use crate::stage::StageError;
use crate::zsl::candidates::Candidates;
use crate::zsl::selection::{PeekPorts, SelectOn};

use super::FitEszslInputs;

/// What candidates are fitted on and judged on.
pub(super) struct Exam {
    pub(super) peeked: bool,
    pub(super) fit: Vec<SampleIndex>,
    pub(super) seen: Vec<SampleIndex>,
    pub(super) unseen: Vec<SampleIndex>,
    pub(super) candidates: Candidates,
}

impl Exam {
    pub(super) fn choose(select: SelectOn, inputs: &FitEszslInputs) -> Result<Self, StageError> {
        let ports = match (&inputs.peek_seen, &inputs.peek_unseen) {
            (None, None) => PeekPorts::None,
            (Some(_), Some(_)) => PeekPorts::Both,
            _ => PeekPorts::One,
        };
        select
            .check_ports(ports)
            .map_err(|error| StageError::parameter("select.on", error.to_string()))?;
        let train = &inputs.train;
        let candidates = |seen, unseen| {
            Candidates::new(seen, unseen).map_err(|error| StageError::data(error.to_string()))
        };
        let (Some(seen), Some(unseen)) = (&inputs.peek_seen, &inputs.peek_unseen) else {
            let validation = &train.validation;
            return Ok(Self {
                peeked: false,
                fit: validation.fit.clone(),
                seen: validation.validation_seen.clone(),
                unseen: validation.validation_unseen.clone(),
                candidates: candidates(train.fit_classes(), validation.unseen_classes.clone())?,
            });
        };
        for identity in [&seen.identity, &unseen.identity] {
            train
                .identity
                .check_same("training part", "test part at a peek port", identity)
                .map_err(|error| StageError::data(error.to_string()))?;
        }
        Ok(Self {
            peeked: true,
            fit: train.images.clone(),
            seen: seen.images.clone(),
            unseen: unseen.images.clone(),
            candidates: candidates(train.seen.clone(), train.unseen.clone())?,
        })
    }
}
