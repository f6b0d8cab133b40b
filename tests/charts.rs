//! Charts: drawn from any report, in bounded time, readable by other programs.

mod sample;

use wsbench::report::Format as _;
use wsbench::report::chart::Chart;

#[test]
fn probe() {
    let out = std::path::Path::new("/tmp/charts");
    std::fs::create_dir_all(out).unwrap();
    for a in Chart.render(&[sample::report()]).unwrap() {
        std::fs::write(out.join(a.name), a.bytes).unwrap();
    }
}
