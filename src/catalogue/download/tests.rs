//! Downloads from a server of this program's own.

use tempfile::TempDir;

use super::super::testing::{Answer, QUICK, Server, server};
use super::*;

const CONTENT: &[u8] = &[7; 100_000];
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn target(&self) -> PathBuf {
        self.folder.path().join("downloads/file.zip")
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::list(&self.folder.path().join("downloads")).unwrap();
        entries.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    }

    fn get(&self, server: &Server, sha256: Option<Digest>) -> Result<Digest, DownloadError> {
        self.get_sized(server, sha256, None)
    }

    fn get_sized(
        &self,
        server: &Server,
        sha256: Option<Digest>,
        bytes: Option<u64>,
    ) -> Result<Digest, DownloadError> {
        let target = self.target();
        let request =
            Request { url: &server.url, page: "https://page", target: &target, bytes, sha256 };
        download(&request, QUICK, &mut |_| ControlFlow::Continue(()))
    }
}

#[test]
fn a_file_comes_whole_and_its_digest_is_recorded() {
    let (place, server) = (Place::new(), server(CONTENT, vec![Answer::Well]));
    let expected = Digest::of(CONTENT);
    let size = Some(CONTENT.len() as u64);
    assert_eq!(place.get_sized(&server, Some(expected), size).unwrap(), expected);
    assert_eq!(fs::read(&place.target()).unwrap(), CONTENT);
    assert_eq!(place.names(), ["file.zip", "file.zip.sha256"]);
    let record = fs::read_text(&place.folder.path().join("downloads/file.zip.sha256")).unwrap();
    assert_eq!(record, format!("{expected}  file.zip\n"));
}

#[test]
fn a_connection_that_is_cut_is_gone_on_with() {
    let answers = vec![Answer::Cut(30_000), Answer::Cut(30_000), Answer::Status(503), Answer::Well];
    let (place, server) = (Place::new(), server(CONTENT, answers));
    assert_eq!(place.get(&server, None).unwrap(), Digest::of(CONTENT));
    let asked = server.asked.lock().unwrap().clone();
    assert_eq!(asked, ["", "bytes=30000-", "bytes=60000-", "bytes=60000-"]);
}

#[test]
fn what_an_earlier_program_left_is_gone_on_with() {
    let place = Place::new();
    let part = with_suffix(&place.target(), ".part");
    fs::write_atomic(&part, &CONTENT[..40_000]).unwrap();
    let first = server(CONTENT, vec![Answer::Well]);
    assert_eq!(place.get(&first, None).unwrap(), Digest::of(CONTENT));
    assert_eq!(first.asked.lock().unwrap().clone(), ["bytes=40000-"]);
    // All of it was here, only its name was not.
    fs::rename(&place.target(), &part).unwrap();
    let second = server(CONTENT, vec![Answer::Well]);
    assert_eq!(place.get(&second, None).unwrap(), Digest::of(CONTENT));
}

#[test]
fn a_file_that_has_changed_meanwhile_begins_anew() {
    let (place, server) = (Place::new(), server(CONTENT, vec![Answer::Well]));
    let part = with_suffix(&place.target(), ".part");
    fs::write_atomic(&part, &vec![9; 50_000]).unwrap();
    fs::write_atomic(&with_suffix(&part, ".tag"), b"\"another\"").unwrap();
    assert_eq!(place.get(&server, None).unwrap(), Digest::of(CONTENT));
}

#[test]
fn a_server_that_ignores_ranges_begins_anew() {
    let answers = vec![Answer::Cut(30_000), Answer::Everything];
    let (place, server) = (Place::new(), server(CONTENT, answers));
    assert_eq!(place.get(&server, None).unwrap(), Digest::of(CONTENT));
}

#[test]
fn a_wrong_digest_is_refused_and_removed() {
    let (place, server) = (Place::new(), server(CONTENT, vec![Answer::Well]));
    let error = place.get(&server, Some(Digest::of(b"other"))).unwrap_err();
    assert!(matches!(error, DownloadError::Checksum { .. }), "{error}");
    assert!(error.help().unwrap().contains("https://page"));
    assert!(place.names().is_empty(), "{:?}", place.names());
}

#[test]
fn an_announced_size_must_be_the_catalogues() {
    let (place, server) = (Place::new(), server(CONTENT, vec![Answer::Well]));
    let error = place.get_sized(&server, None, Some(5)).unwrap_err();
    assert!(error.to_string().ends_with("has 100000 bytes, expected 5"), "{error}");
    assert!(place.names().is_empty());
}

#[test]
fn a_file_that_is_not_there_is_not_asked_for_again() {
    let (place, server) = (Place::new(), server(CONTENT, vec![Answer::Status(404)]));
    let error = place.get(&server, None).unwrap_err();
    assert!(error.to_string().ends_with("answers 404"), "{error}");
    assert!(error.help().unwrap().starts_with("see https://page"));
}

#[test]
fn attempts_that_bring_nothing_end() {
    let answers = vec![Answer::Cut(10), Answer::Status(500), Answer::Status(500)];
    let (place, server) = (Place::new(), server(CONTENT, answers));
    let error = place.get(&server, None).unwrap_err();
    assert!(
        error.to_string().ends_with("it answers 500 (3 attempts brought nothing new)"),
        "{error}"
    );
    assert!(place.names().contains(&"file.zip.part".to_owned()), "what came stays");
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let (place, server) = (Place::new(), server(CONTENT, vec![Answer::Well]));
    fs::write_atomic(&place.folder.path().join("downloads"), b"a file").unwrap();
    let error = place.get(&server, None).unwrap_err();
    assert!(matches!(error, DownloadError::Fs(_)), "{error}");
    assert!(error.to_string().contains("downloads`"), "{error}");
}

#[test]
fn an_interruption_keeps_what_came() {
    let (place, server) = (Place::new(), server(CONTENT, vec![Answer::Well, Answer::Well]));
    let target = place.target();
    let request =
        Request { url: &server.url, page: "", target: &target, bytes: None, sha256: None };
    let mut stop = |step: &Step<'_>| match step {
        Step::Downloading { done, .. } if *done > 0 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let error = download(&request, QUICK, &mut stop).unwrap_err();
    assert!(matches!(error, DownloadError::Interrupted));
    assert!(fs::len(&with_suffix(&target, ".part")).unwrap() > 0);
    assert_eq!(place.get(&server, None).unwrap(), Digest::of(CONTENT));
}

#[test]
fn a_disk_without_room_is_named_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    assert!(room(folder.path(), 1).is_ok());
    let error = room(folder.path(), u64::MAX).unwrap_err();
    assert!(error.to_string().ends_with("needed are 18446744073709551615"), "{error}");
}
