//! A session from its handshake to its last word, over whatever carries it.
//!
//! It must not know loads. After an error it is over, and to be dropped in good order ([`Session::give_up`]).

use std::time::Duration;

use tokio::time::timeout;
use wsbench_targets::clock::{Clock, Tick, now};
use wsbench_targets::wire::{Carrier, Eio, SocketIo as Options};

use super::frames::Frames;
use super::handshake::Handshake;
use super::polling::Polling;
use super::talk::Talk;
use crate::drivers::ClientContext;
use crate::meter::Failure;

/// Answers to our last words are waited for so long.
const CLOSING: Duration = Duration::from_secs(5);

/// What carries the packets now.
pub struct Session {
    way: Way,
    heart: Heart,
}

enum Way {
    Polling(Box<Polling>),
    Frames(Box<Frames>),
}

/// When the client's next ping is due: in protocol 3, where it is the client that asks.
struct Heart {
    clock: Clock,
    every: Option<Duration>,
    due: Tick,
}

impl Session {
    /// Opens the connection that the handshake goes over.
    pub async fn open(context: &ClientContext, options: &Options) -> Result<Session, Failure> {
        let way = match options.via {
            Carrier::WebSocket => Way::Frames(Box::new(Frames::open(context, options, None).await?)),
            Carrier::Polling | Carrier::Upgrade => Way::Polling(Box::new(Polling::new(context, options))),
        };
        Ok(Session { way, heart: Heart { clock: context.shard.clock.clone(), every: None, due: now() } })
    }

    /// From the handshake to a joined namespace and, if that is wanted, the upgrade. Nothing is lost of what the server
    /// says meanwhile.
    pub async fn join(
        &mut self,
        context: &ClientContext,
        options: &Options,
        talk: &mut Talk,
    ) -> Result<(), Failure> {
        while talk.handshake.is_none() {
            self.step(talk).await?;
        }
        let Some(handshake) = talk.handshake.clone() else { return Err(Failure::Local) };
        if options.eio == Eio::Three {
            self.heart.every = Some(handshake.interval());
            self.heart.due = now() + handshake.interval();
        }
        match &mut self.way {
            Way::Polling(polling) => polling.named(&handshake, context, options),
            Way::Frames(frames) => frames.named(&handshake),
        }
        while !talk.joined {
            self.step(talk).await?;
        }
        if options.via == Carrier::Upgrade {
            self.upgrade(context, options, &handshake, talk).await?;
        }
        Ok(())
    }

    /// Moves the session: a probe there, while packets still come here; then no new request here, the last one's
    /// answer, and the word to move.
    async fn upgrade(
        &mut self,
        context: &ClientContext,
        options: &Options,
        handshake: &Handshake,
        talk: &mut Talk,
    ) -> Result<(), Failure> {
        let Way::Polling(polling) = &mut self.way else { return Err(Failure::Local) };
        // A server that offers none is not what the scenario is about.
        if !handshake.upgrades.iter().any(|to| to == "websocket") {
            return Err(Failure::Protocol);
        }
        let mut frames = Frames::open(context, options, Some(&handshake.sid)).await?;
        frames.probe().await?;
        loop {
            tokio::select! {
                biased;
                probed = frames.probed() => break probed?,
                step = polling.step(talk) => step?,
            }
        }
        polling.paused = true;
        while !polling.idle() {
            polling.step(talk).await?;
        }
        frames.upgraded().await?;
        frames.named(handshake);
        let old = std::mem::replace(&mut self.way, Way::Frames(Box::new(frames)));
        if let Way::Polling(polling) = old {
            tokio::task::spawn_local(polling.close());
        }
        Ok(())
    }

    /// Sends what is owed, and goes on to the next thing that comes. Cancel-safe.
    pub async fn step(&mut self, talk: &mut Talk) -> Result<(), Failure> {
        let beat = tokio::select! {
            biased;
            outcome = carry(&mut self.way, talk) => return outcome,
            beat = self.heart.beat() => beat,
        };
        talk.ping();
        self.heart.due = beat;
        Ok(())
    }

    /// Sends what is owed; over HTTP, begins to, when what was owed before is taken.
    pub async fn push(&mut self, talk: &mut Talk) -> Result<(), Failure> {
        match &mut self.way {
            Way::Frames(frames) => frames.push(talk).await,
            Way::Polling(polling) => {
                while !polling.delivered() {
                    polling.step(talk).await?;
                }
                polling.say(talk);
                Ok(())
            }
        }
    }

    /// Waits until what was owed is taken, where the carrier says so.
    pub async fn taken(&mut self, talk: &mut Talk) -> Result<(), Failure> {
        let Way::Polling(polling) = &mut self.way else { return Ok(()) };
        while talk.owes() || !polling.delivered() {
            polling.step(talk).await?;
        }
        Ok(())
    }

    /// Takes leave: of the namespace, then of the session.
    pub async fn close(self, mut talk: Talk) {
        match self.way {
            Way::Frames(frames) => {
                talk.leave(false);
                frames.close(talk).await;
            }
            Way::Polling(mut polling) => {
                talk.leave(true);
                polling.paused = true;
                let _over_either_way = timeout(CLOSING, leave(&mut polling, &mut talk)).await;
                polling.close().await;
            }
        }
    }

    /// The session is broken: its connections are closed aside, so that what still comes over them is accounted for.
    pub fn give_up(self) {
        match self.way {
            Way::Polling(polling) => {
                tokio::task::spawn_local(polling.close());
            }
            Way::Frames(frames) => frames.abandon(),
        }
    }
}

async fn carry(way: &mut Way, talk: &mut Talk) -> Result<(), Failure> {
    match way {
        Way::Polling(polling) => polling.step(talk).await,
        Way::Frames(frames) => frames.step(talk).await,
    }
}

/// Says the last words and hears the last answers. That the server closes is then as it should be.
async fn leave(polling: &mut Polling, talk: &mut Talk) -> Result<(), Failure> {
    while talk.owes() || !polling.idle() {
        match polling.step(talk).await {
            Ok(()) | Err(Failure::Closed) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

impl Heart {
    /// When the next beat is due, once this one is; never where the server asks.
    async fn beat(&self) -> Tick {
        let Some(every) = self.every else { return std::future::pending().await };
        self.clock.sleep_until(self.due).await;
        self.due + every
    }
}
