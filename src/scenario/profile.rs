//! What a load is, as facts: who sends, to whom, how often, and what of it is timed. Plans, verdicts and reports ask here
//! and know no load by name.
//!
//! It must not know how a load is driven: that is `load`.

use std::time::Duration;

use wsbench_targets::pacer::Arrivals;
use wsbench_targets::wire::{Audience, Publication};

use super::publish::{Post, PublishCarrier};
use super::{Connect, Echo, EchoPace, Load, Message, Publish};

/// The facts of a load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile {
    /// Who makes the messages.
    pub sender: Sender,
    /// What is timed.
    pub timing: Timing,
    /// Mean interval of one stream of messages; `None` where no schedule of ours says.
    pub interval: Option<Duration>,
    /// Whether chance, or an external server, says when.
    pub random: bool,
    /// Bytes of a message; 0 where there is none of ours.
    pub payload: usize,
    /// Whether each message goes to all clients.
    pub to_all: bool,
    /// New connections a second, all clients together, where they are what happens.
    pub connections: Option<f64>,
}

/// Who makes the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// There are none.
    Nobody,
    /// The reference target, by a schedule that we know.
    Target,
    /// Each client, for itself.
    Clients,
    /// Our own publisher, through a server by URL.
    Publisher,
    /// A server by URL, by its own clock.
    External,
}

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// From when a message was due to its arrival.
    Delivery,
    /// From when a message was due to its return.
    RoundTrip,
    /// From when a connection was due to its first use.
    Connection,
    /// From one message of a client to its next.
    Gap,
    /// Nothing but requests, where there are any.
    Nothing,
}

impl Profile {
    /// Nothing is said.
    const SILENT: Profile = Profile {
        sender: Sender::Nobody,
        timing: Timing::Nothing,
        interval: None,
        random: false,
        payload: 0,
        to_all: false,
        connections: None,
    };

    /// Whether messages are delivered; else a latency is one of connections, or there is none.
    pub fn carries_messages(&self) -> bool {
        self.sender != Sender::Nobody
    }

    /// Whether the messages are ours: each has a stamp, and is missed when it does not come.
    pub fn stamped(&self) -> bool {
        matches!(self.sender, Sender::Target | Sender::Clients | Sender::Publisher)
    }

    /// Whether it needs a server by URL.
    pub fn needs_url(&self) -> bool {
        matches!(self.sender, Sender::Publisher | Sender::External)
    }

    /// Whether clients send messages.
    pub fn clients_send(&self) -> bool {
        self.sender == Sender::Clients
    }

    /// Whether clients send messages by a schedule, and so may be late.
    pub fn clients_schedule(&self) -> bool {
        self.clients_send() && self.interval.is_some()
    }

    /// Whether each client sends when the last answer is in.
    pub fn closed_loop(&self) -> bool {
        self.clients_send() && self.interval.is_none()
    }

    /// Whether a schedule of ours says what is due.
    pub fn scheduled(&self) -> bool {
        self.interval.is_some() || self.connections.is_some()
    }

    /// Whether connecting is the load.
    pub fn connects(&self) -> bool {
        self.connections.is_some()
    }
}

impl Load {
    /// Its facts.
    pub fn profile(&self) -> Profile {
        match self {
            Load::Push(p) | Load::Broadcast(p) => Profile::of(p, Sender::Target),
            Load::Publish(publish) => Profile::of(&publish.publication(), Sender::Publisher),
            Load::Echo(echo) => echo.profile(),
            Load::Idle => Profile::SILENT,
            Load::Connect(connect) => connect.profile(),
            Load::Listen => Profile {
                sender: Sender::External,
                timing: Timing::Gap,
                random: true,
                to_all: true,
                ..Profile::SILENT
            },
        }
    }

    /// How its messages are made, and their bytes; `None` where none is ours.
    pub fn message(&self) -> Option<(Message, usize)> {
        match self {
            Load::Push(p) | Load::Broadcast(p) => Some((Message::plain(), p.payload)),
            Load::Echo(echo) => Some((echo.form(), echo.payload)),
            Load::Publish(publish) => Some((publish.message.clone(), publish.payload)),
            Load::Idle | Load::Connect(_) | Load::Listen => None,
        }
    }

    /// The stream that clients hear, of the target's or of our own publisher's.
    pub fn stream(&self) -> Option<Publication> {
        self.publication().or_else(|| self.publish().map(Publish::publication))
    }

    /// The load of connections, if it is one.
    pub fn connect(&self) -> Option<&Connect> {
        if let Load::Connect(connect) = self { Some(connect) } else { None }
    }

    /// What our own publisher does, if there is one.
    pub fn publish(&self) -> Option<&Publish> {
        if let Load::Publish(publish) = self { Some(publish) } else { None }
    }

    /// Where our own publisher posts to, if it does.
    pub fn post(&self) -> Option<&Post> {
        match &self.publish()?.way {
            PublishCarrier::Post(post) => Some(post),
            PublishCarrier::Client => None,
        }
    }

    /// Changes the mean interval of its messages, where it has any.
    pub fn set_interval(&mut self, interval: Duration) {
        match self {
            Load::Push(p) | Load::Broadcast(p) => p.every = interval,
            Load::Echo(echo) => echo.every = interval,
            Load::Publish(publish) => publish.every = interval,
            Load::Idle | Load::Connect(_) | Load::Listen => {}
        }
    }
}

impl Profile {
    fn of(publication: &Publication, sender: Sender) -> Profile {
        Profile {
            sender,
            timing: Timing::Delivery,
            interval: Some(publication.every),
            random: publication.arrivals == Arrivals::Poisson,
            payload: publication.payload,
            to_all: publication.audience == Audience::All,
            ..Profile::SILENT
        }
    }
}

impl Echo {
    /// How its messages are made.
    pub fn form(&self) -> Message {
        self.message.clone().unwrap_or_else(Message::plain)
    }

    fn profile(&self) -> Profile {
        let open = self.pace != EchoPace::Closed;
        Profile {
            sender: Sender::Clients,
            timing: Timing::RoundTrip,
            interval: open.then_some(self.every),
            random: self.pace == EchoPace::Open(Arrivals::Poisson),
            payload: self.payload,
            ..Profile::SILENT
        }
    }
}

impl Connect {
    fn profile(&self) -> Profile {
        Profile {
            timing: Timing::Connection,
            random: self.arrivals == Arrivals::Poisson,
            connections: Some(self.rate),
            ..Profile::SILENT
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_timed_has_somebody_who_makes_it() {
        let publication = Publication {
            every: Duration::from_secs(1),
            arrivals: Arrivals::Poisson,
            payload: 21,
            audience: Audience::All,
        };
        let push = Load::Broadcast(publication).profile();
        assert!(push.stamped() && push.to_all && push.random && push.scheduled() && !push.needs_url());
        assert_eq!(
            (push.timing, push.payload, push.interval),
            (Timing::Delivery, 21, Some(publication.every))
        );
        let echo = |pace| Echo { every: publication.every, pace, payload: 30, message: None };
        let (open, closed) = (EchoPace::Open(Arrivals::Constant), EchoPace::Closed);
        assert!(Load::Echo(echo(closed)).profile().closed_loop());
        assert!(
            Load::Echo(echo(open)).profile().scheduled() && !Load::Echo(echo(closed)).profile().scheduled()
        );
        let connect = Load::Connect(Connect { rate: 5.0, arrivals: Arrivals::Constant }).profile();
        assert!(connect.connects() && connect.scheduled() && !connect.carries_messages());
        let listen = Load::Listen.profile();
        assert!(listen.needs_url() && listen.carries_messages() && !listen.stamped());
        assert_eq!((Load::Idle.profile().timing, listen.timing), (Timing::Nothing, Timing::Gap));
    }
}
