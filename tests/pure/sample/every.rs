//! Every sample by its name: what each format and each chart is tried with.

use super::{cases, report, search, variants};
use wsbench::results::Report;

/// Name, and one or several reports.
pub fn every() -> Vec<(&'static str, Vec<Report>)> {
    vec![
        ("overhead", vec![report()]),
        ("empty", vec![cases::empty()]),
        ("all-failed", vec![cases::all_failed()]),
        ("interrupted", vec![cases::interrupted()]),
        ("invalid", vec![cases::invalid()]),
        ("server-failed", vec![cases::server_failed()]),
        ("one-transport", vec![cases::one_transport()]),
        ("repeats", vec![cases::repeats()]),
        ("misses-by-design", vec![cases::misses_by_design()]),
        ("ticker", vec![cases::ticker()]),
        ("echo", vec![cases::echo()]),
        ("idle", vec![cases::idle()]),
        ("connect", vec![cases::connect()]),
        ("two-runs", vec![report(), Report { started: "2026-11-23T08:00:00Z".into(), ..report() }]),
        ("two-scenarios", cases::two_scenarios()),
        ("two-loads", vec![report(), cases::idle()]),
        ("over-http-2", vec![variants::over_http_2()]),
        ("hostile", vec![cases::hostile()]),
        ("search", vec![search::search()]),
        ("search-and-run", vec![search::search(), report()]),
    ]
}
