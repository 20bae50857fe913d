//! What several runs of one setting say about it: mean, spread and interval.
//!
//! Only additions, products, quotients and roots are used, so the bits are the same everywhere.

#![expect(clippy::cast_precision_loss, reason = "counts of seeds are small")]

/// The 97.5 % quantile of the normal distribution.
const NORMAL_QUANTILE: f64 = 1.959_963_984_540_054;

/// The 97.5 % quantiles of Student's t with 1 to 10 degrees of freedom.
const T_QUANTILES: [f64; 10] = [
    12.706_204_736_432_1,
    4.302_652_729_911_28,
    3.182_446_305_284_26,
    2.776_445_105_197_79,
    2.570_581_835_636_31,
    2.446_911_851_144_97,
    2.364_624_251_592_78,
    2.306_004_135_204_17,
    2.262_157_162_798_21,
    2.228_138_851_986_27,
];

/// A mean over runs, with how sure it is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Estimate {
    /// How many values.
    pub(super) n: usize,
    /// Their mean.
    pub(super) mean: f64,
    /// Their standard deviation with n - 1 below the sum; none for a single value.
    pub(super) sd: Option<f64>,
    /// Their standard deviation with n below the sum, as many papers print it.
    pub(super) sd0: f64,
    /// The 95 % interval of the mean by Student's t; none for a single value.
    pub(super) ci95: Option<(f64, f64)>,
    /// The least value.
    pub(super) min: f64,
    /// The greatest value.
    pub(super) max: f64,
}

impl Estimate {
    /// Sums up `values` in their order; none if there is none.
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let n = values.len();
        let count = n as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
        let sd = (n > 1).then(|| (squares / (count - 1.0)).sqrt());
        let ci95 = sd.map(|sd| {
            let half = t_quantile(n - 1) * sd / count.sqrt();
            (mean - half, mean + half)
        });
        Some(Self {
            n,
            mean,
            sd,
            sd0: (squares / count).sqrt(),
            ci95,
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }

    /// `sd` with 0 for a single value, for drawing.
    pub(super) fn spread(&self) -> f64 {
        self.sd.unwrap_or(0.0)
    }
}

/// The 97.5 % quantile of Student's t with `degrees` >= 1 degrees of freedom.
///
/// Above the table it is the expansion of Fisher and Cornish (1960) around the normal quantile z:
/// t = z + g1/v + g2/v² + g3/v³ + g4/v⁴, off by at most 5e-6 from 11 degrees on.
fn t_quantile(degrees: usize) -> f64 {
    if let Some(quantile) = T_QUANTILES.get(degrees - 1) {
        return *quantile;
    }
    let (z, v) = (NORMAL_QUANTILE, degrees as f64);
    let z2 = z * z;
    let g1 = z * (z2 + 1.0) / 4.0;
    let g2 = z * ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0;
    let g3 = z * (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0;
    let g4 = z * ((((79.0 * z2 + 776.0) * z2 + 1482.0) * z2 - 1920.0) * z2 - 945.0) / 92_160.0;
    z + (g1 + (g2 + (g3 + g4 / v) / v) / v) / v
}

#[cfg(test)]
mod tests;
