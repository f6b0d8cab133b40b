//! Formats, on a report made by arithmetic.

mod sample;

#[test]
fn results_travel_through_json_unharmed() {
    let report = sample::report();
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<wsbench::results::Report>(&text).unwrap(), report);
}
