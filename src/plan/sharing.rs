//! Clients that share HTTP/2 connections: with what that goes together, and how many connections are needed then.
//!
//! Pure.

use wsbench_targets::limits::MAX_STREAMS;

use super::Where;
use super::check::{Errors, error};
use crate::scenario::{Load, Scenario};
use crate::transport::{Http, Sockets, Transport};

/// Streams that a server of another make allows on a connection, for all that is known: RFC 9113 §6.5.2 wants at least as many.
const STREAMS: u32 = 100;

/// What a transport's shared connections do not go with.
pub(super) fn check(scenario: &Scenario, transport: &Transport, errors: &mut Errors) {
    let access = transport.access();
    let Some(clients) = access.clients_per_connection.filter(|&clients| clients > 1) else { return };
    let (label, key) = (transport.label(), format!("clients-per-connection = {clients}"));
    if access.version() != Http::Two {
        let message = format!("`{label}` speaks HTTP/1.1, where no connection is shared");
        return error(errors, message, format!("add http = 2, or remove {key}"));
    }
    if !transport.keeps_connections() {
        let message = format!("`{label}` has a connection for each request, and none to share");
        error(errors, message, format!("remove keep-alive = false, or {key}"));
    }
    if scenario.load.profile().connects() {
        let message = format!(
            "[load.{}] opens connections for each client, and `{label}` shares them",
            scenario.load.name()
        );
        error(errors, message, format!("remove {key}, or choose another load"));
    }
}

/// So many clients have a connection together at the least, whatever its server says.
pub(super) fn sharers(transport: &Transport, load: &Load, target: &Where) -> u32 {
    let most = if *target == Where::Reference { MAX_STREAMS } else { STREAMS };
    // What is a connection over HTTP/1.1 is a stream here.
    let streams = u32::try_from(transport.sockets(load.profile().clients_send()).open).unwrap_or(most);
    transport.access().sharers().min(most / streams.max(1)).max(1)
}

/// Connections of so many clients, which `processes` hold or serve: who shares one lives in one of them.
pub(super) fn sockets(clients: u64, sharers: u32, each: Sockets, processes: u64) -> Sockets {
    let split = if sharers > 1 { processes.saturating_sub(1) } else { 0 };
    let groups = (clients.div_ceil(u64::from(sharers)) + split).min(clients);
    Sockets { open: groups * each.open, lasting: groups * each.lasting }
}
