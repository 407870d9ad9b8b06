//! A client of the W3C WebDriver protocol (<https://www.w3.org/TR/webdriver2/>): the calls that a
//! form needs, and no more.
//!
//! It does not know what a page means and tries nothing twice. A call ends within its time limit.
//! No request and no answer is ever logged: requests hold what is typed, answers what pages show.
//!
//! SECURITY: starts the driver and the browser, or attaches to one that runs on this machine, and
//! talks to the driver on loopback. What is typed goes out in a body that is wiped.
//! Hostile: what a page shows, and every word of the driver that may repeat it; of errors only the
//! standard's own names are used, once a page is open.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::BrowserError;
use super::driver::{self, Driver, Make};
use super::start;
pub use super::start::Start;
use crate::config::Tls;
use crate::http::{self, Method, Server, Terms};
use crate::mail::{Code, escape};

/// A look at a page or a press of a key: a slow machine takes a second.
const CALL: Duration = Duration::from_secs(15);

/// A call that may load a page: the browser gives up first ([`start::PAGE_LOAD`]) and says so.
const LOADING: Duration = Duration::from_secs(40);

/// A browser that starts with a new profile on a slow machine that is busy: Firefox took a minute.
const START: Duration = Duration::from_mins(2);

/// A screenshot of a large window, in base64, in bytes; every other answer is far smaller.
const ANSWER: usize = 32 * 1024 * 1024;

/// How many characters of the driver's reason not to start a browser are shown.
const REASON_SHOWN: usize = 200;

/// CSSOM View, 6: neither out of the layout, nor hidden, nor see-through.
const VISIBLE: &str = "const seen = { visibilityProperty: true, opacityProperty: true }; \
    return [...document.querySelectorAll(arguments[0])].filter((e) => e.checkVisibility(seen));";

/// A running browser with one window. It ends when this goes out of scope.
pub struct Browser {
    server: Server,
    /// `/session/ID`, which every call's path begins with.
    session: String,
    _driver: Driver,
}

/// Something on a page, for as long as the page is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element(String);

/// A window, or a tab of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window(String);

/// How elements are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Using {
    /// A CSS selector.
    Css,
    /// An XPath expression.
    XPath,
}

#[derive(Serialize)]
struct Typed<'a> {
    text: &'a str,
}

impl Browser {
    /// Starts the driver and a browser.
    ///
    /// # Errors
    /// A program is missing, the profile folder cannot be used, or is in use.
    pub async fn start(start: &Start) -> Result<Self, BrowserError> {
        let path = driver::find(start.driver.as_deref()).map_err(BrowserError::NeedsUser)?;
        let make = Make::of(&path);
        start.make_profile(make).await?;
        let driver = Driver::start(&path, None).await?;
        let capabilities = start.capabilities(make);
        Self::session(driver, &capabilities, |why| {
            format!(
                "the browser could not be started; close the one that uses its profile, if there \
                 is one ({why})"
            )
        })
        .await
    }

    /// Starts the driver and has it drive a browser of the person's that runs at `address`.
    ///
    /// # Errors
    /// A program is missing, or the browser does not let itself be driven.
    pub async fn attach(driver: Option<&str>, address: SocketAddr) -> Result<Self, BrowserError> {
        let path = driver::find(driver).map_err(BrowserError::NeedsUser)?;
        let driver = Driver::start(&path, Some(address)).await?;
        let capabilities = start::attached(Make::of(&path), address);
        Self::session(driver, &capabilities, |why| {
            format!(
                "the browser at {address} cannot be driven: is it the one that the driver is \
                 for, and does nothing else drive it? ({why})"
            )
        })
        .await
    }

    /// Opens a session with the browser that the driver has.
    async fn session(
        driver: Driver,
        capabilities: &Value,
        refused: impl Fn(&str) -> String,
    ) -> Result<Self, BrowserError> {
        let mut browser = Self {
            server: Server {
                host: "127.0.0.1".to_owned(),
                port: driver.port(),
                tls: Tls::None,
            },
            session: "/session".to_owned(),
            _driver: driver,
        };
        let body = Zeroizing::new(capabilities.to_string().into_bytes());
        let opened = match browser.ask((Method::POST, ""), body, START).await? {
            Ok(opened) => opened,
            // No page is open yet: what the driver says is its own.
            Err(value) => {
                let why = value["message"].as_str().unwrap_or_default();
                let why = escape(why.lines().next().unwrap_or_default(), REASON_SHOWN);
                return Err(BrowserError::NeedsUser(refused(&why)));
            }
        };
        let id = opened["sessionId"].as_str().filter(|id| is_plain(id));
        browser.session = format!("/session/{}", id.ok_or_else(nonsense)?);
        Ok(browser)
    }

    /// All windows and tabs that are open.
    pub async fn windows(&self) -> Result<Vec<Window>, BrowserError> {
        let handles = self.get("/window/handles").await?;
        let handles = handles.as_array().ok_or_else(nonsense)?;
        let window = |handle| string(handle).map(Window);
        handles.iter().map(window).collect()
    }

    /// From now on it is about this window.
    pub async fn go_to(&self, window: &Window) -> Result<(), BrowserError> {
        let target = json!({ "handle": window.0 });
        self.post("/window", &target, CALL).await.map(drop)
    }

    /// Opens a page and waits until it is loaded.
    pub async fn open(&self, url: &str) -> Result<(), BrowserError> {
        let target = json!({ "url": url });
        self.post("/url", &target, LOADING).await.map(drop)
    }

    /// The address of the page that is open.
    pub async fn url(&self) -> Result<String, BrowserError> {
        self.get("/url").await.and_then(|value| string(&value))
    }

    /// Its title.
    pub async fn title(&self) -> Result<String, BrowserError> {
        self.get("/title").await.and_then(|value| string(&value))
    }

    /// All elements of the page that fit; of frames in it, none.
    pub async fn find(&self, using: Using, what: &str) -> Result<Vec<Element>, BrowserError> {
        let using = match using {
            Using::Css => "css selector",
            Using::XPath => "xpath",
        };
        let target = json!({ "using": using, "value": what });
        let found = self.post("/elements", &target, CALL).await?;
        let found = found.as_array().ok_or_else(nonsense)?;
        found.iter().map(element).collect()
    }

    /// As [`Browser::find`] by a selector, without what nobody sees: one call, however many there
    /// are.
    pub async fn find_visible(&self, selector: &str) -> Result<Vec<Element>, BrowserError> {
        let script = json!({ "script": VISIBLE, "args": [selector] });
        let found = self.post("/execute/sync", &script, CALL).await?;
        let found = found.as_array().ok_or_else(nonsense)?;
        found.iter().map(element).collect()
    }

    /// The role that assistive technology sees (the standard's "computed role").
    pub async fn role(&self, element: &Element) -> Result<String, BrowserError> {
        let role = self.get(&of(element, "computedrole")).await?;
        string(&role)
    }

    /// The name that assistive technology reads out (the standard's "computed label").
    pub async fn label(&self, element: &Element) -> Result<String, BrowserError> {
        let label = self.get(&of(element, "computedlabel")).await?;
        string(&label)
    }

    /// Whether a person sees it.
    pub async fn is_displayed(&self, element: &Element) -> Result<bool, BrowserError> {
        let is_displayed = self.get(&of(element, "displayed")).await?;
        is_displayed.as_bool().ok_or_else(nonsense)
    }

    /// Its text, as a person sees it.
    pub async fn text(&self, element: &Element) -> Result<String, BrowserError> {
        let text = self.get(&of(element, "text")).await?;
        string(&text)
    }

    /// What stands in a field; `None` for what is no field.
    pub async fn value(&self, element: &Element) -> Result<Option<String>, BrowserError> {
        let value = self.get(&of(element, "property/value")).await?;
        Ok(value.as_str().map(str::to_owned))
    }

    /// Empties a field.
    pub async fn clear(&self, element: &Element) -> Result<(), BrowserError> {
        let path = of(element, "clear");
        self.post(&path, &json!({}), CALL).await.map(drop)
    }

    /// Types into a field, behind what stands there.
    pub async fn type_text(&self, element: &Element, text: &str) -> Result<(), BrowserError> {
        // JSON writes one byte as six at most; a body that never grows leaves no copy behind.
        let room = 6 * text.len() + r#"{"text":""}"#.len();
        let mut body = Zeroizing::new(Vec::with_capacity(room));
        serde_json::to_writer(&mut *body, &Typed { text }).map_err(|_| nonsense())?;
        let target = of(element, "value");
        self.call((Method::POST, &target), body, CALL)
            .await
            .map(drop)
    }

    /// Types a code into a field.
    pub async fn type_code(&self, element: &Element, code: &Code) -> Result<(), BrowserError> {
        self.type_text(element, code.reveal()).await
    }

    /// Clicks, and waits where that loads a page.
    pub async fn click(&self, element: &Element) -> Result<(), BrowserError> {
        let path = of(element, "click");
        self.post(&path, &json!({}), LOADING).await.map(drop)
    }

    /// What the window shows, as PNG.
    pub async fn screenshot(&self) -> Result<Vec<u8>, BrowserError> {
        let shot = self.get("/screenshot").await?;
        let shot = shot.as_str().ok_or_else(nonsense)?;
        data_encoding::BASE64
            .decode(shot.as_bytes())
            .map_err(|_| nonsense())
    }

    /// Closes the browser in order: what the profile holds is written first. One that was attached
    /// to goes on without us.
    pub async fn close(self) -> Result<(), BrowserError> {
        let nothing = Zeroizing::new(Vec::new());
        self.call((Method::DELETE, ""), nothing, CALL)
            .await
            .map(drop)
    }

    async fn get(&self, path: &str) -> Result<Value, BrowserError> {
        let nothing = Zeroizing::new(Vec::new());
        self.call((Method::GET, path), nothing, CALL).await
    }

    async fn post(&self, path: &str, body: &Value, limit: Duration) -> Result<Value, BrowserError> {
        let body = Zeroizing::new(body.to_string().into_bytes());
        self.call((Method::POST, path), body, limit).await
    }

    /// One call, and the value that came back.
    async fn call(
        &self,
        call: (Method, &str),
        body: Zeroizing<Vec<u8>>,
        limit: Duration,
    ) -> Result<Value, BrowserError> {
        self.ask(call, body, limit)
            .await?
            .map_err(|value| refused(&value))
    }

    /// One call, and what came back: the value, or the driver's error.
    async fn ask(
        &self,
        (method, path): (Method, &str),
        body: Zeroizing<Vec<u8>>,
        limit: Duration,
    ) -> Result<Result<Value, Value>, BrowserError> {
        let terms = Terms {
            limit,
            longest: ANSWER,
            ..Terms::default()
        };
        let json = ("content-type", "application/json; charset=utf-8".to_owned());
        let path = format!("{}{path}", self.session);
        let answer = http::send(&self.server, (method, &path), &[json], body, &terms)
            .await
            .map_err(|unanswered| {
                let error = unanswered.error;
                BrowserError::Gone(format!("the browser's driver does not answer: {error}"))
            })?;
        let mut said: Value = serde_json::from_str(&answer.text).map_err(|_| nonsense())?;
        let value = said["value"].take();
        Ok(if answer.status.is_success() {
            Ok(value)
        } else {
            Err(value)
        })
    }
}

/// What an error of the driver's means (the standard, 6.6: errors).
fn refused(value: &Value) -> BrowserError {
    let look_again = |what: &str| BrowserError::LookAgain(what.to_owned());
    let gone = |what: &str| BrowserError::Gone(what.to_owned());
    match value["error"].as_str().unwrap_or_default() {
        "no such element" | "stale element reference" | "detached shadow root" => {
            look_again("the page changed while it was looked at")
        }
        "element not interactable" | "element click intercepted" | "invalid element state" => {
            look_again("something on the page covers or locks what was to be used")
        }
        "timeout" | "script timeout" => look_again("the page was not loaded in time"),
        "unexpected alert open" => BrowserError::NeedsUser(
            "the page asks something in a window of its own: answer it there".to_owned(),
        ),
        "no such window" | "invalid session id" | "disconnected" => {
            gone("the browser or its window was closed")
        }
        _ => look_again("the browser could not do what it was asked, or not load the page"),
    }
}

fn nonsense() -> BrowserError {
    BrowserError::Gone("the browser's driver answered what the standard does not allow".to_owned())
}

fn string(value: &Value) -> Result<String, BrowserError> {
    value.as_str().map(str::to_owned).ok_or_else(nonsense)
}

/// An element's reference: an object of one member (the standard, 12: elements).
fn element(value: &Value) -> Result<Element, BrowserError> {
    let members = value.as_object().ok_or_else(nonsense)?;
    let id = members.values().find_map(Value::as_str);
    let id = id.filter(|id| is_plain(id)).ok_or_else(nonsense)?;
    Ok(Element(id.to_owned()))
}

/// Whether it can be a part of a path as it stands.
fn is_plain(id: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !id.is_empty() && id.chars().all(is_plain)
}

fn of(Element(id): &Element, what: &str) -> String {
    format!("/element/{id}/{what}")
}
