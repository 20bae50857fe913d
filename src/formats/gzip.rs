//! Files that may be compressed with gzip, told by their first bytes.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

/// How every gzip file begins.
const MAGIC: &[u8] = &[0x1f, 0x8b];

/// The content of a file, decompressed if it is a gzip file.
///
/// # Errors
/// What the system reports; damage shows while reading.
pub fn decompressed<'a>(input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut input = BufReader::new(input);
    if input.fill_buf()?.starts_with(MAGIC) {
        return Ok(Box::new(MultiGzDecoder::new(input)));
    }
    Ok(Box::new(input))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn read(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        decompressed(bytes)?.read_to_end(&mut content)?;
        Ok(content)
    }

    #[test]
    fn content_is_the_same_with_and_without_compression() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(b"content").unwrap();
        let packed = packed.finish().unwrap();
        assert_eq!(read(b"content").unwrap(), b"content");
        assert_eq!(read(&packed).unwrap(), b"content");
        assert_eq!(read(b"").unwrap(), b"");
        assert!(read(&packed[..packed.len() - 3]).is_err(), "a cut-off file");
        let mut damaged = packed;
        let at = damaged.len() - 6;
        damaged[at] ^= 1;
        assert!(read(&damaged).is_err(), "a wrong checksum");
    }
}
