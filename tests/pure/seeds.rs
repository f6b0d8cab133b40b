//! The decoders over the inputs that fuzzing begins with and those that it has found (`fuzz/seeds`), by the same checks.

#[path = "../../fuzz/src/lib.rs"]
mod checks;

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::PathBuf;

use wsbench::results::Report;
use wsbench::scenario::Scenario;

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "fuzz", "seeds"].iter().collect()
}

fn seeds(target: &str) -> Vec<PathBuf> {
    fs::read_dir(folder().join(target)).unwrap().map(|seed| seed.unwrap().path()).collect()
}

fn over_seeds(target: &str, check: fn(&[u8])) {
    assert!(!seeds(target).is_empty());
    for seed in seeds(target) {
        let bytes = fs::read(&seed).unwrap();
        assert!(catch_unwind(|| check(&bytes)).is_ok(), "{}", seed.display());
    }
}

/// Else fuzzing would begin with what is refused at once.
#[test]
fn seeds_are_of_the_formats_of_today() {
    let results = fs::read(folder().join("results/run")).unwrap();
    serde_json::from_slice::<Report>(&results).unwrap();
    for seed in seeds("scenario") {
        Scenario::read(&seed).unwrap();
    }
}

macro_rules! targets {
    ($($target:ident),*) => {
        $(#[test]
        fn $target() {
            over_seeds(stringify!($target), checks::$target::check);
        })*

        #[test]
        fn every_target_is_here() {
            let here = BTreeSet::from([$(stringify!($target).to_owned()),*]);
            let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
            let seeds = fs::read_dir(folder()).unwrap().map(|entry| name(entry.unwrap()));
            assert_eq!(seeds.collect::<BTreeSet<_>>(), here);
        }
    };
}

targets!(coding, deflate, http, http2, results, scenario, secret, sockjs, socketio, sse, websocket, wire);
