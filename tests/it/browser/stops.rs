//! Every way in which it stops: each page that ends the journey is known in each language (in
//! Firefox in one), and what is not known for certain is unknown.

use sustained::mail::Code;
use sustained::outlet::browser::driver::Make;
use sustained::outlet::browser::reading::Reading;
use sustained::outlet::browser::recipe::Kind;

use super::{Driven, FACEBOOK};
use crate::support::forms::LANGUAGES;

in_each_browser!(
    pages_that_want_the_person_are_known,
    pages_that_end_the_journey_are_known,
    an_address_alone_tells_a_log_in_and_a_checkpoint,
    a_code_that_is_wrong_can_be_followed_by_the_right_one,
    what_is_not_certain_is_unknown,
);

/// What each page is, whatever the language.
fn check(make: Make, path: &str, cases: &[(&str, Kind)]) {
    let Some(driven) = Driven::start(make) else {
        return;
    };
    for (round, language) in LANGUAGES.into_iter().enumerate() {
        for (at, (step, kind)) in cases.iter().enumerate() {
            if make == Make::Firefox && at % LANGUAGES.len() != round {
                continue;
            }
            driven.open(&driven.forms.url(path, language, step));
            let reading = driven.read().reading;
            let expected = Reading::Page(*kind);
            assert_eq!(
                reading,
                expected,
                "{step} in {language}: {}",
                reading.describe()
            );
        }
        assert_eq!(driven.forms.sent(), [], "something was sent");
    }
}

fn pages_that_want_the_person_are_known(make: Make) {
    let cases = [
        ("log-in", Kind::LogIn),
        ("message:log_in", Kind::LogIn),
        ("captcha", Kind::Captcha),
        ("message:robot", Kind::Captcha),
        ("message:identity", Kind::Checkpoint),
    ];
    check(make, FACEBOOK, &cases);
}

fn pages_that_end_the_journey_are_known(make: Make) {
    let cases = [
        ("message:country_only", Kind::OtherCountry),
        ("message:gone", Kind::Unavailable),
        ("facebook-2024:short", Kind::TooShort),
        ("code:short", Kind::TooShort),
        ("message:short", Kind::TooShort),
        ("code:expired", Kind::CodeExpired),
    ];
    check(make, FACEBOOK, &cases);
}

fn an_address_alone_tells_a_log_in_and_a_checkpoint(make: Make) {
    let Some(driven) = Driven::start(make) else {
        return;
    };
    for (path, kind) in [
        ("/login", Kind::LogIn),
        ("/checkpoint/1501092823525282", Kind::Checkpoint),
    ] {
        driven.open(&driven.forms.url(path, "en", "facebook-2024"));
        assert_eq!(driven.read().reading, Reading::Page(kind), "{path}");
    }
    driven.open(&driven.forms.url("/loginless", "en", "message:gone"));
    assert_eq!(driven.read().reading, Reading::Page(Kind::Unavailable));
}

fn a_code_that_is_wrong_can_be_followed_by_the_right_one(make: Make) {
    let Some(driven) = Driven::start(make) else {
        return;
    };
    let languages = match make {
        Make::Chromium => &LANGUAGES[..],
        Make::Firefox => &["de"],
    };
    for language in languages {
        let steps = "code,code:wrong,code:expired,message:filed";
        driven.open(&driven.forms.url(FACEBOOK, language, steps));
        let mut look = driven.read();
        for kind in [Kind::CodeWrong, Kind::CodeExpired, Kind::Filed] {
            let ready = driven.page().await_code(&look).unwrap();
            let code = Code::new("482913".to_owned());
            look = driven.wait(ready.type_code(&code)).unwrap();
            assert_eq!(look.reading, Reading::Page(kind), "{language}");
        }
        assert!(driven.page().await_code(&look).is_err());
    }
}

fn what_is_not_certain_is_unknown(make: Make) {
    let Some(driven) = Driven::start(make) else {
        return;
    };
    let check = |url: &str, expected: &str| {
        driven.open(url);
        let look = driven.wait(driven.impatient().read()).unwrap();
        assert!(matches!(look.reading, Reading::Unknown(_)), "{url}");
        assert_eq!(look.reading.describe(), expected, "{url}");
    };
    let url = |steps: &str| driven.forms.url(FACEBOOK, "en", steps);
    check(&url("unknown"), "a page that is not known");
    check("about:blank", "a page that is not Meta's");
    check(
        &url("facebook-2024").replace("127.0.0.1", "localhost"),
        "a page that is not Meta's",
    );
    // At another address the same form is none that is known.
    check(
        &driven.forms.url("/help/contact/1", "en", "facebook-2024"),
        "a page that is not known",
    );
    check(
        &url("two-addresses"),
        "the form `facebook-2024` in another shape: it is not clear where the country is",
    );
    let both = "a page that could be more than one of those known";
    check(&url("facebook-2024:filed"), both);
    check(&url("code:filed"), both);
    check(&url("code:gone"), both);
}
