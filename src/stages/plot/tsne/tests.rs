use super::*;
use crate::artifact::{Presentation, Values};
use crate::stage::testing::Bench;
use crate::stages::plot::tests::assert_readable;

/// Embedding, class and place.
type Row = (&'static str, String, f64, f64);

/// Two embeddings of three classes with five images each, in heaps.
fn table() -> Table {
    let mut rows: Vec<Row> = Vec::new();
    for embedding in ["global", "union"] {
        for class in 0..3_i32 {
            for image in 0..5_i32 {
                let (x, y) = (f64::from(class) * 10.0, f64::from(image));
                rows.push((embedding, format!("class {class}"), x, y - f64::from(class)));
            }
        }
    }
    let numbers =
        |of: &dyn Fn(&Row) -> f64| Values::Number(rows.iter().map(|row| Some(of(row))).collect());
    let columns = vec![
        ("embedding".to_owned(), Values::Text(rows.iter().map(|row| row.0.to_owned()).collect())),
        ("class".to_owned(), Values::Text(rows.iter().map(|row| row.1.clone()).collect())),
        ("x".to_owned(), numbers(&|row| row.2)),
        ("y".to_owned(), numbers(&|row| row.3)),
        ("near".to_owned(), numbers(&|row| if row.0 == "union" { 0.75 } else { 0.5 })),
    ];
    Table::new(columns, Presentation::default()).unwrap()
}

#[test]
fn every_image_lies_in_its_panel_and_every_class_is_named() {
    let panels = panels(&table()).unwrap();
    assert_eq!(panels.len(), 2);
    let params = PlotTsneParams {
        headings: BTreeMap::from([("class 1".to_owned(), "seal".to_owned())]),
        ..PlotTsneParams::default()
    };
    let sketch = sketch(&params, &panels);
    assert_readable("tsne", &sketch.drawing);
    let texts: Vec<&str> = sketch.drawing.texts().map(|text| text.content.as_str()).collect();
    for expected in ["class 0", "seal", "class 2", "global (50.0 %)", "union (75.0 %)"] {
        assert!(texts.contains(&expected), "{expected}: {texts:?}");
    }
    assert!(sketch.alt.contains("union (75.0 %)"), "{}", sketch.alt);
}

#[test]
fn another_table_is_refused() {
    let columns = vec![("class".to_owned(), Values::Text(vec!["seal".to_owned()]))];
    let other = Table::new(columns, Presentation::default()).unwrap();
    let bench = Bench::new().input("table", &other);
    let error = bench.run::<PlotTsne>(&PlotTsneParams::default()).err().unwrap();
    assert!(error.to_string().contains("no column `embedding`"), "{error}");
}
