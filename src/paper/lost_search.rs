//! One search that lost an image: the probability of its class, look by look.
//!
//! The rule: of the images of unseen classes, in the order of the table, the first one that the whole
//! picture shows (right without a look) and that is wrong where its search ends.

use super::answer::{Columns, Estimate, Found};
use super::outline::Metric;

/// How the names begin of what a metric reads here; the number of looks follows.
const GLOBAL: (&str, &str) = ("global_", "global_of_class");
const JOINT: (&str, &str) = ("joint_", "joint_of_class");

/// The number of a metric, such as `global_0` or `joint_3`, of the first lost image among `rows`.
pub(super) fn find(columns: &Columns, rows: &[usize], metric: &Metric, table: &str) -> Found {
    if rows.iter().any(|row| columns.flag("is_seen", *row)) {
        let reason = format!("table {table} has all classes as candidates, not the unseen ones");
        return Found::Absent(reason);
    }
    let image = |row: usize| columns.text("image", row);
    let lost = rows.chunk_by(|one, two| image(*one) == image(*two)).find(|search| {
        let last = search.iter().rfind(|row| !columns.flag("has_stopped", **row));
        let is_right = |row: &usize| columns.flag("is_right", *row);
        search.first().is_some_and(is_right) && last.is_some_and(|last| !is_right(last))
    });
    let Some(search) = lost else {
        return Found::Absent(format!("no image of table {table} was right at first and lost"));
    };
    let found = [GLOBAL, JOINT].into_iter().find_map(|(prefix, column)| {
        let looks: f64 = metric.ours.strip_prefix(prefix)?.parse().ok()?;
        let is_there = |row: &&usize| columns.number("step", **row) == Some(looks);
        let row =
            *search.iter().filter(is_there).find(|row| !columns.flag("has_stopped", **row))?;
        columns.number(column, row)
    });
    let Some(mean) = found else {
        return Found::Absent("its search ends before".to_owned());
    };
    let class = columns.text("class", search[0]).unwrap_or_default();
    let name = image(search[0]).unwrap_or_default();
    Found::There(Estimate {
        mean: mean * metric.scale,
        sd: None,
        n: 1,
        seeds: String::new(),
        peeked: false,
        about: Some(format!("Image {name}, class {class}.")),
    })
}
