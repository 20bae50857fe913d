//! `weigh-cells`: the entropy weight beta of every cell of every map (ERPCNet, 1.5).

use std::io;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::features::{Features, FeaturesWriter, Storage, TensorInfo};
use crate::models::erpcnet::entropy::{Definition, EntropyWeight};
use crate::stage::{Needs, Stage, StageContext, StageError, inputs, outputs};

use super::map_rows::MapRows;
use super::pool::thread_pool;

/// The tensor of the weights.
pub(super) const WEIGHTS: &str = "beta";

/// Images weighed between two looks at the request to stop.
const CHUNK_IMAGES: usize = 64;

/// What is weighed, and how.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WeighCellsParams {
    /// The feature tensor that is looked at, [C, H, W]. Default `map`.
    pub map: String,
    /// Pixels on a side of a window. Default 5.
    #[schemars(range(min = 1, max = 64))]
    pub window: usize,
    /// Pixels from one window to the next. Default 3.
    #[schemars(range(min = 1, max = 64))]
    pub stride: usize,
    /// What the probabilities are (A25). Default `softmax`, the formula to the letter.
    pub definition: Definition,
    /// The bins of a histogram. Default 64.
    #[schemars(range(min = 2, max = 65536))]
    pub bins: usize,
}

impl Default for WeighCellsParams {
    fn default() -> Self {
        let definition = Definition::default();
        Self { map: "map".to_owned(), window: 5, stride: 3, definition, bins: 64 }
    }
}

inputs! {
    /// What is weighed.
    pub struct WeighCellsInputs {
        /// The maps.
        features: Features,
    }
}
outputs! {
    /// The weights.
    pub struct WeighCellsOutputs {
        /// The tensor `beta`, one number a cell.
        weights: Features,
    }
}

/// The stage.
pub struct WeighCells;

impl Stage for WeighCells {
    const KIND: &'static str = "weigh-cells";
    const SUMMARY: &'static str = "computes the entropy weight of every cell of every map";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = WeighCellsParams;
    type Inputs = WeighCellsInputs;
    type Outputs = WeighCellsOutputs;

    fn check(params: &WeighCellsParams) -> Result<(), StageError> {
        for (name, value, least) in
            [("window", params.window, 1), ("stride", params.stride, 1), ("bins", params.bins, 2)]
        {
            if value < least || (name == "bins" && value > 1 << 16) {
                let message = format!("expected at least {least} and at most 65536, got {value}");
                return Err(StageError::parameter(name, message));
            }
        }
        Ok(())
    }

    fn needs(_params: &WeighCellsParams) -> Needs {
        Needs::all_threads(256)
    }

    fn run(
        params: &WeighCellsParams,
        inputs: WeighCellsInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<WeighCellsOutputs, StageError> {
        let maps = MapRows::new(&inputs.features, &params.map, "map")?;
        let [height, width] = maps.size();
        let cells = maps.cells(params.window, params.stride)?;
        let weight = EntropyWeight { definition: params.definition, bins: params.bins };
        let total = inputs.features.len();
        let tensor = TensorInfo::new(WEIGHTS, vec![cells.count()], Storage::F32);
        let mut writer = FeaturesWriter::new(cx.writer("weights")?, vec![tensor], total)
            .map_err(encode_error)?;
        let pool = thread_pool(cx)?;
        let mut sums = vec![0.0; cells.count()];
        for first in (0..total).step_by(CHUNK_IMAGES) {
            cx.check_cancelled()?;
            let images = first..(first + CHUNK_IMAGES).min(total);
            let chunk = pool.install(|| maps.read(images.clone()));
            let size = height * width * maps.channels();
            let of = |map: &[f32]| weight.weights(map, width, maps.channels(), &cells);
            let rows: Vec<Vec<f64>> =
                pool.install(|| chunk.values().par_chunks_exact(size).map(of).collect());
            for row in rows {
                sums.iter_mut().zip(&row).for_each(|(sum, weight)| *sum += weight);
                writer.push(&[&narrow(&row)]).map_err(encode_error)?;
            }
            cx.progress(images.end as u64, total as u64, "maps");
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of cells are below 2^53")]
        let mean = sums.iter().sum::<f64>() / (total.max(1) * cells.count()) as f64;
        cx.note(format!("mean beta {mean:.4} (the paper's averages are 1.09 and 1.12)"));
        Ok(WeighCellsOutputs { weights: writer.finish().map_err(encode_error)? })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "weights are stored as f32")]
fn narrow(row: &[f64]) -> Vec<f32> {
    row.iter().map(|weight| *weight as f32).collect()
}

fn encode_error(source: io::Error) -> StageError {
    StageError::Encode { port: "weights".to_owned(), source }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use crate::models::erpcnet::cells::Cells;
    use crate::stage::testing::{Bench, Outcome};
    use crate::stages::synthesize_maps::{SynthesizeMaps, SynthesizeMapsParams};

    use super::*;

    fn maps() -> Features {
        let params = SynthesizeMapsParams {
            seen_classes: 8,
            validation_classes: 2,
            unseen_classes: 2,
            images_per_seen_class: 9,
            images_per_unseen_class: 2,
            values: 3,
            channels: 6,
            planes: 2,
            ..SynthesizeMapsParams::default()
        };
        Bench::new().run::<SynthesizeMaps>(&params).unwrap().output("features")
    }

    fn weigh(params: &WeighCellsParams, threads: usize) -> Result<Outcome, StageError> {
        Bench::new().threads(threads).input("features", &maps()).run::<WeighCells>(params)
    }

    #[test]
    fn every_map_has_the_weights_of_its_cells() {
        let features = maps();
        let found: Features = weigh(&WeighCellsParams::default(), 2).unwrap().output("weights");
        assert_eq!(found.len(), features.len());
        let (view, mut row) = (found.tensor(Some(WEIGHTS)).unwrap(), vec![0.0; 16]);
        let cells = Cells::of([14, 14], 5, 3).unwrap();
        let rows = MapRows::new(&features, "map", "map").unwrap();
        let weight = EntropyWeight { definition: Definition::Softmax, bins: 64 };
        for image in [0, 70, 75] {
            view.read_row(image, &mut row);
            let map = rows.read([image].into_iter());
            assert_eq!(row, narrow(&weight.weights(map.values(), 14, 6, &cells)));
        }
    }

    #[test]
    fn threads_change_no_byte() {
        let params = WeighCellsParams { definition: Definition::Histogram, ..Default::default() };
        let digests = [1, 2, 4].map(|threads| weigh(&params, threads).unwrap().digests());
        assert_eq!(digests[0], digests[1]);
        assert_eq!(digests[0], digests[2]);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let message = |params| weigh(&params, 1).err().unwrap().to_string();
        let wide = WeighCellsParams { window: 20, ..Default::default() };
        assert!(message(wide).starts_with("parameter `window`: a window of 20x20 does not fit"));
        let flat = WeighCellsParams { map: "embedding".into(), ..Default::default() };
        assert_eq!(message(flat), "parameter `map`: `embedding` is [8]; expected a map [C, H, W]");
        let one = WeighCellsParams { bins: 1, ..Default::default() };
        assert!(message(one).starts_with("parameter `bins`: expected at least 2"));
        let rows = Features::in_memory("map", &Array2::zeros((2, 3)));
        let outcome =
            Bench::new().input("features", &rows).run::<WeighCells>(&WeighCellsParams::default());
        assert!(outcome.err().unwrap().to_string().contains("expected a map [C, H, W]"));
    }
}
