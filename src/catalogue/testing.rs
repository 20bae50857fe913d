//! A server of this program's own, for tests of what is downloaded.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::download::Patience;

/// What a test has.
pub(super) const QUICK: Patience = Patience {
    attempts: 3,
    pause: Duration::from_millis(1),
    answer: Duration::from_secs(10),
    piece: Duration::from_secs(10),
};

/// What the server does with a connection.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    /// Keeps to `Range` and `If-Range`.
    Well,
    /// The same, but the connection ends after so many bytes.
    Cut(usize),
    /// Sends everything, whatever was asked for.
    Everything,
    /// Only a status.
    Status(u16),
}

const TAG: &str = "\"one\"";

pub(super) struct Server {
    pub(super) url: String,
    /// The `Range` of each request, or nothing.
    pub(super) asked: Arc<Mutex<Vec<String>>>,
}

/// A server that answers as many requests, one after another.
pub(super) fn server(content: &'static [u8], answers: Vec<Answer>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/file.zip", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    thread::spawn(move || {
        for answer in answers {
            let (stream, _) = listener.accept().unwrap();
            let headers = read_head(&stream);
            let find = |name: &str| headers.iter().find_map(|line| line.strip_prefix(name));
            seen.lock().unwrap().push(find("range: ").unwrap_or_default().to_owned());
            let is_same = find("if-range: ").is_none_or(|tag| tag == TAG);
            let range = find("range: bytes=").filter(|_| is_same);
            let range = range.and_then(|range| range.trim_end_matches('-').parse().ok());
            respond(stream, content, answer, range);
        }
    });
    Server { url, asked }
}

/// The lines of a request; names of headers in lower case.
fn read_head(stream: &TcpStream) -> Vec<String> {
    let mut lines = Vec::new();
    for line in BufReader::new(stream).lines() {
        let line = line.unwrap();
        if line.is_empty() {
            break;
        }
        lines.push(match line.split_once(':') {
            Some((name, value)) => format!("{}:{value}", name.to_lowercase()),
            None => line,
        });
    }
    lines
}

fn respond(mut stream: TcpStream, content: &[u8], answer: Answer, range: Option<usize>) {
    let start = match answer {
        Answer::Well | Answer::Cut(_) => range.unwrap_or(0),
        Answer::Everything => 0,
        Answer::Status(status) => {
            let head =
                format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            return;
        }
    };
    let total = content.len();
    let status = match start {
        0 => "200 OK".to_owned(),
        _ if start >= total => {
            let head = format!(
                "HTTP/1.1 416 No\r\ncontent-range: bytes */{total}\r\ncontent-length: 0\r\n\
                 connection: close\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).unwrap();
            return;
        }
        _ => format!("206 Part\r\ncontent-range: bytes {start}-{}/{total}", total - 1),
    };
    let rest = &content[start..];
    let head = format!(
        "HTTP/1.1 {status}\r\netag: {TAG}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        rest.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let sent = match answer {
        Answer::Cut(bytes) => &rest[..bytes.min(rest.len())],
        _ => rest,
    };
    stream.write_all(sent).unwrap();
}
