//! An issuer of tokens on loopback (RFC 6749, RFC 8628), as strict as the strictest: each refresh
//! token holds once, and using an old one again ends the consent.
//!
//! It also answers Dovecot's question whose token one is (RFC 7662's simpler forerunner).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

/// Who the program is to the issuer.
pub const CLIENT: &str = "sustained-test";

/// A running issuer; ends with the test process.
pub struct Issuer {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Whom the tokens let in.
    login: String,
    /// How long a token lives, in seconds.
    life: u64,
    given: u32,
    /// The one refresh token that holds.
    refresh: Option<String>,
    /// Access tokens that hold.
    access: Vec<String>,
    /// Answers of "not yet" that are still to be given.
    pending: u32,
    /// What the consent page was asked with, and what its answer was.
    challenge: Option<String>,
    is_down: bool,
    /// Paths of the questions so far.
    asked: Vec<String>,
}

impl Issuer {
    /// Starts one whose tokens let `login` in and live for an hour.
    pub fn start(login: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            login: login.to_owned(),
            life: 3600,
            ..State::default()
        }));
        let theirs = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &theirs);
            }
        });
        Self { port, state }
    }

    /// The `oauth` key of a mailbox that is asked by `way`, `device_url` or `consent_url`.
    pub fn table(&self, way: &str) -> String {
        let base = format!("http://127.0.0.1:{}", self.port);
        format!(
            "oauth = {{ provider = \"own\", client_id = \"{CLIENT}\", scope = \"imap\", \
             token_url = \"{base}/token\", {way} = \"{base}/ask\" }}"
        )
    }

    /// Where Dovecot asks whose token one is.
    pub fn introspection(&self) -> String {
        format!("http://127.0.0.1:{}/tokeninfo?access_token=", self.port)
    }

    /// Tokens live for so many seconds from now on.
    pub fn set_life(&self, seconds: u64) {
        self.state().life = seconds;
    }

    /// The next so many questions come before the person has answered.
    pub fn set_pending(&self, times: u32) {
        self.state().pending = times;
    }

    /// The person takes the consent back.
    pub fn revoke(&self) {
        let mut state = self.state();
        state.refresh = None;
        state.access.clear();
    }

    /// The access tokens hold no longer, the consent does.
    pub fn expire(&self) {
        self.state().access.clear();
    }

    /// It answers 503.
    pub fn set_down(&self, is_down: bool) {
        self.state().is_down = is_down;
    }

    /// The person consented on the page at `address`; where the browser ends.
    pub fn consent_on_page(&self, address: &str) -> String {
        let (_, query) = address.split_once('?').unwrap();
        let field = |name: &str| field(query, name).unwrap();
        assert_eq!(field("client_id"), CLIENT);
        assert_eq!(field("code_challenge_method"), "S256");
        self.state().challenge = Some(field("code_challenge"));
        let back = field("redirect_uri")
            .replace("%3A", ":")
            .replace("%2F", "/");
        format!("{back}?state={}&code=granted", field("state"))
    }

    /// How often tokens were asked for.
    pub fn exchanges(&self) -> usize {
        let state = self.state();
        state.asked.iter().filter(|path| *path == "/token").count()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn field(form: &str, name: &str) -> Option<String> {
    let mut fields = form.split('&').filter_map(|field| field.split_once('='));
    let found = fields.find(|(found, _)| *found == name);
    found.map(|(_, value)| value.to_owned())
}

fn answer(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line).unwrap();
    let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).unwrap_or(0) <= 2 {
            break;
        }
        let header = header.to_ascii_lowercase();
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut form = vec![0; length];
    reader.read_exact(&mut form).unwrap();
    let form = String::from_utf8(form).unwrap();
    let (status, body) = state.lock().unwrap().answer(&target, &form);
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    // A client that is gone has its own test.
    reader.get_mut().write_all((head + &body).as_bytes()).ok();
}

impl State {
    fn answer(&mut self, target: &str, form: &str) -> (u16, String) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        self.asked.push(path.to_owned());
        if self.is_down {
            return (503, "down".to_owned());
        }
        match path {
            "/tokeninfo" => {
                let token = field(query, "access_token").unwrap_or_default();
                if self.access.contains(&token) {
                    (200, format!(r#"{{"email":"{}"}}"#, self.login))
                } else {
                    (400, r#"{"error":"invalid_token"}"#.to_owned())
                }
            }
            "/ask" => (
                200,
                r#"{"device_code":"d-1","user_code":"WDJB-MJHT","expires_in":900,"interval":0,
                    "verification_uri":"https://login.example/device"}"#
                    .to_owned(),
            ),
            "/token" if field(form, "client_id").as_deref() == Some(CLIENT) => self.token(form),
            _ => refused("invalid_client"),
        }
    }

    fn token(&mut self, form: &str) -> (u16, String) {
        let grant = field(form, "grant_type").unwrap_or_default();
        let is_granted = if grant == "refresh_token" {
            let used = field(form, "refresh_token");
            let holds = used.is_some() && used == self.refresh;
            if !holds {
                self.refresh = None;
            }
            holds
        } else if grant == "authorization_code" {
            use sha2::{Digest as _, Sha256};
            let verifier = field(form, "code_verifier").unwrap_or_default();
            let challenge = data_encoding::BASE64URL_NOPAD.encode(&Sha256::digest(verifier));
            field(form, "code").as_deref() == Some("granted")
                && self.challenge.take() == Some(challenge)
        } else {
            if self.pending > 0 {
                self.pending -= 1;
                return refused("authorization_pending");
            }
            field(form, "device_code").as_deref() == Some("d-1")
        };
        if !is_granted {
            return refused("invalid_grant");
        }
        self.given += 1;
        let (access, refresh) = (format!("a-{}", self.given), format!("r-{}", self.given));
        self.access.push(access.clone());
        self.refresh = Some(refresh.clone());
        let life = self.life;
        (
            200,
            format!(
                r#"{{"access_token":"{access}","refresh_token":"{refresh}","expires_in":{life},
                    "token_type":"Bearer"}}"#
            ),
        )
    }
}

fn refused(error: &str) -> (u16, String) {
    (
        400,
        format!(r#"{{"error":"{error}","error_description":"no \u001b"}}"#),
    )
}
