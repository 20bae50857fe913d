use super::*;

const TABLE: &str = "phase,run,cells,crops\ntrain,1,0.5,0.75\ntrain,2,0.6,0.9\ntest,1,0.2,\n";

fn read(wanted: &[(&str, &str)]) -> Result<Measures, String> {
    let wanted = wanted.iter().map(|&(column, text)| (column.into(), text.into())).collect();
    read_measures(TABLE.as_bytes(), &wanted).map_err(|error| error.to_string())
}

#[test]
fn a_row_is_found_by_its_labels_and_gives_its_numbers() {
    let row = read(&[("phase", "train"), ("run", "2")]).unwrap();
    assert_eq!(row.names().collect::<Vec<_>>(), ["cells", "crops"]);
    assert_eq!((row.get("cells"), row.get("crops")), (Some(0.6), Some(0.9)));
    // The run is a number too where it is not asked for.
    let row = read(&[("phase", "test")]).unwrap();
    assert_eq!((row.get("run"), row.get("crops")), (Some(1.0), None));
}

#[test]
fn what_is_not_there_or_there_twice_is_said() {
    assert_eq!(
        read(&[("phase", "train")]).unwrap_err(),
        "2 rows have `phase` = `train`; expected one"
    );
    assert_eq!(read(&[]).unwrap_err(), "3 rows have no `where`; expected one");
    let message = read(&[("phases", "train")]).unwrap_err();
    assert_eq!(
        message,
        "line 1: there is no column `phases`; the columns are `phase`, `run`, `cells`, `crops`"
    );
    let text = "phase,run\ntrain,x\n";
    let wanted = BTreeMap::from([("phase".to_owned(), "train".to_owned())]);
    let message = read_measures(text.as_bytes(), &wanted).unwrap_err().to_string();
    assert_eq!(message, "line 2: no column but those of `where` holds a number");
}
