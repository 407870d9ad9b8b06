//! From the form to "filed": each form in each language; in Firefox, which reads the same recipes,
//! each form and each language once.

use sustained::mail::Code;
use sustained::outlet::browser::driver::Make;
use sustained::outlet::browser::fill::Answers;
use sustained::outlet::browser::reading::Reading;
use sustained::outlet::browser::recipe::{Kind, Purpose};

use super::{Driven, FACEBOOK};
use crate::support::forms::LANGUAGES;

const CODE: &str = "482913";
const ADDRESS: &str = "me@example.org";
const REASON: &str = "My family’s pictures are in there: “really”, 100 %.";

in_each_browser!(
    the_facebook_form_of_2024_is_filed,
    the_facebook_form_of_2025_is_filed,
    the_instagram_form_is_filed,
    the_form_about_third_parties_is_filed,
    a_missing_answer_is_named_before_anything_is_typed,
);

/// Everything that a form could ask for.
fn answers(country: &str) -> Answers {
    let answers = [
        (Purpose::Country, country),
        (Purpose::Email, ADDRESS),
        (Purpose::Impact, REASON),
        (Purpose::Name, "Zoë Müller"),
        (Purpose::Phone, "+49 30 1234"),
    ];
    Answers::new(answers.map(|(purpose, answer)| (purpose, answer.to_owned())))
}

/// Walks through the form `name` at `path` in every language, or in Firefox in those that are its;
/// `sent` is what must arrive.
fn check(make: Make, (name, of_firefox): (&str, &[&str]), path: &str, sent: &[(&str, &str)]) {
    let Some(driven) = Driven::start(make) else {
        return;
    };
    let languages = match make {
        Make::Chromium => &LANGUAGES,
        Make::Firefox => of_firefox,
    };
    for language in languages {
        driven.open(
            &driven
                .forms
                .url(path, language, &format!("{name},code,message:filed")),
        );
        let (page, look) = (driven.page(), driven.read());
        let Reading::Form(form) = look.reading else {
            panic!("{name} in {language}: {}", look.reading.describe());
        };
        assert_eq!(form.name, name, "{language}");
        let home = driven.forms.words(language, "home");
        let filled = driven.wait(page.fill(&look, form, &answers(home))).unwrap();
        assert!(
            filled
                .fields
                .contains(&(Purpose::Email, ADDRESS.to_owned()))
        );
        assert_eq!(
            driven.forms.sent(),
            [],
            "{name} in {language} was sent too early"
        );

        let look = driven
            .wait(async {
                page.send(&look, form).await?;
                page.after(&look).await
            })
            .unwrap();
        assert_eq!(
            look.reading,
            Reading::Page(Kind::Code),
            "{name} in {language}"
        );
        let form = driven.forms.sent().remove(0);
        for (field, value) in sent {
            let value = if *value == "HOME" { home } else { value };
            assert_eq!(
                form.get(*field).map(String::as_str),
                Some(value),
                "{language}: {field}"
            );
        }

        let ready = page.await_code(&look).unwrap();
        let look = driven
            .wait(ready.type_code(&Code::new(CODE.to_owned())))
            .unwrap();
        assert_eq!(
            look.reading,
            Reading::Page(Kind::Filed),
            "{name} in {language}"
        );
        let typed = driven.forms.sent().remove(0);
        assert!(typed["code"] == CODE, "another code in {language}");
    }
}

fn the_facebook_form_of_2024_is_filed(make: Make) {
    let sent = [
        ("country", "DE"),
        ("email", ADDRESS),
        ("impact", REASON),
        ("trap", ""),
    ];
    check(make, ("facebook-2024", &["en", "fr"]), FACEBOOK, &sent);
}

fn the_facebook_form_of_2025_is_filed(make: Make) {
    let sent = [("email", ADDRESS), ("impact", REASON), ("trap", "")];
    check(
        make,
        ("facebook-2025", &["de"]),
        "/help/contact/712876720715583",
        &sent,
    );
}

fn the_instagram_form_is_filed(make: Make) {
    let sent = [("country", "HOME"), ("email", ADDRESS), ("impact", REASON)];
    check(
        make,
        ("instagram", &["it", "es"]),
        "/contact/767264225370182",
        &sent,
    );
}

fn the_form_about_third_parties_is_filed(make: Make) {
    let sent = [
        ("what", "objection"),
        ("name", "Zoë Müller"),
        ("email", ADDRESS),
        ("address", ""),
        ("phone", "+49 30 1234"),
        ("impact", REASON),
    ];
    check(
        make,
        ("third-party", &["pt"]),
        "/help/contact/510058597920541",
        &sent,
    );
}

fn a_missing_answer_is_named_before_anything_is_typed(make: Make) {
    let Some(driven) = Driven::start(make) else {
        return;
    };
    let only_reason = Answers::new([(Purpose::Impact, REASON.to_owned())]);
    driven.open(&driven.forms.url(FACEBOOK, "en", "facebook-2024"));
    let (page, look) = (driven.page(), driven.read());
    let Reading::Form(form) = look.reading else {
        panic!("{}", look.reading.describe());
    };
    let error = driven
        .wait(page.fill(&look, form, &only_reason))
        .unwrap_err();
    assert!(
        error.to_string().contains("the form wants the country"),
        "{error}"
    );
    let error = driven
        .wait(page.fill(&look, form, &answers("Atlantis")))
        .unwrap_err();
    assert!(
        error.to_string().contains("does not offer `Atlantis`"),
        "{error}"
    );

    // What the page has filled in already is enough where nothing else is configured.
    driven.open(
        &driven
            .forms
            .url(FACEBOOK, "en", "facebook-2025,message:filed"),
    );
    let look = driven.read();
    let Reading::Form(form) = look.reading else {
        panic!("{}", look.reading.describe());
    };
    let unasked = Answers::new([(Purpose::Country, "Germany".to_owned())]);
    let filled = driven.wait(page.fill(&look, form, &unasked)).unwrap();
    assert_eq!(filled.unused, [Purpose::Country]);
    assert_eq!(
        filled.fields,
        [(Purpose::Email, "prefilled@example.org".to_owned())]
    );
    let look = driven
        .wait(async {
            page.send(&look, form).await?;
            page.after(&look).await
        })
        .unwrap();
    assert_eq!(look.reading, Reading::Page(Kind::Filed), "without a code");
}
