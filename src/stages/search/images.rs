//! Which images are searched.

use crate::data::samples::SampleIndex;
use crate::data::split::SplitIdentity;
use crate::models::erpcnet::traces::TracesHeader;
use crate::models::erpcnet::trained::TrainingPart;
use crate::stage::StageError;
use crate::stages::candidate_labels::candidate_labels;
use crate::stages::same_network::check_same_split;
use crate::zsl::candidates::Candidates;
use crate::zsl::model::Provenance;

use super::SearchInputs;
use super::guide::Guide;

/// The images that are searched, and the classes that they may be of.
pub(super) fn header(inputs: &SearchInputs, guide: &Guide<'_>) -> Result<TracesHeader, StageError> {
    let card = &inputs.network.card;
    let Part { identity, seen, unseen, unseen_classes } = part(inputs)?;
    let check = identity.check_samples("split", &inputs.samples);
    check.map_err(|error| StageError::data(error.to_string()))?;
    check_same_split(card, &identity)?;
    let candidates = Candidates::new(card.classes.clone(), unseen_classes.to_vec());
    let candidates = candidates.map_err(|error| StageError::data(error.to_string()))?;
    let labels = |images: &[SampleIndex]| candidate_labels(&candidates, &inputs.samples, images);
    let (seen_labels, unseen_labels) = (labels(seen)?, labels(unseen)?);
    let provenance = Provenance {
        selected_on: "given".to_owned(),
        peeked: false,
        split: identity,
        train_images: card.images,
        hyperparameters: Vec::new(),
        delta: 0.0,
    };
    Ok(TracesHeader {
        candidates,
        images: seen.iter().chain(unseen).copied().collect(),
        seen_labels,
        unseen_labels,
        looks: guide.looks(),
        mean_weight: guide.mean_weight(),
        provenance,
    })
}

/// Images of seen and of unseen classes.
struct Part<'a> {
    identity: SplitIdentity,
    seen: &'a [SampleIndex],
    unseen: &'a [SampleIndex],
    unseen_classes: &'a [String],
}

/// Those that the network may be asked about.
fn part(inputs: &SearchInputs) -> Result<Part<'_>, StageError> {
    let card = &inputs.network.card;
    let missing = |port: &str| {
        let part = match card.part {
            TrainingPart::Train => "all training images, so it looks at test images",
            TrainingPart::Fit => "the `fit` part, so it looks at validation images",
        };
        let message = format!("the network was trained on {part}: connect `{port}`");
        StageError::data(message)
    };
    Ok(match card.part {
        TrainingPart::Train => {
            let seen = inputs.test_seen.as_ref().ok_or_else(|| missing("test_seen"))?;
            let unseen = inputs.test_unseen.as_ref().ok_or_else(|| missing("test_unseen"))?;
            let same =
                seen.identity.check_same("seen test part", "unseen test part", &unseen.identity);
            same.map_err(|error| StageError::data(error.to_string()))?;
            let (identity, unseen_classes) = (seen.identity, &unseen.classes);
            Part { identity, seen: &seen.images, unseen: &unseen.images, unseen_classes }
        }
        TrainingPart::Fit => {
            let train = inputs.train.as_ref().ok_or_else(|| missing("train"))?;
            let validation = &train.validation;
            let (seen, unseen) = (&validation.validation_seen, &validation.validation_unseen);
            let (identity, unseen_classes) = (train.identity, &validation.unseen_classes);
            Part { identity, seen, unseen, unseen_classes }
        }
    })
}
