//! `plot-looks`: test images with the cells that a search has looked at, in order.
//!
//! Shown are images of three fates: right at the end; lost, which were right once and are wrong at the
//! end; never right. Of each fate a rule takes some, evenly over the classes in order, so that
//! nobody picks the nice ones; the small print says out of how many.

mod choice;
mod tile;
mod view;
mod window;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::frame::{Frame, LABEL_SIZE, LEADING, MARGIN};
use super::legend::{Entry, Swatch};
use super::palette::{Marker, order};
use super::{MEMORY_MIB, Sketch};
use crate::artifact::{Figure, Ink, Text};
use crate::data::glyphs::{CELLS, PaintedCells};
use crate::data::samples::Samples;
use crate::data::{Images, Preprocess, filled};
use crate::models::erpcnet::cells::Cells;
use crate::models::erpcnet::ending::Setting;
use crate::models::erpcnet::traces::Traces;
use crate::models::erpcnet::trained::Trained;
use crate::stage::{Needs, Stage, StageContext, StageError, Threads, inputs, outputs};
use crate::stages::answer_key::AnswerKey;
use crate::stages::same_network::check_same_network;
use crate::stages::search_end::{EndParams, Tuning, check_delta, check_reach, looks};
use choice::{Fate, Group, choose, judge};
use tile::{Gallery, PITCH, SIDE};

/// The space between pictures.
const GAP: f64 = 10.0;
/// More pictures than this make a page that is too long to be looked at.
const MOST_IMAGES: usize = 60;

/// Whose images are shown.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Among {
    /// Those of all candidates.
    #[default]
    All,
    /// Those of seen classes.
    Seen,
    /// Those of unseen classes.
    Unseen,
}

/// Which images are shown, and how.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlotLooksParams {
    /// What stands above them. Default: "Where the search looks".
    pub title: Option<String>,
    /// The images by name. Default: empty, for the rule: of each fate so many, evenly over the classes
    /// in order, of each class the first ones.
    pub images: Vec<String>,
    /// Whose images. Default `all`.
    pub among: Among,
    /// How many that are right at the end. Default 4.
    #[schemars(range(min = 0, max = 20))]
    pub right: u8,
    /// How many that were right once, by the whole image or after a look, and are wrong at the end.
    /// Default 4.
    #[schemars(range(min = 0, max = 20))]
    pub lost: u8,
    /// How many that were never right. Default 4.
    #[schemars(range(min = 0, max = 20))]
    pub never: u8,
    /// What `extract` did to the images, so that boxes stand where the windows of the map lie. The
    /// pictures show what the network saw. Default: squashed to 224 x 224.
    #[serde(deserialize_with = "filled")]
    pub preprocess: Preprocess,
    /// When a search ends, in the generalised setting.
    pub stop: EndParams,
    /// The most looks. Default: all that were taken.
    pub looks: Option<usize>,
    /// The calibration. Default: the one with the largest H on the validation images, 0 without them.
    pub delta: Option<f64>,
    /// Pictures in a row. Default 4.
    #[schemars(range(min = 1, max = 12))]
    pub columns: u8,
    /// Other words for classes. Default: none.
    pub headings: BTreeMap<String, String>,
}

impl Default for PlotLooksParams {
    fn default() -> Self {
        Self {
            title: None,
            images: Vec::new(),
            among: Among::All,
            right: 4,
            lost: 4,
            never: 4,
            preprocess: Preprocess::default(),
            stop: EndParams::default(),
            looks: None,
            delta: None,
            columns: 4,
            headings: BTreeMap::new(),
        }
    }
}

inputs! {
    /// What `plot-looks` reads.
    pub struct PlotLooksInputs {
        /// The pictures.
        images: Images,
        /// What they are called.
        samples: Samples,
        /// The network, which says where the windows of its map lie.
        network: Trained,
        /// What was seen of the test images.
        traces: Traces,
        /// The same of the validation images, to choose the calibration.
        validation: Option<Traces>,
        /// The answer key, whose parts are marked.
        cells: Option<PaintedCells>,
    }
}

outputs! {
    /// What `plot-looks` makes.
    pub struct PlotLooksOutputs {
        /// The figure.
        figure: Figure,
    }
}

/// The stage kind `plot-looks`.
pub struct PlotLooks;

impl Stage for PlotLooks {
    const KIND: &'static str = "plot-looks";
    const SUMMARY: &'static str = "test images with the cells that a search has looked at";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = PlotLooksParams;
    type Inputs = PlotLooksInputs;
    type Outputs = PlotLooksOutputs;

    fn run(
        params: &PlotLooksParams,
        inputs: PlotLooksInputs,
        _cx: &mut StageContext<'_>,
    ) -> Result<PlotLooksOutputs, StageError> {
        let sketch = sketch(params, &inputs)?;
        let figure = Figure::render(&sketch.drawing, sketch.alt)
            .map_err(|error| StageError::data(error.to_string()))?;
        Ok(PlotLooksOutputs { figure })
    }

    fn check(params: &PlotLooksParams) -> Result<(), StageError> {
        params.stop.check()?;
        check_delta(params.delta)?;
        if let Some((name, message)) = params.preprocess.problem() {
            return Err(StageError::parameter(format!("preprocess.{name}"), message));
        }
        if !(1..=12).contains(&params.columns) {
            let message = format!("is {}; expected 1 to 12", params.columns);
            return Err(StageError::parameter("columns", message));
        }
        for (name, count) in
            [("right", params.right), ("lost", params.lost), ("never", params.never)]
        {
            if count > 20 {
                return Err(StageError::parameter(
                    name,
                    format!("is {count}; expected at most 20"),
                ));
            }
        }
        if params.images.len() > MOST_IMAGES {
            let message =
                format!("names {} images; expected at most {MOST_IMAGES}", params.images.len());
            return Err(StageError::parameter("images", message));
        }
        Ok(())
    }

    fn needs(_params: &PlotLooksParams) -> Needs {
        Needs { threads: Threads::Count(1), memory_mib: MEMORY_MIB }
    }
}

/// What the pictures are drawn from.
struct Scene<'a> {
    params: &'a PlotLooksParams,
    inputs: &'a PlotLooksInputs,
    cells: Cells,
    key: Option<AnswerKey<'a>>,
    setting: Setting,
}

fn sketch(params: &PlotLooksParams, inputs: &PlotLooksInputs) -> Result<Sketch, StageError> {
    let (cells, key) = check(inputs)?;
    let traces = &inputs.traces;
    let looks = looks(params.looks, traces)?;
    let tuning = Tuning { looks, delta: params.delta, validation: inputs.validation.as_ref() };
    let delta = tuning.chosen(traces, &params.stop)?.delta;
    let rule = params.stop.rule(looks, traces.header().mean_weight)?;
    check_reach(traces, &rule)?;
    let setting = Setting::generalised(&traces.header().candidates, delta);
    let groups = choose(params, inputs, &judge(traces, &rule, &setting))?;
    let scene = Scene { params, inputs, cells, key, setting };
    let default = format!("Where the search looks, δ = {delta:.3}");
    let title = params.title.clone().unwrap_or(default);
    let width = f64::from(params.columns) * (SIDE + GAP) - GAP + 2.0 * MARGIN;
    let frame = Frame::new(width, &title, scene.legend(), &scene.notes(&groups));
    let shown: Vec<&Group> = groups.iter().filter(|group| !group.shown.is_empty()).collect();
    let heading = LABEL_SIZE * LEADING;
    let rows = |group: &Group| group.shown.len().div_ceil(params.columns.into());
    #[expect(clippy::cast_precision_loss, reason = "there are few pictures")]
    let tall = |group: &Group| heading + rows(group) as f64 * PITCH;
    let content: f64 = shown.iter().map(|group| tall(group)).sum();
    let (mut drawing, inside) = frame.page((frame.height() + content).ceil());
    let mut gallery = Gallery::new(&scene);
    let mut top = inside.top;
    for group in &shown {
        let at = (inside.left, top + heading / 2.0);
        drawing.text(Text::new(at, LABEL_SIZE, heading_of(group)));
        gallery.hang(&mut drawing, &group.shown, (inside.left, top + heading))?;
        top += tall(group);
    }
    gallery.mark(&mut drawing);
    Ok(Sketch { drawing, alt: alt(&title, &groups) })
}

/// The cells of the network's map, and the answer key, if all inputs belong together.
fn check(inputs: &PlotLooksInputs) -> Result<(Cells, Option<AnswerKey<'_>>), StageError> {
    let header = inputs.traces.header();
    let same = header.provenance.split.check_samples("search", &inputs.samples);
    same.map_err(|error| StageError::data(error.to_string()))?;
    let (images, samples) = (inputs.images.len(), inputs.samples.len());
    if images != samples {
        let message = format!("{images} images for {samples} samples");
        let help = "connect the images and samples of one stage";
        return Err(StageError::data_with_help(message, help));
    }
    let cells = inputs.network.card.design.cells();
    let cells = cells.ok_or_else(|| StageError::data("the network's map has no cell"))?;
    check_same_network(&inputs.traces, &inputs.network)?;
    let key = inputs.cells.as_ref().map(|cells| AnswerKey::new(cells, &inputs.samples));
    let key = key.transpose()?;
    if key.is_some() && cells.count() != CELLS {
        let message = format!("the answer key is of {CELLS} cells, the map has {}", cells.count());
        return Err(StageError::data(message));
    }
    Ok((cells, key))
}

impl Scene<'_> {
    /// A colour for each step.
    fn step_ink(&self, step: usize) -> Ink {
        let last = self.inputs.traces.header().looks.saturating_sub(1).max(1);
        #[expect(clippy::cast_precision_loss, reason = "there are few looks")]
        let share = (step - 1) as f64 / last as f64;
        order(share)
    }

    fn legend(&self) -> Vec<Entry> {
        let looks = self.inputs.traces.header().looks;
        let entry = |step: usize| {
            let label = if step == 1 { "look 1".to_owned() } else { step.to_string() };
            Entry { label, ink: self.step_ink(step), swatch: Swatch::Box }
        };
        let mut legend: Vec<Entry> = (1..=looks).map(entry).collect();
        if self.key.is_some() {
            let label = "a part of the object".to_owned();
            legend.push(Entry { label, ink: Ink::BLACK, swatch: Swatch::Marker(Marker::Diamond) });
        }
        legend
    }

    fn notes(&self, groups: &[Group]) -> Vec<String> {
        let stop = &self.params.stop;
        let end = match (stop.sigma, stop.mean_steps) {
            (Some(sigma), _) if stop.sigma_times_mean_beta => {
                format!("a reward of {sigma} times the mean weight ends a search")
            }
            (Some(sigma), _) => format!("a reward of {sigma} ends a search"),
            (None, Some(mean)) => format!("searches end after {mean} looks in the mean"),
            (None, None) => "all looks are taken".to_owned(),
        };
        let rule = match self.params.images.is_empty() {
            true => {
                "Chosen by rule: of each kind evenly over the classes in order, of each class the \
                 first images"
            }
            false => "Chosen by name",
        };
        let count = |group: &Group| format!("{} {}", group.all, short(group.fate));
        let counts: Vec<String> = groups.iter().map(count).collect();
        vec![
            format!("{rule}. In all: {}", counts.join(", ")),
            format!("Thick: the last look; {end}; p: the mean of global and joint probability"),
        ]
    }
}

fn words(fate: Fate) -> &'static str {
    match fate {
        Fate::Right => "Right at the end",
        Fate::Lost => "Lost: right before, wrong at the end",
        Fate::Never => "Never right",
    }
}

fn short(fate: Fate) -> &'static str {
    match fate {
        Fate::Right => "right",
        Fate::Lost => "lost",
        Fate::Never => "never right",
    }
}

fn heading_of(group: &Group) -> String {
    format!("{} ({} of {})", words(group.fate), group.shown.len(), group.all)
}

fn alt(title: &str, groups: &[Group]) -> String {
    let groups: Vec<String> = groups.iter().map(heading_of).collect();
    format!("{title}. {}.", groups.join("; "))
}

#[cfg(test)]
mod tests;
