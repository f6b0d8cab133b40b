//! Whom a client believes: the system's roots, one's own, or anybody.
//!
//! It reads files; it must not know connections.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ALL_VERSIONS, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    SupportedProtocolVersion,
};

use crate::drivers::connect_options::TlsTrust;
use crate::os::file;
use crate::transport::{Http, TlsVersion};

/// What is spoken inside (RFC 7301): one of both, so that nothing else is measured than what was asked for.
const ALPN_1: &[u8] = b"http/1.1";
pub(super) const ALPN_2: &[u8] = b"h2";
const ONLY_12: &[&SupportedProtocolVersion] = &[&TLS12];
const ONLY_13: &[&SupportedProtocolVersion] = &[&TLS13];
/// All roots of a system have a quarter of it.
const MAX_CA_BYTES: u64 = 1 << 20;

/// TLS 1.3 and 1.2, or one of them, without session resumption: a client that resumes has [sessions] of its own.
///
/// [sessions]: super::Tls::of_a_client
pub(super) fn config(trust: &TlsTrust, http: Http) -> Result<ClientConfig> {
    let versions: &[&'static SupportedProtocolVersion] = match trust.terms.version {
        TlsVersion::Any => ALL_VERSIONS,
        TlsVersion::V12 => ONLY_12,
        TlsVersion::V13 => ONLY_13,
    };
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .context("setting TLS up")?;
    let builder = if trust.insecure {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(NoVerification(provider)))
    } else {
        builder.with_root_certificates(match &trust.alone {
            Some(pem) => alone(pem)?,
            None => roots(trust.ca.as_deref())?,
        })
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![match http {
        Http::One => ALPN_1.to_vec(),
        Http::Two => ALPN_2.to_vec(),
    }];
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// The name that is asked for and that the certificate must hold.
pub(super) fn name(host: &str) -> Result<ServerName<'static>> {
    let host = host.trim_matches(['[', ']']).to_owned();
    ServerName::try_from(host.clone())
        .with_context(|| format!("{host} is not a host name that TLS can verify"))
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    // A system has hundreds, and one that cannot be read is not wanted by most servers.
    let (_added, _ignored) = roots.add_parsable_certificates(system.certs);
    if let Some(path) = ca {
        own(&mut roots, path).with_context(|| format!("reading the file of `ca` ({})", path.display()))?;
    }
    if roots.is_empty() {
        let why = system.errors.first().map_or(String::new(), |why| format!(" ({why})"));
        bail!("this system has no root certificates{why}: install ca-certificates, or name a file by `ca`");
    }
    Ok(roots)
}

/// That certificate and no other.
fn alone(pem: &str) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    add(&mut roots, pem.as_bytes()).context("reading the reference target's certificate")?;
    Ok(roots)
}

fn own(roots: &mut RootCertStore, path: &Path) -> Result<()> {
    let bytes = file::read(path, MAX_CA_BYTES)?;
    if bytes.len() as u64 > MAX_CA_BYTES {
        bail!("it is larger than {} MiB", MAX_CA_BYTES >> 20);
    }
    add(roots, &bytes)
}

fn add(roots: &mut RootCertStore, pem: &[u8]) -> Result<()> {
    let mut any = false;
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate?)?;
        any = true;
    }
    if any {
        Ok(())
    } else {
        bail!("there is no certificate in it; expected PEM, whose first line says BEGIN CERTIFICATE")
    }
}

/// Believes every certificate. The handshake is sound otherwise: whoever it is has the certificate's key.
#[derive(Debug)]
struct NoVerification(Arc<CryptoProvider>);

impl ServerCertVerifier for NoVerification {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
