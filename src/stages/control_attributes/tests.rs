use crate::data::attributes::AttributeNorm;
use crate::stage::testing::Bench;

use super::*;

fn table() -> Attributes {
    let classes: Vec<String> = (0..12).map(|class| format!("class {class}")).collect();
    let rows = (0..12).map(|class| vec![f64::from(class)]).collect();
    Attributes::new(classes, vec!["a".into()], rows, AttributeNorm::None).unwrap()
}

fn control(mode: Control, seed: u64) -> Attributes {
    let bench = Bench::new().seed(seed).input("attributes", &table());
    let params = ControlAttributesParams { mode };
    bench.run::<ControlAttributes>(&params).unwrap().output("attributes")
}

#[test]
fn no_class_keeps_its_vector_and_none_is_lost() {
    for seed in 0..20 {
        let shuffled = control(Control::Shuffle, seed);
        let values: Vec<f64> =
            table().classes().iter().map(|class| shuffled.row(class).unwrap()[0]).collect();
        for (class, value) in values.iter().enumerate() {
            assert_ne!(class as f64, *value);
        }
        let mut sorted = values;
        sorted.sort_by(f64::total_cmp);
        assert_eq!(sorted, (0..12).map(f64::from).collect::<Vec<_>>());
    }
    assert_ne!(control(Control::Shuffle, 1), control(Control::Shuffle, 2));
}

#[test]
fn keeping_keeps() {
    assert_eq!(control(Control::Keep, 1), table());
}
