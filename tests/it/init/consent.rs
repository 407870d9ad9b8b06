//! `init --oauth` for a first configuration: one object on standard output, however it ends.
//!
//! Issuers that a first configuration can name are not on loopback, so nobody is asked here.

use serde_json::Value;

use super::{Beginner, PERSON};

#[test]
fn a_consent_that_fails_leaves_a_configuration_that_is_named() {
    let Some(beginner) = Beginner::new() else {
        return;
    };
    let secret = beginner.home.write("secret", "the client's\n");
    let flags = beginner.flags.iter().map(String::as_str);
    let oauth = [
        "--oauth",
        "google",
        "--client-id",
        "me",
        "--client-secret-file",
    ];
    let args: Vec<&str> = ["init", "--json"]
        .into_iter()
        .chain(flags)
        .chain(PERSON)
        .chain(oauth)
        .chain([secret.to_str().unwrap()])
        .collect();
    let output = beginner.home.output(&args, b"not the address\n");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(!output.status.success());
    let config = beginner.home.config();
    let expected = format!(
        ". The configuration is written: `sustained init --config {} --oauth google` asks anew",
        config.display()
    );
    assert!(answer.to_string().contains(&expected), "{answer}");
    assert!(config.exists());
}
