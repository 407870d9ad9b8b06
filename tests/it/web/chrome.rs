//! A headless Chromium of a certain width and colour scheme, and what can be asked of it about a
//! page.
//!
//! SECURITY: starts a browser with a profile of its own; for tests only.

use std::time::Duration;

use serde_json::{Value, json};
use sustained::config::Tls;
use sustained::http::{Method, Server, Terms, send};
use sustained::outlet::browser::driver::{Driver, Make};
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

use crate::support::browsers;

/// Screenshots of whole pages are large.
const LONGEST: usize = 32 * 1024 * 1024;

/// The browser; it ends when this goes out of scope.
pub struct Chrome {
    server: Server,
    session: String,
    _driver: Driver,
    runtime: Runtime,
    _profile: tempfile::TempDir,
}

impl Chrome {
    /// Starts it; `None` where there is none.
    pub fn start() -> Option<Self> {
        let path = browsers::driver(Make::Chromium)?;
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build().unwrap();
        let driver = runtime
            .block_on(Driver::start(path.as_ref(), None))
            .unwrap();
        let profile = tempfile::tempdir().unwrap();
        let folder = profile.path().display().to_string();
        let mut chrome = Self {
            server: Server {
                host: "127.0.0.1".to_owned(),
                port: driver.port(),
                tls: Tls::None,
            },
            session: "/session".to_owned(),
            _driver: driver,
            runtime,
            _profile: profile,
        };
        let opened = chrome.post(
            "",
            &json!({"capabilities": {"alwaysMatch": {
                "goog:chromeOptions": {"args": [
                    "--headless=new", "--disable-gpu", "--no-first-run", "--no-sandbox",
                    "--hide-scrollbars", format!("--user-data-dir={folder}"),
                ]},
            }}}),
        );
        chrome.session = format!("/session/{}", opened["sessionId"].as_str().unwrap());
        Some(chrome)
    }

    /// Opens a page as it is on a screen of this width, in this colour scheme.
    pub fn open(&self, url: &str, width: u32, scheme: &str) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.cdp("Emulation.setDeviceMetricsOverride", &size);
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.cdp("Emulation.setEmulatedMedia", &media);
        self.post("/url", &json!({ "url": url }));
    }

    /// What a script gives back (`return …`).
    pub fn ask(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Presses the Tab key once.
    pub fn press_tab(&self) {
        let tab = "\u{e004}";
        let keys = json!([{"type": "keyDown", "value": tab}, {"type": "keyUp", "value": tab}]);
        self.post(
            "/actions",
            &json!({"actions": [{"type": "key", "id": "k", "actions": keys}]}),
        );
    }

    /// The names that assistive technology reads out for all elements that fit a selector.
    pub fn names(&self, selector: &str) -> Vec<String> {
        let wanted = json!({"using": "css selector", "value": selector});
        let found = self.post("/elements", &wanted);
        let ids = found.as_array().unwrap().iter();
        let ids = ids.map(|one| one.as_object().unwrap().values().next().unwrap());
        ids.map(|id| {
            let path = format!("/element/{}/computedlabel", id.as_str().unwrap());
            self.call(Method::GET, &path, None)
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect()
    }

    /// The whole page as PNG, in this scale.
    pub fn picture(&self, scale: f32) -> Vec<u8> {
        let height = self.ask("return document.documentElement.scrollHeight");
        let width = self.ask("return innerWidth");
        let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": scale});
        let options = json!({"captureBeyondViewport": true, "clip": clip});
        let shot = self.cdp("Page.captureScreenshot", &options);
        let data = shot["data"].as_str().unwrap();
        data_encoding::BASE64.decode(data.as_bytes()).unwrap()
    }

    fn cdp(&self, command: &str, parameters: &Value) -> Value {
        let call = json!({"cmd": command, "params": parameters});
        self.post("/goog/cdp/execute", &call)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call(Method::POST, path, Some(body))
    }

    fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let terms = Terms {
            limit: Duration::from_mins(1),
            longest: LONGEST,
            ..Terms::default()
        };
        let body = body.map(Value::to_string).unwrap_or_default().into_bytes();
        let path = format!("{}{path}", self.session);
        let field = ("content-type", "application/json".to_owned());
        let sent = send(
            &self.server,
            (method, &path),
            std::slice::from_ref(&field),
            Zeroizing::new(body),
            &terms,
        );
        let answer = self.runtime.block_on(sent).unwrap();
        let mut said: Value = serde_json::from_str(&answer.text).unwrap();
        assert!(answer.status.is_success(), "{path}: {said}");
        said["value"].take()
    }
}
