//! Grouping, pivoting, sorting and choosing columns.

use indexmap::IndexMap;
use indexmap::IndexSet;

use super::super::CliError;
use super::sheet::{Datum, Sheet};

/// What is said about a row rather than measured; a terminal shows them on demand.
const DETAILS: [&str; 24] = [
    "table",
    "sd0",
    "ci95_low",
    "ci95_high",
    "min",
    "max",
    "chance",
    "seeds",
    "selected_on",
    "split",
    "train_images",
    "test_seen_images",
    "test_unseen_images",
    "mean_a",
    "mean_b",
    "ci_low",
    "ci_high",
    "confidence",
    "t",
    "verdict",
    "splits_differ",
    "runs",
    "missing",
    "left_out",
];

/// The flag that follows a row through everything.
pub(super) const PEEKED: &str = "peeked";

/// What is to be done with the rows.
pub(super) struct Arrangement {
    pub(super) group_by: Vec<String>,
    pub(super) pivot: Option<String>,
    pub(super) value: String,
    pub(super) sort: Vec<String>,
    pub(super) columns: Vec<String>,
    pub(super) is_brief: bool,
}

/// Groups or pivots, sorts, and chooses columns, in this order.
pub(super) fn arrange(sheet: Sheet, wanted: &Arrangement) -> Result<Sheet, CliError> {
    let is_plain = wanted.group_by.is_empty() && wanted.pivot.is_none();
    let mut sheet = match &wanted.pivot {
        Some(column) => pivot(&sheet, column, wanted)?,
        None if is_plain => sheet,
        None => group(&sheet, wanted)?,
    };
    sort(&mut sheet, &wanted.sort)?;
    choose(&mut sheet, wanted, is_plain)?;
    Ok(sheet)
}

type Groups<'a> = IndexMap<Vec<String>, Vec<&'a Vec<Datum>>>;

/// The rows that agree in `keys`, in the order of their first appearance.
fn groups<'a>(sheet: &'a Sheet, keys: &[usize]) -> Groups<'a> {
    let mut groups = Groups::new();
    for row in &sheet.rows {
        let key = keys.iter().map(|at| row[*at].to_string()).collect();
        groups.entry(key).or_default().push(row);
    }
    groups
}

fn is_peeked(sheet: &Sheet, rows: &[&Vec<Datum>]) -> Datum {
    let at = sheet.find(PEEKED);
    Datum::Flag(at.is_some_and(|at| rows.iter().any(|row| row[at] == Datum::Flag(true))))
}

fn numbers(rows: &[&Vec<Datum>], at: usize) -> Vec<f64> {
    rows.iter().filter_map(|row| row[at].number()).collect()
}

fn group(sheet: &Sheet, wanted: &Arrangement) -> Result<Sheet, CliError> {
    let keys = positions(sheet, &wanted.group_by)?;
    let at = sheet.column(&wanted.value)?;
    let mut columns = wanted.group_by.clone();
    columns.extend(["n", "mean", "sd", "min", "max", PEEKED].map(str::to_owned));
    let mut rows = Vec::new();
    for group in groups(sheet, &keys).values() {
        let mut row: Vec<Datum> = keys.iter().map(|key| group[0][*key].clone()).collect();
        row.extend(statistics(&numbers(group, at)));
        row.push(is_peeked(sheet, group));
        rows.push(row);
    }
    Ok(Sheet { columns, rows })
}

/// Count, mean, deviation (n - 1), least and greatest.
fn statistics(values: &[f64]) -> [Datum; 5] {
    let extreme = |of: fn(f64, f64) -> f64| {
        values.iter().copied().reduce(of).map_or(Datum::Missing, Datum::Number)
    };
    let (mean, deviation) = spread(values);
    let number = |value: Option<f64>| value.map_or(Datum::Missing, Datum::Number);
    let count = Datum::Count(values.len());
    [count, number(mean), number(deviation), extreme(f64::min), extreme(f64::max)]
}

#[expect(clippy::cast_precision_loss, reason = "there are few rows")]
fn spread(values: &[f64]) -> (Option<f64>, Option<f64>) {
    let count = values.len() as f64;
    if values.is_empty() {
        return (None, None);
    }
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (Some(mean), (values.len() > 1).then(|| (squares / (count - 1.0)).sqrt()))
}

fn pivot(sheet: &Sheet, column: &str, wanted: &Arrangement) -> Result<Sheet, CliError> {
    let across = sheet.column(column)?;
    let at = sheet.column(&wanted.value)?;
    let is_grouped = !wanted.group_by.is_empty();
    let keys = if is_grouped { positions(sheet, &wanted.group_by)? } else { labels(sheet, across) };
    let headings: IndexSet<String> = sheet.rows.iter().map(|row| row[across].to_string()).collect();
    let mut columns: Vec<String> = keys.iter().map(|key| sheet.columns[*key].clone()).collect();
    columns.extend(headings.iter().cloned());
    columns.push(PEEKED.to_owned());
    let mut rows = Vec::new();
    for group in groups(sheet, &keys).values() {
        let mut row: Vec<Datum> = keys.iter().map(|key| group[0][*key].clone()).collect();
        for heading in &headings {
            let of_heading: Vec<&Vec<Datum>> =
                group.iter().copied().filter(|row| row[across].to_string() == *heading).collect();
            if of_heading.len() > 1 && !is_grouped {
                let message = format!("several rows have `{column}={heading}` in one place");
                let help = "choose with `--where`, or say with `--group-by` what makes a row";
                return Err(CliError::usage(message, help));
            }
            let (mean, _) = spread(&numbers(&of_heading, at));
            row.push(mean.map_or(Datum::Missing, Datum::Number));
        }
        row.push(is_peeked(sheet, group));
        rows.push(row);
    }
    Ok(Sheet { columns, rows })
}

/// The columns that tell rows apart: the experiment, and all labels that differ.
fn labels(sheet: &Sheet, across: usize) -> Vec<usize> {
    let is_label = |at: &usize| {
        let name = sheet.columns[*at].as_str();
        let data = || sheet.rows.iter().map(|row| &row[*at]);
        let is_text = data().all(|datum| matches!(datum, Datum::Text(_) | Datum::Missing));
        let differs = data().any(|datum| *datum != sheet.rows[0][*at]);
        let is_detail = name != "table" && DETAILS.contains(&name);
        *at != across && is_text && !is_detail && (differs || name == "experiment")
    };
    (0..sheet.columns.len()).filter(is_label).collect()
}

fn positions(sheet: &Sheet, columns: &[String]) -> Result<Vec<usize>, CliError> {
    columns.iter().map(|column| sheet.column(column)).collect()
}

fn sort(sheet: &mut Sheet, by: &[String]) -> Result<(), CliError> {
    // The last key first: sorting is stable.
    for key in by.iter().rev() {
        let (name, is_falling) = key.strip_prefix('-').map_or((key.as_str(), false), |k| (k, true));
        let at = sheet.column(name)?;
        sheet.rows.sort_by(|one, other| {
            let order = one[at].order(&other[at]);
            if is_falling { order.reverse() } else { order }
        });
    }
    Ok(())
}

fn choose(sheet: &mut Sheet, wanted: &Arrangement, is_plain: bool) -> Result<(), CliError> {
    let is_all = wanted.columns.iter().any(|column| column == "all");
    if !wanted.columns.is_empty() && !is_all {
        let mut columns = positions(sheet, &wanted.columns)?;
        if wanted.is_brief {
            // A result that was selected on test is stamped whatever is shown.
            columns.extend(sheet.find(PEEKED).filter(|at| !columns.contains(at)));
        }
        sheet.select(&columns);
    } else if wanted.is_brief && is_plain && !is_all {
        let has_data = |at: usize| sheet.rows.iter().any(|row| row[at] != Datum::Missing);
        let is_shown =
            |at: &usize| !DETAILS.contains(&sheet.columns[*at].as_str()) && has_data(*at);
        let columns: Vec<usize> = (0..sheet.columns.len()).filter(is_shown).collect();
        sheet.select(&columns);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
