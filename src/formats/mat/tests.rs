use std::io::Cursor;

use super::writing::*;
use super::*;

const MI_U8: u32 = 2;
const MI_UTF8: u32 = 16;

fn open(bytes: Vec<u8>) -> Result<MatFile<Cursor<Vec<u8>>>, MatError> {
    MatFile::open(Cursor::new(bytes))
}

fn message(result: Result<impl Sized, MatError>) -> String {
    result.err().expect("it must fail").to_string()
}

/// 2 x 3 doubles, three indices in two bytes each, two words.
fn fill(writer: MatWriter) -> Vec<u8> {
    writer
        .doubles("features", [2, 3], &[1.0, -2.5, 1e300, 0.0, 5.0, f64::NAN])
        .indices("labels", &[1, 2, 40_000])
        .texts("names", &["ant", "Äther 🜁", ""])
        .finish()
}

#[test]
fn all_byte_orders_and_compressions_give_the_same() {
    for (is_big, is_compressed) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut file = open(fill(MatWriter::with_version(0x0100, is_big, is_compressed))).unwrap();
        let listed: Vec<String> = file
            .variables()
            .map(|variable| format!("{} {} {}", variable.name, variable.class, variable.size()))
            .collect();
        assert_eq!(listed, ["features double 2x3", "labels double 3x1", "names cell 3x1"]);
        assert_eq!(file.vector("labels", 3).unwrap(), [1.0, 2.0, 40_000.0]);
        assert_eq!(file.texts("names", 9).unwrap(), ["ant", "Äther 🜁", ""]);
        let mut numbers = file.numbers("features").unwrap();
        let (mut first, mut rest) = ([0.0; 4], [0.0; 2]);
        numbers.read(&mut first).unwrap();
        numbers.read(&mut rest).unwrap();
        assert_eq!(first, [1.0, -2.5, 1e300, 0.0]);
        assert!((rest[0], rest[1].is_nan(), numbers.left()) == (5.0, true, 0));
    }
}

#[test]
fn numbers_are_read_out_of_every_stored_type() {
    // Type, bytes of the numbers 3 and -2 (or 3 and 2 where there is no sign), lower byte first.
    let stored: [(u32, Vec<u8>, f64); 10] = [
        (1, vec![3, 0xfe], -2.0),
        (2, vec![3, 2], 2.0),
        (3, [3_i16.to_le_bytes(), (-2_i16).to_le_bytes()].concat(), -2.0),
        (4, [3_u16.to_le_bytes(), 2_u16.to_le_bytes()].concat(), 2.0),
        (5, [3_i32.to_le_bytes(), (-2_i32).to_le_bytes()].concat(), -2.0),
        (6, [3_u32.to_le_bytes(), 2_u32.to_le_bytes()].concat(), 2.0),
        (7, [3_f32.to_le_bytes(), (-2_f32).to_le_bytes()].concat(), -2.0),
        (9, [3_f64.to_le_bytes(), (-2_f64).to_le_bytes()].concat(), -2.0),
        (12, [3_i64.to_le_bytes(), (-2_i64).to_le_bytes()].concat(), -2.0),
        (13, [3_u64.to_le_bytes(), 2_u64.to_le_bytes()].concat(), 2.0),
    ];
    for (storage, bytes, second) in stored {
        let writer = MatWriter::new();
        let content = writer.element(storage, &bytes);
        let mut file = open(writer.matrix("x", DOUBLE, &[1, 2], &content).finish()).unwrap();
        assert_eq!(file.vector("x", 2).unwrap(), [3.0, second], "type {storage}");
    }
    let writer = MatWriter::new();
    let content = writer.element(13, &u64::MAX.to_le_bytes());
    let mut file = open(writer.matrix("x", 15, &[1, 1], &content).finish()).unwrap();
    assert!(message(file.vector("x", 1)).contains("18446744073709551615 is too large"));
}

#[test]
fn text_comes_in_every_encoding_and_as_a_matrix_of_letters() {
    for (kind, bytes) in [
        (MI_U8, "ab".as_bytes().to_vec()),
        (MI_UTF8, "ab".as_bytes().to_vec()),
        (MI_U16, vec![b'a', 0, b'b', 0]),
        (17, vec![b'a', 0, b'b', 0]),
        (18, vec![b'a', 0, 0, 0, b'b', 0, 0, 0]),
    ] {
        let writer = MatWriter::new();
        let content = writer.element(kind, &bytes);
        let mut file = open(writer.matrix("x", CHAR, &[1, 2], &content).finish()).unwrap();
        assert_eq!(file.texts("x", 1).unwrap(), ["ab"], "type {kind}");
    }
    // Column by column: "ant" and "ox ".
    let writer = MatWriter::new();
    let content = writer.element(MI_U8, b"aonxt ");
    let mut file = open(writer.matrix("x", CHAR, &[2, 3], &content).finish()).unwrap();
    assert_eq!(file.texts("x", 2).unwrap(), ["ant", "ox"]);
    assert!(message(file.texts("x", 1)).ends_with("it holds 2 strings, expected 1 at most"));
}

#[test]
fn other_formats_are_named_with_the_way_out() {
    let hdf5 = open(b"\x89HDF\r\n\x1a\n and more".to_vec()).err().unwrap();
    let new = open(MatWriter::with_version(0x0200, false, false).finish()).err().unwrap();
    for error in [hdf5, new] {
        assert!(matches!(error, MatError::Version73), "{error}");
        assert!(error.help().unwrap().contains("'-v7'"));
    }
    let mut old = vec![0; 200];
    old[4] = 3;
    old[1] = 1;
    assert!(matches!(open(old), Err(MatError::Version4)));
    assert!(message(open(b"short".to_vec())).contains("shorter than a header"));
    assert!(message(open(vec![b'x'; 200])).contains("neither `IM` nor `MI`"));
    assert!(looks_like_mat(&fill(MatWriter::new())[..128]) && !looks_like_mat(b"{\"a\": 1}"));
}

#[test]
fn what_is_not_there_or_not_right_is_named() {
    let mut file = open(fill(MatWriter::new())).unwrap();
    let error = file.numbers("feature").err().unwrap();
    assert_eq!(error.to_string(), "there is no variable `feature`");
    let all = "the variables are `features`, `labels`, `names`";
    assert_eq!(error.help().unwrap(), format!("did you mean `features`? {all}"));
    assert_eq!(file.numbers("xyz").err().unwrap().help().unwrap(), all);
    let class = "variable `names`: it is of class cell, expected numbers";
    assert_eq!(message(file.numbers("names")), class);
    let class = "variable `labels`: it is of class double, expected a cell array of strings";
    assert_eq!(message(file.texts("labels", 9)), class);
    assert!(
        message(file.vector("labels", 2)).ends_with("its size is 3x1, expected at most 2 numbers")
    );
    assert!(message(file.texts("names", 2)).ends_with("it holds 3 strings, expected 2 at most"));
}

#[test]
fn structures_are_listed_and_left_out() {
    let writer = MatWriter::new().matrix("info", 2, &[1, 1], b"whatever stands in structures...");
    let mut file = open(writer.indices("labels", &[7]).finish()).unwrap();
    assert_eq!(
        message(file.numbers("info")),
        "variable `info`: it is of class struct, expected numbers"
    );
    assert_eq!(file.vector("labels", 1).unwrap(), [7.0]);
}

/// Every way to cut a file gives an error or what stands before the cut; nothing panics.
#[test]
fn a_file_cut_anywhere_is_refused() {
    for writer in [MatWriter::new(), MatWriter::compressed()] {
        let whole = fill(writer);
        for end in 0..whole.len() {
            if let Ok(file) = open(whole[..end].to_vec()) {
                assert!(file.variables().count() < 3, "cut at {end}");
            }
        }
    }
}

/// Every byte set to several values: an error or some content, never a panic or a huge allocation.
#[test]
fn a_file_with_a_wrong_byte_does_not_panic() {
    for writer in [MatWriter::new(), MatWriter::compressed()] {
        let whole = fill(writer);
        for at in 0..whole.len() {
            for byte in [0, 1, 0x0e, 0x7f, 0xff, whole[at] ^ 0x10] {
                let mut bytes = whole.clone();
                bytes[at] = byte;
                let Ok(mut file) = open(bytes) else { continue };
                let names: Vec<String> = file.variables().map(|found| found.name.clone()).collect();
                for name in names {
                    let _ = file.vector(&name, 100);
                    let _ = file.texts(&name, 100);
                }
            }
        }
    }
}

#[test]
fn a_size_that_lies_is_refused_before_anything_is_allocated() {
    let writer = MatWriter::new();
    let content = writer.numbers(MI_F64, &[1.0, 2.0]);
    let lying = writer.matrix("x", DOUBLE, &[100_000, 100_000], &content).finish();
    let mut file = open(lying).unwrap();
    let said = message(file.vector("x", u64::MAX));
    assert!(said.contains("states the size 100000x100000, but holds 16 bytes"), "{said}");
    let writer = MatWriter::compressed();
    // An element of 4 GB in a variable of a few bytes.
    let mut content = writer.numbers(MI_F64, &[1.0, 2.0]);
    content[4..8].copy_from_slice(&[0xf0, 0xff, 0xff, 0xff]);
    let mut file = open(writer.matrix("x", DOUBLE, &[1, 2], &content).finish()).unwrap();
    assert!(message(file.vector("x", 2)).contains("states 4294967280 bytes where 16 are left"));
    let cut = fill(MatWriter::new());
    let said = message(open(cut[..cut.len() - 8].to_vec()));
    assert!(said.contains("but the file ends after"), "{said}");
}

#[test]
fn only_the_head_of_a_compressed_variable_is_inflated_to_list_it() {
    let values = vec![0.5; 1 << 20];
    let mut bytes = MatWriter::compressed().doubles("x", [1 << 10, 1 << 10], &values).finish();
    let damaged = bytes.len() / 2;
    bytes[damaged..].fill(0xaa);
    let mut file = open(bytes).unwrap();
    assert_eq!(file.variables().next().unwrap().size(), "1024x1024");
    let error = file.vector("x", 1 << 20).unwrap_err();
    assert!(matches!(error, MatError::DamagedVariable { .. }), "{error}");
}

#[test]
fn the_checksum_of_a_compressed_variable_is_looked_at() {
    let sound = MatWriter::compressed().doubles("x", [1, 3], &[1.0, 2.0, 3.0]).finish();
    let mut file = open(sound.clone()).unwrap();
    assert_eq!(file.vector("x", 3).unwrap(), [1.0, 2.0, 3.0]);
    let mut wrong = sound;
    *wrong.last_mut().unwrap() ^= 1;
    assert!(message(open(wrong).unwrap().vector("x", 3)).contains("compressed content is damaged"));
}
