use std::collections::BTreeMap;

use super::*;
use crate::artifact::Blob;

fn measure(heading: &str, metric: &str) -> TableColumn {
    TableColumn {
        heading: heading.into(),
        cell: Cell::Measure {
            metric: metric.into(),
            value: "mean".into(),
            spread: Some("sd".into()),
            digits: 1,
            scale: Scale::Percent,
        },
    }
}

fn value(heading: &str, column: &str) -> TableColumn {
    let labels = BTreeMap::from([("linear".to_owned(), "Linear".to_owned())]);
    TableColumn { heading: heading.into(), cell: Cell::Value { column: column.into(), labels } }
}

fn texts(values: &[&str]) -> Values {
    Values::Text(values.iter().map(|&text| text.to_owned()).collect())
}

fn table() -> Table {
    let columns = vec![
        ("method".to_owned(), texts(&["a_b & c|d", "a_b & c|d", "linear"])),
        ("metric".to_owned(), texts(&["t1", "seen", "t1"])),
        ("n".to_owned(), Values::Count(vec![3, 3, 1])),
        ("mean".to_owned(), Values::Number(vec![Some(0.3072), Some(-0.0001), Some(0.5)])),
        ("sd".to_owned(), Values::Number(vec![Some(0.012), Some(0.1), None])),
        ("peeked".to_owned(), Values::Flag(vec![false, false, true])),
    ];
    let presentation = Presentation {
        caption: "Two methods, 100 % synthetic".into(),
        rows: vec!["method".into()],
        columns: vec![
            value("method", "method"),
            value("n", "n"),
            measure("T1", "t1"),
            measure("S", "seen"),
        ],
        stamps: vec![Stamp {
            column: "peeked".into(),
            mark: "†".into(),
            meaning: "selected on test".into(),
        }],
        notes: vec!["In percent.".into()],
    };
    Table::new(columns, presentation).unwrap()
}

fn encoded(table: &Table) -> Vec<u8> {
    let mut bytes = Vec::new();
    table.encode(&mut bytes).unwrap();
    bytes
}

#[test]
fn markdown_shows_spread_stamps_and_gaps() {
    insta::assert_snapshot!(table().views().markdown, @r"
    **Two methods, 100 % synthetic**

    | method     |   n |         T1 |          S |
    | :--------- | --: | ---------: | ---------: |
    | a_b & c\|d |   3 | 30.7 ± 1.2 | 0.0 ± 10.0 |
    | Linear †   |   1 |       50.0 |          – |

    † selected on test

    In percent.
    ");
}

#[test]
fn latex_escapes_what_latex_would_read() {
    insta::assert_snapshot!(table().views().latex, @r"
    % needs \usepackage{booktabs}
    \begin{table}
      \centering
      \caption{Two methods, 100 \% synthetic}
      \begin{tabular}{lrrr}
        \toprule
        method & n & T1 & S \\
        \midrule
        a\_b \& c\textbar{}d & 3 & 30.7 $\pm$ 1.2 & 0.0 $\pm$ 10.0 \\
        Linear \textsuperscript{\dag} & 1 & 50.0 & -- \\
        \bottomrule
      \end{tabular}
      \par\footnotesize \textsuperscript{\dag} selected on test
      \par\footnotesize In percent.
    \end{table}
    ");
}

#[test]
fn csv_holds_the_tidy_data_unrounded() {
    insta::assert_snapshot!(table().views().csv, @r"
    method,metric,n,mean,sd,peeked
    a_b & c|d,t1,3,0.3072,0.012,false
    a_b & c|d,seen,3,-0.0001,0.1,false
    linear,t1,1,0.5,,true
    ");
}

#[test]
fn a_terminal_shows_aligned_columns() {
    insta::assert_snapshot!(table().terminal(), @r"
    Two methods, 100 % synthetic

    method     n          T1           S
    ────────────────────────────────────
    a_b & c|d  3  30.7 ± 1.2  0.0 ± 10.0
    Linear †   1        50.0           –

    † selected on test
    In percent.
    ");
}

#[test]
fn equal_tables_have_equal_bytes_and_survive_them() {
    let bytes = encoded(&table());
    assert_eq!(bytes, encoded(&table()));
    let back = Table::decode(Blob::from_bytes(&bytes)).unwrap();
    assert_eq!(back.views(), table().views());
    assert_eq!(encoded(&back), bytes);
    assert_eq!(back.numbers("n").unwrap(), [Some(3.0), Some(3.0), Some(1.0)]);
    assert_eq!(back.texts("metric").unwrap(), ["t1", "seen", "t1"]);
}

#[test]
fn a_presentation_may_only_name_columns_that_are_there() {
    let presentation = Presentation { columns: vec![value("x", "x")], ..Presentation::default() };
    let columns = vec![("y".to_owned(), Values::Count(vec![1]))];
    let error = Table::new(columns, presentation).unwrap_err();
    assert_eq!(error.to_string(), "a table has no column `x`; its columns are `y`");
}

#[test]
fn damaged_bytes_are_refused() {
    let bytes = encoded(&table());
    for end in [0, 5, 15, 40] {
        assert!(Table::decode(Blob::from_bytes(&bytes[..end])).is_err(), "{end} bytes");
    }
}

#[test]
fn a_column_may_have_a_unit_for_each_metric_and_probabilities_are_never_nothing() {
    let columns = vec![
        ("metric".to_owned(), texts(&["t1", "delta", "t1"])),
        ("mean".to_owned(), Values::Number(vec![Some(0.021), Some(0.021), Some(-0.3)])),
        ("p".to_owned(), Values::Number(vec![Some(0.04), Some(0.000_999), None])),
    ];
    let in_unit = |metric: &str, digits, scale| Cell::Measure {
        metric: metric.into(),
        value: "mean".into(),
        spread: None,
        digits,
        scale,
    };
    let cells = vec![in_unit("t1", 1, Scale::Percent), in_unit("delta", 3, Scale::Plain)];
    let column = |heading: &str, cell| TableColumn { heading: heading.into(), cell };
    let presentation = Presentation {
        columns: vec![
            column("difference", Cell::First { cells }),
            column("p", Cell::Probability { column: "p".into(), digits: 3 }),
        ],
        ..Presentation::default()
    };
    let table = Table::new(columns, presentation).unwrap();
    let printed = table.terminal();
    let rows: Vec<Vec<&str>> =
        printed.lines().skip(4).map(|row| row.split("  ").map(str::trim).collect()).collect();
    let cells =
        |row: usize| rows[row].iter().copied().filter(|cell| !cell.is_empty()).collect::<Vec<_>>();
    assert_eq!(cells(0), ["2.1", "0.040"]);
    assert_eq!(cells(1), ["0.021", "< 0.001"]);
    assert_eq!(cells(2), ["-30.0", "–"]);
}

#[test]
fn a_number_is_found_by_any_column_and_says_how_many_runs_have_it() {
    let columns = vec![
        ("method".to_owned(), texts(&["a", "a", "b"])),
        ("epoch".to_owned(), Values::Count(vec![1, 10, 1])),
        ("n".to_owned(), Values::Count(vec![3, 2, 0])),
        ("runs".to_owned(), Values::Count(vec![3, 3, 3])),
        ("mean".to_owned(), Values::Number(vec![Some(0.25), Some(0.5), None])),
        ("sd".to_owned(), Values::Number(vec![Some(0.125), None, None])),
    ];
    let at = |epoch: &str| TableColumn {
        heading: epoch.to_owned(),
        cell: Cell::Found {
            column: "epoch".into(),
            equals: epoch.into(),
            value: "mean".into(),
            spread: Some("sd".into()),
            counts: Some(("n".into(), "runs".into())),
            digits: 3,
        },
    };
    let presentation = Presentation {
        rows: vec!["method".into()],
        columns: vec![value("method", "method"), at("1"), at("10")],
        ..Presentation::default()
    };
    let table = Table::new(columns, presentation).unwrap();
    let text = Table::decode(Blob::from_bytes(&encoded(&table))).unwrap().terminal();
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let rows: Vec<String> = text.lines().skip(4).map(words).collect();
    assert_eq!(rows, ["a 0.250 ± 0.125 0.500 (2 of 3)", "b – (0 of 3) –"]);
}
