use super::*;

#[derive(Deserialize)]
struct Stage(#[serde(deserialize_with = "filled")] Preprocess);

fn parse(json: &str) -> Preprocess {
    serde_json::from_str::<Stage>(json).unwrap().0
}

#[test]
fn a_preset_is_the_values_that_it_stands_for() {
    let found = parse(r#"{"preset": "torchvision"}"#);
    assert_eq!(found, Preset::Torchvision.values());
    // Filled in, it cannot be told from the same values written out.
    let text = serde_json::to_string(&found).unwrap();
    assert!(!text.contains("preset"), "{text}");
    assert_eq!(parse(&text), found);
    assert_eq!(parse("{}"), Preprocess::default());
    assert_eq!(parse(r#"{"preset": "none"}"#), Preprocess::default());
}

#[test]
fn what_is_written_goes_before_the_preset() {
    let found = parse(r#"{"preset": "dazle", "size": 448, "reduce": 32}"#);
    let expected = Preprocess { size: 448, reduce: Some(32), ..Preset::Dazle.values() };
    assert_eq!((&found, found.side()), (&expected, 448));
    assert!(serde_json::from_str::<Stage>(r#"{"preset": "dazle", "sise": 1}"#).is_err());
    assert!(serde_json::from_str::<Stage>(r#"{"preset": "resnet"}"#).is_err());
}

#[test]
fn no_preset_contradicts_itself() {
    let sides = [
        (Preset::None, 224),
        (Preset::Torchvision, 224),
        (Preset::Torchvision448, 448),
        (Preset::Dazle, 224),
        (Preset::Caffe, 224),
    ];
    for (preset, side) in sides {
        let values = preset.values();
        assert_eq!((values.problem(), values.side()), (None, side), "{preset:?}");
    }
}
