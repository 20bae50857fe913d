use super::*;

fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

fn message(header: &str, bytes: usize) -> String {
    parse(&file(header, &vec![0; bytes])).unwrap_err().to_string()
}

#[test]
fn what_was_written_is_read_back() {
    let arrays: &[(&str, Element, &[usize])] =
        &[("b", Element::F32, &[2, 2]), ("none", Element::F32, &[0, 2]), ("a", Element::U8, &[3])];
    let mut writer = SafetensorsWriter::new(Vec::new(), arrays).unwrap();
    writer.push(&[1.0, 2.0, 3.0]).unwrap();
    writer.push(&[4.5]).unwrap();
    writer.push(&[7.0, 8.0, 9.0]).unwrap();
    let bytes = writer.finish().unwrap();
    assert!(is_safetensors(&bytes));
    let found = parse(&bytes).unwrap();
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["b", "none", "a"]);
    let mut row = [0.0; 2];
    found[0].1.read_rows(&bytes, 1, &mut row);
    assert_eq!(row, [3.0, 4.5]);
    let mut labels = [0.0; 3];
    found[2].1.read_rows(&bytes, 0, &mut labels);
    assert_eq!(labels, [7.0, 8.0, 9.0]);

    let one: &[(&str, Element, &[usize])] = &[("a", Element::F32, &[1])];
    let mut writer = SafetensorsWriter::new(Vec::new(), one).unwrap();
    assert!(writer.push(&[1.0, 2.0]).is_err());
    let writer = SafetensorsWriter::new(Vec::new(), one).unwrap();
    assert_eq!(writer.finish().err().unwrap().to_string(), "1 numbers are missing");
}

#[test]
fn the_example_of_the_format_is_read() {
    let header = r#"{"__metadata__":{"made":"by hand"},
        "x":{"dtype":"F16","shape":[1,2],"data_offsets":[0,4]}}  "#;
    let bytes = file(header, &[0x00, 0x3c, 0x00, 0xc0]);
    let mut row = [0.0; 2];
    parse(&bytes).unwrap()[0].1.read_rows(&bytes, 0, &mut row);
    assert_eq!(row, [1.0, -2.0]);
}

#[test]
fn a_header_that_lies_is_found_out() {
    let one = |begin: usize, end: usize| {
        format!(r#"{{"a":{{"dtype":"F32","shape":[2],"data_offsets":[{begin},{end}]}}}}"#)
    };
    assert!(parse(&file(&one(0, 8), &[0; 8])).is_ok());
    assert_eq!(message(&one(0, 8), 4), "array `a` takes the bytes 0 to 8 of 4 bytes of data");
    assert!(message(&one(8, 0), 8).contains("takes the bytes 8 to 0"));
    assert!(message(&one(4, 12), 12).ends_with("expected 0: bytes lie between arrays"));
    assert_eq!(
        message(&one(0, 8), 12),
        "the arrays end at byte 8 of the data, but there are 12 bytes"
    );
    assert_eq!(message(&one(0, 4), 4), "array `a`: an array of 2 F32 takes 8 bytes, found 4");
    let two = r#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},
                  "b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#;
    assert_eq!(
        message(two, 6),
        "array `b` begins at byte 2 of the data, expected 4: arrays overlap"
    );
}

#[test]
fn a_header_that_is_none_is_refused() {
    let entry = r#"{"dtype":"U8","shape":[1],"data_offsets":[0,1]}"#;
    let twice = format!(r#"{{"a":{entry},"a":{entry}}}"#);
    assert!(message(&twice, 1).contains("`a` is there twice"), "{}", message(&twice, 1));
    let strange = entry.replace("U8", "F8_E4M3");
    assert!(message(&format!(r#"{{"a":{strange}}}"#), 1).starts_with("array `a` holds `F8_E4M3`;"));
    assert!(message("[1]", 0).starts_with("the header is not that of a safetensors file"));
    let negative = entry.replace("[1]", "[-1]");
    assert!(message(&format!(r#"{{"a":{negative}}}"#), 1).contains("the header is not that"));
    for bytes in [&[][..], &[1, 2, 3], &[0xff; 16]] {
        let text = parse(bytes).unwrap_err().to_string();
        assert!(text.starts_with("the header should take"), "{text}");
        assert!(!is_safetensors(bytes));
    }
}
