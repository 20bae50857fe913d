//! A data set from a server of this program's own into an empty folder.

use std::io::{Cursor, Write as _};

use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::super::testing::{Answer, QUICK, server};
use super::*;

/// An archive with two photos and a list.
fn archive() -> &'static [u8] {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in
        [("set/photos/fox/1.jpg", "fox"), ("set/photos/ox/2.jpg", "ox"), ("set/list.txt", "list")]
    {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner().leak()
}

fn catalogue(url: &str, more: &str) -> Catalogue {
    let text = format!(
        "name = \"set\"\ntitle = \"A set\"\npage = \"https://page\"\nterms = \"none\"\n\
         [[part]]\npath = \"photos\"\nwhat = \"photos\"\narchive = \"set.zip\"\n\
         member = \"set/photos\"\nfolders = 2\nfiles = 2\n\
         [[part]]\npath = \"lists/list.txt\"\nwhat = \"a list\"\narchive = \"set.zip\"\n\
         member = \"set/list.txt\"\n\
         [[part]]\npath = \"made\"\nwhat = \"made of both\"\nmake = \"make DATA/made\"\n\
         [archive.\"set.zip\"]\npage = \"https://page\"\nurl = \"{url}\"\nchecksum = \"none\"\n{more}"
    );
    Catalogue { sets: vec![toml::from_str(&text).unwrap()] }
}

fn get_all(catalogue: &Catalogue, data: &TempDir) -> Result<Vec<String>, GetError> {
    let mut watch = |_: &Step<'_>| ControlFlow::Continue(());
    let left = get(catalogue, &catalogue.sets[0], data.path(), QUICK, &mut watch)?;
    Ok(left.iter().map(|part| part.path.clone()).collect())
}

fn states(catalogue: &Catalogue, data: &TempDir) -> Vec<State> {
    let mut watch = |_: &Step<'_>| ControlFlow::Continue(());
    let findings = check(catalogue, &catalogue.sets[0], data.path(), &mut watch).unwrap().unwrap();
    findings.into_iter().map(|finding| finding.state).collect()
}

#[test]
fn what_can_be_downloaded_comes_and_the_rest_is_listed() {
    let data = tempfile::tempdir().unwrap();
    let server = server(archive(), vec![Answer::Cut(100), Answer::Well]);
    let catalogue = catalogue(&server.url, "");
    assert_eq!(get_all(&catalogue, &data).unwrap(), ["made"]);
    assert_eq!(states(&catalogue, &data), [State::Found, State::Found, State::Missing]);
    assert_eq!(fs::read(&data.path().join("photos/fox/1.jpg")).unwrap(), b"fox");
    assert!(fs::exists(&data.path().join("lists/list.txt.sha256")), "its digest is recorded");
    // Everything is here: nothing is asked for, the server is gone.
    assert_eq!(get_all(&catalogue, &data).unwrap(), ["made"]);
    // A part that went is unpacked from the archive that came.
    fs::remove(&data.path().join("lists/list.txt")).unwrap();
    assert_eq!(get_all(&catalogue, &data).unwrap(), ["made"]);
    assert_eq!(states(&catalogue, &data)[1], State::Found);
    fs::write_atomic(&data.path().join("lists/list.txt"), b"edited").unwrap();
    assert!(matches!(states(&catalogue, &data)[1], State::Wrong(_)));
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let data = tempfile::tempdir().unwrap();
    fs::write_atomic(&data.path().join("photos/fox/mine.jpg"), b"mine").unwrap();
    let error = get_all(&catalogue("http://127.0.0.1:9/", ""), &data).unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with("`photos` is there but is not what it should be: folders: 1"),
        "{message}"
    );
    assert!(error.help().unwrap().starts_with("move it away"));
    assert_eq!(fs::read(&data.path().join("photos/fox/mine.jpg")).unwrap(), b"mine");
}

#[test]
fn an_archive_that_was_damaged_meanwhile_is_not_unpacked() {
    let data = tempfile::tempdir().unwrap();
    let server = server(archive(), vec![Answer::Well]);
    let catalogue = catalogue(&server.url, "");
    get_all(&catalogue, &data).unwrap();
    fs::write_atomic(&data.path().join("downloads/set.zip"), b"damaged").unwrap();
    fs::remove_dirs(&data.path().join("photos")).unwrap();
    let error = get_all(&catalogue, &data).unwrap_err();
    assert!(matches!(error, GetError::Occupied { .. }), "{error}");
}

#[test]
fn a_disk_without_room_stops_it_before_anything_comes() {
    let data = tempfile::tempdir().unwrap();
    let catalogue = catalogue("http://127.0.0.1:9/", "about_bytes = 9_000_000_000_000_000_000\n");
    let error = get_all(&catalogue, &data).unwrap_err();
    assert!(matches!(error, GetError::Download(DownloadError::Space { .. })), "{error}");
    assert!(fs::list(&data.path().join("downloads")).unwrap().is_empty());
}
