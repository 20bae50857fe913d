//! (empty)

mod estimate;
#[cfg(test)]
mod fake;
mod metric;
mod plot;
mod rows;
mod tabulate;

pub use metric::Metric;
pub use plot::{FigureKind, Plot, PlotInputs, PlotOutputs, PlotParams};
pub use tabulate::{Tabulate, TabulateInputs, TabulateOutputs, TabulateParams};
