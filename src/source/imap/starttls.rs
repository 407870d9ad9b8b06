//! STARTTLS (RFC 9051, 6.2.1): the few lines in plain text before TLS.
//!
//! SECURITY: until TLS stands, anybody may be talking. Nothing that is read here is believed or
//! kept but that the server agreed; what was sent behind that in the same breath is thrown away
//! (the response injection of nostarttls.secvuln.info). A server that claims PREAUTH cannot be
//! asked for TLS any more, so the connection ends. There is no way on without TLS.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::session::ImapError;

/// Each of the two answers comes within this time.
const PROMPT: Duration = Duration::from_secs(15);

/// More than this in plain text is no greeting.
const LONGEST_TALK: usize = 16 * 1024;

const TAG: &str = "S0";

/// Reads the greeting and asks for TLS; the next byte on `tcp` belongs to the handshake.
///
/// # Errors
/// If the server does not agree, or claims that somebody is signed in already.
pub(super) async fn ask_for_tls(tcp: &mut TcpStream) -> Result<(), ImapError> {
    let greeting = line(tcp, |line| line.starts_with("* ")).await?;
    match greeting.split(' ').nth(1) {
        Some(word) if word.eq_ignore_ascii_case("OK") => {}
        Some(word) if word.eq_ignore_ascii_case("PREAUTH") => {
            return Err(ImapError::Broken(
                "the server claims that somebody is signed in already, before TLS".to_owned(),
            ));
        }
        _ => {
            return Err(ImapError::Outage(
                "the server turned the connection away before TLS".to_owned(),
            ));
        }
    }
    let command = format!("{TAG} STARTTLS\r\n");
    timeout(PROMPT, tcp.write_all(command.as_bytes()))
        .await
        .map_err(|_| silent())?
        .map_err(|error| ImapError::Outage(format!("the connection broke: {}", error.kind())))?;
    let answer = line(tcp, |line| {
        line.split(' ')
            .next()
            .is_some_and(|tag| tag.eq_ignore_ascii_case(TAG))
    })
    .await?;
    match answer.split(' ').nth(1) {
        Some(word) if word.eq_ignore_ascii_case("OK") => Ok(()),
        _ => Err(ImapError::NeedsPerson(
            "the server refuses STARTTLS, and without TLS nothing is sent to it; use \
             tls = \"implicit\" if it has that"
                .to_owned(),
        )),
    }
}

/// Reads up to the first line that is `wanted`, and throws the rest of what came with it away.
async fn line(tcp: &mut TcpStream, wanted: impl Fn(&str) -> bool) -> Result<String, ImapError> {
    let mut said = Vec::new();
    let read = async {
        loop {
            let whole = said.split_inclusive(|byte| *byte == b'\n');
            let whole = whole.filter(|line| line.ends_with(b"\n"));
            let mut texts = whole.map(|line| String::from_utf8_lossy(line).trim_end().to_owned());
            if let Some(found) = texts.find(|line| wanted(line)) {
                return Ok(found);
            }
            if said.len() > LONGEST_TALK {
                let why = "the server sent something that is not IMAP before TLS";
                return Err(ImapError::Broken(why.to_owned()));
            }
            let mut chunk = [0; 1024];
            let count = tcp.read(&mut chunk).await;
            let count = count.map_err(|error| {
                ImapError::Outage(format!("the connection broke: {}", error.kind()))
            })?;
            if count == 0 {
                let why = "the server closed the connection before TLS";
                return Err(ImapError::Outage(why.to_owned()));
            }
            said.extend_from_slice(chunk.get(..count).unwrap_or_default());
        }
    };
    timeout(PROMPT, read).await.map_err(|_| silent())?
}

fn silent() -> ImapError {
    ImapError::Outage("the server does not answer before TLS".to_owned())
}
