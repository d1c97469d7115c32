use super::*;

#[test]
fn rounding_states_digits() {
    assert!((round_significant(123_456.789, 3) - 123_000.0).abs() < 1e-9);
    assert!((round_significant(-0.001_234_56, 3) + 0.001_23).abs() < 1e-15);
    assert!(round_places(-0.000_01, 2).is_sign_positive());
}
