//! Who may look, from where, and what every answer says beside its text.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

use rustix::process::Signal;
use socket2::{Domain, SockAddr, Socket, Type};

use super::{Site, address, configure, converse, request};
use crate::support::place::Place;
use crate::support::{PATIENCE, wait_until};

const TOKEN: &str = "a-token-that-nobody-guesses";

/// A page behind a token.
fn guarded() -> Site {
    Site::with(&format!(
        "listen = \"127.0.0.1:0\"\ntoken = {{ value = \"{TOKEN}\" }}"
    ))
}

#[test]
fn without_the_token_nothing_is_seen() {
    let site = guarded();
    site.place.deliver("1", &site.place.meta.notification());
    let right = format!("Authorization: Bearer {TOKEN}");
    let basic = data_encoding::BASE64.encode(format!("any:{TOKEN}").as_bytes());
    let basic = format!("Authorization: Basic {basic}");
    let wrong = format!("Authorization: Bearer {TOKEN}x");
    for path in [
        "/",
        "/metrics",
        "/calendar.ics",
        "/style.css",
        "/message/x",
        "/nothing",
    ] {
        for fields in [vec![], vec![wrong.as_str()], vec!["Authorization: Basic !"]] {
            let refused = site.ask("GET", path, &fields);
            assert_eq!(refused.status, 401, "{path}");
            assert!(
                refused
                    .field("www-authenticate")
                    .starts_with("Basic realm=")
            );
            assert!(
                !refused.body.contains("INBOX") && !refused.body.contains("me"),
                "{path}"
            );
        }
    }
    for field in [&right, &basic] {
        let seen = || site.ask("GET", "/", &[field]).body.contains("Facebook");
        assert!(wait_until(PATIENCE, seen));
    }
    // Numbers are for everybody, names are not.
    assert_eq!(site.get("/livez").status, 200);
    let heard = wait_until(PATIENCE, || site.get("/readyz").status == 200);
    let ready = site.get("/readyz");
    assert!(
        heard && ready.body.contains("folder 1: heard"),
        "{}",
        ready.body
    );
    assert!(!ready.body.contains("INBOX"), "{}", ready.body);
    let named = site.ask("GET", "/readyz", &[&right]);
    assert!(named.body.contains("me INBOX: heard"), "{}", named.body);
    assert!(!site.running.talk().contains(TOKEN), "the token is printed");
}

#[test]
fn a_name_that_another_site_lets_lead_here_is_refused() {
    let site = Site::open();
    let port = site.address.port();
    for host in [
        "evil.example",
        &format!("evil.example:{port}"),
        "10.0.0.1",
        "",
    ] {
        for path in ["/", "/metrics", "/calendar.ics", "/message/x"] {
            let answer = site.say(&request("GET", path, host, &[]));
            assert_eq!(answer.status, 421, "{host} {path}");
            assert!(!answer.body.contains("INBOX"));
        }
        let ready = site.say(&request("GET", "/readyz", host, &[]));
        assert!(!ready.body.contains("INBOX"), "{}", ready.body);
    }
    let nameless = site.say("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(nameless.status, 421);
    for host in [
        "localhost",
        &format!("LOCALHOST:{port}"),
        "[::1]:1",
        "127.0.0.2",
    ] {
        assert_eq!(
            site.say(&request("GET", "/", host, &[])).status,
            200,
            "{host}"
        );
    }
}

#[test]
fn nothing_can_be_changed() {
    let site = Site::open();
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        for path in ["/", "/metrics", "/readyz", "/nothing"] {
            let answer = site.ask(method, path, &["Content-Length: 0"]);
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.field("allow"), "GET, HEAD");
        }
    }
    let head = site.ask("HEAD", "/", &[]);
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert!(head.field("content-length").parse::<usize>().unwrap() > 500);
}

#[test]
fn every_answer_says_what_a_browser_must_not_do() {
    let site = Site::open();
    let guarded = guarded();
    let answers = [
        "/",
        "/?still",
        "/metrics",
        "/calendar.ics",
        "/style.css",
        "/readyz",
        "/nothing",
    ]
    .map(|path| site.get(path))
    .into_iter()
    .chain([guarded.get("/"), site.ask("POST", "/", &[])]);
    for answer in answers {
        let policy = answer.field("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self';"),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.field(name), value, "{}", answer.head);
        }
        assert_eq!(answer.field("set-cookie"), "");
        assert!(!answer.body.contains("<style") && !answer.body.contains("style=\""));
    }
}

#[test]
fn a_unix_socket_is_for_its_owner_and_group() {
    let place = Place::new("accounts = [\"facebook\"]");
    let path = place.home.path().join("status.sock");
    configure(&place, &format!("listen = \"unix:{}\"", path.display()));
    let get = |path_asked: &str| {
        let stream = UnixStream::connect(&path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        converse(stream, &request("GET", path_asked, "anything", &[]))
    };
    let mut running = place.run();
    running.wait_for_line("at=unix:", PATIENCE);
    assert_eq!(get("/livez").status, 200);
    assert!(get("/").body.contains("Your objections"));
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    // What a killed daemon leaves behind is nobody's.
    running.kill9();
    assert!(path.exists());
    let mut again = place.run();
    again.wait_for_line("at=unix:", PATIENCE);
    assert_eq!(get("/livez").status, 200);
    // What a stopped one leaves behind is nothing.
    assert!(again.stop(PATIENCE).success());
    assert!(!path.exists(), "the socket is still there");
}

#[test]
fn a_file_and_the_socket_of_another_are_left_alone() {
    let place = Place::new("accounts = [\"facebook\"]");
    let path = place.home.path().join("status.sock");
    configure(&place, &format!("listen = \"unix:{}\"", path.display()));
    let refused = |what: &str| {
        let mut running = place.run();
        running.wait_for_line("there is no status page", PATIENCE);
        assert!(running.stop(PATIENCE).success());
        assert!(path.exists(), "{what} is gone");
    };
    fs::write(&path, "somebody's own").unwrap();
    refused("the file");
    assert_eq!(fs::read_to_string(&path).unwrap(), "somebody's own");
    fs::remove_file(&path).unwrap();
    let other = UnixListener::bind(&path).unwrap();
    refused("the socket");
    drop(other);
    fs::remove_file(&path).unwrap();
    // One of another kind, at which nobody knocks, and one whose queue is full.
    let other = UnixDatagram::bind(&path).unwrap();
    refused("the datagram socket");
    drop(other);
    fs::remove_file(&path).unwrap();
    let busy = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    let address = SockAddr::unix(&path).unwrap();
    busy.bind(&address).unwrap();
    busy.listen(0).unwrap();
    let mut waiting = Vec::new();
    loop {
        let knocks = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        knocks.set_nonblocking(true).unwrap();
        if knocks.connect(&address).is_err() {
            break;
        }
        waiting.push(knocks);
    }
    refused("the busy socket");
    drop((busy, waiting));
    // One that took the place of ours is another's, too.
    let mut running = place.run();
    running.wait_for_line("at=unix:", PATIENCE);
    fs::remove_file(&path).unwrap();
    let _other = UnixListener::bind(&path).unwrap();
    assert!(running.stop(PATIENCE).success());
    assert!(path.exists(), "the socket of another is gone");
}

#[test]
fn a_reload_moves_the_page_and_takes_it_away() {
    let site = Site::open();
    let config = fs::read_to_string(site.place.home.config()).unwrap();
    let reload = |text: &str, times: usize| {
        fs::write(site.place.home.config(), text).unwrap();
        site.running.signal(Signal::HUP);
        let reloaded = || {
            let lines = site.running.stderr();
            lines
                .iter()
                .filter(|line| line.contains("configuration reloaded"))
                .count()
                == times
        };
        assert!(wait_until(PATIENCE, reloaded), "{}", site.running.talk());
    };
    reload(
        &config.replace(
            "[status]\n",
            "[status]\ntoken = { value = \"0123456789abcdef\" }\n",
        ),
        1,
    );
    let moved = Site {
        address: address(&site.running, 2),
        ..site
    };
    assert_eq!(moved.get("/").status, 401);
    let site = moved;
    fs::write(
        site.place.home.config(),
        config.split("[status]").next().unwrap(),
    )
    .unwrap();
    site.running.signal(Signal::HUP);
    let gone = wait_until(PATIENCE, || {
        std::net::TcpStream::connect(site.address).is_err()
    });
    assert!(gone, "{}", site.running.talk());
}

#[test]
fn check_says_whether_the_token_is_there() {
    let place = Place::new("accounts = [\"facebook\"]");
    let token = place.home.path().join("token");
    let table = format!("listen = \"127.0.0.1:0\"\ntoken = {{ file = {token:?} }}");
    configure(&place, &table);
    let found = || -> String {
        let said = place.home.output(&["check"], b"").stdout;
        let said = String::from_utf8(said).unwrap();
        let about = said.lines().find(|line| line.contains("status page"));
        about.expect("a line is about it").to_owned()
    };
    let missing = found();
    assert!(missing.contains("there is no such file"), "{missing}");
    place.home.write("token", TOKEN);
    let there = found();
    assert!(there.contains("127.0.0.1:0, for a token"), "{there}");
}

#[test]
fn a_page_that_cannot_be_is_the_pages_trouble_alone() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = Place::new("accounts = [\"facebook\"]");
    configure(
        &place,
        &format!("listen = \"{}\"", taken.local_addr().unwrap()),
    );
    let running = place.run();
    let said = running.wait_for_line("there is no status page", PATIENCE);
    assert!(said.contains("choose another port"), "{said}");
    place.deliver("1", &place.meta.code(super::CODE));
    assert!(crate::support::step::Step::has_code(
        &place.step.wait_for(1),
        super::CODE
    ));

    let place = Place::new("accounts = [\"facebook\"]");
    configure(
        &place,
        "listen = \"127.0.0.1:0\"\ntoken = { value = \"short\" }",
    );
    let said = place
        .run()
        .wait_for_line("there is no status page", PATIENCE);
    assert!(said.contains("shorter than 16"), "{said}");
}
