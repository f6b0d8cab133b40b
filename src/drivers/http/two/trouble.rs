//! Why an exchange over HTTP/2 failed: a kind, and the name of the code that was given for it (RFC 9113 §7). Pure.

use h2::Reason;

use crate::meter::{Failure, reasons};

/// What became of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Its kind.
    pub failure: Failure,
    /// What exactly it was, where the kind does not say it.
    pub reason: Option<String>,
    /// The server has done nothing about it, and says so (RFC 9113 §8.7): whatever it was may be asked again.
    pub undone: bool,
    /// It is this exchange's alone: the connection goes on.
    pub alone: bool,
}

impl Trouble {
    /// Of what the crate h2 says. `strange`: the server does not speak HTTP/2; `ended`: it has closed the connection.
    pub fn of(error: &h2::Error, strange: bool, ended: bool) -> Trouble {
        let (failure, reason) = match error.reason() {
            _ if strange => (Failure::Protocol, Some(reasons::NO_HTTP_2.to_owned())),
            Some(code) if error.is_remote() && error.is_reset() => {
                (Failure::Reset, Some(format!("{} {code:?}", reasons::RESET_STREAM)))
            }
            Some(code) if error.is_remote() => (Failure::Closed, Some(goodbye(code))),
            Some(code) => {
                let what = fault(code, error.is_reset());
                (Failure::Protocol, Some(format!("{} {what} ({code:?})", reasons::HTTP_2_FAULT)))
            }
            None if ended => (Failure::Closed, None),
            None => (error.get_io().map_or(Failure::Protocol, Failure::from), None),
        };
        let refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
        Trouble {
            failure,
            reason,
            // A GOAWAY ends those that are above its last stream; others go on.
            undone: error.is_remote() && (refused || error.is_go_away()),
            alone: error.is_reset() && !strange,
        }
    }

    /// The same of a server that had said why it leaves (`code`), and then broke off what it had begun.
    pub fn after(self, code: Option<u32>) -> Trouble {
        let code = code.map(Reason::from).filter(|code| *code != Reason::NO_ERROR);
        Trouble { reason: self.reason.or_else(|| code.map(goodbye)), ..self }
    }
}

fn goodbye(code: Reason) -> String {
    format!("{} {code:?}", reasons::GO_AWAY)
}

/// What a server has done that the crate h2 calls so, of one stream or of all the connection.
fn fault(code: Reason, of_a_stream: bool) -> &'static str {
    match code {
        Reason::PROTOCOL_ERROR if of_a_stream => "malformed answer, or its head over 256 KiB",
        Reason::PROTOCOL_ERROR => "frame out of order, or malformed",
        Reason::FLOW_CONTROL_ERROR => "window exceeded",
        Reason::FRAME_SIZE_ERROR => "frame of a size that is not allowed",
        Reason::STREAM_CLOSED => "frame on a stream that has ended",
        Reason::COMPRESSION_ERROR => "head that cannot be decompressed",
        Reason::ENHANCE_YOUR_CALM => "flood of frames, or head far over 64 KiB",
        _ => "broken rule",
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        Trouble { failure, reason: None, undone: false, alone: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_h2_calls_a_reason_is_an_error_of_the_connection() {
        let trouble = Trouble::of(&h2::Error::from(Reason::FLOW_CONTROL_ERROR), false, false);
        assert_eq!(trouble.failure, Failure::Protocol);
        assert_eq!(trouble.reason.as_deref(), Some("HTTP/2: window exceeded (FLOW_CONTROL_ERROR)"));
        assert!(!trouble.undone && !trouble.alone);
        let closed = |code| Trouble::from(Failure::Closed).after(code).reason;
        assert_eq!(closed(Some(2)).as_deref(), Some("GOAWAY with INTERNAL_ERROR"));
        assert_eq!((closed(Some(0)), closed(None)), (None, None));
        assert_eq!(trouble.clone().after(Some(2)), trouble);
        let strange = Trouble::of(&h2::Error::from(Reason::FRAME_SIZE_ERROR), true, true);
        assert_eq!(strange.reason.as_deref(), Some(reasons::NO_HTTP_2));
    }
}
