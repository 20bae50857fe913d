//! `plot-examples`: the photographs of each class that a model is surest of, rightly and wrongly.

mod choice;
mod thumbnail;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::frame::{Frame, LABEL_SIZE, LEADING, shorten};
use super::legend::{Entry, Swatch};
use super::notes::STAMP;
use super::palette::{SEEN, UNSEEN};
use super::{MEMORY_MIB, Sketch};
use crate::artifact::{
    Bounds, Dash, Drawing, Figure, Ink, Point, Text, VerticalAnchor, text_width,
};
use crate::data::Images;
use crate::data::samples::Samples;
use crate::data::split::{TestSeenSamples, TestUnseenSamples};
use crate::stage::{Needs, Stage, StageContext, StageError, Threads, inputs, outputs};
use crate::zsl::scores::Scores;
use choice::{Choice, Example, choose};
use thumbnail::{SIDE, thumbnail};

/// The height of a photograph with the word below it.
const PITCH: f64 = SIDE + 20.0;
/// The space between photographs, and between the best and the worst.
const GAP: f64 = 8.0;
const GROUP_GAP: f64 = 26.0;
/// The width of the coloured frame.
const RIM: f64 = 3.0;
const WORD_SIZE: f64 = 9.0;
const LONGEST_NAME: f64 = 150.0;

/// Which photographs are shown.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlotExamplesParams {
    /// What stands above them. Default: "Best and worst predictions".
    pub title: Option<String>,
    /// The classes, from top to bottom. Default: empty, for the unseen ones, at most twenty.
    pub classes: Vec<String>,
    /// How many of the best, and how many of the worst a class. Default 4.
    #[schemars(range(min = 1, max = 12))]
    pub count: u8,
    /// Other words for classes. Default: none.
    pub headings: BTreeMap<String, String>,
}

impl Default for PlotExamplesParams {
    fn default() -> Self {
        Self { title: None, classes: Vec::new(), count: 4, headings: BTreeMap::new() }
    }
}

inputs! {
    /// What `plot-examples` reads.
    pub struct PlotExamplesInputs {
        /// The photographs.
        images: Images,
        /// Whose classes they are.
        samples: Samples,
        /// The scores of the test images.
        scores: Scores,
        /// Test images of seen classes, as they were scored.
        test_seen: TestSeenSamples,
        /// Test images of unseen classes, as they were scored.
        test_unseen: TestUnseenSamples,
    }
}

outputs! {
    /// What `plot-examples` makes.
    pub struct PlotExamplesOutputs {
        /// The figure.
        figure: Figure,
    }
}

/// The stage kind `plot-examples`.
pub struct PlotExamples;

impl Stage for PlotExamples {
    const KIND: &'static str = "plot-examples";
    const SUMMARY: &'static str = "the best and worst predictions of each class as photographs";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = PlotExamplesParams;
    type Inputs = PlotExamplesInputs;
    type Outputs = PlotExamplesOutputs;

    fn run(
        params: &PlotExamplesParams,
        inputs: PlotExamplesInputs,
        _cx: &mut StageContext<'_>,
    ) -> Result<PlotExamplesOutputs, StageError> {
        let sketch = sketch(params, &inputs)?;
        let figure = Figure::render(&sketch.drawing, sketch.alt)
            .map_err(|error| StageError::data(error.to_string()))?;
        Ok(PlotExamplesOutputs { figure })
    }

    fn check(params: &PlotExamplesParams) -> Result<(), StageError> {
        if (1..=12).contains(&params.count) {
            return Ok(());
        }
        let message = format!("is {}; expected 1 to 12", params.count);
        Err(StageError::parameter("count", message))
    }

    fn needs(_params: &PlotExamplesParams) -> Needs {
        Needs { threads: Threads::Count(1), memory_mib: MEMORY_MIB }
    }
}

fn sketch(params: &PlotExamplesParams, inputs: &PlotExamplesInputs) -> Result<Sketch, StageError> {
    let choices = choose(params, inputs)?;
    let name = |class: &String| params.headings.get(class).unwrap_or(class).clone();
    let names = choices.iter().map(|choice| text_width(&name(&choice.class), LABEL_SIZE));
    let beside = names.fold(0.0, f64::max).min(LONGEST_NAME) + GAP;
    let group = f64::from(params.count) * (SIDE + GAP);
    let provenance = &inputs.scores.header().provenance;
    let default = format!("Best and worst predictions, δ = {:.3}", provenance.delta);
    let mut title = params.title.clone().unwrap_or(default);
    let mut notes = vec![
        "Left: the largest lead of the true class over all others; right: the largest lag".into(),
        "Below each photograph: what it is taken for".into(),
    ];
    if provenance.peeked {
        title = format!("{title}\u{a0}{STAMP}");
        notes.push(format!("{STAMP} selected on test"));
    }
    let width = (28.0 + beside + 2.0 * group + GROUP_GAP).ceil();
    let frame = Frame::new(width, &title, legend(), &notes);
    #[expect(clippy::cast_precision_loss, reason = "there are few classes")]
    let content = choices.len() as f64 * PITCH;
    let heading = LABEL_SIZE * LEADING;
    let (mut drawing, inside) = frame.page((frame.height() + heading + content).ceil());
    let left = inside.left + beside;
    for (word, left) in [("best", left), ("worst", left + group + GROUP_GAP)] {
        drawing.text(Text::new((left, inside.top + heading / 2.0), LABEL_SIZE, word));
    }
    let mut top = inside.top + heading;
    for choice in &choices {
        let label = shorten(&name(&choice.class), LABEL_SIZE, LONGEST_NAME);
        drawing.text(Text::new((left - GAP, top + SIDE / 2.0), LABEL_SIZE, label).ending());
        for (examples, mut left) in
            [(&choice.best, left), (&choice.worst, left + group + GROUP_GAP)]
        {
            for example in examples {
                draw(&mut drawing, inputs, example, &name(&example.taken_for), (left, top))?;
                left += SIDE + GAP;
            }
        }
        top += PITCH;
    }
    Ok(Sketch { drawing, alt: alt(&title, &choices) })
}

fn legend() -> Vec<Entry> {
    let entry = |label: &str, ink| Entry { label: label.into(), ink, swatch: Swatch::Box };
    vec![entry("right", SEEN), entry("wrong (underlined)", UNSEEN)]
}

fn draw(
    drawing: &mut Drawing,
    inputs: &PlotExamplesInputs,
    example: &Example,
    word: &str,
    (left, top): Point,
) -> Result<(), StageError> {
    let ink: Ink = if example.is_right { SEEN } else { UNSEEN };
    let (right, bottom) = (left + SIDE, top + SIDE);
    drawing.rectangle(Bounds { left, top, right, bottom }, ink);
    let picture = thumbnail(&inputs.images, example.image.get(), SIDE - 2.0 * RIM)?;
    drawing.picture((left + RIM, top + RIM), picture);
    let word = shorten(word, WORD_SIZE, SIDE + GAP - 2.0);
    let at = (f64::midpoint(left, right), bottom + 3.0);
    let half = text_width(&word, WORD_SIZE) / 2.0;
    let text = Text { vertical: VerticalAnchor::Top, ..Text::new(at, WORD_SIZE, word) };
    drawing.text(text.centred());
    if !example.is_right {
        // A second cue beside the colour.
        let y = bottom + 3.0 + WORD_SIZE + 2.5;
        drawing.line(vec![(at.0 - half, y), (at.0 + half, y)], ink, 1.0, Dash::Solid);
    }
    Ok(())
}

fn alt(title: &str, choices: &[Choice]) -> String {
    let say = |choice: &Choice| {
        let wrong = choice.worst.iter().filter(|example| !example.is_right);
        let wrong: Vec<&str> = wrong.map(|example| example.taken_for.as_str()).collect();
        let wrong = if wrong.is_empty() { "nothing else".to_owned() } else { wrong.join(", ") };
        format!("{} is taken for {wrong}", choice.class)
    };
    let classes: Vec<String> = choices.iter().map(say).collect();
    format!("{title}. The worst of each class: {}.", classes.join("; "))
}

#[cfg(test)]
mod tests;
