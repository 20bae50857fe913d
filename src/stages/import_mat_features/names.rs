//! Names of images out of their paths, and what the folders say of the labels.

use std::collections::BTreeSet;

/// A folder that is called like another class than the label says.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "row {row}: `{path}` lies in the folder of class `{folder}`, but label {label} means `{class}`"
)]
pub(in crate::stages) struct FolderMismatch {
    row: usize,
    path: String,
    folder: String,
    label: usize,
    class: String,
}

/// The paths without the folders that all of them share, and how many lie in a folder that is called
/// like their class.
pub(in crate::stages) fn image_names(
    paths: &[String],
    labels: &[usize],
    classes: &[String],
) -> Result<(Vec<String>, usize), FolderMismatch> {
    let known: BTreeSet<&str> = classes.iter().map(String::as_str).collect();
    let mut checked = 0;
    for (at, (path, &label)) in paths.iter().zip(labels).enumerate() {
        let Some(folder) = folder(path).filter(|folder| known.contains(folder)) else { continue };
        if folder != classes[label] {
            return Err(FolderMismatch {
                row: at + 1,
                path: path.clone(),
                folder: folder.to_owned(),
                label: label + 1,
                class: classes[label].clone(),
            });
        }
        checked += 1;
    }
    let shared = shared_folders(paths);
    Ok((paths.iter().map(|path| path[shared..].to_owned()).collect(), checked))
}

fn is_separator(letter: char) -> bool {
    letter == '/' || letter == '\\'
}

/// The name of the innermost folder.
fn folder(path: &str) -> Option<&str> {
    path.rsplit(is_separator).nth(1)
}

/// Bytes of the folders that all paths begin with.
fn shared_folders(paths: &[String]) -> usize {
    let Some((first, rest)) = paths.split_first() else { return 0 };
    let shared = rest.iter().fold(first.as_str(), |shared, path| {
        let same = shared.bytes().zip(path.bytes()).take_while(|(one, other)| one == other);
        // A letter of several bytes may be shared in part only.
        let mut end = same.count();
        while !shared.is_char_boundary(end) {
            end -= 1;
        }
        &shared[..end]
    });
    shared.rfind(is_separator).map_or(0, |separator| separator + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn shared_folders_are_left_out() {
        let paths = owned(&["/BS/data//JPEG/fox/1.jpg", "/BS/data//JPEG/föx/2.jpg"]);
        let (names, checked) = image_names(&paths, &[0, 0], &owned(&["fox"])).unwrap();
        assert_eq!((names, checked), (owned(&["fox/1.jpg", "föx/2.jpg"]), 1));
        let (names, _) = image_names(&owned(&["1.jpg"]), &[0], &owned(&["fox"])).unwrap();
        assert_eq!(names, ["1.jpg"]);
        let windows = owned(&["C:\\a\\fox\\1.jpg", "C:\\a\\cat\\1.jpg"]);
        let (names, checked) = image_names(&windows, &[0, 1], &owned(&["fox", "cat"])).unwrap();
        assert_eq!((names, checked), (owned(&["fox\\1.jpg", "cat\\1.jpg"]), 2));
    }

    #[test]
    fn a_folder_of_another_class_is_a_mismatch() {
        let paths = owned(&["x/fox/1.jpg", "x/fox/2.jpg", "x/other/3.jpg"]);
        let error = image_names(&paths, &[0, 1, 1], &owned(&["fox", "cat"])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "row 2: `x/fox/2.jpg` lies in the folder of class `fox`, but label 2 means `cat`"
        );
    }
}
