//! Describes this machine for the report.

use crate::os::{limits, system};
use crate::results::Environment;

/// This machine, now; whoever has a calibration of it adds the floor.
pub fn here() -> Environment {
    Environment {
        wsbench: env!("CARGO_PKG_VERSION").to_owned(),
        optimised: !cfg!(debug_assertions),
        kernel: system::kernel(),
        cpu: system::cpu(),
        cores: system::cores(),
        memory: system::memory(),
        files: limits::files(),
        ports: system::sysctl("net/ipv4/ip_local_port_range"),
        congestion_control: system::sysctl("net/ipv4/tcp_congestion_control"),
        tcp_timestamps: system::sysctl("net/ipv4/tcp_timestamps"),
        floor: None,
    }
}
