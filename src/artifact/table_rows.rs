//! Rows of an outside parquet file, read block by block through its memory map.
//!
//! Beside the tables of this program this is the only place that knows polars, which panics on some
//! damaged files; that becomes an error like any other.

use std::io::{self, Cursor};
use std::panic::{AssertUnwindSafe, catch_unwind};

use polars::prelude::{
    Column, DataFrame, DataType, ParallelStrategy, ParquetReader, SerReader as _,
};

use super::{Blob, invalid};

/// How every parquet file begins, and how it ends.
const MAGIC: &[u8] = b"PAR1";

/// A parquet file; nothing but the names of its columns is in memory.
pub struct ParquetRows {
    blob: Blob,
    columns: Vec<String>,
    rows: usize,
}

/// Lets polars read a blob where it lies.
struct Bytes(Blob);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl ParquetRows {
    /// Whether bytes begin like a parquet file.
    #[must_use]
    pub fn is_parquet(bytes: &[u8]) -> bool {
        bytes.starts_with(MAGIC)
    }

    /// Reads the description at the end of the file.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`].
    pub fn open(blob: Blob) -> io::Result<Self> {
        if !blob.ends_with(MAGIC) {
            return Err(invalid("the parquet file is cut off: it does not end with PAR1"));
        }
        guarded(|| Self::describe(blob))
    }

    fn describe(blob: Blob) -> io::Result<Self> {
        let mut reader = ParquetReader::new(Cursor::new(Bytes(blob.clone())));
        let damaged = |error| invalid(format!("not a sound parquet file: {error}"));
        let schema = reader.schema().map_err(damaged)?;
        let rows = reader.num_rows().map_err(damaged)?;
        let metadata = reader.get_metadata().map_err(damaged)?;
        let length = blob.len() as u64;
        // Checked here because polars cuts the file at these places without looking.
        let mut ranges = Vec::new();
        for group in &metadata.row_groups {
            ranges.extend(group.byte_ranges_iter());
        }
        for range in ranges {
            if range.start > range.end || range.end > length {
                return Err(invalid("the parquet file is damaged: a column lies outside of it"));
            }
        }
        let columns = schema.iter_names().map(ToString::to_string).collect();
        Ok(Self { blob, columns, rows })
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The names of the columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// A column as texts, none where a cell is empty.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] for what has no text, such as a list.
    pub fn texts(&self, column: &str) -> io::Result<Vec<Option<String>>> {
        let frame = self.read(&[column.to_owned()], 0, self.rows)?;
        let found = &frame.columns()[0];
        let readable = found.dtype().is_primitive_numeric() || found.dtype().is_string();
        if !readable {
            return Err(strange(found, "texts or numbers"));
        }
        let texts = found.cast(&DataType::String).map_err(damaged)?;
        let texts = texts.str().map_err(damaged)?;
        Ok(texts.iter().map(|text| text.map(str::to_owned)).collect())
    }

    /// Puts rows from `first` on into `out`, the columns of a row side by side; an empty cell is NaN.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] for a column that holds no numbers.
    ///
    /// # Panics
    /// If `columns` is empty, or there are no such rows.
    pub fn numbers(&self, columns: &[String], first: usize, out: &mut [f64]) -> io::Result<()> {
        let width = columns.len();
        let frame = self.read(columns, first, out.len() / width)?;
        for name in columns {
            if !frame.column(name).map_err(damaged)?.dtype().is_primitive_numeric() {
                return Err(strange(frame.column(name).map_err(damaged)?, "numbers"));
            }
        }
        for (at, name) in columns.iter().enumerate() {
            let column = frame.column(name).map_err(damaged)?;
            let column = column.cast(&DataType::Float64).map_err(damaged)?;
            let values = column.f64().map_err(damaged)?;
            let cells = out[at..].iter_mut().step_by(width);
            cells.zip(values.iter()).for_each(|(cell, value)| *cell = value.unwrap_or(f64::NAN));
        }
        Ok(())
    }

    fn read(&self, columns: &[String], first: usize, count: usize) -> io::Result<DataFrame> {
        assert!(first + count <= self.rows, "these rows exist");
        let frame = guarded(|| {
            ParquetReader::new(Cursor::new(Bytes(self.blob.clone())))
                .read_parallel(ParallelStrategy::None)
                .with_slice(Some((first, count)))
                .with_columns(Some(columns.to_vec()))
                .finish()
                .map_err(damaged)
        })?;
        match frame.height() == count {
            true => Ok(frame),
            false => Err(invalid(format!("{} rows where {count} should be", frame.height()))),
        }
    }
}

/// Runs what reads a file that may be damaged; nothing of it is used after a panic.
fn guarded<T>(read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(invalid("the parquet file is damaged; write it again")))
}

fn damaged(error: impl std::fmt::Display) -> io::Error {
    invalid(format!("the parquet file cannot be read: {error}"))
}

fn strange(column: &Column, expected: &str) -> io::Error {
    invalid(format!("column `{}` holds {}; expected {expected}", column.name(), column.dtype()))
}

#[cfg(test)]
mod tests {
    use crate::artifact::{Presentation, Table, Values};

    use super::*;

    fn parquet() -> Vec<u8> {
        let columns = vec![
            ("name".to_owned(), Values::Text(vec!["a".into(), "b".into(), "c".into()])),
            ("x".to_owned(), Values::Number(vec![Some(0.5), None, Some(2.0)])),
            ("n".to_owned(), Values::Count(vec![3, 4, 5])),
        ];
        Table::new(columns, Presentation::default()).unwrap().views().parquet
    }

    #[test]
    fn rows_are_read_from_the_middle() {
        let table = ParquetRows::open(Blob::from_bytes(&parquet())).unwrap();
        assert_eq!((table.len(), table.columns()), (3, &["name", "x", "n"].map(String::from)[..]));
        let columns = ["n", "x"].map(String::from);
        let mut block = [0.0; 4];
        table.numbers(&columns, 1, &mut block).unwrap();
        assert_eq!((block[0], block[2], block[3]), (4.0, 5.0, 2.0));
        assert!(block[1].is_nan(), "an empty cell");
        assert_eq!(table.texts("n").unwrap()[2].as_deref(), Some("5"));
        assert_eq!(table.texts("x").unwrap()[1], None);
        let error = table.numbers(&["name".to_owned()], 0, &mut [0.0]).unwrap_err();
        assert_eq!(error.to_string(), "column `name` holds str; expected numbers");
    }

    #[test]
    fn no_damage_to_a_single_byte_is_a_panic() {
        let whole = parquet();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xff;
            let Ok(table) = ParquetRows::open(Blob::from_bytes(&bytes)) else { continue };
            // What is read may be wrong or an error; the call must come back.
            let columns: Vec<String> = table.columns().to_vec();
            for column in &columns {
                let mut cell = [0.0];
                let _ =
                    table.numbers(std::slice::from_ref(column), 0, &mut cell[..table.len().min(1)]);
            }
        }
        assert!(ParquetRows::open(Blob::from_bytes(&whole[..whole.len() - 1])).is_err());
    }
}
