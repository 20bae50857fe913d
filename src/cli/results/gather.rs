//! All published tables below a folder.

use std::path::{Path, PathBuf};

use crate::artifact::read_columns;
use crate::fs;
use crate::published::is_published;
use crate::suggest::advice;

use super::super::CliError;
use super::super::file_names::{PER_IMAGE, PER_SEED};
use super::sheet::Sheet;

/// How fine the rows are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Grain {
    /// One row a setting and metric, with statistics over seeds.
    Statistics,
    /// One row a setting, metric and seed.
    Seeds,
}

/// The tables of `experiments`, or of all, with the columns `experiment` and `table` in front.
pub(in super::super) fn gather(
    results: &Path,
    experiments: &[String],
    grain: Grain,
) -> Result<Sheet, CliError> {
    let folders = published(results)?;
    let names: Vec<&str> = folders.iter().map(|folder| name(folder)).collect();
    for wanted in experiments {
        if !names.contains(&wanted.as_str()) {
            let message = format!("no experiment `{wanted}` in `{}`", results.display());
            return Err(CliError::usage(message, advice(wanted, "experiments", &names)));
        }
    }
    let mut sheet = Sheet::default();
    for folder in &folders {
        let experiment = name(folder);
        if experiments.is_empty() || experiments.iter().any(|wanted| wanted == experiment) {
            append(&mut sheet, experiment, folder, grain)?;
        }
    }
    if sheet.rows.is_empty() {
        let message = format!("there is no published table in `{}`", results.display());
        return Err(CliError::usage(message, "`erpc-pipe run MANIFEST` publishes its tables"));
    }
    Ok(sheet)
}

/// The tables of one published experiment.
pub(in super::super) fn tables_of(folder: &Path, grain: Grain) -> Result<Sheet, CliError> {
    let mut sheet = Sheet::default();
    append(&mut sheet, name(folder), folder, grain)?;
    Ok(sheet)
}

/// The folders of published experiments.
pub(in super::super) fn published(results: &Path) -> Result<Vec<PathBuf>, CliError> {
    if !fs::is_dir(results) {
        let message = format!("there is no folder `{}`", results.display());
        let help = "run an experiment first, or name the folder with `--results`";
        return Err(CliError::usage(message, help));
    }
    // What `paper` writes is made of these tables and has no provenance of its own.
    Ok(fs::list(results)?.into_iter().filter(|path| is_published(path)).collect())
}

fn append(
    sheet: &mut Sheet,
    experiment: &str,
    folder: &Path,
    grain: Grain,
) -> Result<(), CliError> {
    for path in fs::list(folder)? {
        if path.extension().is_none_or(|ending| ending != "parquet") {
            continue;
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        // Such tables are too long to be looked at here.
        if stem.ends_with(PER_IMAGE) {
            continue;
        }
        let (table, found) = match stem.strip_suffix(PER_SEED) {
            Some(table) => (table, Grain::Seeds),
            None => (stem.as_str(), Grain::Statistics),
        };
        if found == grain {
            let columns = read_columns(&fs::read(&path)?).map_err(|error| {
                let message = format!("`{}` is no published table: {error}", path.display());
                CliError::usage(message, "run its experiment again, or remove the file")
            })?;
            sheet.append(&[("experiment", experiment), ("table", table)], columns);
        }
    }
    Ok(())
}

/// The name of a folder or file; empty if it has none that is text.
pub(in super::super) fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}
