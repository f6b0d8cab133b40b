//! Clients as deployed servers see them: what keeps them connected, and who each of them is. Real servers, the real
//! program.

mod cookies;
mod paths;
mod pings;
mod posts;
mod unix;
mod values;
