use super::*;

fn read(text: &str) -> Result<Vec<SampleRow>, String> {
    let kept = ["sex".to_owned()];
    let rows = read_sample_table(text.as_bytes(), &["name", "path"], &kept);
    rows.map_err(|error| error.to_string())
}

#[test]
fn rows_keep_the_order_of_the_file() {
    let rows = read("sex,class,path\nf,wolf,b\nm,ant,a\n").unwrap();
    let row = |line, name: &str, class: &str, sex: &str| SampleRow {
        line,
        name: name.to_owned(),
        class: class.to_owned(),
        columns: vec![sex.to_owned()],
    };
    assert_eq!(rows, [row(2, "b", "wolf", "f"), row(3, "a", "ant", "m")]);
    assert_eq!(read("name,path,class,sex\nx,b,wolf,f\n").unwrap()[0].name, "x");
}

#[test]
fn messages_name_line_and_column() {
    assert_eq!(
        read("file,class,sex\n").unwrap_err(),
        "there is no column `name`; the columns are file, class, sex"
    );
    assert_eq!(
        read("name,class\n").unwrap_err(),
        "there is no column `sex`; the columns are name, class"
    );
    assert_eq!(read("path,class,sex\n,ant,f\n").unwrap_err(), "line 2: the column `path` is empty");
    assert_eq!(
        read("name,class,sex\na,ant,f\na,bee,f\n").unwrap_err(),
        "line 3: the name `a` is on line 2 already"
    );
}
