use super::*;

fn tensor(shape: &[usize], values: &[f32]) -> Tensor {
    Tensor::new(shape.to_vec(), values.to_vec())
}

#[test]
fn equal_shapes_combine_value_by_value() {
    let (left, right) = (tensor(&[2], &[5.0, 7.0]), tensor(&[2], &[2.0, 3.0]));
    for (operator, expected) in [
        (BinaryOperator::Add, [7.0, 10.0]),
        (BinaryOperator::Sub, [3.0, 4.0]),
        (BinaryOperator::Mul, [10.0, 21.0]),
    ] {
        assert_eq!(binary(operator, &left, &right).unwrap().values(), expected);
    }
}

#[test]
fn axes_of_one_are_repeated() {
    let image = tensor(&[1, 2, 1, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let mean = tensor(&[2, 1, 1], &[1.0, 2.0]);
    let found = binary(BinaryOperator::Sub, &image, &mean).unwrap();
    assert_eq!(found, tensor(&[1, 2, 1, 3], &[0.0, 1.0, 2.0, 2.0, 3.0, 4.0]));
    let scalar = tensor(&[], &[2.0]);
    let found = binary(BinaryOperator::Mul, &scalar, &mean).unwrap();
    assert_eq!(found, tensor(&[2, 1, 1], &[2.0, 4.0]));
    let (row, column) = (tensor(&[1, 2], &[1.0, 2.0]), tensor(&[2, 1], &[10.0, 20.0]));
    let found = binary(BinaryOperator::Add, &row, &column).unwrap();
    assert_eq!(found, tensor(&[2, 2], &[11.0, 12.0, 21.0, 22.0]));
}

#[test]
fn axes_that_differ_are_refused() {
    let error = binary(BinaryOperator::Add, &Tensor::zeros(vec![2]), &Tensor::zeros(vec![3]));
    assert_eq!(error.unwrap_err().to_string(), "[2] and [3] cannot be combined");
}

#[test]
fn relu_cuts_at_zero() {
    let mut values = tensor(&[3], &[-1.0, 0.0, 2.0]);
    relu(&mut values);
    assert_eq!(values.values(), [0.0, 0.0, 2.0]);
}
