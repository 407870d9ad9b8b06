//! What a scripted server and its client said to each other, and how a failed test shows it.

use std::net::TcpStream;

/// What has happened so far.
#[derive(Default)]
pub struct Record {
    lines: Vec<Line>,
    /// One handle for each connection there has been, to end it with.
    pub connections: Vec<TcpStream>,
    /// Scripts that were followed to their last step.
    pub completed: usize,
    /// Connections that the client ended.
    pub hang_ups: usize,
    /// How the client left its script.
    pub deviation: Option<String>,
    /// The test is over.
    pub stopped: bool,
    /// The port still takes connections.
    pub is_listening: bool,
}

/// One line of the client, or one step of the server.
struct Line {
    connection: usize,
    from_client: bool,
    text: String,
}

impl Record {
    /// The record of a server to which nothing has happened yet.
    pub fn of_server(is_listening: bool) -> Self {
        Self {
            is_listening,
            ..Self::default()
        }
    }

    /// Adds what one side said.
    pub fn add(&mut self, connection: usize, from_client: bool, text: String) {
        self.lines.push(Line {
            connection,
            from_client,
            text,
        });
    }

    /// The client's lines as it sent them.
    pub fn client_lines(&self) -> Vec<String> {
        let lines = self.lines.iter().filter(|line| line.from_client);
        lines.map(|line| line.text.clone()).collect()
    }

    /// Both sides, for people: passwords masked.
    pub fn transcript(&self) -> String {
        let lines = self.lines.iter().map(|line| {
            let (who, said) = if line.from_client {
                ('C', masked(&line.text))
            } else {
                ('S', line.text.clone())
            };
            format!("{} {who}: {said}\n", line.connection)
        });
        let lines: String = lines.collect();
        format!("transcript (connection, C: client, S: server):\n{lines}")
    }
}

/// A client's line without anything that may be a password or a token.
pub fn masked(line: &str) -> String {
    let words: Vec<&str> = line.splitn(3, ' ').collect();
    match words[..] {
        [tag, command, _] if is_secret(command) => format!("{tag} {command} ••••"),
        // The answer to a continuation request stands alone on its line, and so does DONE.
        [word] if !word.eq_ignore_ascii_case("DONE") => "••••".to_owned(),
        _ => line.to_owned(),
    }
}

/// Whether the arguments of `command` are credentials (RFC 9051, 6.2).
fn is_secret(command: &str) -> bool {
    ["LOGIN", "AUTHENTICATE"]
        .iter()
        .any(|name| command.eq_ignore_ascii_case(name))
}
