//! A certificate authority that lives as long as one test.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};

/// A test's own certificate authority, with its certificate in a PEM file.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    ca_file: PathBuf,
}

/// Where a server finds its certificate and key.
pub struct ServerFiles {
    /// The certificate, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

impl Authority {
    /// Makes an authority and writes its certificate to `ca.pem` in `folder`.
    pub fn new(folder: &Path) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "sustained test authority");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let ca_file = folder.join("ca.pem");
        fs::write(&ca_file, issuer.pem()).unwrap();
        Self { issuer, ca_file }
    }

    /// The authority's certificate, for `imap.ca_file`.
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// Signs a server's certificate for `names` and writes it beside the authority's.
    pub fn certify(&self, names: &[&str]) -> ServerFiles {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(names).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let files = ServerFiles {
            certificate: self.ca_file.with_file_name("server.pem"),
            key: self.ca_file.with_file_name("server.key"),
        };
        fs::write(&files.certificate, certificate.pem()).unwrap();
        fs::write(&files.key, key.serialize_pem()).unwrap();
        files
    }
}
