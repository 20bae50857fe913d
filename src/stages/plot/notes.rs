//! What every figure says in words: the names of its rows, counts, and the stamp.

use super::super::rows::Row;
use super::PlotParams;

/// The mark of a row that was selected on test images.
pub(super) const STAMP: &str = "†";

/// The label of a row, stamped where it must be; the stamp never stands on a line of its own.
pub(super) fn row_label(params: &PlotParams, row: &Row<'_>) -> String {
    let label = row.label(&params.headings);
    if row.is_peeked() { format!("{label}\u{a0}{STAMP}") } else { label }
}

/// The small print: what was averaged over how many images, and the stamp.
pub(super) fn notes(rows: &[&Row<'_>], mut notes: Vec<String>) -> Vec<String> {
    let evaluations = || rows.iter().flat_map(|row| &row.members).map(|member| member.value);
    let seen = range(evaluations().map(|evaluation| evaluation.test_seen_images));
    let unseen = range(evaluations().map(|evaluation| evaluation.test_unseen_images));
    let runs = runs(rows);
    notes.push(format!("{runs}; test images: {seen} of seen, {unseen} of unseen classes"));
    if rows.iter().any(|row| row.is_peeked()) {
        notes.push(format!("{STAMP} selected on test"));
    }
    notes
}

/// How many runs were averaged.
pub(super) fn runs<T>(rows: &[&Row<'_, T>]) -> String {
    let seeds = range(rows.iter().map(|row| row.members.len()));
    let plural = if seeds == "1" { "run" } else { "runs (seeds)" };
    format!("{seeds} {plural}")
}

fn range(counts: impl Iterator<Item = usize>) -> String {
    let counts: Vec<usize> = counts.collect();
    let least = counts.iter().min().copied().unwrap_or(0);
    let most = counts.iter().max().copied().unwrap_or(0);
    if least == most { least.to_string() } else { format!("{least}–{most}") }
}
