//! What went wrong without ending the target: counted, the first of each kind told on stderr.
//!
//! Ten thousand clients that vanish make one line, not ten thousand. Clients that hang up are no error. It must not know what a
//! connection carries.

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::io::{self, Write};

use crate::memory_budget::{Exhausted, refused};

/// The count of one target.
#[derive(Default)]
pub(crate) struct ServerErrors {
    accepts: Cell<u64>,
    connections: Cell<u64>,
    first: RefCell<Option<String>>,
}

impl ServerErrors {
    /// A connection could not be accepted; said at once, because clients wait for it.
    pub(crate) fn of_accepting(&self, why: &dyn Display) {
        self.accepts.set(self.accepts.get() + 1);
        if self.accepts.get() == 1 {
            tell(&format!(
                "cannot accept a connection: {why}; retrying (ulimit -n shows the limit of files)"
            ));
        }
    }

    /// A connection broke.
    pub(crate) fn of_a_connection(&self, what: String) {
        self.connections.set(self.connections.get() + 1);
        self.first.borrow_mut().get_or_insert(what);
    }

    /// Tells the counts, if there is anything to tell.
    pub(crate) fn report(&self) {
        if self.accepts.get() > 1 {
            tell(&format!("accepting failed {} times in all", self.accepts.get()));
        }
        if let Some(first) = &*self.first.borrow() {
            tell(&match self.connections.get() {
                1 => format!("a connection broke: {first}"),
                many => format!("{many} connections broke, the first by {first}"),
            });
        }
        match refused() {
            0 => {}
            times => tell(&format!("{Exhausted}; there was no room {times} times")),
        }
    }
}

fn tell(what: &str) {
    // Best effort: a target whose stderr is gone still measures what it should.
    let _ = writeln!(io::stderr(), "target: {what}");
}
