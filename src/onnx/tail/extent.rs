//! The shapes of a tail's values, found without running it.

use std::fmt;

use crate::nn::{AveragePool, Window};

use super::super::{OnnxError, PartError};
use super::Tail;
use super::layer::{Constant, Layer, Rank, Step};

/// The shape of one item of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// A map, [H, W, C].
    Map([usize; 3]),
    /// A row, `[D]`.
    Row(usize),
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Map([height, width, channels]) => {
                write!(f, "a map of {height}x{width} with {channels} channels")
            }
            Self::Row(width) => write!(f, "a row of {width}"),
        }
    }
}

impl Extent {
    /// The length of the last axis.
    #[must_use]
    pub fn width(self) -> usize {
        match self {
            Self::Map([.., width]) | Self::Row(width) => width,
        }
    }

    /// The height and width of a map; 1 for a row.
    #[must_use]
    pub fn size(self) -> [usize; 2] {
        match self {
            Self::Map([height, width, _]) => [height, width],
            Self::Row(_) => [1; 2],
        }
    }

    fn with_width(self, width: usize) -> Self {
        match self {
            Self::Map([height, across, _]) => Self::Map([height, across, width]),
            Self::Row(_) => Self::Row(width),
        }
    }
}

impl Tail {
    /// What comes out for maps [H, W, C].
    ///
    /// # Errors
    /// [`PartError::Channels`] if C is not what the part begins with, [`OnnxError::Node`] if another
    /// node cannot take what reaches it.
    pub fn output(&self, maps: [usize; 3]) -> Result<Extent, OnnxError> {
        Ok(self.extents(maps)?[self.output])
    }

    /// The shape of every value for maps [H, W, C].
    pub(super) fn extents(&self, maps: [usize; 3]) -> Result<Vec<Extent>, OnnxError> {
        if let Some(expected) = self.channels()
            && expected != maps[2]
        {
            let from = self.from.clone();
            return Err(PartError::Channels { from, expected, found: maps[2] }.into());
        }
        let mut values = vec![Extent::Map(maps)];
        for step in &self.steps {
            let reads: Vec<Extent> = step.reads.iter().map(|at| values[*at]).collect();
            values.push(self.extent(step, &reads).map_err(|reason| step.error(reason))?);
        }
        Ok(values)
    }

    /// How many channels the maps must have; none if the part takes any number.
    #[must_use]
    pub fn channels(&self) -> Option<usize> {
        // The values that have as many channels as what goes in.
        let mut alike = vec![true];
        for step in &self.steps {
            let is_alike = step.reads.iter().any(|at| alike[*at]);
            if is_alike && let Some(channels) = self.takes(&step.layer) {
                return Some(channels);
            }
            let keeps = !matches!(step.layer, Layer::Concat);
            alike.push(is_alike && keeps && self.gives(&step.layer).is_none());
        }
        None
    }

    /// How many channels a layer takes, where its weights say.
    fn takes(&self, layer: &Layer) -> Option<usize> {
        match layer {
            Layer::Conv { groups, weight, .. } => Some(self.weights[*weight].inputs() * groups),
            Layer::Linear { weight, .. } => Some(self.weights[*weight].inputs()),
            _ => self.gives(layer),
        }
    }

    /// How many channels a layer gives, where its weights say.
    fn gives(&self, layer: &Layer) -> Option<usize> {
        match layer {
            Layer::Conv { weight, .. }
            | Layer::Linear { weight, .. }
            | Layer::Constant { constant: Constant::Channels(weight), .. } => {
                Some(self.weights[*weight].outputs())
            }
            Layer::BatchNorm(layer) => Some(self.weights[layer.weight].outputs()),
            Layer::Rename { width, .. } => *width,
            _ => None,
        }
    }

    /// What a step makes, or why it cannot.
    fn extent(&self, step: &Step, reads: &[Extent]) -> Result<Extent, String> {
        let (first, size) = (reads[0], reads[0].size());
        if let Some(expected) = self.takes(&step.layer)
            && expected != first.width()
        {
            return Err(format!("it takes {expected} channels, got {}", first.width()));
        }
        let width = self.gives(&step.layer).unwrap_or(first.width());
        let slide = |window: &Window| {
            let size = window.output(size).map_err(|error| error.to_string())?;
            Ok(Extent::Map([size[0], size[1], width]))
        };
        match &step.layer {
            Layer::Conv { window, .. } => slide(window),
            Layer::MaxPool(window) | Layer::AveragePool(AveragePool { window, .. }) => {
                slide(&fitted(window, size))
            }
            Layer::Binary(_) if reads[1] != first => {
                Err(format!("it combines {first} and {}; expected equal shapes", reads[1]))
            }
            Layer::Concat => {
                if let Some(other) = reads.iter().find(|other| other.size() != size) {
                    return Err(format!("it joins {first} and {other}; expected equal sizes"));
                }
                Ok(first.with_width(reads.iter().map(|read| read.width()).sum()))
            }
            Layer::Rename { .. } if size != [1; 2] => Err(format!(
                "it flattens a map of {}x{} pixels; expected one, as behind a pooling",
                size[0], size[1]
            )),
            Layer::GlobalAveragePool | Layer::Rename { to: Rank::Maps, .. } => {
                Ok(Extent::Map([1, 1, width]))
            }
            Layer::Rename { to: Rank::Rows, .. } => Ok(Extent::Row(width)),
            _ => Ok(first.with_width(width)),
        }
    }
}

/// A pooling window on maps of a size. Along an axis of one pixel, a window that is larger than the
/// padded map is that pixel.
pub(super) fn fitted(window: &Window, size: [usize; 2]) -> Window {
    let mut fitted = *window;
    for (axis, length) in size.into_iter().enumerate() {
        let reach = window.dilations[axis] * (window.kernel[axis] - 1) + 1;
        if length == 1 && reach > 1 + window.before[axis] + window.after[axis] {
            (fitted.kernel[axis], fitted.before[axis], fitted.after[axis]) = (1, 0, 0);
        }
    }
    fitted
}
