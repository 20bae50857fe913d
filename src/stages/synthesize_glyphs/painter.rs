//! Paints the pictures in parallel and packs them in order.

use std::collections::BTreeMap;
use std::io;

use image::ExtendedColorType;
use rand_chacha::ChaCha8Rng;
use rayon::ThreadPool;
use rayon::prelude::*;

use crate::data::glyphs::{
    ClassPlan, Codes, Layout, PaintRule, PaintedCells, PaintedCellsHeader, PaintedCellsWriter,
    PoseLayouts, Scene, SceneRule, draw_scene, paint,
};
use crate::data::images::{Images, ImagesWriter};
use crate::data::samples::{Sample, Samples};
use crate::stage::{StageContext, StageError};
use crate::stages::pictures::encode_png;

use super::params::SynthesizeGlyphsParams;

/// Pictures painted between two looks at the request to stop.
const CHUNK_IMAGES: usize = 64;

/// Everything that pictures are made of.
pub(super) struct Painter<'a> {
    pub(super) params: &'a SynthesizeGlyphsParams,
    pub(super) plan: ClassPlan,
    pub(super) codes: &'a Codes,
    pub(super) layouts: &'a PoseLayouts,
    pub(super) pool: ThreadPool,
}

impl Painter<'_> {
    /// Paints all classes; the table has the column `role`.
    pub(super) fn paint_all(
        &self,
        header: PaintedCellsHeader,
        cx: &mut StageContext<'_>,
    ) -> Result<(Images, Samples, PaintedCells), StageError> {
        let total = header.images as u64;
        let mut images = ImagesWriter::new(cx.writer("images")?);
        let mut cells =
            PaintedCellsWriter::new(cx.writer("cells")?, header).map_err(encode_error("cells"))?;
        let (mut rows, mut roles) = (Vec::new(), Vec::new());
        for class in 0..self.plan.classes() {
            let class_name = self.plan.class_name(class);
            let all: Vec<usize> = (0..self.plan.images(class)).collect();
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
                    roles.push(self.plan.role(class).to_owned());
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
            attributes: self.plan.attributes(),
            glyph: self.params.glyph,
            marker: self.params.marker,
            clutter: self.params.clutter,
            cue: if self.params.layout == Layout::Poses { self.params.cue } else { 0.0 },
            noise: self.params.noise,
        };
        let side = self.params.size;
        let paint_one = |(name, mut rng): (String, ChaCha8Rng)| {
            let scene = draw_scene(&scene_rule, &self.codes[class], self.layouts, &mut rng);
            let pixels = paint(&paint_rule, &scene, &mut rng);
            Ok((name, encode_png(&pixels, side, side, ExtendedColorType::Rgb8)?, scene))
        };
        self.pool.install(|| streams.into_par_iter().map(paint_one).collect())
    }
}

fn encode_error(port: &'static str) -> impl Fn(io::Error) -> StageError {
    move |source| StageError::Encode { port: port.to_owned(), source }
}
