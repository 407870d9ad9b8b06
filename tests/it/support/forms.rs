//! Replicas of Meta's forms on loopback, in six languages, and what they were sent.
//!
//! An address says what is shown: `/PATH?language=de&steps=facebook-2024,code,message:filed` shows
//! the first step, and what is sent there leads to the next. A step is a file of `tests/forms`,
//! after a colon the words of `words.toml` that it gives as its message.
//!
//! SECURITY: listens on 127.0.0.1, port 0; for tests only.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// The languages that the forms are there in.
pub const LANGUAGES: [&str; 6] = ["en", "de", "fr", "it", "es", "pt"];

/// Words by language and by what they are for.
type Words = BTreeMap<String, BTreeMap<String, String>>;

/// The server; it ends with the test process.
pub struct Forms {
    port: u16,
    sent: Arc<Mutex<Vec<String>>>,
    is_let_in: Arc<AtomicBool>,
    has_code: Arc<AtomicBool>,
    words: Words,
}

impl Forms {
    /// Starts it.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let words = fs::read_to_string(file("words.toml")).expect("the words are there");
        let words: Words = toml::from_str(&words).expect("the words can be read");
        let sent = Arc::new(Mutex::new(Vec::new()));
        let (kept, said) = (Arc::clone(&sent), words.clone());
        let is_let_in = Arc::new(AtomicBool::new(false));
        let door = Arc::clone(&is_let_in);
        let has_code = Arc::new(AtomicBool::new(false));
        let bell = Arc::clone(&has_code);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, said) = (Arc::clone(&kept), said.clone());
                let (door, bell) = (Arc::clone(&door), Arc::clone(&bell));
                // A browser opens connections that it sends nothing on.
                std::thread::spawn(move || serve(&stream, &said, (&kept, &door, &bell)));
            }
        });
        Self {
            port,
            sent,
            is_let_in,
            has_code,
            words,
        }
    }

    /// Whether a whole code stands in the page that asks for it.
    pub fn has_code(&self) -> bool {
        self.has_code.load(Ordering::SeqCst)
    }

    /// From now on the log-in page is as if a person had logged in there.
    pub fn let_in(&self) {
        self.is_let_in.store(true, Ordering::SeqCst);
    }

    /// The address of a page that leads through `steps`.
    pub fn url(&self, path: &str, language: &str, steps: &str) -> String {
        format!(
            "http://127.0.0.1:{}{path}?language={language}&steps={steps}",
            self.port
        )
    }

    /// What the forms say in `language` for `what`.
    pub fn words(&self, language: &str, what: &str) -> &str {
        &self.words[language][what]
    }

    /// The fields of all forms that were sent since the last call.
    pub fn sent(&self) -> Vec<BTreeMap<String, String>> {
        let sent = std::mem::take(&mut *self.sent.lock().expect("no thread panics with it"));
        sent.iter().map(|body| fields(body)).collect()
    }
}

/// Makes a folder of recipes by which the pages of this machine are Meta's.
pub fn recipes_on_loopback(folder: &Path) {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/outlet/browser/recipes");
    let after = fs::read_to_string(own.join("after.toml")).unwrap();
    let hosts = after.replace("hosts = [\"facebook.com\"", "hosts = [\"127.0.0.1\"");
    assert_ne!(hosts, after);
    fs::create_dir(folder).unwrap();
    fs::write(folder.join("after.toml"), hosts).unwrap();
}

fn file(name: &str) -> PathBuf {
    let forms = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/forms");
    forms.join(name)
}

fn serve(
    stream: &TcpStream,
    words: &Words,
    (sent, door, bell): (&Mutex<Vec<String>>, &AtomicBool, &AtomicBool),
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line)?;
    loop {
        let mut field = String::new();
        reader.read_line(&mut field)?;
        let field = field.to_ascii_lowercase();
        if let Some(value) = field.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if field.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    if line.starts_with("POST ") {
        let body = String::from_utf8_lossy(&body).into_owned();
        sent.lock().expect("no thread panics with it").push(body);
    }
    let target = line.split(' ').nth(1).unwrap_or_default();
    let page = match target {
        "/typed" => {
            bell.store(true, Ordering::SeqCst);
            None
        }
        "/let-in" => door.load(Ordering::SeqCst).then(|| "come in".to_owned()),
        target => page(target, words),
    };
    let (status, page) = page.map_or(("404 Not Found", String::new()), |page| ("200 OK", page));
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{page}",
        page.len()
    )
}

fn page(target: &str, words: &Words) -> Option<String> {
    let (path, query) = target.split_once('?')?;
    let query = fields(query);
    let language = query.get("language")?;
    let (step, rest) = query
        .get("steps")
        .map(|steps| steps.split_once(','))?
        .unzip();
    let step = step.or(query.get("steps").map(String::as_str))?;
    let next = format!(
        "{path}?language={language}&steps={}",
        rest.unwrap_or("unknown")
    );
    let (name, message) = step.split_once(':').unwrap_or((step, ""));
    let words = words.get(language)?;
    let mut page = fs::read_to_string(file(&format!("{name}.html"))).ok()?;
    for (what, said) in words {
        page = page.replace(&format!("{{{{{what}}}}}"), said);
    }
    let message = words.get(message).map_or("", String::as_str);
    page = page.replace("{{message}}", message);
    let style = fs::read_to_string(file("style.css")).ok()?;
    page = page.replacen("<title>", &format!("<style>{style}</style>\n<title>"), 1);
    page = page.replace("{{language}}", language);
    Some(page.replace("{{next}}", &next))
}

/// The fields of a query or of a form that was sent.
fn fields(encoded: &str) -> BTreeMap<String, String> {
    let pairs = encoded.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next(), rest.next()].map(|digit| digit.unwrap_or(b'0'));
                let digits = String::from_utf8_lossy(&digits).into_owned();
                u8::from_str_radix(&digits, 16).unwrap_or(b'?')
            }
            byte => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
