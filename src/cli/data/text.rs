//! Parts of data sets as people read them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::catalogue::check::{Finding, Verified};
use crate::catalogue::{Archive, Catalogue, DATA, DataSet, Part};
use crate::report::bytes_text;

/// A number with commas between thousands.
pub(super) fn count_text(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Where a part belongs, what it is and how large.
pub(super) fn part_line(part: &Part) -> String {
    let mut text = format!("{}: {}", part.path, part.what);
    if let Some(files) = part.files {
        let _ = write!(text, ", {} files", count_text(files));
    }
    if let Some(folders) = part.folders {
        let _ = write!(text, " in {} folders", count_text(folders));
    }
    if let Some(bytes) = part.about_bytes {
        let _ = write!(text, ", about {}", bytes_text(bytes));
    }
    text
}

/// What was found of a part.
pub(super) fn size_text(finding: &Finding<'_>) -> String {
    let (part, measured) = (finding.part, &finding.measured);
    let bytes = bytes_text(measured.bytes);
    let verified = verified_text(finding.verified);
    let is_folder = part.files.is_some() || measured.folders > 0;
    if !is_folder {
        return format!("{bytes}, {verified}");
    }
    let of = |found: usize, expected: Option<usize>| match expected {
        Some(expected) => format!("{} of {}", count_text(found), count_text(expected)),
        None => count_text(found),
    };
    let files = of(measured.files, part.files);
    let folders = of(measured.folders, part.folders);
    format!("{files} files in {folders} folders, {bytes}, {verified}")
}

pub(super) fn verified_text(verified: Verified) -> &'static str {
    match verified {
        Verified::Nothing => "no digest is known",
        Verified::Names => "the names of the files compared",
        Verified::Record => "compared with the digest recorded when it came",
    }
}

/// How a part is had, in a few words.
pub(super) fn how(catalogue: &Catalogue, set: &DataSet, part: &Part, data: &Path) -> String {
    match (catalogue.archive(part), &part.make) {
        (Some((name, _)), _) => match part.member.as_deref() {
            Some(member) => format!("from {name}, where it is called `{member}`"),
            None => format!("from {name}"),
        },
        (None, Some(command)) => format!("make it: {}", command_text(command, data)),
        (None, None) => format!("ask for it at {}", set.page),
    }
}

/// The archives that parts come in, a line each, and the commands that get and check them.
pub(super) fn sources(catalogue: &Catalogue, set: &DataSet, parts: &[&Part]) -> String {
    let found = parts.iter().filter_map(|part| catalogue.archive(part));
    let archives: BTreeMap<&str, &Archive> = found.collect();
    let mut text = String::new();
    for (name, archive) in &archives {
        let size = match archive.size() {
            Some((bytes, true)) => format!(", {}", bytes_text(bytes)),
            Some((bytes, false)) => format!(", about {}", bytes_text(bytes)),
            None => String::new(),
        };
        let digest = match archive.sha256 {
            Some(digest) => format!("SHA-256 {digest} ({})", archive.checksum),
            None => format!("checksum: {}", archive.checksum),
        };
        let _ = writeln!(text, "{name}{size}: {}", archive.url);
        let _ = writeln!(text, "  offered at {}; {digest}", archive.page);
    }
    let name = &set.name;
    if !archives.is_empty() {
        let _ =
            writeln!(text, "erpc-pipe data get {name}    downloads and unpacks what is offered");
    }
    let _ = writeln!(text, "erpc-pipe data check {name}  says whether all is there and right");
    text
}

/// A command of the catalogue for this data folder.
fn command_text(command: &str, data: &Path) -> String {
    command.replace(DATA, &data.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [0, 717, 1000, 37_322, 1_234_567].map(count_text).join(" "),
            "0 717 1,000 37,322 1,234,567"
        );
    }

    #[test]
    fn a_command_names_the_data_folder() {
        let text = command_text("python make.py DATA/weights/x.onnx", Path::new("/big disk"));
        assert_eq!(text, "python make.py /big disk/weights/x.onnx");
    }
}
