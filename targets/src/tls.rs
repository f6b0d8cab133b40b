//! TLS in front of any server here, by rustls on ring: who the server is, and what it offers.
//!
//! It must not know what is carried, nor how an identity is made: whoever starts a target gives it one.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoServerSessionStorage;
use serde::{Deserialize, Serialize};
use tokio_rustls::TlsAcceptor;

use crate::serve::ServeError;

/// HTTP/2 in ALPN (RFC 9113 §3.2).
pub(crate) const HTTP_2: &[u8] = b"h2";

/// Who a target is to its clients.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Its certificate, and those by which that was signed: PEM.
    pub certificate: String,
    /// Its key: PEM.
    pub key: String,
    /// Whether clients that come back need no whole handshake.
    pub resumption: bool,
}

/// Without the key.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("resumption", &self.resumption).finish_non_exhaustive()
    }
}

/// What makes TLS of a client's socket.
pub(crate) fn acceptor(identity: &Identity) -> Result<TlsAcceptor, ServeError> {
    let bad = |why: String| ServeError::Config(format!("TLS: {why}"));
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(identity.certificate.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|why| bad(format!("the certificate: {why}")))?;
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes())
        .map_err(|why| bad(format!("the key: {why}")))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|why| bad(why.to_string()))?;
    config.alpn_protocols = vec![HTTP_2.to_vec(), b"http/1.1".to_vec()];
    if identity.resumption {
        // Tickets that hold the session themselves, as large servers have them: no memory for each client.
        config.ticketer = ring::Ticketer::new().map_err(|why| bad(why.to_string()))?;
    } else {
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    Ok(TlsAcceptor::from(Arc::new(config)))
}
