use super::*;

#[test]
fn the_highest_version_in_a_folder_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let names = [
        "libonnxruntime.so.1.9.0",
        "libonnxruntime.so.1.31.1",
        "libonnxruntime_providers_shared.so",
        "libonnxruntime.sock",
    ];
    for name in names {
        fs::write_atomic(&folder.path().join(name), b"").unwrap();
    }
    let found = newest_in(folder.path()).unwrap();
    assert_eq!(found.file_name().unwrap(), "libonnxruntime.so.1.31.1");
    assert_eq!(Library::at(&found, "a test").unwrap().version, "1.31.1");
    assert_eq!(newest_in(&folder.path().join("absent")), None);
}

#[cfg(unix)]
#[test]
fn a_link_gives_the_version_of_what_it_leads_to() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("libonnxruntime.so.1.31.1");
    fs::write_atomic(&real, b"").unwrap();
    let link = folder.path().join("libonnxruntime.so");
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let library = Library::at(&link, "a test").unwrap();
    assert_eq!(library.version, "1.31.1");
    assert_eq!(library.path.file_name(), real.file_name());
}

#[test]
fn a_path_that_was_given_must_be_there() {
    let nowhere = Path::new("/nowhere/libonnxruntime.so");
    let error = Library::at(nowhere, "a test").unwrap_err();
    let text = error.to_string();
    assert_eq!(text, "a test names `/nowhere/libonnxruntime.so`, which is not there");
    assert!(error.help().unwrap().contains("make onnxruntime"));
}
