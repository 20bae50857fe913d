//! Writes rows of any source, block by block, and refuses numbers that are none.

use crate::data::features::{Features, FeaturesWriter, Storage, TensorInfo};
use crate::stage::{StageContext, StageError};

use super::source::Source;

/// How many bytes of decoded numbers are in memory at a time.
const BLOCK_BYTES: usize = 1 << 25;

/// Copies all rows of `source`.
pub(super) fn pack(
    source: &mut dyn Source,
    storage: Storage,
    cx: &mut StageContext<'_>,
) -> Result<Features, StageError> {
    let encode = |source| StageError::Encode { port: "features".to_owned(), source };
    let tensors: Vec<TensorInfo> = source
        .tensors()
        .into_iter()
        .map(|(name, shape)| TensorInfo::new(name, shape, storage))
        .collect();
    let widths: Vec<usize> = tensors.iter().map(TensorInfo::width).collect();
    let total = source.rows();
    let row_bytes = widths.iter().sum::<usize>() * size_of::<f64>();
    let height = (BLOCK_BYTES / row_bytes.max(1)).clamp(1, total.max(1));
    let mut writer = FeaturesWriter::new(cx.writer("features")?, tensors, total).map_err(encode)?;
    let mut blocks: Vec<Vec<f64>> = widths.iter().map(|width| vec![0.0; width * height]).collect();
    let mut rows: Vec<Vec<f32>> = widths.iter().map(|width| vec![0.0; *width]).collect();
    let mut zeros = Zeros::default();
    for first in (0..total).step_by(height) {
        cx.check_cancelled()?;
        let count = height.min(total - first);
        for (block, width) in blocks.iter_mut().zip(&widths) {
            block.truncate(width * count);
        }
        source.read(first, &mut blocks)?;
        for row in 0..count {
            for (tensor, values) in rows.iter_mut().enumerate() {
                let width = widths[tensor];
                let block = &blocks[tensor][row * width..(row + 1) * width];
                narrow(block, values)
                    .map_err(|at| not_finite(&source.place(tensor, first + row, at), block[at]))?;
                zeros.look_at(values, || source.place(tensor, first + row, 0));
            }
            let values: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
            writer.push(&values).map_err(encode)?;
        }
        cx.progress((first + count) as u64, total as u64, "rows");
    }
    zeros.warn(cx);
    writer.finish().map_err(encode)
}

/// Rounds to floats; gives the position of the first that is not finite.
#[expect(clippy::cast_possible_truncation, reason = "features are stored as floats; see the check")]
fn narrow(values: &[f64], out: &mut [f32]) -> Result<(), usize> {
    for (at, (value, out)) in values.iter().zip(out).enumerate() {
        *out = *value as f32;
        if !out.is_finite() {
            return Err(at);
        }
    }
    Ok(())
}

fn not_finite(place: &str, value: f64) -> StageError {
    let what = match value {
        value if value.is_nan() => "NaN, or no number at all".to_owned(),
        value if value.is_infinite() => format!("{value}"),
        value => format!("{value:e}, too large for a 32-bit float"),
    };
    let message = format!("{place} is {what}; expected a finite number");
    StageError::data_with_help(message, "find out where it comes from; do not replace it by 0")
}

/// Rows that hold nothing but zeros, which failed extractions leave behind.
#[derive(Default)]
struct Zeros {
    count: usize,
    first: String,
}

impl Zeros {
    fn look_at(&mut self, row: &[f32], place: impl FnOnce() -> String) {
        if row.iter().any(|value| *value != 0.0) {
            return;
        }
        if self.count == 0 {
            self.first = place();
        }
        self.count += 1;
    }

    fn warn(&self, cx: &mut StageContext<'_>) {
        if self.count > 0 {
            let (count, first) = (self.count, &self.first);
            cx.warn(format!("{count} rows hold nothing but zeros; the first begins at {first}"));
        }
    }
}
