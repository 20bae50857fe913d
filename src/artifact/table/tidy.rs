//! Tidy data as a data frame and as parquet. No other file of this folder knows polars.

use std::io::{self, Cursor};

use polars::prelude::{
    Column, DataFrame, DataType, NamedFrom as _, ParallelStrategy, ParquetCompression,
    ParquetReader, ParquetWriter, SerReader as _, Series, StatisticsOptions,
};

use crate::artifact::invalid;

/// Rows of one row group, so large that a table of results has a single one.
const ROW_GROUP_ROWS: usize = 1 << 18;

/// The values of one tidy column.
#[derive(Clone, PartialEq, Debug)]
pub enum Values {
    /// Names and labels.
    Text(Vec<String>),
    /// Measured numbers; some may be undefined, such as a deviation of one value.
    Number(Vec<Option<f64>>),
    /// How many of something.
    Count(Vec<usize>),
    /// Yes or no.
    Flag(Vec<bool>),
}

impl Values {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(texts) => texts.len(),
            Self::Number(numbers) => numbers.len(),
            Self::Count(counts) => counts.len(),
            Self::Flag(flags) => flags.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Reads the named columns of a published parquet file.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] if it is no parquet file, or has a column of another type than
/// tables are published with.
pub fn read_columns(parquet: &[u8]) -> io::Result<Vec<(String, Values)>> {
    let tidy = Tidy::from_parquet(parquet)?;
    let column = |column: &Column| {
        let name = column.name().to_string();
        let values = values(column);
        let unknown = || invalid(format!("column `{name}` is of type {}", column.dtype()));
        let values = values.ok_or_else(unknown)?;
        Ok((name, values))
    };
    tidy.frame.columns().iter().map(column).collect()
}

/// One value of a tidy column.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Value<'a> {
    /// A name or label.
    Text(&'a str),
    /// A measured number.
    Number(Option<f64>),
    /// A count.
    Count(i64),
    /// A flag.
    Flag(bool),
}

/// A data frame with the parquet bytes it stands for.
#[derive(Clone, Debug)]
pub(super) struct Tidy {
    frame: DataFrame,
    parquet: Vec<u8>,
}

impl Tidy {
    pub(super) fn new(columns: Vec<(String, Values)>) -> io::Result<Self> {
        let columns: Vec<Column> = columns
            .into_iter()
            .map(|(name, values)| series(&name, values).map(Column::from))
            .collect::<io::Result<_>>()?;
        let mut frame =
            DataFrame::new_infer_height(columns).map_err(|error| invalid(error.to_string()))?;
        let parquet = write_parquet(&mut frame)?;
        Ok(Self { frame, parquet })
    }

    pub(super) fn from_parquet(parquet: &[u8]) -> io::Result<Self> {
        let frame = ParquetReader::new(Cursor::new(parquet.to_vec()))
            .read_parallel(ParallelStrategy::None)
            .finish()
            .map_err(|error| invalid(format!("data of a table: {error}")))?;
        Ok(Self { frame, parquet: parquet.to_vec() })
    }

    pub(super) fn parquet(&self) -> &[u8] {
        &self.parquet
    }

    pub(super) fn len(&self) -> usize {
        self.frame.height()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.frame.columns().iter().map(|column| column.name().to_string()).collect()
    }

    pub(super) fn has(&self, column: &str) -> bool {
        self.frame.column(column).is_ok()
    }

    /// The value in `column` and `row`; none if there is no such place.
    pub(super) fn value(&self, column: &str, row: usize) -> Option<Value<'_>> {
        if row >= self.len() {
            return None;
        }
        value(self.frame.column(column).ok()?, row)
    }

    pub(super) fn numbers(&self, column: &str) -> Option<Vec<Option<f64>>> {
        let column = self.frame.column(column).ok()?;
        (0..self.len())
            .map(|row| match value(column, row)? {
                Value::Number(number) => Some(number),
                #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
                Value::Count(count) => Some(Some(count as f64)),
                Value::Text(_) | Value::Flag(_) => None,
            })
            .collect()
    }

    pub(super) fn texts(&self, column: &str) -> Option<Vec<String>> {
        let column = self.frame.column(column).ok()?;
        (0..self.len()).map(|row| Some(value(column, row)?.to_string())).collect()
    }

    /// All of it as comma-separated values; numbers in the shortest form that reads back equal.
    pub(super) fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let rows = (0..self.len()).map(|row| {
            let cell = |column| value(column, row).map_or_else(String::new, |v| v.to_string());
            self.frame.columns().iter().map(cell).collect::<Vec<_>>()
        });
        for record in std::iter::once(self.names()).chain(rows) {
            writer.write_record(&record).expect("every record is as long as the header");
        }
        let bytes = writer.into_inner().expect("writing to memory cannot fail");
        String::from_utf8(bytes).expect("all fields are text")
    }
}

impl std::fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(Some(number)) => write!(f, "{number}"),
            Self::Number(None) => Ok(()),
            Self::Count(count) => write!(f, "{count}"),
            Self::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

fn series(name: &str, values: Values) -> io::Result<Series> {
    let name = name.into();
    Ok(match values {
        Values::Text(texts) => Series::new(name, texts),
        Values::Number(numbers) => Series::new(name, numbers),
        Values::Flag(flags) => Series::new(name, flags),
        Values::Count(counts) => {
            let counts: Result<Vec<i64>, _> = counts.into_iter().map(i64::try_from).collect();
            Series::new(name, counts.map_err(|error| invalid(error.to_string()))?)
        }
    })
}

fn value(column: &Column, row: usize) -> Option<Value<'_>> {
    match column.dtype() {
        DataType::String => column.str().ok()?.get(row).map(Value::Text),
        DataType::Float64 => Some(Value::Number(column.f64().ok()?.get(row))),
        DataType::Int64 => column.i64().ok()?.get(row).map(Value::Count),
        DataType::Boolean => column.bool().ok()?.get(row).map(Value::Flag),
        _ => None,
    }
}

/// All values of a column; none for a type that tables do not have.
fn values(column: &Column) -> Option<Values> {
    Some(match column.dtype() {
        DataType::String => {
            let texts = column.str().ok()?.iter();
            Values::Text(texts.map(|text| text.unwrap_or_default().to_owned()).collect())
        }
        DataType::Float64 => Values::Number(column.f64().ok()?.iter().collect()),
        DataType::Int64 => {
            let count = |count: Option<i64>| usize::try_from(count?).ok();
            Values::Count(column.i64().ok()?.iter().map(count).collect::<Option<_>>()?)
        }
        DataType::Boolean => Values::Flag(column.bool().ok()?.iter().collect::<Option<_>>()?),
        _ => return None,
    })
}

/// Writes without anything that could differ tomorrow: no compression library, no threads, no
/// statistics, one row group.
fn write_parquet(frame: &mut DataFrame) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .with_compression(ParquetCompression::Uncompressed)
        .with_statistics(StatisticsOptions::empty())
        .with_row_group_size(Some(ROW_GROUP_ROWS))
        .set_parallel(false)
        .finish(frame)
        .map_err(|error| invalid(error.to_string()))?;
    Ok(bytes)
}
