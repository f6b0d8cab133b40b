//! Clients as deployed servers see them: what keeps them connected, and who each of them is. Real servers, the real
//! program.

mod pings;
mod posts;
mod unix;
