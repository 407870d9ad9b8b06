//! Alerts over TLS, with a server whose certificate the machine trusts, and with one it does not.
//!
//! The machine's certificates are named by an environment variable that a test may not change for
//! its neighbours, so the trusting half runs in a process of its own: this test binary again.
//!
//! SECURITY: servers are on 127.0.0.1, port 0; nothing leaves the machine.

use std::process::Command;
use std::sync::Arc;

use sustained::case::effect::{Attempt, Order};
use sustained::config::{AlertTarget, Config, Security, Tls};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

use super::alert::alert;
use super::notices::forged;
use super::ntfy::ntfy;
use super::smtp::smtp;
use super::{perform, place, run};
use crate::support::http_sink::{HttpSink, Reply};
use crate::support::smtp_sink::SmtpSink;

/// Tells this binary that it is the process of its own, and where the two servers are.
const PORTS: &str = "SUSTAINED_TEST_TLS_PORTS";

/// A certificate for `localhost`, and its key.
pub fn identity() -> rcgen::CertifiedKey<rcgen::KeyPair> {
    rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate")
}

/// Puts TLS in front of `port` on 127.0.0.1; the new port.
pub fn front(port: u16, identity: &rcgen::CertifiedKey<rcgen::KeyPair>) -> u16 {
    let chain: Vec<CertificateDer<'static>> = vec![identity.cert.der().clone()];
    let key = PrivateKeyDer::Pkcs8(identity.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
        .expect("a server's configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let address = listener
                .local_addr()
                .expect("a bound socket has an address");
            tell.send(address.port()).expect("the test waits");
            while let Ok((stream, _)) = listener.accept().await {
                // A client that does not trust us hangs up: that is what is tested.
                let Ok(mut outside) = acceptor.accept(stream).await else {
                    continue;
                };
                let inside = TcpStream::connect(("127.0.0.1", port)).await;
                let mut inside = inside.expect("the server behind listens");
                let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
            }
        });
    });
    told.recv().expect("the front listens")
}

/// The two channels, over TLS to `localhost`.
fn over_tls(ntfy_port: u16, smtp_port: u16) -> [Config; 2] {
    let mut both = [ntfy(ntfy_port), smtp(smtp_port)];
    for config in &mut both {
        match &mut config.alerts[0].target {
            AlertTarget::Service(server) => {
                "localhost".clone_into(&mut server.host);
                server.tls = Tls::Implicit;
            }
            AlertTarget::Smtp(server) => {
                "localhost".clone_into(&mut server.host);
                server.security = Security::Implicit;
            }
            _ => {}
        }
    }
    both
}

#[test]
fn alerts_go_over_tls_to_a_server_that_the_machine_trusts() {
    let (web, mail) = (
        HttpSink::start(vec![Reply::new(200, "")]),
        SmtpSink::start(&[]),
    );
    let identity = identity();
    let place = place();
    let roots = place.path().join("roots.pem");
    std::fs::write(&roots, identity.cert.pem()).expect("a file");
    let ports = [front(web.port(), &identity), front(mail.port(), &identity)];
    let this = std::env::current_exe().expect("this binary");
    let output = Command::new(this)
        .args(["--exact", "outlet::tls::the_trusting_process"])
        .env("SSL_CERT_FILE", &roots)
        .env(PORTS, format!("{} {}", ports[0], ports[1]))
        .output()
        .expect("this binary starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert_eq!((web.received().len(), mail.mails().len()), (1, 1));
}

#[test]
fn the_trusting_process() {
    let Ok(ports) = std::env::var(PORTS) else {
        return;
    };
    let ports: Vec<u16> = ports
        .split(' ')
        .filter_map(|port| port.parse().ok())
        .collect();
    for config in over_tls(ports[0], ports[1]) {
        assert_eq!(
            perform(&config, Order::Alert(alert(forged()))),
            Attempt::Accepted
        );
    }
}

#[test]
fn a_server_that_the_machine_does_not_trust_gets_nothing() {
    let (web, mail) = (
        HttpSink::start(vec![Reply::new(200, "")]),
        SmtpSink::start(&[]),
    );
    let identity = identity();
    let ports = [front(web.port(), &identity), front(mail.port(), &identity)];
    for config in over_tls(ports[0], ports[1]) {
        let attempt = perform(&config, Order::Alert(alert(forged())));
        assert!(matches!(attempt, Attempt::TryLater { .. }), "{attempt:?}");
    }
    assert!(web.received().is_empty() && mail.commands().is_empty());
}
