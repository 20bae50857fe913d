//! The parameters of `synthesize-glyphs` and what follows from them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::glyphs::{ClassPlan, GRID, Layout};
use crate::stage::StageError;

/// What to paint. The defaults are the cluttered variant on which a search for locality pays.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SynthesizeGlyphsParams {
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
    /// Pixels a side, a multiple of 4. Default 64.
    #[schemars(range(min = 16, max = 1024))]
    pub size: usize,
    /// What decides where parts are. Default `poses`.
    pub layout: Layout,
    /// Poses, for the layout `poses`. Default 4.
    #[schemars(range(min = 1, max = 8))]
    pub poses: usize,
    /// The probability that a part stands in a free cell instead of its own. Default 0.1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub jitter: f64,
    /// How strongly the pose tints the background. Default 0.5.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub cue: f64,
    /// The opacity of an object's glyphs, times 0.8 to 1.2 a glyph. Default 0.8.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub glyph: f64,
    /// The opacity of the frame round them. Default 0.8.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub marker: f64,
    /// The probability that another cell carries a glyph of some attribute. Default 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub clutter_density: f64,
    /// The opacity of those glyphs, times 0.5 to 1.5 a glyph. Default 0.8.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub clutter: f64,
    /// The standard deviation of the noise, where white is 1. Default 0.05.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub noise: f64,
}

impl Default for SynthesizeGlyphsParams {
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
            size: 64,
            layout: Layout::Poses,
            poses: 4,
            jitter: 0.1,
            cue: 0.5,
            glyph: 0.8,
            marker: 0.8,
            clutter_density: 1.0,
            clutter: 0.8,
            noise: 0.05,
        }
    }
}

impl SynthesizeGlyphsParams {
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
}

/// Checks the parameters against each other.
pub(super) fn check(params: &SynthesizeGlyphsParams) -> Result<(), StageError> {
    let fail = |name: &str, message: String| Err(StageError::parameter(name, message));
    params.plan().check().map_err(|(name, message)| StageError::parameter(name, message))?;
    if params.size < 16 || !params.size.is_multiple_of(GRID) {
        let size = params.size;
        return fail("size", format!("expected a multiple of {GRID} from 16 on, got {size}"));
    }
    if params.poses == 0 || params.poses > 8 {
        return fail("poses", format!("expected 1 to 8, got {}", params.poses));
    }
    let shares = [
        ("jitter", params.jitter),
        ("cue", params.cue),
        ("glyph", params.glyph),
        ("marker", params.marker),
        ("clutter_density", params.clutter_density),
        ("clutter", params.clutter),
        ("noise", params.noise),
    ];
    match shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
        Some((name, share)) => fail(name, format!("expected 0 to 1, got {share}")),
        None => Ok(()),
    }
}
