//! Requests that are too large, too slow, too many, or no requests.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::{CODE, Site};
use crate::support::PATIENCE;
use crate::support::step::Step;

#[test]
fn what_is_too_large_or_no_request_is_refused() {
    let site = Site::open();
    let long = "x".repeat(64 * 1024);
    for request in [
        format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {long}\r\n\r\n"),
        format!(
            "GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n",
            "X: y\r\n".repeat(2000)
        ),
    ] {
        let answer = site.say(&request);
        // It may be refused before all of it was sent: then the answer is lost on the way.
        assert!([0, 414, 431].contains(&answer.status), "{}", answer.head);
    }
    for nonsense in [
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "\u{0}\u{1}\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
    ] {
        let answer = site.say(nonsense);
        assert!([0, 400, 505].contains(&answer.status), "{}", answer.head);
    }
    let body =
        format!("GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\n\r\n{long}");
    let answer = site.say(&body);
    assert!([0, 200].contains(&answer.status), "{}", answer.head);
    assert_eq!(site.get("/livez").status, 200);
}

#[test]
fn who_says_nothing_or_half_a_word_holds_nobody_up() {
    let site = Site::open();
    let mut silent: Vec<TcpStream> = (0..48)
        .map(|number| {
            let mut stream = TcpStream::connect(site.address).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            if number % 2 == 0 {
                stream.write_all(b"GET / HTTP/1.1\r\nHost: loc").unwrap();
            }
            stream
        })
        .collect();
    // The daemon does not notice.
    site.place.deliver("1", &site.place.meta.code(CODE));
    assert!(Step::has_code(&site.place.step.wait_for(1), CODE));
    // Others have their turn when the time of these is over.
    assert_eq!(site.get("/livez").status, 200);
    let mut rest = Vec::new();
    silent[0].read_to_end(&mut rest).unwrap();
    assert!(!String::from_utf8_lossy(&rest).contains(" 200 "));
}
