//! `erpc-pipe times`: where the time of published experiments went.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::id::StageKey;
use crate::published::{COSTS, PROVENANCE, Stages, read_published};
use crate::report::duration_text;

use super::results::{name, published};
use super::{CliError, Exit, text_out};

/// The arguments of `times`.
#[derive(Args)]
pub(super) struct TimesArgs {
    /// Where the experiments are published.
    #[arg(long, default_value = "results", value_name = "DIR")]
    results: PathBuf,
}

/// Seconds, and how many stages took them.
type Sum = (f64, usize);

pub(super) fn times(args: &TimesArgs) -> Result<Exit, CliError> {
    let mut by_experiment: BTreeMap<String, Sum> = BTreeMap::new();
    let mut by_kind: BTreeMap<String, Sum> = BTreeMap::new();
    let mut counted = BTreeSet::new();
    for folder in published(&args.results)? {
        for stage in stages(&folder)? {
            add(&mut by_experiment, name(&folder), stage.seconds);
            if counted.insert(stage.key) {
                add(&mut by_kind, &stage.kind, stage.seconds);
            }
        }
    }
    let mut text = String::new();
    part(
        &mut text,
        "Time by experiment, each stage as long as it took when it ran",
        &by_experiment,
    );
    text.push('\n');
    part(&mut text, "Time by kind of stage; one that experiments share counts once", &by_kind);
    let total = by_kind.values().map(|(seconds, _)| seconds).sum();
    let _ = writeln!(text, "\n{} in all", duration(total));
    text_out(text.as_bytes())?;
    Ok(Exit::Fine)
}

/// A stage that was run or reused.
struct Stage {
    key: StageKey,
    kind: String,
    seconds: f64,
}

#[derive(Deserialize)]
struct Cost {
    seconds: f64,
    stage: String,
}

#[derive(Deserialize)]
struct Origin {
    key: StageKey,
    recipe: Kind,
    stage: String,
}

#[derive(Deserialize)]
struct Kind {
    kind: String,
}

fn stages(folder: &Path) -> Result<Vec<Stage>, CliError> {
    let origins = list(folder, PROVENANCE)?.into_iter();
    let origin = |Origin { key, recipe, stage }| (stage, (key, recipe.kind));
    let origins: BTreeMap<String, (StageKey, String)> = origins.map(origin).collect();
    let stage = |Cost { seconds, stage }: Cost| {
        let (key, kind) = origins.get(&stage)?.clone();
        Some(Stage { key, kind, seconds })
    };
    Ok(list(folder, COSTS)?.into_iter().filter_map(stage).collect())
}

/// What is not there lists nothing.
fn list<T: DeserializeOwned>(folder: &Path, file: &str) -> Result<Vec<T>, CliError> {
    let read = read_published(folder, file)?;
    Ok(read.map(|Stages { stages }| stages).unwrap_or_default())
}

fn add(sums: &mut BTreeMap<String, Sum>, name: &str, seconds: f64) {
    let sum = sums.entry(name.to_owned()).or_default();
    *sum = (sum.0 + seconds, sum.1 + 1);
}

/// A heading and a line a sum, the longest first.
fn part(text: &mut String, heading: &str, sums: &BTreeMap<String, Sum>) {
    let mut sums: Vec<(&String, &Sum)> = sums.iter().collect();
    // Stable: equal times stay in the order of their names.
    sums.sort_by(|one, two| two.1.0.total_cmp(&one.1.0));
    let width = sums.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let _ = writeln!(text, "{heading}");
    for (name, (seconds, count)) in sums {
        let noun = if *count == 1 { "stage" } else { "stages" };
        let _ = writeln!(text, "  {name:<width$}  {:>12}  {count} {noun}", duration(*seconds));
    }
}

fn duration(seconds: f64) -> String {
    duration_text(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}
