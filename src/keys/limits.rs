//! How much a scenario may ask for. The file and the flags that override it keep to the same.

use std::time::Duration;

/// Bytes of a scenario file.
pub const FILE: u64 = 1 << 20;
/// Clients of a trial.
pub const CLIENTS: (u64, u64) = (1, 1_000_000);
/// Entries of `clients`, and `[[transport]]` tables.
pub const SIZES: usize = 20;
/// `[[threshold]]` tables.
pub const THRESHOLDS: usize = 100;
/// From one size of a search to the next.
pub const FACTOR: (f64, f64) = (1.1, 100.0);
/// How closely a search looks.
pub const PRECISION: (f64, f64) = (0.001, 1.0);
/// Trials of a size in a search.
pub const TRIES: (u64, u64) = (1, 10);
/// Whole trials, again.
pub const REPEAT: (u64, u64) = (1, 100);
/// The window.
pub const MEASURE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_hours(7 * 24));
/// Load before the window.
pub const WARMUP: (Duration, Duration) = (Duration::ZERO, Duration::from_hours(24));
/// Of messages and of polls. Below it no clock of ours is fine enough.
pub const EVERY: (Duration, Duration) = (Duration::from_micros(100), Duration::from_hours(24));
/// Messages or connections a second.
pub const RATE: (f64, f64) = (0.001, 10_000.0);
/// New connections a second, all clients together.
pub const CONNECT_RATE: (f64, f64) = (0.1, 1_000_000.0);
/// The same where nothing is said.
pub const CONNECT_RATE_BY_DEFAULT: f64 = 5_000.0;
/// Bytes of a message.
pub const PAYLOAD: (u64, u64) = (wsbench_targets::wire::MIN_PAYLOAD as u64, 1 << 20);
/// The same for a foreign server, which needs no newline behind the stamp.
pub const EXTERNAL_PAYLOAD: (u64, u64) = (wsbench_targets::wire::STAMP_LEN as u64, PAYLOAD.1);
/// Of a request or a handshake.
pub const TIMEOUT: (Duration, Duration) = (Duration::from_millis(1), Duration::from_hours(1));
/// From one ping of a client to the next.
pub const PING: (Duration, Duration) = (Duration::from_millis(10), Duration::from_hours(24));
/// Clients that share an HTTP/2 connection.
pub const CLIENTS_PER_CONNECTION: (u64, u64) = (1, 1_000);
/// Processes that drive clients.
pub const SHARDS: (u64, u64) = (1, 256);
/// Lines of a header list.
pub const HEADER_LINES: usize = 64;
/// Bytes of a header list.
pub const HEADER_BYTES: usize = 8_192;
