//! Runs the program that prints a secret.
//!
//! It does not know what the secret is for. SECURITY: no shell, an environment of a few named
//! variables, nothing on standard input, ten seconds, 4 KiB; what the program says when it fails
//! is shown without control characters and without what it printed as the secret.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::secret::{MAX_SECRET, first_line};

/// A password manager that asks nobody answers in less; one that asks would wait for ever.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// How often an ending program is looked at, once it has closed its output.
const PAUSE: Duration = Duration::from_millis(5);

/// The longest complaint of a program that is repeated, in characters.
const MAX_COMPLAINT: usize = 200;

/// What password managers need to find their store, their agent and their language.
const ENVIRONMENT: [&str; 10] = [
    "DBUS_SESSION_BUS_ADDRESS",
    "GNUPGHOME",
    "HOME",
    "LANG",
    "PASSWORD_STORE_DIR",
    "PATH",
    "USER",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
];

/// What `command` prints, at most [`MAX_SECRET`] bytes and one; or why it did not.
pub(super) fn ask(command: &[String]) -> Result<Zeroizing<Vec<u8>>, String> {
    ask_within(command, TIME_LIMIT)
}

fn ask_within(command: &[String], limit: Duration) -> Result<Zeroizing<Vec<u8>>, String> {
    let until = Instant::now() + limit;
    let (program, arguments) = command.split_first().ok_or("no program is named")?;
    let kept = ENVIRONMENT
        .iter()
        .filter_map(|name| Some((name, std::env::var_os(name)?)));
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(kept)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{error}; name a program that this account may run"))?;
    let printed = child.stdout.take().map(collect);
    let said = child.stderr.take().map(collect);
    let waited = wait(&mut child, [printed.as_ref(), said.as_ref()], until);
    if waited.is_none() {
        // An error here means that it has just ended by itself.
        let _ = child.kill();
        let _ = child.wait();
    }
    let Some((status, [printed, said])) = waited else {
        return Err(format!(
            "it did not end within {} seconds; it must not ask anything",
            limit.as_secs_f32()
        ));
    };
    if status.success() {
        return Ok(printed);
    }
    let complaint = complaint(&said, first_line(&printed));
    Err(format!(
        "it ended with {status}{complaint}; run it by hand to see more"
    ))
}

/// What a stream has carried when it ends; the rest beyond the limit is thrown away, so that the
/// program is not stopped by a full pipe.
fn collect(mut stream: impl Read + Send + 'static) -> Receiver<Zeroizing<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_SECRET + 1));
        let limit = MAX_SECRET as u64 + 1;
        // A stream that breaks has carried what it has carried; the exit status says the rest.
        let _ = stream.by_ref().take(limit).read_to_end(&mut bytes);
        let _ = io::copy(&mut stream, &mut io::sink());
        // Nobody listens any more once the time is up.
        let _ = sender.send(bytes);
    });
    receiver
}

/// What a child's two streams carried.
type Streams = [Zeroizing<Vec<u8>>; 2];

/// The child's end, and all that it wrote; `None` when the time is up.
fn wait(
    child: &mut Child,
    streams: [Option<&Receiver<Zeroizing<Vec<u8>>>>; 2],
    until: Instant,
) -> Option<(ExitStatus, Streams)> {
    let mut carried = Streams::default();
    for (stream, bytes) in streams.into_iter().zip(&mut carried) {
        let left = until.saturating_duration_since(Instant::now());
        *bytes = stream?.recv_timeout(left).ok()?;
    }
    // Both streams are closed; all but the oddest programs end at once.
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some((status, carried)),
            Ok(None) if Instant::now() < until => thread::park_timeout(PAUSE),
            Ok(None) | Err(_) => return None,
        }
    }
}

/// `: ` and the first line that a failed program said, if any, without `secret` in it.
fn complaint(said: &[u8], secret: &[u8]) -> String {
    let line = String::from_utf8_lossy(first_line(said)).into_owned();
    let secret = String::from_utf8_lossy(secret);
    let line = if secret.is_empty() {
        line
    } else {
        line.replace(&*secret, "••••")
    };
    let line: String = line
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_COMPLAINT)
        .collect();
    if line.trim().is_empty() {
        String::new()
    } else {
        format!(": {}", line.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Instant, ask, ask_within};

    fn sh(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[test]
    fn what_a_program_prints_is_taken() {
        let printed = ask(&sh("echo hunter2")).map(|printed| printed.to_vec());
        assert_eq!(printed, Ok(b"hunter2\n".to_vec()));
    }

    #[test]
    fn a_failure_is_told_without_the_secret() {
        let why =
            ask(&sh("echo hunter2; echo \"bad\u{1b} hunter2\" >&2; exit 3")).expect_err("it fails");
        assert!(why.contains("exit status: 3: bad ••••"), "{why}");
        let why = ask(&["/nonexistent/program".to_owned()]).expect_err("not there");
        assert!(why.contains("No such file"), "{why}");
        assert!(ask(&[]).is_err());
    }

    #[test]
    fn a_program_that_waits_is_stopped() {
        let start = Instant::now();
        for script in ["exec sleep 60", "exec >&- 2>&-; exec sleep 60"] {
            let why = ask_within(&sh(script), Duration::from_millis(200)).expect_err("stopped");
            assert!(why.contains("did not end within"), "{why}");
        }
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn the_environment_is_not_handed_on() {
        // Cargo sets this one for every test.
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
        let printed = ask(&sh("echo \"${CARGO_MANIFEST_DIR-none}:${PATH:+path}\""));
        assert_eq!(printed.map(|p| p.to_vec()), Ok(b"none:path\n".to_vec()));
    }

    #[test]
    fn a_flood_is_cut_and_does_not_hang() {
        let printed = ask(&sh(
            "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2",
        ));
        assert_eq!(printed.map(|p| p.len()), Ok(super::MAX_SECRET + 1));
    }
}
