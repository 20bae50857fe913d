//! `synthesize-glyphs`: pictures whose attributes, and the cells that show them, are known.

mod painter;
mod params;

use crate::data::attributes::Attributes;
use crate::data::glyphs::{PaintedCells, PaintedCellsHeader, PoseLayouts};
use crate::data::images::Images;
use crate::data::samples::Samples;
use crate::stage::{Needs, Stage, StageContext, StageError, inputs, outputs};

use super::pool::thread_pool;
use painter::Painter;
pub use params::SynthesizeGlyphsParams;

inputs! {
    /// Nothing: everything follows from parameters and seed.
    pub struct SynthesizeGlyphsInputs {}
}
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
        params::check(params)
    }

    fn needs(_params: &SynthesizeGlyphsParams) -> Needs {
        Needs::all_threads(256)
    }

    fn run(
        params: &SynthesizeGlyphsParams,
        _inputs: SynthesizeGlyphsInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<SynthesizeGlyphsOutputs, StageError> {
        let plan = params.plan();
        let codes = plan
            .draw_codes(&mut cx.rng("codes"))
            .map_err(|error| StageError::parameter("values", error.to_string()))?;
        let mut rng = cx.rng("layouts");
        let layouts = PoseLayouts::draw(params.pose_count(), params.parts, &mut rng);
        let attributes =
            plan.attribute_table(&codes).map_err(|error| StageError::Bug(error.to_string()))?;
        let header = PaintedCellsHeader {
            images: plan.all_images(),
            parts: plan.parts,
            attributes: plan.attribute_names(),
        };
        let pool = thread_pool(cx)?;
        let painter = Painter { params, plan, codes: &codes, layouts: &layouts, pool };
        let (images, samples, cells) = painter.paint_all(header, cx)?;
        Ok(SynthesizeGlyphsOutputs { images, samples, attributes, cells })
    }
}

#[cfg(test)]
mod tests;
