use std::fs::File;

use polars::prelude::*;

/// T1 of the quickstart, a row a setting.
pub fn quickstart_t1() -> PolarsResult<DataFrame> {
    let file = File::open("results/quickstart/accuracy.parquet")?;
    let table = ParquetReader::new(file).finish()?;
    let is_t1 = table.column("metric")?.str()?.equal("t1");
    table.filter(&is_t1)?.select(["stage", "method", "mean", "sd", "n"])
}
