//! `[[transport]]`: how messages travel. The options of each are read in its own file (`transport`).
//!
//! It must not know loads: what does not go together is said by the plan.

use super::file;
use super::target::SERVERS;
use super::url::url;
use crate::keys::fields::Fields;
use crate::keys::limits;
use crate::transport::Transport;

/// Reads all `[[transport]]` tables.
pub(super) fn read_all(f: &mut Fields<'_>) -> Vec<Transport> {
    // A server that is not ours delimits its answers as it likes.
    let external = f.has_in("target", &SERVERS);
    let about = "how messages travel; each is a trial of its own";
    let transports = f.tables("transport", about, limits::SIZES, |f| read(f, external));
    f.must("transport");
    if !f.describing() && !f.has("transport") {
        let help = "add [[transport]] and below it websocket = {}, polling = { every = \"1s\" } or long-polling = {}";
        file::absent(f, "no transport: nothing to measure", help);
    }
    transports
}

fn read(f: &mut Fields<'_>, external: bool) -> Option<Transport> {
    let (mut names, mut found) = (Vec::new(), None);
    for mut transport in Transport::all() {
        let (name, about) = (transport.name(), transport.about());
        names.push(name);
        let read = f.table(name, about, |f| {
            of_a_reference_target(f, external, &transport);
            transport.read(f);
            if let Some(Err((why, label))) = transport.access().url.as_ref().map(|text| url(text.reveal())) {
                f.wrong("url", format!("`url` {why}"), label);
            }
            Some(transport)
        });
        found = found.or(read);
    }
    f.one_of(&names, "each [[transport]] holds one; begin another [[transport]] for another");
    found
}

/// Keys that nobody reads where the server is not ours, or where it is.
fn of_a_reference_target(f: &Fields<'_>, external: bool, transport: &Transport) {
    if external || !transport.answers() {
        let why = "`compress` is for the HTTP responses of the reference target";
        f.wrong("compress", why, "remove it; a WebSocket compresses by deflate = true");
    }
    if external {
        let why = "`body` has no effect beside [target]: it is the reference target's to choose";
        f.wrong("body", why, "remove it");
    } else if transport.reference() {
        let remove = "remove it, or name a server in [target]";
        f.wrong("cookies", "`cookies` has no effect: the reference target sets none", remove);
        f.wrong("path", "`path` has no effect: the reference target has paths of its own", remove);
    }
}
