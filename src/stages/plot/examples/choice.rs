//! Which photographs of a class are shown.
//!
//! An image's lead is the score of its true class minus the best other score, the calibration
//! subtracted from seen classes. The best images of a class have the largest lead, the worst ones
//! the smallest.

use crate::data::samples::SampleIndex;
use crate::stage::StageError;

use super::{PlotExamplesInputs, PlotExamplesParams};

/// With more classes than this a figure is too long to be looked at.
const MOST_CLASSES: usize = 20;

/// The images of one class.
pub(super) struct Choice {
    pub(super) class: String,
    pub(super) best: Vec<Example>,
    pub(super) worst: Vec<Example>,
}

/// One image.
pub(super) struct Example {
    pub(super) image: SampleIndex,
    pub(super) lead: f64,
    pub(super) is_right: bool,
    pub(super) taken_for: String,
}

/// Chooses for each class that is asked for.
pub(super) fn choose(
    params: &PlotExamplesParams,
    inputs: &PlotExamplesInputs,
) -> Result<Vec<Choice>, StageError> {
    check(inputs)?;
    let candidates = &inputs.scores.header().candidates;
    let classes: Vec<String> = match params.classes.is_empty() {
        true => candidates.unseen().iter().take(MOST_CLASSES).cloned().collect(),
        false => params.classes.clone(),
    };
    let mut choices = Vec::new();
    for class in classes {
        let mut examples = examples(inputs, &class)?;
        if examples.is_empty() {
            let message = format!("no test image is of class `{class}`");
            return Err(StageError::parameter("classes", message));
        }
        // Stable: images of equal lead keep their order.
        examples.sort_by(|one, other| other.lead.total_cmp(&one.lead));
        let most = usize::from(params.count);
        // No image is shown twice.
        let rest = examples.split_off(most.min(examples.len()));
        let worst = rest.into_iter().rev().take(most).collect();
        choices.push(Choice { class, best: examples, worst });
    }
    Ok(choices)
}

fn check(inputs: &PlotExamplesInputs) -> Result<(), StageError> {
    let header = inputs.scores.header();
    let help = "connect the images, samples and test parts that the stage `score` read";
    let identity = inputs.samples.identity();
    let split = &header.provenance.split;
    let same_split = [&inputs.test_seen.identity, &inputs.test_unseen.identity]
        .iter()
        .all(|part| *part == split);
    if !same_split || split.samples != identity {
        let message = "the scores are of other samples or of another split";
        return Err(StageError::data_with_help(message, help));
    }
    let (images, samples) = (inputs.images.len(), inputs.samples.len());
    if images != samples {
        let message = format!("{images} images for {samples} samples");
        return Err(StageError::data_with_help(message, help));
    }
    Ok(())
}

/// All test images of a class.
fn examples(inputs: &PlotExamplesInputs, class: &str) -> Result<Vec<Example>, StageError> {
    let header = inputs.scores.header();
    let Some(label) = header.candidates.position(class) else {
        return Err(StageError::parameter("classes", format!("`{class}` is no candidate class")));
    };
    let (seen, unseen) = (&inputs.test_seen.images, &inputs.test_unseen.images);
    let labels = header.seen_labels.iter().chain(&header.unseen_labels);
    let rows = seen.iter().chain(unseen).zip(labels).enumerate();
    let of_class = rows.filter(|(_, (_, of))| **of == label);
    let mask = header.candidates.seen_mask();
    let example = |(row, (image, _)): (usize, (&SampleIndex, _))| {
        let mut scores = inputs.scores.row(row);
        for (score, _) in scores.iter_mut().zip(&mask).filter(|(_, is_seen)| **is_seen) {
            *score -= header.provenance.delta;
        }
        let own = scores[label.get()];
        let mut best = 0;
        for (candidate, score) in scores.iter().enumerate() {
            if *score > scores[best] {
                best = candidate;
            }
        }
        let others = scores.iter().enumerate().filter(|(candidate, _)| *candidate != label.get());
        let other = others.map(|(_, score)| *score).fold(f64::NEG_INFINITY, f64::max);
        Example {
            image: *image,
            lead: own - other,
            is_right: best == label.get(),
            taken_for: header.candidates.name(best),
        }
    };
    Ok(of_class.map(example).collect())
}
