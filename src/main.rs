//! The program `wsbench`; its story begins in `wsbench::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    wsbench::cli::main()
}
