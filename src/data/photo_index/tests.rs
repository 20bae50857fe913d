use super::*;

fn read(text: &str, filter: &PhotoFilter) -> Result<BTreeMap<String, Photo>, String> {
    read_photo_index(text.as_bytes(), filter).map_err(|error| error.to_string())
}

fn matching(matches: &[&str]) -> PhotoFilter {
    let matches = matches.iter().map(|word| (*word).to_owned()).collect();
    PhotoFilter { matches, ..PhotoFilter::default() }
}

#[test]
fn rows_are_filtered_and_columns_kept() {
    let text = "path,class,match,source\na,cat,exact,x\nb,dog,approx,y\nc,dog,exact,z\n";
    let filter = PhotoFilter { columns: vec!["source".into()], ..matching(&["exact"]) };
    let photos = read(text, &filter).unwrap();
    assert_eq!(photos.keys().collect::<Vec<_>>(), ["a", "c"]);
    let expected = Photo { line: 4, class: "dog".into(), columns: vec!["z".into()] };
    assert_eq!(photos["c"], expected);
}

#[test]
fn a_limit_chooses_by_path_not_by_order() {
    let filter = PhotoFilter { max_per_class: Some(2), ..PhotoFilter::default() };
    let one = read("path,class\na,cat\nb,cat\nc,cat\nd,cat\n", &filter).unwrap();
    let other = read("path,class\nd,cat\nc,cat\nb,cat\na,cat\n", &filter).unwrap();
    assert_eq!(one.len(), 2);
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    let filter = PhotoFilter { kept_per_class: Kept::First, ..filter };
    let first = read("path,class\nd,cat\nc,cat\nb,cat\na,cat\n", &filter).unwrap();
    assert_eq!(first.keys().collect::<Vec<_>>(), ["c", "d"]);
}

#[test]
fn messages_name_line_and_column() {
    let all = PhotoFilter::default();
    assert_eq!(
        read("path,label\na,cat\n", &all).unwrap_err(),
        "there is no column `class`; the columns are path, label"
    );
    assert_eq!(
        read("path,class\na,cat\nb,\n", &all).unwrap_err(),
        "line 3: the column `class` is empty"
    );
    assert_eq!(
        read("path,class\na,cat\nb,cat\na,dog\n", &all).unwrap_err(),
        "line 4: the path `a` is on line 2 already"
    );
    assert!(read("path,class\na,cat\nb,cat,extra\n", &all).unwrap_err().contains("line: 3"));
    assert_eq!(
        read("path,class,match\na,cat,exact\n", &matching(&["near"])).unwrap_err(),
        "no row is left after the filter `matches = [near]`"
    );
}
