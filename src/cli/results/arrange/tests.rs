use super::*;

fn text(text: &str) -> Datum {
    Datum::Text(text.into())
}

/// Two experiments with two metrics; one of them was selected on test.
fn sheet() -> Sheet {
    let columns = ["experiment", "metric", "mean", "seeds", "peeked"].map(str::to_owned).to_vec();
    let row = |experiment, metric, mean, peeked| {
        vec![text(experiment), text(metric), Datum::Number(mean), text("1, 2"), Datum::Flag(peeked)]
    };
    let rows = vec![
        row("a", "t1", 0.2, false),
        row("a", "seen", 0.6, false),
        row("b", "t1", 0.4, true),
        row("b", "seen", 0.5, true),
    ];
    Sheet { columns, rows }
}

fn wanted() -> Arrangement {
    Arrangement {
        group_by: Vec::new(),
        pivot: None,
        value: "mean".into(),
        sort: Vec::new(),
        columns: Vec::new(),
        is_brief: true,
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_pivot_makes_a_column_of_each_value() {
    let pivot = Arrangement { pivot: Some("metric".into()), ..wanted() };
    let sheet = arrange(sheet(), &pivot).unwrap();
    assert_eq!(sheet.columns, ["experiment", "t1", "seen", "peeked"]);
    let b = vec![text("b"), Datum::Number(0.4), Datum::Number(0.5), Datum::Flag(true)];
    assert_eq!(sheet.rows[1], b);
}

#[test]
fn a_group_has_statistics_worked_out_by_hand() {
    let group = Arrangement { group_by: words(&["metric"]), ..wanted() };
    let sheet = arrange(sheet(), &group).unwrap();
    assert_eq!(sheet.columns, ["metric", "n", "mean", "sd", "min", "max", "peeked"]);
    // t1: 0.2 and 0.4, mean 0.3, squares 0.01 + 0.01 over 1.
    let numbers: Vec<f64> = sheet.rows[0][1..6].iter().map(|d| d.number().unwrap()).collect();
    for (got, expected) in numbers.iter().zip([2.0, 0.3, 0.02_f64.sqrt(), 0.2, 0.4]) {
        assert!((got - expected).abs() < 1e-12, "{numbers:?}");
    }
    assert_eq!(sheet.rows[0][6], Datum::Flag(true));
}

#[test]
fn rows_that_fall_together_are_averaged_only_on_request() {
    let mut doubled = sheet();
    doubled.rows.push(doubled.rows[0].clone());
    let pivot = Arrangement { pivot: Some("metric".into()), ..wanted() };
    let error = arrange(doubled.clone(), &pivot).unwrap_err();
    assert_eq!(error.to_string(), "several rows have `metric=t1` in one place");
    let grouped = Arrangement { group_by: words(&["experiment"]), ..pivot };
    assert_eq!(arrange(doubled, &grouped).unwrap().rows[0][1], Datum::Number(0.2));
}

#[test]
fn the_first_key_decides_and_a_minus_reverses_it() {
    let sorted = Arrangement { sort: words(&["metric", "-mean"]), ..wanted() };
    let rows = arrange(sheet(), &sorted).unwrap().rows;
    let means: Vec<_> = rows.iter().map(|row| row[2].number().unwrap()).collect();
    assert_eq!(means, [0.6, 0.5, 0.4, 0.2]);
}

#[test]
fn details_are_left_out_and_the_flag_stays() {
    assert_eq!(
        arrange(sheet(), &wanted()).unwrap().columns,
        ["experiment", "metric", "mean", "peeked"]
    );
    let chosen = Arrangement { columns: words(&["mean"]), ..wanted() };
    assert_eq!(arrange(sheet(), &chosen).unwrap().columns, ["mean", "peeked"]);
    let csv = Arrangement { is_brief: false, ..wanted() };
    assert_eq!(arrange(sheet(), &csv).unwrap().columns.len(), 5);
}

#[test]
fn an_unknown_column_is_named_with_a_near_one() {
    let unknown = Arrangement { sort: words(&["maen"]), ..wanted() };
    let error = arrange(sheet(), &unknown).unwrap_err();
    assert_eq!(error.to_string(), "no column `maen`");
}
