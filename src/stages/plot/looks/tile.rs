//! One picture with its boxes and the words below it.

use super::super::frame::shorten;
use super::super::palette::{Marker, SEEN, UNSEEN, text_on};
use super::choice::{Fate, Judged};
use super::view::view;
use super::window::{middle, window};
use super::{GAP, Scene};
use crate::artifact::{Bounds, Dash, Drawing, Ink, Point, Text, VerticalAnchor, text_width};
use crate::stage::StageError;

/// The side of a picture in pixels of the nominal size.
pub(super) const SIDE: f64 = 160.0;
const WORD_SIZE: f64 = 10.5;
const LINE: f64 = 14.0;
/// The height of a picture with the words below it.
pub(super) const PITCH: f64 = SIDE + 3.0 * LINE + 14.0;
/// The width of the coloured frame.
const RIM: f64 = 3.0;
const BOX_WIDTH: f64 = 1.5;
const LAST_WIDTH: f64 = 3.5;
const NUMBER_SIZE: f64 = 11.0;
const DISC: f64 = 8.0;

/// Pictures whose boxes are drawn when all pictures hang.
pub(super) struct Gallery<'a> {
    scene: &'a Scene<'a>,
    hung: Vec<(Bounds, Judged)>,
}

/// The looks at one cell: the steps, the cell.
type Visits = (Vec<usize>, usize);

impl<'a> Gallery<'a> {
    pub(super) fn new(scene: &'a Scene<'a>) -> Self {
        Self { scene, hung: Vec::new() }
    }

    /// Draws pictures and words in rows, the first one's corner at `corner`.
    pub(super) fn hang(
        &mut self,
        drawing: &mut Drawing,
        images: &[Judged],
        corner: Point,
    ) -> Result<(), StageError> {
        for (row, line) in (0_u32..).zip(images.chunks(self.scene.params.columns.into())) {
            for (column, judged) in (0_u32..).zip(line) {
                let left = corner.0 + f64::from(column) * (SIDE + GAP);
                let top = corner.1 + f64::from(row) * PITCH;
                self.hang_one(drawing, judged, (left, top))?;
            }
        }
        Ok(())
    }

    fn hang_one(
        &mut self,
        drawing: &mut Drawing,
        judged: &Judged,
        (left, top): Point,
    ) -> Result<(), StageError> {
        let ink = if judged.fate() == Fate::Right { SEEN } else { UNSEEN };
        let (right, bottom) = (left + SIDE, top + SIDE);
        drawing.rectangle(Bounds { left, top, right, bottom }, ink);
        let Scene { params, inputs, .. } = self.scene;
        let side = SIDE - 2.0 * RIM;
        let picture = view(&inputs.images, judged.image.get(), &params.preprocess, side)?;
        drawing.picture((left + RIM, top + RIM), picture);
        for (line, words) in (0_u32..).zip(self.words(judged)) {
            let at = (left, bottom + 4.0 + f64::from(line) * LINE);
            let text = Text::new(at, WORD_SIZE, shorten(&words, WORD_SIZE, SIDE));
            drawing.text(Text { vertical: VerticalAnchor::Top, ..text });
        }
        let inside =
            Bounds { left: left + RIM, top: top + RIM, right: right - RIM, bottom: bottom - RIM };
        self.hung.push((inside, judged.clone()));
        Ok(())
    }

    /// The true class, the prediction, the looks.
    fn words(&self, judged: &Judged) -> [String; 3] {
        let Scene { params, inputs, setting, .. } = self.scene;
        let header = inputs.traces.header();
        let name = |class: usize| {
            let class = header.candidates.name(class);
            params.headings.get(&class).cloned().unwrap_or(class)
        };
        let looked = inputs.traces.image(judged.row);
        let sure = setting.confidence(&looked, judged.steps) * 100.0;
        let said = match judged.fate() {
            Fate::Right => format!("right, p = {sure:.0} %"),
            _ => format!("WRONG, p = {sure:.0} %: {}", name(judged.prediction)),
        };
        let (steps, most) = (judged.steps, header.looks);
        let looks = format!("{steps} of {most} looks");
        let lost = match (judged.fate(), judged.last_right) {
            (Fate::Lost, Some(0)) => "; right at first",
            (Fate::Lost, Some(last)) => &format!("; right until look {last}"),
            _ => "",
        };
        [name(judged.label), said, format!("{looks}{lost}")]
    }

    /// Draws boxes, parts and numbers on all pictures.
    pub(super) fn mark(&self, drawing: &mut Drawing) {
        drawing.raise();
        for (picture, judged) in &self.hung {
            let visits = self.visits(judged);
            self.boxes(drawing, picture, &visits, judged.steps);
            self.parts(drawing, picture, judged);
            self.numbers(drawing, picture, &visits);
        }
    }

    /// The cells that were looked at, each once, in the order of their last looks.
    fn visits(&self, judged: &Judged) -> Vec<Visits> {
        let cells = self.scene.inputs.traces.image(judged.row).cells;
        let mut visits: Vec<Visits> = Vec::new();
        for (step, cell) in (1..).zip(cells.into_iter().take(judged.steps)) {
            let place = visits.iter().position(|(_, other)| *other == cell);
            let mut steps = place.map_or(Vec::new(), |place| visits.remove(place).0);
            steps.push(step);
            visits.push((steps, cell));
        }
        visits
    }

    fn window(&self, picture: &Bounds, cell: usize) -> Bounds {
        window(&self.scene.cells, self.scene.inputs.network.card.design.map, cell, picture)
    }

    fn boxes(&self, drawing: &mut Drawing, picture: &Bounds, visits: &[Visits], last: usize) {
        for (steps, cell) in visits {
            let step = steps[steps.len() - 1];
            let width = if step == last { LAST_WIDTH } else { BOX_WIDTH };
            let outside = self.window(picture, *cell);
            // The line stays inside, where windows end at the rim; white keeps it off the picture.
            let inset = width / 2.0 + 0.75;
            for (ink, width) in [(Ink::WHITE, width + 1.5), (self.scene.step_ink(step), width)] {
                for side in sides(&outside, inset, width / 2.0) {
                    drawing.line(side, ink, width, Dash::Solid);
                }
            }
        }
    }

    fn parts(&self, drawing: &mut Drawing, picture: &Bounds, judged: &Judged) {
        let Some(key) = &self.scene.key else { return };
        let cells = 0..self.scene.cells.count();
        for cell in cells.filter(|cell| key.is_hit(judged.image.get(), *cell)) {
            let (x, y) = middle(&self.window(picture, cell));
            Marker::Diamond.draw(drawing, (x, y - DISC - 5.5), 3.5, Ink::BLACK);
        }
    }

    fn numbers(&self, drawing: &mut Drawing, picture: &Bounds, visits: &[Visits]) {
        for (steps, cell) in visits {
            let (x, y) = middle(&self.window(picture, *cell));
            let ink = self.scene.step_ink(steps[steps.len() - 1]);
            let steps: Vec<String> = steps.iter().map(usize::to_string).collect();
            let label = steps.join("+");
            // A disc, drawn out where the label is long.
            let reach = (text_width(&label, NUMBER_SIZE) / 2.0 + 3.5 - DISC).max(0.0);
            for (radius, ink) in [(DISC + 1.0, Ink::WHITE), (DISC, ink)] {
                for side in [x - reach, x + reach] {
                    drawing.circle((side, y), radius, ink);
                }
                let (left, right) = (x - reach, x + reach);
                drawing.rectangle(Bounds { left, top: y - radius, right, bottom: y + radius }, ink);
            }
            drawing.text(Text::new((x, y), NUMBER_SIZE, label).centred().ink(text_on(ink)));
        }
    }
}

/// The four sides of a box, moved inwards. Two of them are longer, so that corners are whole; a
/// closed line would be filled where it overlaps itself.
fn sides(bounds: &Bounds, inset: f64, reach: f64) -> [Vec<Point>; 4] {
    let (left, right) = (bounds.left + inset, bounds.right - inset);
    let (top, bottom) = (bounds.top + inset, bounds.bottom - inset);
    [
        vec![(left - reach, top), (right + reach, top)],
        vec![(left - reach, bottom), (right + reach, bottom)],
        vec![(left, top), (left, bottom)],
        vec![(right, top), (right, bottom)],
    ]
}
