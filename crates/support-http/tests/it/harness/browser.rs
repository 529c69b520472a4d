//! A real browser: Chromium without a screen, driven over W3C WebDriver by a chromedriver of the test's own.
//!
//! The client is our own, since all that is needed is a dozen JSON requests to this machine; the libraries for it bring an
//! asynchronous HTTP client, its runtime and mostly a TLS stack. The driver is ended by its own handle, after its browser.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;

use super::database::scratch_folder;
use super::patience::{eventually, wait_for};

/// The name that WebDriver gives references to elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Keys as WebDriver names them.
pub(crate) mod key {
    pub(crate) const TAB: &str = "\u{e004}";
    pub(crate) const ENTER: &str = "\u{e007}";
    pub(crate) const END: &str = "\u{e010}";
    pub(crate) const HOME: &str = "\u{e011}";
    pub(crate) const DOWN: &str = "\u{e015}";
}

/// A browser with one page.
#[derive(Debug)]
pub(crate) struct Browser {
    driver: Child,
    /// The driver would be ended by its next line if nobody held the other end.
    _printed: BufReader<ChildStdout>,
    agent: Agent,
    session: String,
    _folder: TempDir,
}

impl Browser {
    /// Starts one, or says why not.
    #[track_caller]
    pub(crate) fn start() -> Option<Self> {
        let folder = scratch_folder();
        // No two of them share anything, and nothing is left behind.
        let driver = Command::new("chromedriver")
            .arg("--port=0")
            .env("TMPDIR", folder.path())
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut driver) = driver else {
            eprintln!("skipped: there is no chromedriver");
            return None;
        };
        let mut printed = BufReader::new(driver.stdout.take().expect("a pipe"));
        let port = port(&mut printed);
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(120)));
        let agent = config.build().new_agent();
        let root = format!("http://127.0.0.1:{port}/session");
        let mut browser = Self { driver, _printed: printed, agent, session: root, _folder: folder };
        let flags = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-extensions",
            "--window-size=1440,900",
        ];
        let options = json!({"browserName": "chrome", "goog:chromeOptions": {"args": flags}});
        let session = browser.ask("POST", "", &json!({"capabilities": {"alwaysMatch": options}})).expect("a browser");
        browser.session += "/";
        browser.session += session["sessionId"].as_str().expect("the session's id");
        Some(browser)
    }

    /// One command. An error holds what the driver says is wrong.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let url = format!("{}{path}", self.session);
        let answer = match method {
            "POST" => self.agent.post(url).send_json(body),
            "DELETE" => self.agent.delete(url).call(),
            _ => self.agent.get(url).call(),
        };
        let mut answer = answer.map_err(|error| error.to_string())?;
        let limited = answer.body_mut().with_config().limit(64 * 1024 * 1024);
        let json: Value = limited.read_json().map_err(|error| error.to_string())?;
        match &json["value"]["error"] {
            Value::String(error) => Err(format!("{error}: {}", json["value"]["message"])),
            _ => Ok(json["value"].clone()),
        }
    }

    /// Asks Chromium itself, for what WebDriver has no command for.
    #[track_caller]
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) {
        self.ask("POST", "/goog/cdp/execute", &json!({"cmd": command, "params": parameters})).expect(command);
    }

    /// Goes to a page.
    #[track_caller]
    pub(crate) fn go(&self, url: &str) {
        self.ask("POST", "/url", &json!({"url": url})).expect("the page");
    }

    /// What a function's body returns in the page.
    #[track_caller]
    pub(crate) fn run(&self, script: &str) -> Value {
        self.ask("POST", "/execute/sync", &json!({"script": script, "args": []})).expect(script)
    }

    /// Waits until an expression is true in the page.
    #[track_caller]
    pub(crate) fn wait_until(&self, expression: &str) {
        let script = format!("return Boolean({expression})");
        eventually(expression, || {
            self.ask("POST", "/execute/sync", &json!({"script": script, "args": []})) == Ok(json!(true))
        });
    }

    /// The texts of all elements that the selector finds and that can be seen.
    #[track_caller]
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        let script = format!(
            "return [...document.querySelectorAll({})].filter((one) => one.checkVisibility()).map((one) => one.innerText)",
            json!(selector)
        );
        let texts = self.run(&script);
        texts.as_array().expect("texts").iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Whether somebody who looks at the page sees such an element.
    #[track_caller]
    pub(crate) fn sees(&self, selector: &str) -> bool {
        !self.texts(selector).is_empty()
    }

    /// Waits until such an element is there, and does something with it; again when it was made anew meanwhile.
    #[track_caller]
    fn with(&self, selector: &str, what: &str, body: &Value) {
        let mut last = String::new();
        let found = wait_for_quietly(|| {
            let asked = json!({"using": "css selector", "value": selector});
            let done = self.ask("POST", "/element", &asked).and_then(|element| {
                let id = element[ELEMENT].as_str().unwrap_or_default().to_owned();
                self.ask("POST", &format!("/element/{id}/{what}"), body)
            });
            done.map_err(|error| last = error).is_ok()
        });
        assert!(found, "{what} {selector}: {last}");
    }

    /// Clicks, as a person does: only on what is there and not covered.
    #[track_caller]
    pub(crate) fn click(&self, selector: &str) {
        self.with(selector, "click", &json!({}));
    }

    /// Types into a field; a path into one for files.
    #[track_caller]
    pub(crate) fn write(&self, selector: &str, text: &str) {
        self.with(selector, "value", &json!({"text": text}));
    }

    /// Presses and releases keys one after the other, wherever the focus is.
    #[track_caller]
    pub(crate) fn press(&self, keys: &str) {
        let strokes = keys.chars().flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key})));
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": strokes.collect::<Vec<_>>()});
        self.ask("POST", "/actions", &json!({"actions": [keyboard]})).expect("keys");
    }

    /// The page as a picture, in PNG.
    #[track_caller]
    pub(crate) fn picture(&self) -> Vec<u8> {
        let text = self.ask("GET", "/screenshot", &Value::Null).expect("a picture");
        BASE64_STANDARD.decode(text.as_str().unwrap_or_default()).expect("base64")
    }
}

/// The port that the driver says it has taken.
#[track_caller]
fn port(printed: &mut impl BufRead) -> u16 {
    let mut lines = printed.lines().map_while(Result::ok);
    let port = lines
        .find_map(|line| line.rsplit_once("on port ")?.1.trim_end_matches('.').parse().ok().filter(|port| *port != 0));
    port.expect("chromedriver says its port")
}

/// Like `eventually`, for who has more to say when it was in vain.
fn wait_for_quietly(mut ask: impl FnMut() -> bool) -> bool {
    let mut left = 500;
    wait_for("an element", || {
        left -= 1;
        if ask() { Some(true) } else { (left == 0).then_some(false) }
    })
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser first: without its driver nobody would end it.
        let _ = self.ask("DELETE", "", &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
