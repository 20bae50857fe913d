use super::*;
use crate::id::TrialId;
use crate::stage::GatheredItem;
use crate::stages::plot::tests::assert_readable;

/// Two methods over two seeds; the second lacks a number in one of them.
fn inputs() -> PlotMeasuresInputs {
    let mut rows = Vec::new();
    for (method, seed, epochs, steps) in [
        ("RPCNet", "1", Some(44.0), 4.0),
        ("RPCNet", "2", Some(40.0), 4.4),
        ("ERPCNet", "1", Some(16.0), 3.0),
        ("ERPCNet", "2", None, 3.2),
    ] {
        let labels = [("method", method), ("seed", seed)];
        let trial = TrialId(labels.map(|(axis, label)| (axis.into(), label.into())).to_vec());
        let mut value = Measures::default();
        value.push("epochs", epochs);
        value.push("steps", Some(steps));
        rows.push(GatheredItem { stage: "learning".into(), trial, value });
    }
    PlotMeasuresInputs { rows: Gathered(rows) }
}

fn texts(params: &PlotMeasuresParams) -> (Vec<String>, String) {
    let sketch = sketch(params, &inputs()).unwrap();
    assert_readable("measures", &sketch.drawing);
    let texts = sketch.drawing.texts().map(|text| text.content.clone()).collect();
    (texts, sketch.alt)
}

#[test]
fn every_mean_stands_at_its_bar() {
    let params = PlotMeasuresParams {
        x_label: "epochs".into(),
        headings: BTreeMap::from([("steps".to_owned(), "looks".to_owned())]),
        ..PlotMeasuresParams::default()
    };
    let (texts, alt) = texts(&params);
    for expected in ["RPCNet", "ERPCNet", "42.0", "4.2", "16.0", "3.1", "looks", "epochs"] {
        assert!(texts.iter().any(|text| text == expected), "{expected}: {texts:?}");
    }
    assert!(alt.contains("ERPCNet: epochs 16.0, looks 3.1"), "{alt}");
}

#[test]
fn what_is_below_zero_or_unknown_is_refused() {
    let unknown = PlotMeasuresParams { measures: vec!["step".into()], ..Default::default() };
    let message = sketch(&unknown, &inputs()).err().unwrap().to_string();
    assert!(message.contains("did you mean `steps`"), "{message}");
    let mut below = inputs();
    below.rows.0[0].value.push("change", Some(-1.0));
    let params = PlotMeasuresParams { measures: vec!["change".into()], ..Default::default() };
    let message = sketch(&params, &below).err().unwrap().to_string();
    assert!(message.contains("below zero"), "{message}");
}
