use super::*;

fn message(text: &str) -> String {
    parse_table(text).unwrap_err().to_string()
}

#[test]
fn commas_and_tabs_separate() {
    let table = parse_table("class,\"stripes, many\",fins\nzebra, 1.0,0\nseal,0,-1\n").unwrap();
    assert_eq!(table.classes, ["zebra", "seal"]);
    assert_eq!(table.names, ["stripes, many", "fins"]);
    assert_eq!(table.rows, [[1.0, 0.0], [0.0, -1.0]]);
    let tabs = parse_table("\u{feff}class\tstripes, many\tfins\nzebra\t1\t0\nseal\t0\t-1");
    assert_eq!(tabs.unwrap(), table);
}

#[test]
fn a_matrix_of_numbers_is_no_table() {
    assert!(is_table("class,fins\nseal,1\n") && is_table("class\tfins\nseal\t1\n"));
    assert!(!is_table("1.0 2.0\n3.0 4.0\n") && !is_table("1.0\t2.0\n"));
}

#[test]
fn what_is_wrong_is_named() {
    assert_eq!(
        message("class,fins\nseal,nan\n"),
        "line 2, column 2 (class `seal`, attribute `fins`): `nan` is not a number; give -1 for \
         what nobody judged, or the attribute's mean"
    );
    assert!(message("0.1,0.2\n0.3,0.4\n").starts_with("line 1: `0.2` is a number"));
    assert!(message("class\nseal\n").starts_with("line 1: the header has 1 column"));
    assert!(
        message("class,fins\nseal,1,2\n").contains("line: 2"),
        "{}",
        message("class,fins\nseal,1,2\n")
    );
}
