//! What to do about files of the catalogue that a run did not find.

use std::fmt::Write as _;
use std::path::Path;

use crate::catalogue::Catalogue;
use crate::fs;

use super::text::{how, part_line, sources};

/// For each data set that missing files belong to: its page, every missing part with its size and how
/// to get it, and the command that checks them. Nothing if the catalogue knows none of them.
pub(in crate::cli) fn missing_hint(missing: &[&str], data: &Path) -> Option<String> {
    let catalogue = Catalogue::embedded();
    let mut text = String::new();
    for (set, parts) in catalogue.cover(missing) {
        let _ = writeln!(text, "{}, {}", set.title, set.page);
        let _ = writeln!(text, "terms: {}", set.terms);
        let _ = writeln!(text, "into the folder `{}`:", data.display());
        let mut all = parts.clone();
        for part in parts {
            let _ = writeln!(text, "  {}", part_line(part));
            let _ = writeln!(text, "    {}", how(&catalogue, set, part, data));
            let needed = part.needs.iter().filter_map(|path| catalogue.part(path));
            for needed in needed.filter(|needed| !fs::exists(&data.join(&needed.path))) {
                let source = how(&catalogue, set, needed, data);
                let _ = writeln!(text, "    of {} ({source})", part_line(needed));
                all.push(needed);
            }
        }
        text += &sources(&catalogue, set, &all);
    }
    (!text.is_empty()).then_some(text)
}
