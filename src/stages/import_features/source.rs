//! Where rows of features come from: arrays, a csv table, a parquet table.

use std::collections::BTreeMap;
use std::fs::File;

use crate::artifact::ParquetRows;
use crate::data::feature_table::{CsvRows, FeatureColumns, FeatureTableError, find_column};
use crate::stage::{StageContext, StageError};
use crate::stages::array_file::{FileArray, holds_arrays, read_arrays};

use super::ImportFeaturesParams;

/// How much of a file is looked at to tell a table from something else.
const SNIFFED_BYTES: usize = 1 << 12;

/// Rows of numbers that are read in their order.
pub(super) trait Source {
    /// The name and shape of each tensor of a row.
    fn tensors(&self) -> Vec<(String, Vec<usize>)>;

    /// How many rows there are.
    fn rows(&self) -> usize;

    /// Fills one block a tensor with the rows from `first` on.
    fn read(&mut self, first: usize, blocks: &mut [Vec<f64>]) -> Result<(), StageError>;

    /// Where a number stands, for messages.
    fn place(&self, tensor: usize, row: usize, column: usize) -> String;

    /// What the file itself says about its samples.
    fn own(&mut self) -> OwnColumns {
        OwnColumns::default()
    }
}

/// Columns of a table of features that are none.
#[derive(Default)]
pub(super) struct OwnColumns {
    /// The names, if there is a column for them.
    pub(super) names: Option<Vec<String>>,
    /// The classes, unless they are said elsewhere.
    pub(super) classes: Option<Vec<String>>,
    /// Columns to keep.
    pub(super) kept: BTreeMap<String, Vec<String>>,
}

/// Opens the file of features, whatever it is.
pub(super) fn open(
    params: &ImportFeaturesParams,
    cx: &StageContext<'_>,
) -> Result<Box<dyn Source>, StageError> {
    let bytes = cx.map(&params.features)?;
    let file = cx.display(&params.features);
    let is_parquet = ParquetRows::is_parquet(&bytes);
    let is_table = !holds_arrays(&bytes);
    if is_table && !is_parquet && is_binary(&bytes) {
        return Err(StageError::data_with_help(
            format!("`{file}` is neither an array file nor a table"),
            "expected .npy, .npz, safetensors, parquet or csv, told by content, not by name",
        ));
    }
    let columns = FeatureColumns {
        names: params.feature_columns.clone(),
        prefix: params.feature_prefix.clone(),
    };
    if is_table && columns == FeatureColumns::default() {
        let message = format!("`{file}` is a table; say which of its columns are features");
        return Err(StageError::parameter("feature_prefix", message));
    }
    let source: Box<dyn Source> = if !is_table {
        Box::new(Arrays::open(params, cx)?)
    } else if is_parquet {
        let damaged = |error| StageError::data(format!("`{file}`: {error}"));
        let table = ParquetRows::open(bytes).map_err(damaged)?;
        Box::new(Parquet::open(&file, table, &columns, params)?)
    } else {
        Box::new(Csv::open(&file, &columns, params, cx)?)
    };
    match source.rows() {
        0 => Err(StageError::data(format!("`{file}` has no rows; expected one a sample"))),
        _ => Ok(source),
    }
}

/// Whether bytes cannot be the beginning of a text.
fn is_binary(bytes: &[u8]) -> bool {
    bytes.iter().take(SNIFFED_BYTES).any(|byte| *byte == 0)
}

/// The columns that say names and classes and those to keep, as far as they are wanted.
struct Wanted<'a> {
    name: Option<&'a str>,
    class: Option<&'a str>,
    kept: &'a [String],
}

impl<'a> Wanted<'a> {
    fn of(params: &'a ImportFeaturesParams) -> Self {
        let own = params.samples.is_none() && params.labels.is_none();
        Self {
            name: params.name_column.as_deref(),
            class: own.then_some(params.class_column.as_str()),
            kept: if own { &params.columns } else { &[] },
        }
    }
}

/// Arrays with one number of rows.
struct Arrays {
    arrays: Vec<FileArray>,
    /// The name of an array that has none.
    name: String,
}

impl Arrays {
    fn open(params: &ImportFeaturesParams, cx: &StageContext<'_>) -> Result<Self, StageError> {
        let arrays = read_arrays(&params.features, &params.arrays, cx)?;
        let rows = arrays[0].info.rows();
        for array in &arrays {
            let (label, shape) = (array.label(), array.shape_text());
            if array.info.shape().len() < 2 || array.info.width() == 0 {
                let help = "a row a sample; labels go into the parameter `labels`";
                let message = format!("{label}: the shape is {shape}; expected [N, ...]");
                return Err(StageError::data_with_help(message, help));
            }
            if array.info.rows() != rows {
                let first = arrays[0].label();
                let message =
                    format!("{label}: {} rows, but {first} has {rows}", array.info.rows());
                return Err(StageError::data(message));
            }
        }
        Ok(Self { arrays, name: params.name.clone() })
    }
}

impl Source for Arrays {
    fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let name = |array: &FileArray| match array.name.as_str() {
            "" => self.name.clone(),
            name => name.to_owned(),
        };
        let tensor = |array: &FileArray| (name(array), array.info.row_shape().to_vec());
        self.arrays.iter().map(tensor).collect()
    }

    fn rows(&self) -> usize {
        self.arrays[0].info.rows()
    }

    fn read(&mut self, first: usize, blocks: &mut [Vec<f64>]) -> Result<(), StageError> {
        for (array, block) in self.arrays.iter().zip(blocks) {
            array.read_rows(first, block);
        }
        Ok(())
    }

    fn place(&self, tensor: usize, row: usize, column: usize) -> String {
        let label = self.arrays[tensor].label();
        format!("{label}: row {row}, column {column} (counted from 0)")
    }
}

/// The columns of a table that make one tensor.
struct Columns {
    file: String,
    tensor: String,
    names: Vec<String>,
}

impl Columns {
    fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        vec![(self.tensor.clone(), vec![self.names.len()])]
    }

    fn place(&self, row: usize, column: usize) -> String {
        format!("`{}`: row {row} (counted from 0), column `{}`", self.file, self.names[column])
    }

    fn wrong(&self, error: &FeatureTableError) -> StageError {
        table_error(&self.file, error)
    }
}

fn table_error(file: &str, error: &FeatureTableError) -> StageError {
    StageError::data(format!("`{file}`: {error}"))
}

struct Parquet {
    table: ParquetRows,
    columns: Columns,
    own: OwnColumns,
}

impl Parquet {
    fn open(
        file: &str,
        table: ParquetRows,
        columns: &FeatureColumns,
        params: &ImportFeaturesParams,
    ) -> Result<Self, StageError> {
        let header = table.columns();
        let names = columns.choose(header).map_err(|error| table_error(file, &error))?;
        let texts = |column: &str| {
            find_column(header, column).map_err(|error| table_error(file, &error))?;
            let texts = table.texts(column);
            let texts = texts.map_err(|error| StageError::data(format!("`{file}`: {error}")))?;
            let filled = |(row, text): (usize, Option<String>)| {
                text.filter(|text| !text.is_empty()).ok_or_else(|| {
                    let place = format!("row {row} (counted from 0)");
                    StageError::data(format!("`{file}`: {place}: the column `{column}` is empty"))
                })
            };
            texts.into_iter().enumerate().map(filled).collect::<Result<Vec<_>, _>>()
        };
        let wanted = Wanted::of(params);
        let own = OwnColumns {
            names: wanted.name.map(texts).transpose()?,
            classes: wanted.class.map(texts).transpose()?,
            kept: wanted
                .kept
                .iter()
                .map(|column| Ok((column.clone(), texts(column)?)))
                .collect::<Result<_, StageError>>()?,
        };
        let columns = Columns { file: file.to_owned(), tensor: params.name.clone(), names };
        Ok(Self { table, columns, own })
    }
}

impl Source for Parquet {
    fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        self.columns.tensors()
    }

    fn rows(&self) -> usize {
        self.table.len()
    }

    fn read(&mut self, first: usize, blocks: &mut [Vec<f64>]) -> Result<(), StageError> {
        let read = self.table.numbers(&self.columns.names, first, &mut blocks[0]);
        read.map_err(|error| StageError::data(format!("`{}`: {error}", self.columns.file)))
    }

    fn place(&self, _tensor: usize, row: usize, column: usize) -> String {
        self.columns.place(row, column)
    }

    fn own(&mut self) -> OwnColumns {
        std::mem::take(&mut self.own)
    }
}

/// A csv table. It is read twice: for the number of rows and their samples, then for the features.
struct Csv {
    table: CsvRows<File>,
    columns: Columns,
    positions: Vec<usize>,
    rows: usize,
    own: OwnColumns,
}

impl Csv {
    fn open(
        file: &str,
        columns: &FeatureColumns,
        params: &ImportFeaturesParams,
        cx: &StageContext<'_>,
    ) -> Result<Self, StageError> {
        let wrong = |error| table_error(file, &error);
        let (rows, own) = read_own(cx.open(&params.features)?, params).map_err(wrong)?;
        let table = CsvRows::new(cx.open(&params.features)?).map_err(wrong)?;
        let names = columns.choose(table.header()).map_err(wrong)?;
        let positions = names.iter().map(|name| find_column(table.header(), name));
        let positions = positions.collect::<Result<_, _>>().map_err(wrong)?;
        let columns = Columns { file: file.to_owned(), tensor: params.name.clone(), names };
        Ok(Self { table, columns, positions, rows, own })
    }
}

/// Reads a table through for everything but its features.
fn read_own(
    input: File,
    params: &ImportFeaturesParams,
) -> Result<(usize, OwnColumns), FeatureTableError> {
    let mut table = CsvRows::new(input)?;
    let wanted = Wanted::of(params);
    let find = |column: &str| find_column(table.header(), column);
    let name = wanted.name.map(find).transpose()?;
    let class = wanted.class.map(find).transpose()?;
    let kept = wanted.kept.iter().map(|column| find(column)).collect::<Result<Vec<_>, _>>()?;
    let mut own = OwnColumns {
        names: name.map(|_| Vec::new()),
        classes: class.map(|_| Vec::new()),
        kept: wanted.kept.iter().map(|column| (column.clone(), Vec::new())).collect(),
    };
    let mut rows = 0;
    while table.advance()? {
        rows += 1;
        for (at, list) in [(name, &mut own.names), (class, &mut own.classes)] {
            if let (Some(at), Some(list)) = (at, list) {
                list.push(table.text(at)?.to_owned());
            }
        }
        for (at, column) in kept.iter().zip(wanted.kept) {
            let list = own.kept.get_mut(column).expect("it was just made");
            list.push(table.text(*at)?.to_owned());
        }
    }
    Ok((rows, own))
}

impl Source for Csv {
    fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        self.columns.tensors()
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn read(&mut self, _first: usize, blocks: &mut [Vec<f64>]) -> Result<(), StageError> {
        for row in blocks[0].chunks_exact_mut(self.positions.len()) {
            let advanced = self.table.advance().map_err(|error| self.columns.wrong(&error))?;
            if !advanced {
                let file = &self.columns.file;
                return Err(StageError::data(format!("`{file}` became shorter while it was read")));
            }
            for (value, at) in row.iter_mut().zip(&self.positions) {
                *value = self.table.number(*at).map_err(|error| self.columns.wrong(&error))?;
            }
        }
        Ok(())
    }

    fn place(&self, _tensor: usize, row: usize, column: usize) -> String {
        self.columns.place(row, column)
    }

    fn own(&mut self) -> OwnColumns {
        std::mem::take(&mut self.own)
    }
}
