//! The parameters of `synthesize-maps`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::glyphs::{ClassPlan, Layout, SceneRule};
use crate::data::planted::{Entries, MapRule};
use crate::stage::StageError;

/// What to plant. The defaults are the cluttered variant, on which a search for locality pays.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SynthesizeMapsParams {
    /// Seen classes, those for validation included. Default 30.
    #[schemars(range(min = 2))]
    pub seen_classes: usize,
    /// How many of the seen classes play the unseen ones in validation. Default 8.
    #[schemars(range(min = 1))]
    pub validation_classes: usize,
    /// Unseen classes. Default 10.
    #[schemars(range(min = 1))]
    pub unseen_classes: usize,
    /// Images of each seen class, for training and test. Default 55.
    #[schemars(range(min = 1))]
    pub images_per_seen_class: usize,
    /// Images of each unseen class. Default 40.
    #[schemars(range(min = 1))]
    pub images_per_unseen_class: usize,
    /// Parts of an object. Default 4.
    #[schemars(range(min = 1, max = 16))]
    pub parts: usize,
    /// Values a part can take; `parts * values` attributes, 64 at most. Default 6.
    #[schemars(range(min = 2, max = 64))]
    pub values: usize,
    /// In how many parts two classes differ at least. Default 2.
    #[schemars(range(min = 1))]
    pub code_distance: usize,
    /// Channels of a map. Default 32.
    #[schemars(range(min = 2, max = 4096))]
    pub channels: usize,
    /// How the entries of directions in channel space are drawn. Default `uniform`.
    pub entries: Entries,
    /// Channels inside a bottleneck of the tail, whose embedding is four times as wide. Default 32.
    #[schemars(range(min = 1, max = 1024))]
    pub planes: usize,
    /// What decides where parts are. Default `poses`.
    pub layout: Layout,
    /// Poses, for the layout `poses`. Default 4.
    #[schemars(range(min = 1, max = 8))]
    pub poses: usize,
    /// The probability that a part stands in a free cell instead of its own. Default 0.1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub jitter: f64,
    /// How strongly the pose shows everywhere. Default 0.5.
    #[schemars(range(min = 0.0))]
    pub cue: f64,
    /// How strong a part's attribute is, times 0.8 to 1.2 a part. Default 1.5.
    #[schemars(range(min = 0.0))]
    pub part: f64,
    /// How strong the marker beside it is. Default 1.
    #[schemars(range(min = 0.0))]
    pub marker: f64,
    /// The probability that another cell holds some attribute. Default 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub clutter_density: f64,
    /// How strong that is, times 0.5 to 1.5 a cell. Default 2.
    #[schemars(range(min = 0.0))]
    pub clutter: f64,
    /// The standard deviation of the noise. Default 0.3.
    #[schemars(range(min = 0.0))]
    pub noise: f64,
}

impl Default for SynthesizeMapsParams {
    fn default() -> Self {
        Self {
            seen_classes: 30,
            validation_classes: 8,
            unseen_classes: 10,
            images_per_seen_class: 55,
            images_per_unseen_class: 40,
            parts: 4,
            values: 6,
            code_distance: 2,
            channels: 32,
            entries: Entries::Uniform,
            planes: 32,
            layout: Layout::Poses,
            poses: 4,
            jitter: 0.1,
            cue: 0.5,
            part: 1.5,
            marker: 1.0,
            clutter_density: 1.0,
            clutter: 2.0,
            noise: 0.3,
        }
    }
}

impl SynthesizeMapsParams {
    pub(super) fn plan(&self) -> ClassPlan {
        ClassPlan {
            seen_classes: self.seen_classes,
            validation_classes: self.validation_classes,
            unseen_classes: self.unseen_classes,
            images_per_seen_class: self.images_per_seen_class,
            images_per_unseen_class: self.images_per_unseen_class,
            parts: self.parts,
            values: self.values,
            code_distance: self.code_distance,
        }
    }

    /// Poses in use: the other layouts must not show one.
    pub(super) fn pose_count(&self) -> usize {
        if self.layout == Layout::Poses { self.poses } else { 1 }
    }

    pub(super) fn scene_rule(&self) -> SceneRule {
        SceneRule {
            layout: self.layout,
            values: self.values,
            parts: self.parts,
            jitter: self.jitter,
            density: self.clutter_density,
        }
    }

    pub(super) fn map_rule(&self) -> MapRule {
        MapRule {
            part: self.part,
            marker: self.marker,
            clutter: self.clutter,
            cue: if self.layout == Layout::Poses { self.cue } else { 0.0 },
            noise: self.noise,
        }
    }
}

/// Checks the parameters against each other.
pub(super) fn check(params: &SynthesizeMapsParams) -> Result<(), StageError> {
    params.plan().check().map_err(|(name, message)| StageError::parameter(name, message))?;
    if !(1..=8).contains(&params.poses) {
        let message = format!("expected 1 to 8, got {}", params.poses);
        return Err(StageError::parameter("poses", message));
    }
    for (name, count, least) in [("channels", params.channels, 2), ("planes", params.planes, 1)] {
        if count < least {
            let message = format!("expected at least {least}, got {count}");
            return Err(StageError::parameter(name, message));
        }
    }
    let shares = [("jitter", params.jitter), ("clutter_density", params.clutter_density)];
    if let Some((name, share)) = shares.into_iter().find(|(_, one)| !(0.0..=1.0).contains(one)) {
        return Err(StageError::parameter(name, format!("expected 0 to 1, got {share}")));
    }
    let strengths = [
        ("cue", params.cue),
        ("part", params.part),
        ("marker", params.marker),
        ("clutter", params.clutter),
        ("noise", params.noise),
    ];
    match strengths.into_iter().find(|(_, one)| !(one.is_finite() && *one >= 0.0)) {
        Some((name, one)) => {
            Err(StageError::parameter(name, format!("expected 0 or more, got {one}")))
        }
        None => Ok(()),
    }
}
