//! Data folders, and the files that each manifest names.

use std::path::{Path, PathBuf};

use crate::catalogue::Catalogue;
use crate::fs;
use crate::plan::DataRoots;
use crate::stage::FileRef;

use super::super::CliError;
use super::super::project::{Project, manifests};
use super::{Finding, State};

pub(super) fn findings(roots: &DataRoots, named: &[PathBuf]) -> Result<Vec<Finding>, CliError> {
    let mut findings: Vec<Finding> = roots.0.iter().take(1).map(|root| folder(root)).collect();
    for manifest in manifests(named)? {
        findings.push(of_manifest(roots, &manifest));
    }
    Ok(findings)
}

fn folder(root: &Path) -> Finding {
    if fs::is_dir(root) {
        return Finding::good(format!("data folder: `{}`", root.display()));
    }
    Finding::lack(
        State::Optional,
        format!("data folder: there is no `{}`", root.display()),
        "set ERPC_DATA to the folder that holds the data, or make it",
    )
}

fn of_manifest(roots: &DataRoots, manifest: &Path) -> Finding {
    let name = manifest.display();
    let project = match Project::read(manifest) {
        Ok(project) => project,
        Err(error) => {
            let remedy = format!("`erpc-pipe plan {name}` points at the place");
            return Finding::lack(State::Wrong, format!("{name}: {error}"), remedy);
        }
    };
    let files = project.files();
    let missing: Vec<&FileRef> = files.iter().filter(|file| roots.find(file).is_none()).collect();
    if files.is_empty() {
        return Finding::good(format!("{name}: needs no data"));
    }
    let found = files.len() - missing.len();
    let what = format!("{name}: {found} of {} files found", files.len());
    if missing.is_empty() {
        return Finding::good(what);
    }
    let details = missing.iter().map(|file| format!("no `{file}`")).collect();
    let remedy = catalogued(&missing).unwrap_or_else(|| remedy(roots, &missing));
    Finding::lack(State::Missing, what, remedy).details(details)
}

/// The commands that say where missing files come from, if the catalogue knows all of them.
fn catalogued(missing: &[&FileRef]) -> Option<String> {
    let catalogue = Catalogue::embedded();
    let names: Vec<&str> = missing.iter().map(|file| file.name()).collect();
    if names.iter().any(|name| catalogue.part(name).is_none()) {
        return None;
    }
    let sets = catalogue.cover(&names).into_iter();
    let commands = sets.map(|(set, _)| format!("`erpc-pipe data check {}`", set.name));
    let commands = commands.collect::<Vec<_>>().join(" and ");
    Some(format!("{commands} says where they come from, how large they are and where they belong"))
}

/// Where missing files belong.
fn remedy(roots: &DataRoots, missing: &[&FileRef]) -> String {
    if missing.iter().all(|file| file.beside().is_some()) {
        return "put them where the manifest says, relative to its own folder".to_owned();
    }
    let roots: Vec<String> = roots.0.iter().map(|root| format!("`{}`", root.display())).collect();
    format!(
        "put them into one of {}, or set ERPC_DATA to the folder that holds them",
        roots.join(", ")
    )
}
