//! Why a TLS handshake failed, in words that say what to do about it.
//!
//! Pure: an error and the other end's first bytes in, a kind and a name out. The names' remedies are in `meter`.

use std::io;

use rustls::{AlertDescription, CertificateError, Error};

use crate::meter::Failure;
use crate::meter::reasons;

/// The kind of failure, and what exactly it was where that is known.
pub(super) fn name(error: &io::Error, opening: &[u8]) -> (Failure, Option<&'static str>) {
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        // Who hangs up at once may speak anything; the kind says that it was closed.
        return (Failure::from(error), None);
    };
    let exactly = match tls {
        _ if opening.starts_with(b"HTTP/") => reasons::PLAIN_HTTP,
        Error::InvalidCertificate(why) => certificate(why),
        Error::InvalidMessage(_) => reasons::NO_TLS,
        // RFC 7301 §3.2: the server speaks none of those offered.
        Error::NoApplicationProtocol | Error::AlertReceived(AlertDescription::NoApplicationProtocol) => {
            reasons::NO_ALPN
        }
        Error::PeerIncompatible(_) => reasons::NOTHING_IN_COMMON,
        Error::AlertReceived(_) => reasons::ALERT,
        _ => reasons::OTHER_TLS,
    };
    (Failure::Tls, Some(exactly))
}

/// What exactly ended TLS behind its handshake, or a record of it, where that is known.
pub(super) fn later(error: &io::Error, within_record: bool) -> Option<&'static str> {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::AlertReceived(_)) => Some(reasons::TLS_ALERT),
        Some(_) => Some(reasons::BAD_RECORD),
        None if within_record && error.kind() == io::ErrorKind::UnexpectedEof => Some(reasons::TORN_RECORD),
        None => None,
    }
}

fn certificate(why: &CertificateError) -> &'static str {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => reasons::EXPIRED,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => reasons::NOT_YET,
        CertificateError::UnknownIssuer => reasons::UNKNOWN_ISSUER,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            reasons::OTHER_HOST
        }
        CertificateError::Revoked => reasons::REVOKED,
        _ => reasons::BAD_CERTIFICATE,
    }
}

#[cfg(test)]
mod tests {
    use rustls::InvalidMessage;

    use super::*;

    #[test]
    fn each_trouble_has_its_name() {
        let alert = Error::AlertReceived(AlertDescription::HandshakeFailure);
        for (error, opening, exactly) in [
            (Error::InvalidCertificate(CertificateError::Expired), &b"\x16\x03\x03"[..], reasons::EXPIRED),
            (Error::InvalidCertificate(CertificateError::UnknownIssuer), b"\x16", reasons::UNKNOWN_ISSUER),
            (Error::InvalidMessage(InvalidMessage::InvalidContentType), b"HTTP/", reasons::PLAIN_HTTP),
            (Error::InvalidMessage(InvalidMessage::InvalidContentType), b"SSH-2", reasons::NO_TLS),
            (alert, b"\x15", reasons::ALERT),
        ] {
            let error = io::Error::new(io::ErrorKind::InvalidData, error);
            assert_eq!(name(&error, opening), (Failure::Tls, Some(exactly)));
        }
        assert_eq!(name(&io::ErrorKind::UnexpectedEof.into(), b""), (Failure::Closed, None));
    }

    #[test]
    fn what_breaks_later_has_a_name_too() {
        let (torn, reset) = (io::ErrorKind::UnexpectedEof, io::ErrorKind::ConnectionReset);
        assert_eq!(later(&torn.into(), true), Some(reasons::TORN_RECORD));
        assert_eq!(later(&torn.into(), false), None);
        assert_eq!(later(&reset.into(), true), None);
        for (error, exactly) in [
            (Error::DecryptError, reasons::BAD_RECORD),
            (Error::AlertReceived(AlertDescription::BadRecordMac), reasons::TLS_ALERT),
        ] {
            assert_eq!(later(&io::Error::new(io::ErrorKind::InvalidData, error), false), Some(exactly));
        }
    }
}
