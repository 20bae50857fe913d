//! One line a case of a folder.

use std::path::{Path, PathBuf};

use erpc_pipe::fs;
use libtest_mimic::{Failed, Trial};

use crate::case::{Case, Method};
use crate::compare::compare;
use crate::{skipped, table};

/// A trial for each case that lies in `folder`; a failing one if there is none.
pub(crate) fn trials(folder: &Path) -> Vec<Trial> {
    let cases = match cases(folder) {
        Ok(cases) => cases,
        Err(reason) => return vec![failing(&folder.display().to_string(), reason)],
    };
    let disputed = |(case, start, _, reason): &(&'static str, &str, &str, &'static str)| {
        let is_here = cases.iter().any(|(name, _)| name == case);
        is_here.then(|| skipped(&format!("{case}/{start}*"), reason))
    };
    let disputed: Vec<Trial> = table::DISPUTED.iter().filter_map(disputed).collect();
    cases.into_iter().map(|(name, path)| trial(name, path)).chain(disputed).collect()
}

fn cases(folder: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let paths = fs::list(folder).map_err(|error| format!("{error}: {}", error.source))?;
    let is_json = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "json");
    let cases: Vec<(String, PathBuf)> = paths
        .into_iter()
        .filter(is_json)
        .filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), path)))
        .collect();
    match cases.is_empty() {
        true => Err("the folder holds no golden case; ERPC_GOLDEN must name one that does".into()),
        false => Ok(cases),
    }
}

fn trial(name: String, path: PathBuf) -> Trial {
    match table::method(&name) {
        Some(method) => Trial::test(name.clone(), move || run(&name, &path, method)),
        None if table::is_pending(&name) => skipped(&name, "pending: the method is not built yet"),
        None => {
            let reason = format!(
                "`{}` is a case that nobody knows; add it to `tests/golden/table.rs`",
                path.display()
            );
            failing(&name, reason)
        }
    }
}

fn failing(name: &str, reason: String) -> Trial {
    Trial::test(name, || Err(Failed::from(reason)))
}

fn run(name: &str, path: &Path, method: Method) -> Result<(), Failed> {
    let case = Case::read(path)?;
    let complaints = compare(name, &case, &method(&case));
    match complaints.is_empty() {
        true => Ok(()),
        false => Err(complaints.join("\n").into()),
    }
}
