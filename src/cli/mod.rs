//! The command line: the only place where results and errors become text and exit codes.

mod audit_splits;
mod completions;
mod data;
mod diff;
mod doctor;
mod execute;
mod exit;
mod file_names;
mod fsck;
mod gc;
mod graph;
mod index;
mod leftovers;
mod paper;
mod plan;
mod project;
mod provenance;
mod publish;
mod results;
mod run;
mod schema;
mod show;
mod stages;
mod times;
mod why;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

pub use exit::{CliError, Exit};

/// Reproducible experiments in zero-shot learning and attention by reinforcement.
#[derive(Parser)]
#[command(name = "erpc-pipe", version, about, after_help = exit::HELP)]
struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

/// Where the project, its store and its data are.
#[derive(Args, Clone, Debug)]
struct Place {
    /// Work in this folder instead of the current one.
    #[arg(short = 'C', long, global = true, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// The store; several projects may share one.
    #[arg(long, global = true, env = "ERPC_STORE", default_value = ".erpc", value_name = "DIR")]
    store: PathBuf,
    /// The folder in which data files are looked for [default: data].
    #[arg(long, global = true, env = "ERPC_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// Hash every outside file again instead of trusting sizes and times.
    #[arg(long, global = true)]
    paranoid: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Run an experiment: reuse what is known, run the rest, publish tables and figures.
    Run(run::RunArgs),
    /// Say what a run would do, and change nothing.
    Plan(plan::PlanArgs),
    /// Say why a stage would run: the fields that differ, old and new.
    Why(why::WhyArgs),
    /// Show a stage kind's parameters, an artifact, or a published table.
    Show(show::ShowArgs),
    /// Check published splits and count the test images that leak into their validation lists.
    AuditSplits(audit_splits::AuditSplitsArgs),
    /// The published tables of all experiments as one: filter, group, pivot, sort.
    Results(results::ResultsArgs),
    /// Compare two published experiments: which settings differ, which numbers moved.
    Diff(diff::DiffArgs),
    /// The tables of a paper with our numbers beside its own, and a mark at each.
    Paper(paper::PaperArgs),
    /// Write the page that leads to all published tables and figures.
    Index(index::IndexArgs),
    /// Say where the time of published experiments went.
    Times(times::TimesArgs),
    /// Draw the stage graph.
    Graph(graph::GraphArgs),
    /// List the stage kinds.
    Stages,
    /// The data sets of the catalogue: list them, check what is here, get what is missing.
    Data(data::DataArgs),
    /// Say what this machine has and lacks, and what to do about it.
    Doctor(doctor::DoctorArgs),
    /// Remove what no experiment last used.
    Gc(gc::GcArgs),
    /// Verify the content of the store.
    Fsck(fsck::FsckArgs),
    /// Print the JSON Schema of manifests.
    Schema,
    /// Print shell completions.
    Completions(completions::CompletionsArgs),
    /// Execute one stage from the store and a request on standard input.
    #[command(hide = true)]
    Execute,
}

/// Parses the arguments, does what they say, and gives the exit code.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A closed output is no reason to complain.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Fine }.into();
        }
    };
    match dispatch(&cli) {
        Ok(exit) => exit.into(),
        // `erpc-pipe plan … | head`: the reader has seen enough.
        Err(error) if error.is_closed_output() => Exit::Fine.into(),
        Err(error) => {
            error.print();
            error.exit().into()
        }
    }
}

/// Writes a whole answer to standard output.
fn text_out(bytes: &[u8]) -> Result<(), CliError> {
    Ok(io::Write::write_all(&mut io::stdout().lock(), bytes)?)
}

fn dispatch(cli: &Cli) -> Result<Exit, CliError> {
    if let Some(directory) = &cli.place.directory {
        std::env::set_current_dir(directory)
            .map_err(|error| CliError::directory(directory, &error))?;
    }
    let place = &cli.place;
    match &cli.command {
        Command::Run(args) => run::run(place, args),
        Command::Plan(args) => plan::plan(place, args),
        Command::Why(args) => why::why(place, args),
        Command::Show(args) => show::show(place, args),
        Command::AuditSplits(args) => audit_splits::audit_splits(args),
        Command::Results(args) => results::results(args),
        Command::Diff(args) => diff::diff(args),
        Command::Data(args) => data::data(place, args),
        Command::Doctor(args) => doctor::doctor(place, args),
        Command::Paper(args) => paper::paper(args),
        Command::Index(args) => index::index(args),
        Command::Times(args) => times::times(args),
        Command::Graph(args) => graph::graph(args),
        Command::Stages => stages::stages(),
        Command::Gc(args) => gc::gc(place, args),
        Command::Fsck(args) => fsck::fsck(place, args),
        Command::Schema => schema::schema(),
        Command::Completions(args) => completions::completions(args),
        Command::Execute => execute::execute(place),
    }
}

#[cfg(test)]
mod tests;
