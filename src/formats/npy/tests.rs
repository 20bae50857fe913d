use super::super::element::Element;
use super::*;

/// A file with this version and header, and these numbers.
fn file(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
    let length = header.len() as u32;
    let length = &length.to_le_bytes()[..if version == 1 { 2 } else { 4 }];
    [MAGIC, &[version, 0], length, header.as_bytes(), data].concat()
}

fn values(file: &[u8]) -> Vec<f64> {
    let info = parse(file).unwrap();
    let mut out = vec![0.0; info.rows() * info.width()];
    info.read_rows(file, 0, &mut out);
    out
}

/// What `numpy.save` of NumPy 2.4 writes for `np.array([[1, 2, 3], [4, 5, 6]], dtype)`.
fn saved(descr: &str, is_fortran: bool) -> String {
    let order = if is_fortran { "True" } else { "False" };
    format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': (2, 3), }}      \n")
}

#[test]
fn all_versions_orders_and_layouts_are_read() {
    let counting = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let little: Vec<u8> = (1..7_i16).flat_map(i16::to_le_bytes).collect();
    let big: Vec<u8> = (1..7_i16).flat_map(i16::to_be_bytes).collect();
    for version in 1..=3 {
        assert_eq!(values(&file(version, &saved("<i2", false), &little)), counting);
    }
    assert_eq!(values(&file(1, &saved(">i2", false), &big)), counting);
    // Column by column: the first column of the matrix is 1, 2, its first row 1, 3, 5.
    let transposed = [1.0, 3.0, 5.0, 2.0, 4.0, 6.0];
    assert_eq!(values(&file(1, &saved("<i2", true), &little)), transposed);
    assert_eq!(
        values(&file(1, &saved("|b1", false), &[1, 0, 1, 0, 1, 1])).iter().sum::<f64>(),
        4.0
    );
}

#[test]
fn headers_of_other_writers_are_read() {
    let shape = |header: &str, bytes: usize| {
        parse(&file(1, header, &vec![0; bytes])).map(|info| info.shape().to_vec())
    };
    assert_eq!(shape("{\"shape\":(3L,),'fortran_order':False,\"descr\":\"<f8\"}", 24), Ok(vec![3]));
    assert_eq!(shape("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", 4), Ok(vec![]));
}

#[test]
fn what_was_written_is_read_back() {
    for element in [Element::F16, Element::F32, Element::F64, Element::I64, Element::U8] {
        let mut writer = NpyWriter::new(Vec::new(), element, &[3, 2]).unwrap();
        writer.push(&[1.0, 2.0]).unwrap();
        writer.push(&[3.0, 4.0, 5.0, 6.0]).unwrap();
        let bytes = writer.finish().unwrap();
        let info = parse(&bytes).unwrap();
        assert_eq!((info.element(), info.shape()), (element, &[3, 2][..]));
        assert_eq!((bytes.len() - 6 * element.bytes()) % 64, 0);
        assert_eq!(values(&bytes), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }
    let mut writer = NpyWriter::new(Vec::new(), Element::F32, &[2]).unwrap();
    writer.push(&[1.0]).unwrap();
    assert!(writer.push(&[1.0, 2.0]).is_err(), "one is left");
    let writer = NpyWriter::new(Vec::new(), Element::F32, &[2]).unwrap();
    assert_eq!(writer.finish().err().unwrap().to_string(), "2 numbers are missing");
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let message = |file: &[u8]| parse(file).unwrap_err().to_string();
    let good = file(1, &saved("<i2", false), &[0; 12]);
    assert!(parse(&good).is_ok());
    assert_eq!(message(b"PK\x03\x04"), "not a .npy file: it does not begin with \\x93NUMPY");
    assert_eq!(message(&good[..40]), "the header is cut off");
    assert_eq!(message(&good[..good.len() - 1]), "an array of 2x3 I16 takes 12 bytes, found 11");
    assert_eq!(
        message(&[&good[..], &[0]].concat()),
        "an array of 2x3 I16 takes 12 bytes, found 13"
    );
    assert_eq!(message(&file(4, "{}", &[])), "version 4 of the .npy format; expected 1, 2 or 3");
    let element = |descr: &str| message(&file(1, &saved(descr, false), &[]));
    assert_eq!(
        element("|O"),
        "the array holds pickled Python objects (dtype `|O`); expected real numbers or booleans"
    );
    assert!(element("<U12").contains("texts"), "{}", element("<U12"));
    assert!(element("<c8").contains("complex numbers"));
    let fields = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }";
    assert!(message(&file(1, fields, &[])).contains("a table with named fields"));
    for header in ["", "{", "{'descr': '<f4'}", "{'descr': '<f4', 'shape': (-1,), }", "[]"] {
        assert!(message(&file(1, header, &[])).contains("is not that of an array"), "{header}");
    }
    let huge = "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 99999999999), }";
    assert!(message(&file(1, huge, &[])).ends_with("is larger than any file"));
}
