//! `erpc-pipe results`: the published tables of all experiments as one.

mod arrange;
mod condition;
mod gather;
mod print;
mod sheet;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::fs;

use super::{CliError, Exit, text_out};
use arrange::{Arrangement, arrange};
use condition::Condition;
use gather::gather;

pub(super) use gather::{Grain, name, published, tables_of};
pub(super) use print::table as print_table;
pub(super) use sheet::{Datum, Sheet};

/// The arguments of `results`.
#[derive(Args)]
pub(super) struct ResultsArgs {
    /// Only these experiments [default: all].
    experiments: Vec<String>,
    /// Where the experiments are published.
    #[arg(long, default_value = "results", value_name = "DIR")]
    results: PathBuf,
    /// One row a seed instead of statistics over seeds.
    #[arg(long)]
    seeds: bool,
    /// Keep rows that match, such as `metric=t1`, `mean>=0.3`, `attributes!=shuffled`; may be repeated.
    #[arg(short = 'w', long = "where", value_name = "CONDITION")]
    conditions: Vec<String>,
    /// Mean, deviation and extremes over the rows that agree in these columns.
    #[arg(short, long, value_name = "COLUMN,…", value_delimiter = ',')]
    group_by: Vec<String>,
    /// Make a column of each value of this one, such as `metric`.
    #[arg(short, long, value_name = "COLUMN")]
    pivot: Option<String>,
    /// The number that is grouped or pivoted [default: mean, with `--seeds` value].
    #[arg(long, value_name = "COLUMN")]
    value: Option<String>,
    /// Sort by these columns; `-COLUMN` sorts the largest first.
    #[arg(short, long, value_name = "COLUMN,…", value_delimiter = ',', allow_hyphen_values = true)]
    sort: Vec<String>,
    /// Show these columns in this order; `all` shows every one.
    #[arg(short, long, value_name = "COLUMN,…", value_delimiter = ',')]
    columns: Vec<String>,
    /// The form of the output.
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Write to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The forms of the output.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Aligned columns for people.
    Table,
    /// Comma-separated values.
    Csv,
    /// Parquet, into a file.
    Parquet,
}

pub(super) fn results(args: &ResultsArgs) -> Result<Exit, CliError> {
    if args.format == Format::Parquet && args.output.is_none() {
        let help = "add `--output FILE`";
        return Err(CliError::usage("parquet is not written to standard output", help));
    }
    let grain = if args.seeds { Grain::Seeds } else { Grain::Statistics };
    let mut sheet = gather(&args.results, &args.experiments, grain)?;
    for condition in &args.conditions {
        Condition::parse(condition)?.apply(&mut sheet)?;
    }
    let sheet = arrange(sheet, &arrangement(args))?;
    let bytes = match args.format {
        Format::Table => print::terminal(&sheet)?.into_bytes(),
        Format::Csv => print::views(&sheet)?.csv.into_bytes(),
        Format::Parquet => print::views(&sheet)?.parquet,
    };
    match &args.output {
        Some(path) => fs::write_atomic(path, &bytes)?,
        None => text_out(&bytes)?,
    }
    Ok(Exit::Fine)
}

fn arrangement(args: &ResultsArgs) -> Arrangement {
    let default = if args.seeds { "value" } else { "mean" };
    Arrangement {
        group_by: args.group_by.clone(),
        pivot: args.pivot.clone(),
        value: args.value.clone().unwrap_or_else(|| default.to_owned()),
        sort: args.sort.clone(),
        columns: args.columns.clone(),
        // A terminal has no room for what is the same in nearly every row.
        is_brief: args.format == Format::Table,
    }
}
