//! `synthesize-glyphs`: pictures whose attributes, and the cells that show them, are known.

use std::collections::BTreeMap;
use std::io;

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _};
use rand_chacha::ChaCha8Rng;
use rayon::ThreadPool;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::attributes::{AttributeNorm, Attributes};
use crate::data::glyphs::{
    CELLS, CodeRule, Codes, GRID, Layout, MAX_ATTRIBUTES, PaintRule, PaintedCells,
    PaintedCellsHeader, PaintedCellsWriter, PoseLayouts, Scene, SceneRule, draw_codes, draw_scene,
    paint,
};
use crate::data::images::{Images, ImagesWriter};
use crate::data::samples::{Sample, Samples};
use crate::stage::{Needs, Stage, StageContext, StageError, inputs, outputs};

use super::pool::thread_pool;

/// Pictures painted between two looks at the request to stop.
const CHUNK_IMAGES: usize = 64;

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
    fn attributes(&self) -> usize {
        self.parts * self.values
    }

    fn classes(&self) -> usize {
        self.seen_classes + self.unseen_classes
    }

    /// Poses in use: the other layouts must not show one.
    fn pose_count(&self) -> usize {
        if self.layout == Layout::Poses { self.poses } else { 1 }
    }

    /// The part that a class plays in the split.
    fn role(&self, class: usize) -> &'static str {
        let fitted = self.seen_classes - self.validation_classes;
        if class < fitted {
            "seen"
        } else if class < self.seen_classes {
            "validation"
        } else {
            "unseen"
        }
    }

    fn images(&self, class: usize) -> usize {
        if class < self.seen_classes {
            self.images_per_seen_class
        } else {
            self.images_per_unseen_class
        }
    }

    fn attribute_names(&self) -> Vec<String> {
        let name = |number: usize| format!("part{}={}", number / self.values, number % self.values);
        (0..self.attributes()).map(name).collect()
    }
}

inputs! { pub struct SynthesizeGlyphsInputs {} }
outputs! {
    /// Pictures, their classes, the classes' attributes, and the answer key.
    pub struct SynthesizeGlyphsOutputs {
        /// PNG pictures.
        images: Images,
        /// Their classes; the column `role` says `seen`, `validation` or `unseen`.
        samples: Samples,
        /// One row a class, of length one.
        attributes: Attributes,
        /// Which cell of each picture holds what.
        cells: PaintedCells,
    }
}

/// The stage.
pub struct SynthesizeGlyphs;

impl Stage for SynthesizeGlyphs {
    const KIND: &'static str = "synthesize-glyphs";
    const SUMMARY: &'static str = "paints pictures whose attributes and their places are known";
    const VERSION: u32 = 1;
    const SEEDED: bool = true;
    type Params = SynthesizeGlyphsParams;
    type Inputs = SynthesizeGlyphsInputs;
    type Outputs = SynthesizeGlyphsOutputs;

    fn check(params: &SynthesizeGlyphsParams) -> Result<(), StageError> {
        check(params)
    }

    fn needs(_params: &SynthesizeGlyphsParams) -> Needs {
        Needs::all_threads(256)
    }

    fn run(
        params: &SynthesizeGlyphsParams,
        _inputs: SynthesizeGlyphsInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<SynthesizeGlyphsOutputs, StageError> {
        let rule = CodeRule {
            parts: params.parts,
            values: params.values,
            distance: params.code_distance,
            covering: params.seen_classes - params.validation_classes,
            classes: params.classes(),
        };
        let codes = draw_codes(rule, &mut cx.rng("codes"))
            .map_err(|error| StageError::parameter("values", error.to_string()))?;
        let mut rng = cx.rng("layouts");
        let layouts = PoseLayouts::draw(params.pose_count(), params.parts, &mut rng);
        let attributes = attributes(params, &codes)?;
        let header = PaintedCellsHeader {
            images: (0..params.classes()).map(|class| params.images(class)).sum(),
            parts: params.parts,
            attributes: params.attribute_names(),
        };
        let painter = Painter { params, codes: &codes, layouts: &layouts, pool: thread_pool(cx)? };
        let (images, samples, cells) = painter.paint_all(header, cx)?;
        Ok(SynthesizeGlyphsOutputs { images, samples, attributes, cells })
    }
}

fn check(params: &SynthesizeGlyphsParams) -> Result<(), StageError> {
    let fail = |name: &str, message: String| Err(StageError::parameter(name, message));
    if params.parts == 0 || params.parts > CELLS {
        return fail("parts", format!("expected 1 to {CELLS}, got {}", params.parts));
    }
    if params.values < 2 || params.attributes() > MAX_ATTRIBUTES {
        let (parts, values) = (params.parts, params.values);
        let message = format!("{parts} parts need 2 to {} values, got {values}", 64 / parts);
        return fail("values", message);
    }
    if params.size < 16 || !params.size.is_multiple_of(GRID) {
        let size = params.size;
        return fail("size", format!("expected a multiple of {GRID} from 16 on, got {size}"));
    }
    if params.poses == 0 || params.poses > 8 {
        return fail("poses", format!("expected 1 to 8, got {}", params.poses));
    }
    if params.validation_classes == 0 || params.validation_classes >= params.seen_classes {
        let (validation, seen) = (params.validation_classes, params.seen_classes);
        let message = format!("expected at least 1 and fewer than {seen} seen classes, got {validation}");
        return fail("validation_classes", message);
    }
    let counts = [
        ("unseen_classes", params.unseen_classes),
        ("images_per_seen_class", params.images_per_seen_class),
        ("images_per_unseen_class", params.images_per_unseen_class),
    ];
    if let Some((name, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
        return fail(name, "expected at least 1, got 0".to_owned());
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

/// Class names sort in the order of the classes: `seen-001`, …, `unseen-001`, ….
fn class_name(params: &SynthesizeGlyphsParams, class: usize) -> String {
    match class.checked_sub(params.seen_classes) {
        None => format!("seen-{:03}", class + 1),
        Some(unseen) => format!("unseen-{:03}", unseen + 1),
    }
}

fn attributes(params: &SynthesizeGlyphsParams, codes: &Codes) -> Result<Attributes, StageError> {
    let row = |code: &Vec<usize>| {
        let mut row = vec![0.0; params.attributes()];
        for (part, value) in code.iter().enumerate() {
            row[part * params.values + value] = 1.0;
        }
        row
    };
    let classes = (0..codes.len()).map(|class| class_name(params, class)).collect();
    let rows = codes.iter().map(row).collect();
    Attributes::new(classes, params.attribute_names(), rows, AttributeNorm::L2)
        .map_err(|error| StageError::Bug(error.to_string()))
}

struct Painter<'a> {
    params: &'a SynthesizeGlyphsParams,
    codes: &'a Codes,
    layouts: &'a PoseLayouts,
    pool: ThreadPool,
}

impl Painter<'_> {
    fn paint_all(
        &self,
        header: PaintedCellsHeader,
        cx: &mut StageContext<'_>,
    ) -> Result<(Images, Samples, PaintedCells), StageError> {
        let total = header.images as u64;
        let mut images = ImagesWriter::new(cx.writer("images")?);
        let mut cells =
            PaintedCellsWriter::new(cx.writer("cells")?, header).map_err(encode_error("cells"))?;
        let (mut rows, mut roles) = (Vec::new(), Vec::new());
        for class in 0..self.params.classes() {
            let class_name = class_name(self.params, class);
            let all: Vec<usize> = (0..self.params.images(class)).collect();
            for chunk in all.chunks(CHUNK_IMAGES) {
                cx.check_cancelled()?;
                let name = |image: usize| format!("{class_name}/{image:04}.png");
                // Every image has a stream of its own: neither threads nor counts move another.
                let streams =
                    chunk.iter().map(|&image| (name(image), cx.rng(&name(image)))).collect();
                for (name, png, scene) in self.paint_chunk(class, streams)? {
                    images.push(&name, &png).map_err(encode_error("images"))?;
                    cells.push(&scene).map_err(encode_error("cells"))?;
                    rows.push(Sample { name, class: class_name.clone() });
                    roles.push(self.params.role(class).to_owned());
                }
                cx.progress(rows.len() as u64, total, "images");
            }
        }
        let samples = Samples::new(rows, BTreeMap::from([("role".to_owned(), roles)]))
            .map_err(|error| StageError::Bug(error.to_string()))?;
        let images = images.finish().map_err(encode_error("images"))?;
        Ok((images, samples, cells.finish().map_err(encode_error("cells"))?))
    }

    fn paint_chunk(
        &self,
        class: usize,
        streams: Vec<(String, ChaCha8Rng)>,
    ) -> Result<Vec<(String, Vec<u8>, Scene)>, StageError> {
        let scene_rule = SceneRule {
            layout: self.params.layout,
            values: self.params.values,
            parts: self.params.parts,
            jitter: self.params.jitter,
            density: self.params.clutter_density,
        };
        let paint_rule = PaintRule {
            size: self.params.size,
            attributes: self.params.attributes(),
            glyph: self.params.glyph,
            marker: self.params.marker,
            clutter: self.params.clutter,
            cue: if self.params.layout == Layout::Poses { self.params.cue } else { 0.0 },
            noise: self.params.noise,
        };
        let paint_one = |(name, mut rng): (String, ChaCha8Rng)| {
            let scene = draw_scene(&scene_rule, &self.codes[class], self.layouts, &mut rng);
            let pixels = paint(&paint_rule, &scene, &mut rng);
            Ok((name, encode_png(&pixels, self.params.size)?, scene))
        };
        self.pool.install(|| streams.into_par_iter().map(paint_one).collect())
    }
}

fn encode_png(pixels: &[u8], size: usize) -> Result<Vec<u8>, StageError> {
    let side = u32::try_from(size).map_err(|error| StageError::Bug(error.to_string()))?;
    let mut png = Vec::new();
    PngEncoder::new(&mut png)
        .write_image(pixels, side, side, ExtendedColorType::Rgb8)
        .map_err(|error| StageError::Bug(error.to_string()))?;
    Ok(png)
}

fn encode_error(port: &'static str) -> impl Fn(io::Error) -> StageError {
    move |source| StageError::Encode { port: port.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use crate::data::samples::SampleIndex;
    use crate::stage::testing::{Bench, Outcome};

    use super::*;

    fn small() -> SynthesizeGlyphsParams {
        SynthesizeGlyphsParams {
            seen_classes: 12,
            validation_classes: 3,
            unseen_classes: 3,
            images_per_seen_class: 6,
            images_per_unseen_class: 4,
            values: 3,
            size: 32,
            ..SynthesizeGlyphsParams::default()
        }
    }

    fn synthesize(params: &SynthesizeGlyphsParams, threads: usize) -> Outcome {
        Bench::new().threads(threads).run::<SynthesizeGlyphs>(params).unwrap()
    }

    #[test]
    fn the_answer_key_agrees_with_the_attributes() {
        let outcome = synthesize(&small(), 2);
        let images: Images = outcome.output("images");
        let samples: Samples = outcome.output("samples");
        let attributes: Attributes = outcome.output("attributes");
        let cells: PaintedCells = outcome.output("cells");
        assert_eq!((images.len(), samples.len(), cells.header().images), (84, 84, 84));
        for image in 0..images.len() {
            let sample = SampleIndex(u32::try_from(image).unwrap());
            assert_eq!(images.name(image), samples.name(sample));
            let row = attributes.row(samples.class_name(sample)).unwrap();
            let shown = cells.part_cells(image).iter();
            let shown = shown.map(|&cell| cells.attribute(image, cell.into()).unwrap());
            // Four attributes of a vector of length one are 1/2 each.
            assert!(shown.clone().all(|attribute| (row[attribute] - 0.5).abs() < 1e-15));
            assert_eq!(shown.count(), 4);
            let picture = image::load_from_memory(images.bytes(image)).unwrap();
            assert_eq!((picture.width(), picture.height()), (32, 32));
        }
        let roles = samples.column("role").unwrap();
        let count = |role: &str| roles.iter().filter(|word| *word == role).count();
        assert_eq!((count("seen"), count("validation"), count("unseen")), (54, 18, 12));
    }

    #[test]
    fn threads_change_no_byte() {
        let digests = [1, 2, 4].map(|threads| synthesize(&small(), threads).digests());
        assert_eq!(digests[0], digests[1]);
        assert_eq!(digests[0], digests[2]);
    }

    #[test]
    fn more_images_leave_the_others_as_they_were() {
        let few: Images = synthesize(&small(), 1).output("images");
        let params = SynthesizeGlyphsParams { images_per_seen_class: 7, ..small() };
        let many: Images = synthesize(&params, 1).output("images");
        assert_eq!(few.bytes(5), many.bytes(5));
        assert_eq!(few.name(6), many.name(7));
        assert_eq!(few.bytes(6), many.bytes(7));
    }

    #[test]
    fn impossible_parameters_are_named() {
        let message = |params| {
            let outcome = Bench::new().run::<SynthesizeGlyphs>(&params);
            outcome.err().unwrap().to_string()
        };
        let many = SynthesizeGlyphsParams { values: 17, ..small() };
        assert_eq!(message(many), "parameter `values`: 4 parts need 2 to 16 values, got 17");
        let odd = SynthesizeGlyphsParams { size: 50, ..small() };
        assert!(message(odd).starts_with("parameter `size`: expected a multiple of 4"));
        let crowded = SynthesizeGlyphsParams { unseen_classes: 30, ..small() };
        assert!(message(crowded).starts_with("parameter `values`: only "));
        let negative = SynthesizeGlyphsParams { noise: -0.1, ..small() };
        assert_eq!(message(negative), "parameter `noise`: expected 0 to 1, got -0.1");
    }

    #[test]
    #[ignore = "writes a contact sheet for people, to the path in ERPC_SHEET"]
    fn contact_sheet() {
        let Ok(path) = std::env::var("ERPC_SHEET") else { return };
        let params = SynthesizeGlyphsParams { images_per_seen_class: 8, ..Default::default() };
        let images: Images = synthesize(&params, 2).output("images");
        let mut sheet = image::RgbImage::new(8 * 68, 6 * 68);
        for at in 0..48 {
            let picture = image::load_from_memory(images.bytes(at)).unwrap().to_rgb8();
            let (x, y) = (i64::try_from(at % 8).unwrap() * 68, i64::try_from(at / 8).unwrap() * 68);
            image::imageops::replace(&mut sheet, &picture, x, y);
        }
        sheet.save(path).unwrap();
    }
}
