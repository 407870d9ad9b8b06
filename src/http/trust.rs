//! Which certificates a server is believed by: those of one file, or the system's.
//!
//! They are read when they are needed and forgotten afterwards: some hundred parsed certificates
//! would be a lasting part of a small daemon's memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use super::HttpError::{self, NeedsUser, TryLater};

/// TLS that trusts the certificates of `ca_file`, else the system's roots, read now.
pub(super) async fn tls(ca_file: Option<PathBuf>) -> Result<ClientConfig, HttpError> {
    let read = move || match ca_file {
        Some(path) => roots_of(&path),
        None => roots_of_this_machine(),
    };
    let roots = tokio::task::spawn_blocking(read)
        .await
        .map_err(|error| TryLater(format!("the root certificates: {error}")))??;
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| NeedsUser(format!("TLS cannot be set up: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

fn roots_of_this_machine() -> Result<RootCertStore, HttpError> {
    let mut roots = RootCertStore::empty();
    // Single certificates that cannot be read are no reason not to use the others.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(TryLater(
            "this machine has no root certificates: install its ca-certificates package".to_owned(),
        ));
    }
    Ok(roots)
}

fn roots_of(path: &Path) -> Result<RootCertStore, HttpError> {
    let unusable =
        |why: &dyn std::fmt::Display| NeedsUser(format!("ca_file {}: {why}", path.display()));
    let pem = fs::read(path).map_err(|error| unusable(&error))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| unusable(&error))?;
        roots.add(certificate).map_err(|error| unusable(&error))?;
    }
    if roots.is_empty() {
        return Err(unusable(&"it holds no certificate"));
    }
    Ok(roots)
}
