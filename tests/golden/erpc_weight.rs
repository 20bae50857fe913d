//! The entropy of a window over the entropy of its map, by two of the definitions.

/// One map: [C, S, S] numbers.
struct Map<'a> {
    values: &'a [f64],
    side: usize,
}

/// beta of each window, row by row: `A` takes the softmax over all numbers of a region, `D` the
/// share of each channel at a position and the mean over positions.
pub(crate) fn weights(
    definition: &str,
    maps: &[f64],
    [channels, side]: [usize; 2],
    corners: &[[usize; 2]],
    window: usize,
) -> Vec<f64> {
    let entropy = match definition {
        "A" => of_softmax,
        "D" => of_shares,
        other => panic!("entropy `{other}`"),
    };
    let maps = maps.chunks_exact(channels * side * side).map(|values| Map { values, side });
    let ratio = |part: f64, whole: f64| if whole == 0.0 { 1.0 } else { part / whole };
    maps.flat_map(|map| {
        let whole = entropy(&map.positions([0, 0], side));
        let of = |corner: &[usize; 2]| ratio(entropy(&map.positions(*corner, window)), whole);
        corners.iter().map(of).collect::<Vec<_>>()
    })
    .collect()
}

impl Map<'_> {
    /// The channels of each position of a square.
    fn positions(&self, [top, left]: [usize; 2], size: usize) -> Vec<Vec<f64>> {
        let plane = self.side * self.side;
        let places = (top..top + size).flat_map(|y| (left..left + size).map(move |x| [y, x]));
        let channels = |[y, x]: [usize; 2]| {
            self.values.iter().skip(y * self.side + x).step_by(plane).copied().collect()
        };
        places.map(channels).collect()
    }
}

/// `log Z - sum of p x`.
fn of_softmax(positions: &[Vec<f64>]) -> f64 {
    let values = positions.concat();
    let most = values.iter().fold(f64::NEG_INFINITY, |most, value| most.max(*value));
    let powers: Vec<f64> = values.iter().map(|value| (value - most).exp()).collect();
    let total: f64 = powers.iter().sum();
    let mean = powers.iter().zip(&values).map(|(power, value)| power * value).sum::<f64>() / total;
    total.ln() + most - mean
}

fn of_shares(positions: &[Vec<f64>]) -> f64 {
    let entropy = |channels: &Vec<f64>| {
        let total: f64 = channels.iter().map(|value| value.abs()).sum();
        let shares = channels.iter().map(|value| value.abs() / total).filter(|share| *share > 0.0);
        shares.map(|share| -share * share.ln()).sum::<f64>()
    };
    positions.iter().map(entropy).sum::<f64>() / positions.len() as f64
}
